# Every command the documentation shows is run: each ```sh block of README.md and docs/guide/*.md, in order; and what it
# promises of some is what they print.
# A block that cannot run here begins with ```sh no-test.
import json
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
# An answer that is a refusal fails the page, where it is not piped on to what looks for it.
CURL = """curl() {
  if [[ -p /dev/stdout || " $* " =~ \\ (-[a-zA-Z]*f|--fail) ]]; then command curl "$@"; else command curl --fail-with-body "$@"; fi
}"""
# What a page promises of a block, by its number: what stands in the output, and what does not.
PROMISED = {
    "README.md": {
        4: (
            ['"scope":"invoices:read"', "\n  aud        https://api.example/invoices\n", "\n  scope      invoices:read\n"],
            ["invoices:write"],
        ),
        5: (
            [
                "scope invoices:write dropped: the client does not hold it",
                '"action": "agent.suspend"',
                '"reason": "odd bookings"',
                '"before": {\n        "state": "active"\n      }',
            ],
            [],
        ),
    },
    "first-agent.md": {
        4: (['"active":true', '"scope":"booking:read"'], []),
        5: (['"active":false', "agent.transfer", "agent.suspend", "agent.resume", "agent.revoke"], ['"active":true']),
    },
    "apply.md": {
        2: (
            [
                "- assignment of role/reader to agent/travel-bot\n~ agent/travel-bot (revoked, for good)\n"
                "- agent/travel-bot\n0 to make, 1 to change, 2 to remove;"
            ],
            [],
        ),
    },
}


def script_of(text, port):
    """One shell for the whole page, so that what one block sets the next may use."""
    lines = ["set -euo pipefail", "trap 'jobs -p | xargs -r kill 2>/dev/null; wait' EXIT", CURL]
    for number, block in enumerate(BLOCK.findall(text), 1):
        lines += [f"printf '\\n--- block {number}\\n' | tee /dev/stderr", PORT.sub(rf"\1:{port}", block)]
    return "\n".join(lines)


def check_promises(page, shown):
    blocks = dict(enumerate(re.split(r"\n--- block \d+\n", shown)))
    for number, (there, absent) in PROMISED.get(page.name, {}).items():
        for text in there:
            assert text in blocks[number], f"block {number} does not show {text!r}:\n{blocks[number]}"
        for text in absent:
            assert text not in blocks[number], f"block {number} shows {text!r}:\n{blocks[number]}"


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
        with open(tmp_path / "shown", "w+") as output:  # a file: what is piped is what the page pipes
            done = subprocess.run(
                ["bash", "-c", script],
                cwd=home,
                env=known,
                stdout=output,
                stderr=subprocess.PIPE,
                text=True,
                timeout=300,
                stdin=subprocess.DEVNULL,
            )
            output.seek(0)
            shown = output.read()
        assert done.returncode == 0, f"{shown[-3000:]}\n{done.stderr[-3000:]}"
        check_promises(page, shown)
        server.stop()
    finally:
        server.remove()


def test_the_versions_of_the_libraries_are_those_that_are_tried():
    here = ROOT / "tests" / "e2e"
    tried = dict(re.findall(r"^([\w-]+)==(\S+)$", (here / "requirements.txt").read_text(), re.MULTILINE))
    tried |= json.loads((here / "node" / "package.json").read_text())["dependencies"]
    named = re.findall(r"^\| (\S+) \| ([\d.]+) \|", (ROOT / "docs" / "guide" / "clients.md").read_text(), re.MULTILINE)
    assert named and {name: tried.get(name) for name, _ in named} == dict(named)


def test_there_are_pages():
    assert [page.name for page in PAGES]
