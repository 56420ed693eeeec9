# A Deputy of one's own: data directory, process, log; held to its promises when it stops.
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PRESETS = ("asan", "dev", "release")
# What proves something by itself: secrets, codes, handles and JWTs of ours, as they are sent.
PROOF = re.compile(r"(?:dsk|dac|drt|dot)_[\w-]{20,}|eyJ[\w-]+\.[\w-]+\.[\w-]+")
SANITIZER = re.compile(rb"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:|SUMMARY: \w+Sanitizer")


def binary():
    named = os.environ.get("DEPUTY_BIN")
    candidates = [Path(named)] if named else [ROOT / "build" / preset / "deputy" for preset in PRESETS]
    for candidate in candidates:
        if candidate.is_file():
            return candidate.resolve()
    raise SystemExit(f"no deputy at {', '.join(map(str, candidates))}: build it, or set DEPUTY_BIN")


def released(name):
    """A program of the release, which ./test builds before these tests run."""
    path = ROOT / "build" / "release" / name
    assert path.is_file(), "cmake --preset release && cmake --build --preset release --target deputy benchmarks"
    return path


def environment(**more):
    """The least a Deputy process needs: no DEPUTY_… of whoever runs the tests."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}
    kept["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "detect_leaks=1")
    kept["UBSAN_OPTIONS"] = os.environ.get("UBSAN_OPTIONS", "print_stacktrace=1")
    kept["TSAN_OPTIONS"] = os.environ.get("TSAN_OPTIONS", "halt_on_error=0")
    return kept | more


def free_port():
    """A port nobody has now. The issuer holds it from `init` on, so the server cannot choose it itself."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# One call of the command line, to its end.
def deputy(*words, **more):
    return subprocess.run(
        [str(binary()), *words], env=environment(**more), capture_output=True, text=True, timeout=60
    )


class Server:
    def __init__(self, scheme="http", host="127.0.0.1", **settings):
        """settings: names of Deputy's settings with __ for the dot: http__body_timeout_s=1."""
        self.folder = Path(tempfile.mkdtemp(prefix="deputy-e2e-"))
        self.data = self.folder / "data"
        self.log_path = self.folder / "log"
        self.port = free_port()
        self.origin = f"{scheme}://{host}:{self.port}"
        self.settings = {name.replace("__", "."): str(value) for name, value in settings.items()}
        self.environment = environment(HOME=str(self.folder))
        self.process = None
        self.left_out = set()  # settings that shall come from elsewhere than the command line
        self.secrets = set()  # whatever must never be seen in a log
        self.admin_id = self.admin_secret = None

    def keep_secret(self, texts):
        """Of these, whatever proves something is not to be seen in a log or on the disk."""
        self.secrets.update(text for text in texts if isinstance(text, str) and PROOF.fullmatch(text))

    def arguments(self, command):
        given = {"data": str(self.data), "origin": self.origin, "http.port": str(self.port), **self.settings}
        given = {name: value for name, value in given.items() if name not in self.left_out}
        return [str(binary()), *command.split(), *(f"--{name}={value}" for name, value in given.items())]

    def init(self):
        made = subprocess.run(
            self.arguments("init"), env=self.environment, capture_output=True, text=True, timeout=60
        )
        assert made.returncode == 0, made.stderr
        answer = dict(line.split(": ", 1) for line in made.stdout.splitlines())
        self.admin_id, self.admin_secret = answer["client_id"], answer["client_secret"]
        self.secrets.add(self.admin_secret)
        return self

    def start(self, **popen):
        """Returns once the server says that it serves."""
        begin = self.log_path.stat().st_size if self.log_path.exists() else 0
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.arguments("serve"),
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **popen,
            )
        serving = self.wait_for_log("serving", begin)
        assert serving["port"] == self.port
        return self

    def wait_for_log(self, event, begin=0):
        """The first line of that event from this place of the log on; fails when the process ends first."""
        return self.wait_for_line(f'"event":"{event}"', begin)

    def wait_for_line(self, fragment, begin=0):
        """The first that has this in it. A line is written behind what it tells of."""
        while True:
            ended = self.process.poll() is not None
            for line in self.log_path.read_bytes()[begin:].split(b"\n")[:-1]:
                if fragment.encode() in line:
                    return json.loads(line)
            assert not ended, f"the server ended with {self.process.returncode}:\n{self.log()[-4000:]}"
            try:
                self.process.wait(0.02)
            except subprocess.TimeoutExpired:
                pass

    def reload(self, event="reloaded"):
        """SIGHUP; gives the line that says what came of it."""
        begin = self.log_size()
        self.process.send_signal(signal.SIGHUP)
        return self.wait_for_log(event, begin)

    def log_size(self):
        return self.log_path.stat().st_size

    def log(self):
        return self.log_path.read_text(errors="replace")

    def kill(self):
        self.process.kill()
        self.process.wait(30)
        self.process = None

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def stop(self):
        """SIGTERM; the promises every run must have kept."""
        self.check_files()
        if self.process is not None:
            self.terminate()
            status = self.process.wait(60)
            self.process = None
            assert status == 0, f"ended with {status}:\n{self.log()[-4000:]}"
        self.check_log()
        return self

    def check_log(self):
        raw = self.log_path.read_bytes() if self.log_path.exists() else b""
        found = SANITIZER.search(raw)
        assert not found, raw[max(0, found.start() - 200) : found.start() + 6000].decode(errors="replace")
        for secret in self.secrets:
            assert secret.encode() not in raw, "a secret is in the log"
        for line in raw.splitlines():
            assert line.startswith(b"{") and json.loads(line)["event"], f"not a log line: {line[:200]!r}"

    def check_files(self):
        """Nothing on disk holds a secret or a whole token as it was sent."""
        for path in self.data.rglob("*"):
            if path.is_file():
                raw = path.read_bytes()
                for secret in self.secrets:
                    assert secret.encode() not in raw, f"a secret is in {path.name}"

    def remove(self):
        if self.process is not None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self.init().start()

    def __exit__(self, kind, error, trace):
        try:
            if kind is None:
                self.stop()
        finally:
            self.remove()


def refused_to_serve(server):
    done = subprocess.run(
        server.arguments("serve"), env=server.environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1 and "cannot_serve" in done.stderr
    return done.stderr
