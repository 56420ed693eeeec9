# Starts Deputy and plays its main job: a few commands of the CLI, a service, an agent, each a process of its own.
import argparse
import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from login import ISSUER, Login

HERE = Path(__file__).resolve().parent
COLOUR = sys.stdout.isatty() and "NO_COLOR" not in os.environ
BILLING, WEATHER = "https://invoices.example", "https://weather.example"


def paint(code, text):
    return f"\x1b[{code}m{text}\x1b[0m" if COLOUR else text


def heading(text):
    print(f"\n{paint('1', text)}", flush=True)


def fact(text, mark=" ", code=None):
    print(f"  {paint(code, mark) if code else mark} {text}", flush=True)


def good(text):
    fact(text, "✓", "32")


def stopped(text):
    fact(text, "✗", "31")


def fail(text):
    sys.exit(f"demo: {text}")


class Stage:
    """The processes of the demo: the server, the service, and whoever is called to act."""

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
        made = subprocess.run([self.deputy, "init", *self.setting()], capture_output=True, text=True)
        if made.returncode != 0:
            fail(f"deputy init: {made.stderr.strip()}")
        answer = dict(line.split(": ", 1) for line in made.stdout.splitlines())
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.private(self.home / "admin.id", answer["client_id"])
        self.private(self.home / "admin.secret", answer["client_secret"])

    def private(self, path, text):
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text + "\n")

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
        """One command and what it prints for people; the exit status must be the expected one."""
        print(f"  {paint('2', '$ deputy ' + ' '.join(words))}", flush=True)
        done = subprocess.run(
            [self.deputy, *words], env=self.environment, cwd=self.home, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        for line in (done.stdout + done.stderr).splitlines():
            fact(line)
        must(done.returncode == expect, f"deputy {' '.join(words)}")

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


def must(condition, what):
    if not condition:
        fail(f"this did not go as promised: {what}")


def claims_of(token):
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def set_the_scene(stage):
    heading("An administrator says what there is, and who answers for it")
    stage.cli("user", "create", "alice", "--name", "Alice")
    service = stage.cli("application", "create", "invoices")
    credential = stage.cli("credential", "create", f"application/{service['id']}")
    read, write = "invoices:read=See invoices.", "invoices:write=Write invoices."
    stage.cli(
        "resource",
        "create",
        BILLING,
        "--name",
        "Invoices",
        "--principal",
        f"application/{service['id']}",
        "--scope",
        read,
        "--scope",
        write,
    )
    stage.cli("resource", "create", WEATHER, "--name", "Weather", "--scope", "weather:read=See the weather.")
    good(f"resource {BILLING} with scopes invoices:read and invoices:write")
    stage.cli(
        "role",
        "create",
        "bookkeeping",
        "--permission",
        f"{BILLING}=invoices:read",
        "--permission",
        f"{WEATHER}=weather:read",
    )
    good("role bookkeeping: invoices:read there, weather:read at the weather service")
    made = stage.cli(
        "agent",
        "create",
        "bookkeeper",
        "--owner",
        "user/alice",
        "--role",
        "bookkeeping",
        "--secret-file",
        str(stage.home / "bookkeeper.secret"),
    )
    stage.agents["bookkeeper"] = made["client_id"]
    good(f"agent bookkeeper ({made['id']}), owned by alice; its secret went to a file only its owner reads")
    stage.start_service(credential["client_id"], credential["secret"])
    good(f"the service itself runs at {stage.service}: plain Python, it asks Deputy about every token")
    return made["id"]


def main_job(stage):
    heading("The agent gets a token of its own, locked to one audience")
    status, answer = stage.agent("token", BILLING)
    must(status == 200, "the agent gets a token")
    claims = claims_of(answer["access_token"])
    for name in ("sub", "owner", "aud", "scope"):
        fact(f"{name:6}{claims[name]}")
    fact(f"{'jti':6}{claims['jti']}, good for {answer['expires_in']} s")

    heading("The service accepts it, and no other")
    status, body = stage.agent("call", token=answer["access_token"])
    must(status == 200 and body["shown_to"] == stage.agents["bookkeeper"], "the service accepts the token")
    good(f"GET /invoices → {status}: {json.dumps(body['invoices'])}")
    status, other = stage.agent("token", WEATHER)
    must(status == 200, "the agent gets a token for the weather")
    status, body = stage.agent("call", token=other["access_token"])
    must(status == 401, "a token for another audience is refused")
    stopped(f"GET /invoices with its token for {WEATHER} → {status} {body['error']}")
    status, body = stage.agent("call", token=answer["access_token"][:-4] + "AAAA")
    must(status == 401, "a forged token is refused")
    stopped(f"GET /invoices with a forged token → {status} {body['error']}")
    return answer["access_token"], claims


def the_audit(stage, claims):
    heading("The audit shows who, what, on whose authority; it was on disk before the token left")
    (event,) = stage.cli("events", "--jti", claims["jti"])
    fact(f"{event['at']}  {event['action']} {event['decision']}")
    fact(f"who        {event['actor']}")
    fact(f"what       {event['scope_given']} at {event['resource']}")
    fact(f"authority  {event['subject']}, for whom {event['owner']} (alice) answers")


def the_end_of_it(stage, agent, token):
    heading("Alice stops the agent: deputy agent suspend bookkeeper")
    begin = time.monotonic()
    stage.cli("agent", "suspend", "bookkeeper", "--reason", "it reads too much")
    status, body = stage.agent("call", token=token)
    took = (time.monotonic() - begin) * 1000
    must(status == 401, "the live token of a suspended agent is refused")
    stopped(f"GET /invoices with the same token → {status} {body['error']}, {took:.0f} ms later")
    status, body = stage.agent("token", BILLING)
    must(status == 401, "a suspended agent gets no token")
    stopped(f"a new token → {status} {body['error']}")


def the_family(stage):
    heading("Alice signs in elsewhere; what she may do, her assistant may do for her, and hand on in part")
    login = Login(stage.home)
    (stage.home / "login.jwks").write_text(login.jwks())
    stage.cli("role", "create", "clerk", "--permission", f"{BILLING}=invoices:read invoices:write")
    stage.cli("assign", "role/clerk", "user/alice")
    stage.cli(
        "trusted-issuer", "create", ISSUER, "--jwks", str(stage.home / "login.jwks"), "--permission", f"{BILLING}=invoices:*"
    )
    for name, delegates in (("reader", []), ("filer", []), ("assistant", ["reader", "filer"])):
        made = stage.cli(
            "agent", "create", name, "--owner", "user/alice", "--secret-file", str(stage.home / f"{name}.secret"),
            *[word for delegate in delegates for word in ("--delegate", f"agent/{delegate}")],
        )  # fmt: skip
        stage.agents[name] = made["client_id"]
        stage.cli("assign", "role/clerk", f"agent/{name}", "--others")
    good(f"{ISSUER} is trusted, up to invoices:*; assistant may delegate to reader and filer")
    return login.token("alice", stage.issuer)


def the_chain(stage, signed_in):
    heading("One exchange each (RFC 8693): the user stays the subject, and no actor drops out of the chain")
    tokens = {}

    def exchanged(name, who, token, *words):
        status, answer = stage.agent("exchange", *words, token=token, who=who)
        must(status == 200, f"{name} gets a token: {answer}")
        tokens[name] = answer["access_token"]
        act, chain = claims_of(tokens[name]).get("act"), []
        while act:
            chain.append(next(one for one, client_id in stage.agents.items() if client_id == act["sub"]))
            act = act.get("act")
        good(f"{name:9} {answer['scope']:29} for alice, by {' ← '.join(chain)}")

    exchanged("assistant", "assistant", signed_in, "jwt", f"resource={BILLING}")
    for name, scope in (("reader", "invoices:read"), ("filer", "invoices:read invoices:write")):
        exchanged(
            name, "assistant", tokens["assistant"], "access_token", f"requested_actor={stage.agents[name]}", f"scope={scope}"
        )
    for name in ("reader", "filer"):
        status, body = stage.agent("call", token=tokens[name], who=name)
        must(status == 200, f"the service accepts the {name}'s token")
    good("GET /invoices by reader and by filer → 200")
    status, body = stage.agent(
        "exchange", "access_token", "scope=invoices:write", token=tokens["reader"], who="reader"
    )
    must(status == 400 and body["error"] == "invalid_scope", "a worker cannot widen its authority")
    stopped(f"reader asks for invoices:write → {status} {body['error']}")
    root = claims_of(tokens["reader"])["dlg"][0]
    stage.show("delegation", "tree", root)
    return tokens


def the_kill_switch(stage, tokens):
    heading("The kill switch: first what would die, then it does")
    stage.show("agent", "revoke", "assistant", "--preview")
    stage.cli("agent", "revoke", "assistant", "--reason", "kill switch", "--yes")
    for name in ("assistant", "reader", "filer"):
        status, body = stage.agent("call", token=tokens[name], who=name)
        must(status == 401, f"the {name}'s token is dead")
        stopped(f"GET /invoices by {name} → {status} {body['error']}")
    status, body = stage.agent("exchange", "access_token", token=tokens["reader"], who="reader")
    must(status == 400, "nothing grows from what is dead")
    stopped(f"reader exchanges its token → {status} {body['error']}")


def the_proof(stage):
    heading("The log is proof: it is verified offline, and one byte that was changed is found")
    log = stage.home / "log.jsonl"
    log.unlink(missing_ok=True)
    stage.cli("audit", "export", "--output-file", str(log))
    stage.show("audit", "verify", str(log))
    lines = log.read_bytes().splitlines(keepends=True)
    at = max(i for i, line in enumerate(lines) if b"token.issue" in line)
    lines[at] = lines[at].replace(b"granted", b"Granted", 1)
    altered = stage.home / "altered.jsonl"
    altered.write_bytes(b"".join(lines))
    stage.show("audit", "verify", str(altered), expect=1)


def play(stage):
    agent = set_the_scene(stage)
    token, claims = main_job(stage)
    the_audit(stage, claims)
    the_end_of_it(stage, agent, token)
    tokens = the_chain(stage, the_family(stage))
    the_kill_switch(stage, tokens)
    the_proof(stage)


def port_to_use(wanted):
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                if port == 0:
                    raise
                print(f"port {wanted} is taken; another is used")
                continue
            return probe.getsockname()[1]


def wait_for_the_end(stage, server):
    print(f"\n{paint('1', 'Deputy is running')} at {stage.issuer}; its log is {stage.log}")
    if "DEPUTY_CLIENT_ID" in stage.environment:
        print("In another terminal, as the administrator:")
        for name in ("DEPUTY_SERVER", "DEPUTY_CLIENT_ID", "DEPUTY_CLIENT_SECRET_FILE"):
            print(f"  export {name}={stage.environment[name]}")
        print(f"  {stage.deputy} agent list")
    print("Ctrl-C stops it.", flush=True)
    server.wait()
    fail(f"the server ended with {server.returncode}; see {stage.log}")


def arguments():
    parser = argparse.ArgumentParser(prog="./run", description="Serves Deputy and plays its demo.")
    parser.add_argument("--deputy", default="build/release/deputy", help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help="the data directory; build/demo, emptied, if not named")
    parser.add_argument("--port", type=int, default=8440)
    parser.add_argument("--no-demo", action="store_true", help="only serve")
    return parser.parse_args()


def main():
    asked = arguments()
    data = asked.data or Path("build/demo")
    stage = Stage(asked.deputy, data, port_to_use(asked.port))
    if asked.data is None and not asked.no_demo:
        for old in (stage.data, stage.home):
            shutil.rmtree(old, ignore_errors=True)
    there = stage.data.exists() and any(stage.data.iterdir())
    begin = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        if not there:
            stage.init()
        server, took = stage.serve()
        stage.sign_in()
        print(
            f"{paint('1', 'deputy serve')} is ready after {took:.0f} ms, on the embedded store in {stage.data}"
        )
        if there and not asked.no_demo:
            print(
                "The demo is played on an empty data directory only; this one holds something and is served as it is."
            )
        elif not asked.no_demo:
            play(stage)
            print(f"\nAll of it as promised, in {time.monotonic() - begin:.1f} s.")
        if asked.no_demo or there or (sys.stdin.isatty() and sys.stdout.isatty()):
            wait_for_the_end(stage, server)
    except KeyboardInterrupt:
        print()
    finally:
        stage.end()


if __name__ == "__main__":
    main()
