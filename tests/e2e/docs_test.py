# Every command the documentation shows is run: each ```sh block of README.md and docs/guide/*.md, in order.
# A block that cannot run here begins with ```sh no-test.
import re
import subprocess

import pytest

from kit.server import ROOT, Server, binary, environment

BLOCK = re.compile(r"^```sh *\n(.*?)^```", re.DOTALL | re.MULTILINE)
PORT = re.compile(r"\b(127\.0\.0\.1|localhost):8440\b")
STARTS_ITS_OWN = re.compile(r"^\s*deputy serve\b", re.MULTILINE)
PAGES = [
    path
    for path in (ROOT / "README.md", *sorted((ROOT / "docs" / "guide").glob("*.md")))
    if BLOCK.search(path.read_text())
]


def script_of(text, port):
    """One shell for the whole page, so that what one block sets the next may use."""
    lines = ["set -euo pipefail", "trap 'jobs -p | xargs -r kill 2>/dev/null; wait' EXIT"]
    for number, block in enumerate(BLOCK.findall(text), 1):
        lines += [f"echo '--- block {number}' >&2", PORT.sub(rf"\1:{port}", block)]
    return "\n".join(lines)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_commands_of_a_page_run(page, tmp_path):
    text = page.read_text()
    server = Server()
    try:
        commands = tmp_path / "bin"
        commands.mkdir()
        (commands / "deputy").symlink_to(binary())
        home = tmp_path / "home"
        home.mkdir()
        known = environment(HOME=str(home), PORT=str(server.port))
        known["PATH"] = f"{commands}:{known['PATH']}"
        shown = "\n".join(BLOCK.findall(text))
        if STARTS_ITS_OWN.search(shown):
            known["DEPUTY_HTTP_PORT"] = str(server.port)
            if "--origin" not in shown:
                known["DEPUTY_ORIGIN"] = server.origin
        else:
            server.init().start()
            (home / "admin.secret").write_text(server.admin_secret)
            (home / "admin.secret").chmod(0o600)
            known |= {
                "DEPUTY_SERVER": server.origin,
                "DEPUTY_CLIENT_ID": server.admin_id,
                "DEPUTY_CLIENT_SECRET_FILE": str(home / "admin.secret"),
            }
        script = script_of(text, server.port)
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=home,
            env=known,
            capture_output=True,
            text=True,
            timeout=300,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        server.stop()
    finally:
        server.remove()


def test_there_are_pages():
    assert [page.name for page in PAGES]
