# What ./run plays for who sees Deputy for the first time goes as it promises, each step of it checked by the demo itself.
import subprocess
import sys

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
