# The benchmarks are built with everything else, and the names they have are the names that docs/benchmarks.md explains.
import re
import subprocess

from kit.server import ROOT, released


def test_the_benchmarks_that_are_listed_are_those_that_are_documented():
    released("bench/bench_measure")
    listed = subprocess.run(
        [ROOT / "bench" / "run", "--no-build", "--list"], capture_output=True, text=True, timeout=60
    )
    assert listed.returncode == 0, listed.stderr
    page = (ROOT / "docs" / "benchmarks.md").read_text()
    table = page.split("| name | what is measured | to reach |\n", 1)[1].split("\n\n", 1)[0]
    documented = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    names = listed.stdout.split()
    assert sorted(names) == sorted(documented)
    assert len(set(names)) == len(names) > 10


def test_a_benchmark_that_there_is_not_is_refused():
    released("bench/bench_measure")
    done = subprocess.run(
        [ROOT / "bench" / "run", "--no-build", "nothing"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert "see --list" in done.stderr
    assert done.stdout == ""
