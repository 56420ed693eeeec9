# The first act: an agent gets a token of its own, a service accepts it, the audit shows it, its owner ends it.
import base64
import json
import time

from stage import BILLING, WEATHER
from telling import fact, good, heading, must, stopped


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
