# What ./run plays for who sees Deputy for the first time goes as it promises, each step of it checked by the demo itself.
import re
import signal
import subprocess
import sys

import pytest
import requests

from kit.server import ROOT, binary


def test_the_demo_goes_as_promised(tmp_path):
    done = subprocess.run(
        [sys.executable, ROOT / "demo" / "play.py", "--deputy", binary(), "--data", tmp_path / "data", "--port", "0"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for act in ("GET /invoices", "deputy delegation tree", "The kill switch", "deputy audit verify altered.jsonl"):
        assert act in done.stdout
    assert "All of it as promised" in done.stdout


def test_without_the_demo_it_serves_until_it_is_interrupted(tmp_path):
    words = ["--no-demo", "--deputy", binary(), "--data", tmp_path / "data", "--port", "0"]
    with subprocess.Popen(
        [sys.executable, ROOT / "demo" / "play.py", *words],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        told = []
        for line in run.stdout:
            told.append(line)
            if line == "Ctrl-C stops it.\n":
                break
        issuer = re.search(r"is running.* at (http://\S+);", "".join(told))[1]
        assert "GET /invoices" not in "".join(told)
        assert requests.get(issuer + "/readyz", timeout=30).status_code == 200
        run.send_signal(signal.SIGINT)
        assert run.wait(60) == 0
    with pytest.raises(requests.ConnectionError):
        requests.get(issuer + "/readyz", timeout=30)
