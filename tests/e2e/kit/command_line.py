# The deputy command as a person runs it: a home of its own, a saved sign-in, no secret on the line.
import json
import subprocess

from kit.server import binary, environment


class CommandLine:
    def __init__(self, server, folder, ca_file=None):
        self.server, self.folder = server, folder
        folder.mkdir(parents=True, exist_ok=True)
        self.environment = environment(HOME=str(folder))
        secret = folder / "admin.secret"
        secret.write_text(server.admin_secret + "\n")
        secret.chmod(0o600)
        more = ["--ca-file", str(ca_file)] if ca_file else []
        login = [
            "login",
            "--server",
            server.origin,
            "--client-id",
            server.admin_id,
            "--secret-file",
            str(secret),
            *more,
        ]
        assert self.run(*login).returncode == 0

    def run(self, *words, stdin=None, **more):
        return subprocess.run(
            [str(binary()), *words],
            env=self.environment | more,
            cwd=self.folder,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def ok(self, *words, stdin=None, **more):
        done = self.run(*words, stdin=stdin, **more)
        assert done.returncode == 0, f"deputy {' '.join(words)}: {done.returncode} {done.stderr}"
        assert "Sanitizer" not in done.stderr, done.stderr
        return done.stdout

    def json(self, *words, **more):
        return json.loads(self.ok(*words, "--output", "json", **more))

    def start(self, *words, **popen):
        return subprocess.Popen(
            [str(binary()), *words],
            env=self.environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **popen,
        )
