# What ./run plays for who sees Deputy for the first time goes as it promises, each step of it checked by the demo itself.
import re
import shutil
import signal
import subprocess
import sys

import pytest
import requests

from kit.server import ROOT, binary, free_port, released

ACTS = ("GET /invoices", "deputy delegation tree", "The kill switch", "deputy audit verify altered.jsonl")


def played(command, **more):
    """To its end: no terminal asks it to go on serving."""
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, **more
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for act in ACTS:
        assert act in done.stdout
    assert "All of it as promised" in done.stdout


def served(command, **more):
    """Until it is interrupted, as at a terminal; gives what it said before."""
    # Whoever runs the tests in the background has SIGINT ignored, and so would have what they start.
    at_terminal = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, **at_terminal, **more
    ) as run:
        try:
            told = []
            for line in run.stdout:
                told.append(line)
                if line == "Ctrl-C stops it.\n":
                    break
            issuer = re.search(r"is running.* at (http://\S+);", "".join(told))[1]
            assert requests.get(issuer + "/readyz", timeout=30).status_code == 200
            run.send_signal(signal.SIGINT)
            assert run.wait(60) == 0
        finally:
            run.kill()
    with pytest.raises(requests.ConnectionError):
        requests.get(issuer + "/readyz", timeout=30)
    return "".join(told)


def test_the_demo_goes_as_promised(tmp_path):
    words = ["--deputy", binary(), "--data", tmp_path / "data", "--port", "0"]
    played([sys.executable, ROOT / "demo" / "play.py", *words], cwd=ROOT)


def test_without_the_demo_it_serves_until_it_is_interrupted(tmp_path):
    words = ["--no-demo", "--deputy", binary(), "--data", tmp_path / "data", "--port", "0"]
    assert "GET /invoices" not in served([sys.executable, ROOT / "demo" / "play.py", *words], cwd=ROOT)


def test_run_plays_the_demo_and_then_serves_what_it_left(tmp_path):
    released("deputy")  # what is there already is not built again
    words = [ROOT / "run", "--data", tmp_path / "data", "--port", str(free_port())]
    played(words, cwd=tmp_path)
    assert "GET /invoices" not in served([*words, "--no-demo"], cwd=tmp_path)


def test_run_that_is_to_build_serves_nothing(tmp_path):
    built = released("deputy")  # what is there already is not built again
    done = subprocess.run([ROOT / "run", "--build"], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Deputy is running" not in done.stdout and built.is_file()


def test_run_says_how_it_is_called_and_builds_nothing_for_that(tmp_path):
    done = subprocess.run([ROOT / "run", "--help"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert done.stdout.startswith("usage: ./run [--no-demo] [--data DIR] [--port PORT], or ./run --build\n")
    assert "ninja" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "words",
    [["--bogus"], ["--no-demo", "--bogus"], ["more"], ["--data"], ["--data", "--no-demo"], ["--port", "x"]],
    ids=" ".join,
)
def test_run_refuses_a_wrong_line_before_it_installs_or_builds_anything(words, tmp_path):
    """Where it stands alone there is nothing that it could build."""
    shutil.copy(ROOT / "run", tmp_path)
    done = subprocess.run([tmp_path / "run", *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.endswith("\nusage: ./run [--no-demo] [--data DIR] [--port PORT], or ./run --build\n"), done.stderr


def test_install_says_on_another_system_which_one_deputy_builds_on(tmp_path):
    commands = tmp_path / "bin"
    commands.mkdir()
    for name in ("bash", "dirname", "dpkg-query"):
        (commands / name).symlink_to(shutil.which(name))
    (tmp_path / "packages.txt").write_text("no-such-package\n")
    release = tmp_path / "os-release"
    install = tmp_path / "install"
    install.write_text((ROOT / "tools" / "install").read_text().replace("/etc/os-release", str(release)))
    for system, told in (("Other Linux 41", True), ("Debian GNU/Linux 12 (bookworm)", False)):
        release.write_text(f'PRETTY_NAME="{system}"\n')
        done = subprocess.run(
            ["bash", install], env={"PATH": str(commands)}, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 1 and "no-such-package" in done.stderr
        sentence = f"Deputy builds on Debian 12, whose packages these are; this system is {system}.\n"
        assert (sentence in done.stderr) == told, done.stderr
