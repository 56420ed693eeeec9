# The second act: a person signs in and agrees, a chain of delegations grows from that, the kill switch ends it, and the
# log proves itself.
from own_token import claims_of
from person import CALLBACK, Person
from stage import BILLING
from telling import good, heading, must, stopped


def the_family(stage):
    heading("Three agents of Alice's: an assistant, and two workers it may hand work on to")
    stage.cli("role", "create", "clerk", "--permission", f"{BILLING}=invoices:read invoices:write")
    stage.cli("assign", "role/clerk", "user/alice")
    for name, delegates in (("reader", []), ("filer", []), ("assistant", ["reader", "filer"])):
        made = stage.cli(
            "agent", "create", name, "--owner", "user/alice", "--secret-file", str(stage.home / f"{name}.secret"),
            *(("--redirect-uri", CALLBACK) if delegates else ()),
            *[word for delegate in delegates for word in ("--delegate", f"agent/{delegate}")],
        )  # fmt: skip
        stage.agents[name] = made["client_id"]
        stage.cli("assign", "role/clerk", f"agent/{name}", "--others")
    good("assistant may act for others, and delegate to reader and filer; of their own they hold nothing")


def the_consent(stage):
    heading("Alice signs in, and lets the assistant read and write invoices for her, for an hour")
    alice = Person(stage.issuer)
    alice.set_password("alice", stage.cli("user", "reset-code", "user/alice")["code"])
    good("a code from the administrator let her choose a password; nobody else knows it")
    alice.ask_to_act(stage.agents["assistant"], BILLING, "invoices:read invoices:write")
    alice.sign_in("alice")
    good("the assistant sent her browser to Deputy; she signed in, and saw who asks for what")
    back = alice.allow(ticked=(0, 1))
    must(back.get("iss") == stage.issuer and "code" in back, f"the browser comes back with a code: {back}")
    good("she allowed both scopes, for an hour: that is the root delegation; the browser took back a code")
    return back["code"], alice.verifier


def the_chain(stage, code, verifier):
    heading("The code is redeemed, and tokens handed on (RFC 8693): no actor drops out of the chain")
    tokens = {}

    def given(name, status, answer):
        must(status == 200, f"{name} gets a token: {answer}")
        tokens[name] = answer["access_token"]
        act, chain = claims_of(tokens[name]).get("act"), []
        while act:
            chain.append(next(one for one, client_id in stage.agents.items() if client_id == act["sub"]))
            act = act.get("act")
        good(f"{name:9} {answer['scope']:29} for alice, by {' ← '.join(chain)}")

    given("assistant", *stage.agent("redeem", verifier, token=code, who="assistant"))
    for name, scope in (("reader", "invoices:read"), ("filer", "invoices:read invoices:write")):
        words = ("access_token", f"requested_actor={stage.agents[name]}", f"scope={scope}")
        given(name, *stage.agent("exchange", *words, token=tokens["assistant"], who="assistant"))
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
    key = stage.show("audit", "key").strip()
    stage.show("audit", "verify", log.name, "--key", key)
    lines = log.read_bytes().splitlines(keepends=True)
    at = max(i for i, line in enumerate(lines) if b"token.issue" in line and b"granted" in line)
    lines[at] = lines[at].replace(b"granted", b"Granted", 1)
    altered = stage.home / "altered.jsonl"
    altered.write_bytes(b"".join(lines))
    stage.show("audit", "verify", altered.name, "--key", key, expect=1)
