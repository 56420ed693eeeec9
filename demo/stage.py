# Stage: the processes of the demo, the server, the service, and whoever is called to act.
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from telling import fact, fail, must, paint

HERE = Path(__file__).resolve().parent
BILLING, WEATHER = "https://invoices.example", "https://weather.example"


class Stage:
    def __init__(self, deputy, data, port):
        self.deputy, self.data, self.port = str(Path(deputy).resolve()), data.resolve(), port
        self.issuer = f"http://127.0.0.1:{port}"
        self.home = self.data.parent / f"{self.data.name}-home"
        self.processes, self.agents = [], {}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DEPUTY_")}
        self.environment = {
            **kept,
            "DEPUTY_SERVER": self.issuer,
            "DEPUTY_CLIENT_SECRET_FILE": str(self.home / "admin.secret"),
        }

    def setting(self):
        return [f"--data={self.data}", f"--origin={self.issuer}", f"--http.port={self.port}"]

    def init(self):
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        secret = self.home / "admin.secret"
        secret.unlink(missing_ok=True)  # of a directory that is no more
        command = [self.deputy, "init", *self.setting(), f"--secret-file={secret}"]
        made = subprocess.run(command, capture_output=True, text=True)
        if made.returncode != 0:
            fail(f"deputy init: {made.stderr.strip()}")
        answer = dict(line.split(": ", 1) for line in made.stdout.splitlines())
        (self.home / "admin.id").write_text(answer["client_id"] + "\n")

    def serve(self):
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.log = self.home / "server.log"
        begin = time.monotonic()
        with open(self.log, "wb") as log:
            server = subprocess.Popen(
                [self.deputy, "serve", *self.setting()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append(server)
        while b'"event":"serving"' not in self.log.read_bytes():
            if server.poll() is not None:
                fail(f"deputy serve ended:\n{self.log.read_text()}")
            time.sleep(0.005)
        return server, (time.monotonic() - begin) * 1000

    def sign_in(self):
        """What --data holds may have been made by an earlier run."""
        known = self.home / "admin.id"
        if known.exists():
            self.environment["DEPUTY_CLIENT_ID"] = known.read_text().strip()

    def cli(self, *words):
        """One command, as anyone may type it; what it answers, for a script."""
        done = subprocess.run(
            [self.deputy, *words, "--output", "json"],
            env=self.environment,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            fail(f"deputy {' '.join(words)}: {done.stderr.strip()}")
        return json.loads(done.stdout)

    def start_service(self, client_id, secret):
        environment = {
            **os.environ,
            "ISSUER": self.issuer,
            "IDENTIFIER": BILLING,
            "CLIENT_ID": client_id,
            "CLIENT_SECRET": secret,
        }
        service = subprocess.Popen(
            [sys.executable, str(HERE / "service.py")],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.processes.append(service)
        self.service = f"http://127.0.0.1:{int(service.stdout.readline())}"

    def show(self, *words, expect=0):
        """One command and what it prints for people, which is given back too; the exit status must be the expected one."""
        print(f"  {paint('2', '$ deputy ' + ' '.join(words))}", flush=True)
        done = subprocess.run(
            [self.deputy, *words], env=self.environment, cwd=self.home, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        for line in (done.stdout + done.stderr).splitlines():
            fact(line)
        must(done.returncode == expect, f"deputy {' '.join(words)}")
        return done.stdout

    def agent(self, *words, token=None, who="bookkeeper"):
        environment = {
            **os.environ,
            "ISSUER": self.issuer,
            "SERVICE": self.service,
            "CLIENT_ID": self.agents[who],
            "SECRET_FILE": str(self.home / f"{who}.secret"),
        }
        done = subprocess.run(
            [sys.executable, str(HERE / "agent.py"), *words],
            env=environment,
            input=token or "",
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            fail(done.stderr)
        answer = json.loads(done.stdout)
        return answer["status"], answer["body"]

    def end(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            process.wait(30)
