# What the guide says of another machine: the packages that the binary needs there, how it is installed, and a proxy.
import re
import subprocess

from kit.apache import BINARY, MODULES
from kit.keys import certificate
from kit.server import ROOT, environment, released

LOADED = "mpm_event authn_core authz_core ssl headers proxy proxy_http".split()


def output(*command):
    done = subprocess.run(
        command, env=environment(LC_ALL="C"), capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout


def package_of(file):
    """/lib and /usr/lib are one folder, and a package may name either."""
    for name in (file, f"/usr{file}", file.removeprefix("/usr")):
        found = subprocess.run(["dpkg-query", "--search", name], capture_output=True, text=True, timeout=60)
        if found.returncode == 0:
            return found.stdout.split(":")[0]
    raise AssertionError(f"{file} is of no package")


def test_the_packages_that_the_binary_needs_are_named_and_no_others():
    binary = released("deputy")
    named = re.findall(r"\(NEEDED\)\s+Shared library: \[(.+)\]", output("readelf", "-d", binary))
    found = dict(re.findall(r"^\s+(\S+) => (/\S+)", output("ldd", binary), re.MULTILINE))
    assert "libsqlite3.so.0" in named and not set(named) - set(found)
    # Certificates for what is fetched are no library.
    needed = {package_of(found[library]) for library in named} | {"ca-certificates"}
    assert (ROOT / "tools" / "runtime-packages.txt").read_text().splitlines() == sorted(needed)


def test_it_is_installed_by_itself(tmp_path):
    output("cmake", "--install", released("deputy").parent, "--prefix", tmp_path, "--strip")
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert files == [tmp_path / "bin" / "deputy"]
    assert output(files[0], "version").startswith("deputy ")


def test_apache_takes_the_proxy_of_the_guide(tmp_path):
    guide = (ROOT / "docs" / "guide" / "operations.md").read_text()
    (proxy,) = re.findall(r"^```apache\n(.*?)^```", guide, re.DOTALL | re.MULTILINE)
    certificate(tmp_path, "id.example")
    lines = [f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in LOADED]
    lines += [f"DefaultRuntimeDir {tmp_path}", "ServerName 127.0.0.1", f"ErrorLog {tmp_path}/error.log"]
    file = tmp_path / "apache.conf"
    file.write_text("\n".join(lines) + "\n" + proxy.replace("/etc/ssl/", f"{tmp_path}/"))
    done = subprocess.run([BINARY, "-t", "-d", tmp_path, "-f", file], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
