# Tokens bound to a key (RFC 9449): proofs made by PyJWT, by the command line, replayed, and with a server's nonce.
import jwt

from conftest import admin_of
from kit.api import OAuth
from kit.keys import Holder


def ask(oauth, client, resource, proof):
    form = {"grant_type": "client_credentials", "resource": resource}
    return oauth.post("/oauth2/token", form, auth=client.auth, headers={"DPoP": proof})


def test_a18_a_proof_binds_the_token_and_is_good_once(oauth, agent, service):
    holder, url = Holder(), oauth.issuer + "/oauth2/token"
    proof = holder.proof("POST", url)
    answer = ask(oauth, agent, service.identifier, proof)
    assert answer.status_code == 200, answer.text
    assert answer.json()["token_type"] == "DPoP" and answer.headers["DPoP-Nonce"]
    token = answer.json()["access_token"]
    assert jwt.decode(token, options={"verify_signature": False})["cnf"] == {"jkt": holder.thumbprint}
    assert oauth.introspect(token, service)["cnf"] == {"jkt": holder.thumbprint}
    again = ask(oauth, agent, service.identifier, proof)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_dpop_proof")
    elsewhere = ask(oauth, agent, service.identifier, holder.proof("POST", oauth.issuer + "/oauth2/revoke"))
    assert elsewhere.json()["error"] == "invalid_dpop_proof"


def test_a18_a_proof_is_good_once_after_a_restart_too(fresh):
    server = fresh()
    admin, oauth = admin_of(server), OAuth(server)
    service = admin.service()
    agent = admin.agent(service)
    proof = Holder().proof("POST", oauth.issuer + "/oauth2/token")
    assert ask(oauth, agent, service.identifier, proof).status_code == 200
    server.stop()
    server.start()
    assert ask(oauth, agent, service.identifier, proof).json()["error"] == "invalid_dpop_proof"


def test_a_server_may_demand_its_nonce(fresh):
    server = fresh(dpop__nonce_required="true")
    admin, oauth = admin_of(server), OAuth(server)
    service = admin.service()
    agent = admin.agent(service)
    holder, url = Holder(), oauth.issuer + "/oauth2/token"
    refused = ask(oauth, agent, service.identifier, holder.proof("POST", url))
    assert (refused.status_code, refused.json()["error"]) == (400, "use_dpop_nonce")
    nonce = refused.headers["DPoP-Nonce"]
    assert ask(oauth, agent, service.identifier, holder.proof("POST", url, nonce=nonce)).status_code == 200


def test_a18_the_api_takes_a_bound_token_with_its_proof_only(oauth, admin):
    holder, url = Holder(), oauth.issuer + "/v1/agents"
    bound = ask(oauth, admin.client, oauth.issuer + "/v1", holder.proof("POST", oauth.issuer + "/oauth2/token"))
    token = bound.json()["access_token"]

    def get(scheme, **headers):
        headers = {"Authorization": f"{scheme} {token}", **headers}
        return oauth.http.get(url, params={"limit": 1}, headers=headers, timeout=30)

    proof = holder.proof("GET", url, token)
    assert get("DPoP", DPoP=proof).status_code == 200
    assert get("DPoP", DPoP=proof).status_code == 401
    assert get("Bearer").status_code == 401
    refused = get("DPoP", DPoP=Holder().proof("GET", url, token))
    assert refused.status_code == 401 and 'error="invalid_token"' in refused.headers["WWW-Authenticate"]


def test_the_command_line_gets_uses_and_inspects_a_bound_token(oauth, deputy):
    api = oauth.issuer + "/v1"
    token = deputy.ok("token", "get", "--resource", api, "--dpop").strip()
    oauth.server.secrets.add(token)
    proof = ["token", "proof", "--token-file", "-", "--method", "GET", "--url", api + "/agents"]
    headers = {"Authorization": f"DPoP {token}", "DPoP": deputy.ok(*proof, stdin=token).strip()}
    assert oauth.http.get(api + "/agents", headers=headers, timeout=30).status_code == 200
    assert "which is yours" in deputy.ok("token", "inspect", "-", stdin=token)
