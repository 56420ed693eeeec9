# The second act: a chain of delegations from a sign-in elsewhere, the kill switch, and a log that proves itself.
from login import ISSUER, Login
from own_token import claims_of
from stage import BILLING
from telling import good, heading, must, stopped


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
    stage.show("audit", "export", "--output-file", log.name)
    stage.show("audit", "verify", log.name)
    lines = log.read_bytes().splitlines(keepends=True)
    at = max(i for i, line in enumerate(lines) if b"token.issue" in line)
    lines[at] = lines[at].replace(b"granted", b"Granted", 1)
    altered = stage.home / "altered.jsonl"
    altered.write_bytes(b"".join(lines))
    stage.show("audit", "verify", altered.name, expect=1)
