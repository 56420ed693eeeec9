# Before it serves: what init makes, where a server is told to begin, and what config check says.
import json
import os
import re
import shlex
import stat
import subprocess

import pytest

from kit.server import Server, binary, deputy, refused_to_serve
from kit.wire import exchange


def test_init_makes_a_private_directory_and_never_overwrites():
    server = Server()
    try:
        server.init()
        assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
        before = {path.name: path.read_bytes() for path in server.data.iterdir()}
        for path in server.data.iterdir():
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path.name
        again = subprocess.run(
            server.arguments("init"), env=server.environment, capture_output=True, text=True
        )
        assert again.returncode == 1 and again.stdout == ""
        assert {path.name: path.read_bytes() for path in server.data.iterdir()} == before
    finally:
        server.remove()


def start_as_init_says(server):
    """`deputy init`, then the next step that it names, and nothing else, from another directory."""
    made = subprocess.run(server.arguments("init"), env=server.environment, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    (step,) = re.findall(r"^deputy: next: deputy (.*)$", made.stderr, re.MULTILINE)
    server.arguments = lambda _: [str(binary()), *shlex.split(step)]
    server.start(cwd=server.folder)
    serving = server.wait_for_log("serving")
    assert (serving["origin"], serving["address"]) == (server.origin, "0.0.0.0")
    assert exchange(server, "GET", "/readyz")[0] == 200
    return step


def beyond_loopback():
    server = Server(scheme="https", http__address="0.0.0.0", http__trusted_proxies="10.0.0.0/8, ::1")
    server.settings["seal_key_file"] = os.path.relpath(server.folder / "own.key")
    return server


def test_the_next_step_that_init_names_serves_what_init_was_told():
    server = beyond_loopback()
    try:
        assert start_as_init_says(server) == f"serve --data {server.data}"
        assert (server.folder / "own.key").exists() and not (server.data / "seal.key").exists()
        server.stop()
    finally:
        server.remove()


def test_the_next_step_repeats_what_a_settings_file_that_was_there_may_not_hold():
    server = beyond_loopback()
    try:
        server.settings["seal_key_file"] = str(server.folder / "own.key")
        server.data.mkdir()
        (server.data / "deputy.yaml").write_text("passwords:\n  threads: 1\n")
        start_as_init_says(server)
        assert (server.data / "deputy.yaml").read_text() == "passwords:\n  threads: 1\n"
        server.stop()
    finally:
        server.remove()


def test_serve_without_init_says_what_to_do(tmp_path):
    done = deputy("serve", f"--data={tmp_path}/none", "--http.port=0")
    assert done.returncode == 1 and "deputy init" in done.stderr
    assert not (tmp_path / "none").exists()


GOOD = "origin: https://id.example.com\nhttp:\n  port: 9443\n  threads: 2\nlog:\n  level: warn\n"
BAD = {
    "unknown setting": ("http:\n  prot: 1\n", "http.prot"),
    "out of range": ("http:\n  port: 70000\n", "http.port"),
    "not a number": ("http:\n  threads: many\n", "http.threads"),
    "no mapping": ("- a\n", ""),
    "no YAML": ("http: [\n", ""),
    "plain http beyond loopback": ("http:\n  address: 0.0.0.0\n", "http.address"),
    "certificate without key": ("http:\n  certificate_file: a.pem\n", "http.private_key_file"),
    "origin with a path": ("origin: https://id.example.com/a\n", "origin"),
    "origin in another spelling": ("origin: https://ID.example.com:443\n", "as browsers send it"),
    "an alias of itself": ("a: &a\n  b: *a\n", "nested too deeply"),
    "a second document": ("http: {port: 1}\n---\nhttp: {port: 2}\n", "line 3"),
    "a key that stands twice": ("http: {port: 1}\nhttp: {port: 2}\n", "line 2"),
}


def test_config_check_accepts_a_good_file(tmp_path):
    (tmp_path / "deputy.yaml").write_text(GOOD)
    assert deputy("init", f"--data={tmp_path}").returncode == 0
    done = deputy("config", "check", f"--data={tmp_path}")
    assert (done.returncode, done.stdout) == (0, "ok\n"), done.stderr


def test_a_directory_is_no_settings_file(tmp_path):
    done = deputy("config", "check", "--config", str(tmp_path))
    assert done.returncode == 2 and "cannot be read" in done.stderr


@pytest.mark.parametrize("origin", ["https://h:99999", "https://[", "https://a,b", "https://é.example", "https://ID.example"])
def test_init_writes_nothing_for_an_origin_that_is_none(origin, tmp_path):
    done = deputy("init", f"--data={tmp_path}/id", f"--origin={origin}")
    assert done.returncode == 2 and "origin: must be" in done.stderr
    assert not list(tmp_path.iterdir())


MISSING = {
    "data": {"data": "none"},
    "seal key": {"seal_key_file": "none"},
    "certificate": {"http.certificate_file": "none", "http.private_key_file": "none"},
    "authorities": {"fetch.ca_file": "none"},
    "breached passwords": {"passwords.breached_file": "none"},
}


@pytest.mark.parametrize("case", MISSING)
def test_config_check_says_what_serve_would_say(case, tmp_path):
    server = Server()
    try:
        server.init()
        server.settings |= {name: str(tmp_path / file) for name, file in MISSING[case].items()}
        checked = subprocess.run(
            server.arguments("config check"), env=server.environment, capture_output=True, text=True
        )
        assert checked.returncode == 1 and checked.stdout == ""
        sentence = json.loads(refused_to_serve(server).splitlines()[-1])["detail"]
        assert checked.stderr == f"deputy: {sentence}\n"
        assert not list(tmp_path.iterdir())
    finally:
        server.remove()


@pytest.mark.parametrize("case", BAD)
def test_config_check_names_what_is_wrong(tmp_path, case):
    text, named = BAD[case]
    (tmp_path / "deputy.yaml").write_text(text)
    done = deputy("config", "check", "--config", str(tmp_path / "deputy.yaml"))
    assert done.returncode == 2 and done.stdout == "" and named in done.stderr
    served = deputy("serve", "--config", str(tmp_path / "deputy.yaml"))
    assert served.returncode == 2
