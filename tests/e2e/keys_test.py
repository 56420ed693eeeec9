# Signing keys: rotation while clients verify, withdrawal, and what the JWK Set shows.
import http.server
import json
import threading

import jwt
import pytest

from kit.api import assertion, assertion_form
from kit.keys import pair, private_jwk


def key_set(oauth):
    return jwt.PyJWKSet.from_dict(oauth.jwks())


def holds(keys, token, audience):
    kid = jwt.get_unverified_header(token)["kid"]
    if kid not in {key.key_id for key in keys.keys}:
        return False
    jwt.decode(token, keys[kid].key, algorithms=["ES256"], audience=audience)
    return True


def test_the_key_set_holds_public_members_only_and_may_be_cached(oauth):
    answer = oauth.http.get(oauth.issuer + "/oauth2/jwks", timeout=30)
    assert "max-age=" in answer.headers["Cache-Control"]
    tag = answer.headers["ETag"]
    assert oauth.http.get(answer.url, headers={"If-None-Match": tag}, timeout=30).status_code == 304
    keys = answer.json()["keys"]
    assert {key["alg"] for key in keys} >= {"ES256", "EdDSA", "RS256"}
    for key in keys:
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & set(key)
        assert key["use"] == "sig" and key["kid"]


def test_rotation_never_leaves_a_verifier_without_the_key(fresh, admin_for):
    server = fresh(keys__jwks_max_age_s="0")  # a published key may sign at once
    admin = admin_for(server)
    oauth, service = admin.oauth, admin.service()
    agent = admin.agent(service)
    signed_by = set()
    admin.ok("POST", "/keys/rotate", {"algorithm": "ES256"})  # from here on there is always a key that is `next`
    for _ in range(3):
        cached = key_set(oauth)
        before = oauth.access_token(agent, resource=service.identifier)
        made = admin.ok("POST", "/keys/rotate", {"algorithm": "ES256"})
        after = oauth.access_token(agent, resource=service.identifier)
        assert holds(cached, after, service.identifier), "the new key was not published before it signed"
        assert holds(key_set(oauth), before, service.identifier), (
            "the retired key is gone while its tokens live"
        )
        kids = [jwt.get_unverified_header(token)["kid"] for token in (before, after)]
        assert kids[0] != kids[1]
        signed_by.update(kids)
        assert made is not None
    assert len(signed_by) == 4
    states = [key["state"] for key in admin.ok("GET", "/keys")["items"] if key["algorithm"] == "ES256"]
    assert sorted(states) == ["active", "next"] + ["retired"] * 4


def test_clients_that_verify_all_the_while_never_see_a_bad_token(fresh, admin_for):
    server = fresh(keys__jwks_max_age_s="0")
    admin = admin_for(server)
    oauth, service = admin.oauth, admin.service()
    agent = admin.agent(service)
    done, failures, verified = threading.Event(), [], []

    def verify():
        mine = type(oauth)(server)
        cached = key_set(mine)
        while not done.is_set():
            try:
                token = mine.access_token(agent, resource=service.identifier)
                if not holds(cached, token, service.identifier):
                    cached = key_set(mine)  # as PyJWKClient does for an unknown kid
                    assert holds(cached, token, service.identifier)
                assert mine.introspect(token, service)["active"] is True
                verified.append(token)
            except Exception as failure:
                failures.append(repr(failure))
                return

    threads = [threading.Thread(target=verify) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        seen = len(verified)
        admin.ok("POST", "/keys/rotate", {"algorithm": "ES256"})
        while len(verified) < seen + 6 and not failures:
            threads[0].join(0.01)
    done.set()
    for thread in threads:
        thread.join(60)
    assert not failures
    assert len({jwt.get_unverified_header(token)["kid"] for token in verified}) >= 5


def a10_a_compromised_key_is_withdrawn_with_all_it_signed(fresh, admin_for):
    server = fresh()
    admin = admin_for(server)
    oauth, service = admin.oauth, admin.service()
    agent = admin.agent(service)
    token = oauth.access_token(agent, resource=service.identifier)
    kid = jwt.get_unverified_header(token)["kid"]
    assert oauth.introspect(token, service)["active"] is True
    admin.ok("POST", f"/keys/{kid}/compromised", {})
    assert kid not in {key["kid"] for key in oauth.jwks()["keys"]}
    assert oauth.introspect(token, service) == {"active": False}
    admin._until = 0  # the administrator's own token was signed by it too
    fresh_token = oauth.access_token(agent, resource=service.identifier)
    assert oauth.introspect(fresh_token, service)["active"] is True
    feed = admin.ok("GET", "/revocations")["items"]
    assert any(kid in (item["target"], item.get("kid")) for item in feed)


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
def test_a_client_may_hold_several_keys_and_replace_one(oauth, admin, service, algorithm):
    agent = admin.agent(service, secret=False)
    ask = lambda key: (
        oauth.post(
            "/oauth2/token",
            assertion_form(
                assertion(key, algorithm, agent.client_id, oauth.issuer), resource=service.identifier
            ),
        ).status_code
    )
    (old, old_public), (new, new_public) = pair(algorithm), pair(algorithm)
    admin.keys_of(agent.record, old_public)
    assert (ask(old), ask(new)) == (200, 401)
    admin.keys_of(agent.record, new_public)
    assert (ask(old), ask(new)) == (200, 200)
    first = admin.ok("GET", f"/agents/{agent.id}/credentials")["items"][0]
    admin.ok("DELETE", f"/agents/{agent.id}/credentials/{first['id']}")
    assert (ask(old), ask(new)) == (401, 200)


def a9_a_private_key_is_no_credential(admin, service):
    agent = admin.agent(service, secret=False)
    key, _ = pair("ES256")
    body = {"type": "jwks", "jwks": {"keys": [private_jwk("ES256", key)]}}
    answer = admin.call("POST", f"/agents/{agent.id}/credentials", body)
    assert answer.status_code == 400 and answer.json()["field"].startswith("jwks")


@pytest.fixture
def published():
    """A host of a key set: its URL, and what is published there."""
    document = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps(document).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{listener.server_port}/keys", document
    listener.shutdown()


def test_published_keys_are_at_hand_for_the_first_request_after_a_start(fresh, admin_for, published):
    url, document = published
    server = fresh(fetch__allow_special_addresses="true", fetch__allow_plain_http="true")
    admin = admin_for(server)
    agent = admin.agent(admin.service(), secret=False)
    key, public = pair("ES256")
    document["keys"] = [public]
    admin.ok("POST", f"/agents/{agent.id}/credentials", {"type": "jwks_uri", "jwks_uri": url})
    server.stop().start()
    signed = assertion(key, "ES256", agent.client_id, admin.oauth.issuer)
    answer = admin.oauth.post("/oauth2/token", assertion_form(signed))
    assert answer.status_code == 200, answer.text
