# Refusals that must look alike, and what a suspension ends at once.
import datetime
import uuid

import pytest

from kit.api import ASSERTION, Client, assertion
from kit.keys import pair

PER_ANSWER = {"date", "x-request-id", "x-correlation-id"}


def shape(answer):
    """All that an outsider sees of an answer, but for what differs from one to the next of any kind."""
    headers = {
        name.lower(): value for name, value in answer.headers.items() if name.lower() not in PER_ANSWER
    }
    return answer.status_code, headers, answer.text


def wait_until_expired(admin, agent):
    while admin.ok("GET", f"/agents/{agent.id}")["state"] != "expired":
        pass


@pytest.fixture(scope="module")
def strangers(admin, service):
    """Everyone who is refused, each for a reason of its own."""
    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)
    expired = admin.agent(service, expires_at=soon.strftime("%Y-%m-%dT%H:%M:%SZ"))
    suspended, revoked, active, gone = (admin.agent(service) for _ in range(4))
    key, public = pair("ES256")
    another, _ = pair("ES256")
    for one in (expired, suspended, revoked, active):
        admin.keys_of(one.record, public)
    for one in (expired, suspended, revoked, gone):
        one.key = key
    admin.ok("POST", f"/agents/{suspended.id}/suspend", {})
    admin.ok("POST", f"/agents/{revoked.id}/revoke", {})
    admin.ok("DELETE", f"/agents/{gone.id}/credentials/{gone.credential}")
    wait_until_expired(admin, expired)
    return {
        "wrong secret": Client(active.client_id, suspended.secret, key=another),
        "malformed secret": Client(active.client_id, "x", key=another),
        "unknown client": Client("agt_" + "0" * 26, active.secret, key=key),
        "no such name": Client(uuid.uuid4().hex, active.secret, key=key),
        "suspended": suspended,
        "expired": expired,
        "revoked": revoked,
        "withdrawn credential": gone,
    }


@pytest.mark.parametrize("path", ["/oauth2/token", "/oauth2/introspect", "/oauth2/revoke", "/oauth2/par"])
@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "private_key_jwt"])
def a16_every_refused_client_sees_the_same_answer(oauth, strangers, service, path, method):
    form = {"grant_type": "client_credentials", "resource": service.identifier, "token": "x"}
    shapes = {}
    for why, client in strangers.items():
        if method == "client_secret_basic":
            answer = oauth.post(path, form, auth=client.auth)
        elif method == "private_key_jwt":
            proof = assertion(client.key, "ES256", client.client_id, oauth.issuer)
            answer = oauth.post(path, {**form, "client_assertion_type": ASSERTION, "client_assertion": proof})
        else:
            answer = oauth.post(path, {**form, "client_id": client.client_id, "client_secret": client.secret})
        shapes[why] = shape(answer)
    status, headers, body = shapes["unknown client"]
    assert status == 401 and '"invalid_client"' in body and headers["www-authenticate"].startswith("Basic ")
    assert headers["cache-control"] == "no-store"
    different = {why: seen for why, seen in shapes.items() if seen != shapes["unknown client"]}
    assert not different


def test_the_audit_knows_what_the_answer_does_not_say(oauth, admin, strangers, service):
    reasons = {}
    for why in ("suspended", "expired", "revoked", "wrong secret"):
        answer = oauth.token(strangers[why], resource=service.identifier)
        assert answer.status_code == 401
        newest = admin.ok(
            "GET", "/events", params={"action": "token.issue", "order": "newest_first", "limit": 1}
        )
        reasons[why] = newest["items"][0]["reason"]
    assert len(set(reasons.values())) == 4
    for state in ("suspended", "expired", "revoked"):
        assert state in reasons[state]


def test_a_refusal_is_found_by_the_header_of_its_answer(oauth, admin, service, strangers):
    answer = oauth.token(strangers["revoked"], resource=service.identifier)
    assert answer.status_code == 401
    (event,) = admin.events(correlation_id=answer.headers["X-Correlation-Id"])
    assert (event["action"], event["decision"]) == ("token.issue", "refused")
    refused = admin.call("GET", "/agents", params={"limit": 0})
    assert refused.json()["correlation_id"] == refused.headers["X-Correlation-Id"]
    for method, path, status in (
        ("GET", "/nowhere", 404),
        ("PUT", "/oauth2/token", 405),
        ("GET", "/oauth2/jwks", 200),
        ("GET", "/healthz", 200),
    ):
        answer = oauth.http.request(method, oauth.issuer + path, timeout=30)
        assert (answer.status_code, answer.headers["X-Correlation-Id"][:4]) == (status, "req_")
    assert "X-Correlation-Id" in oauth.http.get(oauth.issuer + "/oauth2/jwks", timeout=30).headers[
        "Access-Control-Expose-Headers"
    ]


def a28_suspension_ends_live_tokens_and_resuming_does_not_bring_them_back(oauth, admin, agent, service):
    token = oauth.access_token(agent, resource=service.identifier)
    assert oauth.introspect(token, service)["active"] is True
    admin.ok("POST", f"/agents/{agent.id}/suspend", {"reason": "a test"})
    assert oauth.introspect(token, service) == {"active": False}
    assert oauth.token(agent, resource=service.identifier).status_code == 401
    admin.ok("POST", f"/agents/{agent.id}/resume", {})
    assert oauth.introspect(token, service) == {"active": False}
    # A token of the second in which it was stopped could not be told from an older one: try again, says the server.
    while (again := oauth.token(agent, resource=service.identifier)).status_code == 503:
        assert again.headers["Retry-After"] and again.json()["error"] == "temporarily_unavailable"
    assert oauth.introspect(again.json()["access_token"], service)["active"] is True


def a20_a_revoked_token_is_inactive_at_once_and_only_its_client_revokes_it(oauth, admin, agent, service):
    token = oauth.access_token(agent, resource=service.identifier)
    other = admin.agent(service)
    assert oauth.revoke(token, other).status_code == 200
    assert oauth.introspect(token, service)["active"] is True
    assert oauth.revoke(token, agent).status_code == 200
    assert oauth.introspect(token, service) == {"active": False}
    assert oauth.revoke(token, agent).status_code == 200
    assert oauth.revoke("not-a-token", agent).status_code == 200


def test_a_rotated_secret_works_on_for_its_overlap_only(oauth, admin, agent, service):
    path = f"/agents/{agent.id}/credentials/{agent.credential}"
    made = admin.ok("POST", path + "/rotate", {"overlap_s": 3600})
    assert made["replaces"]["id"] == agent.credential
    new = Client(agent.client_id, made["secret"])
    for one in (agent, new):
        oauth.access_token(one, resource=service.identifier)
    again = admin.ok("POST", f"/agents/{agent.id}/credentials/{made['id']}/rotate", {"overlap_s": 0})
    assert oauth.token(new, resource=service.identifier).status_code == 401
    oauth.access_token(Client(agent.client_id, again["secret"]), resource=service.identifier)


def test_a_revoked_agent_is_final(admin, agent):
    assert admin.ok("POST", f"/agents/{agent.id}/revoke", {})["state"] == "revoked"
    assert admin.call("POST", f"/agents/{agent.id}/resume", {}).status_code == 409
    assert admin.call("PATCH", f"/agents/{agent.id}", {"state": "active"}).status_code == 400
    assert admin.ok("GET", f"/agents/{agent.id}")["state"] == "revoked"
