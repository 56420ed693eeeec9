# The main job: an agent gets a token, a service accepts it, and the audit shows who, what, on whose authority.
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import jwt
import pytest
import requests

from kit.api import assertion, assertion_form
from kit.keys import pair


def verify(oauth, token, audience, algorithms=("ES256",)):
    """As a service does offline, with PyJWT and the published keys."""
    key = jwt.PyJWKClient(oauth.metadata()["jwks_uri"]).get_signing_key_from_jwt(token)
    return jwt.decode(
        token,
        key.key,
        algorithms=list(algorithms),
        audience=audience,
        issuer=oauth.issuer,
        options={"require": ["iss", "sub", "aud", "exp", "iat", "jti"]},
    )


def test_an_agents_token_verifies_offline_and_says_who_and_whose(oauth, agent, service):
    answer = oauth.token(agent, resource=service.identifier, scope="read")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json()
    assert body["token_type"] == "Bearer" and body["scope"] == "read" and body["expires_in"] == 300
    assert jwt.get_unverified_header(body["access_token"])["typ"] == "at+jwt"
    claims = verify(oauth, body["access_token"], service.identifier)
    assert claims["sub"] == claims["client_id"] == agent.id
    assert (
        claims["owner"] == agent.owner["id"] and claims["sub_type"] == "agent" and claims["scope"] == "read"
    )


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256"])
def test_a_resource_chooses_the_algorithm_of_its_tokens(oauth, admin, algorithm):
    service = admin.service(algorithm=algorithm)
    token = oauth.access_token(admin.agent(service), resource=service.identifier)
    assert jwt.get_unverified_header(token)["alg"] == algorithm
    verify(oauth, token, service.identifier, [algorithm])
    with pytest.raises(jwt.InvalidAudienceError):
        verify(oauth, token, "https://other.example", [algorithm])


def test_an_opaque_token_is_known_to_its_service_alone(oauth, admin, service):
    opaque = admin.service(token_format="opaque")
    agent = admin.agent(opaque)
    token = oauth.access_token(agent, resource=opaque.identifier)
    assert token.startswith("dot_") and "." not in token
    assert oauth.introspect(token, opaque)["client_id"] == agent.id
    assert oauth.introspect(token, service) == {"active": False}


def test_a_token_for_one_audience_is_nothing_to_another(oauth, admin, agent, service):
    other = admin.service()
    token = oauth.access_token(agent, resource=service.identifier)
    assert oauth.introspect(token, service)["active"] is True
    assert oauth.introspect(token, other) == {"active": False}
    assert oauth.token(agent, resource=other.identifier).json()["error"] == "invalid_scope"
    assert oauth.token(agent, resource="https://unknown.example").json()["error"] == "invalid_target"


def test_scopes_are_narrowed_never_widened(oauth, admin):
    service = admin.service(scopes=("booking", "booking:read", "booking:write", "admin"))
    agent = admin.agent(secret=True)
    role = admin.create(
        "roles",
        name=f"narrow {agent.id}",
        permissions=[{"resource": service.resource["id"], "scopes": ["booking:*"]}],
    )
    admin.create("assignments", role=role["id"], principal=agent.id, acts="self")
    held = oauth.token(agent, resource=service.identifier).json()["scope"]
    assert sorted(held.split()) == ["booking:read", "booking:write"]
    some = oauth.token(agent, resource=service.identifier, scope="booking:read admin").json()
    assert some["scope"] == "booking:read"
    none = oauth.token(agent, resource=service.identifier, scope="admin")
    assert none.status_code == 400 and none.json()["error"] == "invalid_scope"


class Protected(BaseHTTPRequestHandler):
    """A service that asks Deputy about every token it is sent."""

    oauth = client = None

    def do_GET(self):
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        seen = self.oauth.introspect(token, self.client)
        allowed = seen["active"] and "read" in seen["scope"].split()
        self.send_response(200 if allowed else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def test_a_protected_service_accepts_it_until_the_agent_is_suspended(oauth, admin, agent, service):
    handler = type("Handler", (Protected,), {"oauth": oauth, "client": service})
    http = HTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    token = oauth.access_token(agent, resource=service.identifier)
    call = lambda text: (
        requests.get(
            f"http://127.0.0.1:{http.server_port}/", headers={"Authorization": f"Bearer {text}"}, timeout=30
        ).status_code
    )
    try:
        assert call(token) == 200
        assert call(token[:-2] + "AA") == 401
        admin.ok("POST", f"/agents/{agent.id}/suspend", {"reason": "odd behaviour"})
        assert call(token) == 401
    finally:
        http.shutdown()
        http.server_close()


def test_the_audit_shows_who_what_and_on_whose_authority(oauth, admin, agent, service):
    token = oauth.access_token(agent, resource=service.identifier, scope="write")
    jti = jwt.decode(token, options={"verify_signature": False})["jti"]
    (event,) = admin.events(jti=jti)
    assert event["action"] == "token.issue" and event["decision"] == "granted"
    assert event["actor"] == event["client"] == event["subject"] == agent.id
    assert event["owner"] == agent.owner["id"] and event["resource"] == service.identifier
    assert event["scope_asked"] == event["scope_given"] == "write"
    assert event["tenant"] == "default" and event["correlation_id"].startswith("req_")
    assert admin.ok("GET", f"/events/{event['id']}")["jti"] == jti
    oauth.token(agent, resource="https://unknown.example")
    refused = admin.events(actor=agent.id, decision="refused")
    assert len(refused) == 1 and refused[0]["reason"].startswith("invalid_target")


def test_an_assertion_is_good_once_and_for_this_issuer_alone(oauth, admin, service):
    agent = admin.agent(service, secret=False)
    private, public = pair("ES256")
    admin.keys_of(agent.record, public)
    ask = lambda text: oauth.post("/oauth2/token", assertion_form(text, resource=service.identifier))
    good = assertion(private, "ES256", agent.client_id, oauth.issuer)
    assert ask(good).status_code == 200
    refusals = [
        ask(good),
        ask(assertion(private, "ES256", agent.client_id, oauth.issuer + "/oauth2/token")),
        ask(assertion(private, "ES256", agent.client_id, [oauth.issuer, "https://other.example"])),
        ask(assertion(private, "ES256", agent.client_id, oauth.issuer, exp=2**40)),
        ask(assertion(private, "ES256", agent.client_id, oauth.issuer, exp=1)),
        ask(assertion(pair("ES256")[0], "ES256", agent.client_id, oauth.issuer)),
        ask(assertion("a" * 32, "HS256", agent.client_id, oauth.issuer)),
        ask(assertion(private, "ES256", agent.client_id, oauth.issuer, sub="agt_another")),
    ]
    for answer in refusals:
        assert answer.status_code == 401 and answer.json()["error"] == "invalid_client"
    used, to_endpoint, to_another_too, never_ends, over, by_another_key, by_hash, of_another = (
        answer.json()["error_description"] for answer in refusals
    )
    # What the assertion itself says wrong is told; of the client's keys, and what was used before, nothing is.
    assert used == by_another_key == "client authentication failed"
    assert to_endpoint == to_another_too and to_endpoint.startswith("aud of the assertion must be the issuer")
    assert over.startswith("exp of the assertion must lie ahead") and "malformed" in never_ends
    assert "signed by an algorithm of the metadata" in by_hash and of_another.startswith("iss and sub")
