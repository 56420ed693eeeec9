# Tenants: an issuer, keys and a directory each, and no way from one into another.
import jwt
import pytest

from kit.api import Admin, Client, OAuth, assertion, assertion_form, unique
from kit.keys import pair


@pytest.fixture(scope="module")
def tenants(server, admin):
    """Two tenants besides the default one, each with an administrator, a service and an agent."""
    made = {}
    for _ in range(2):
        slug = unique("acme")
        answer = admin.create("tenants", id=slug, name="Acme")
        secret = answer["admin"]["secret"]
        server.secrets.add(secret)
        own = Admin(OAuth(server, slug), Client(answer["admin"]["client_id"], secret))
        own.slug, own.service = slug, own.service()
        own.agent_client = own.agent(own.service)
        made[slug] = own
    return list(made.values())


def test_discovery_in_both_forms_names_the_tenants_issuer(server, oauth, tenants):
    slug, origin = tenants[0].slug, server.origin
    issuer = f"{origin}/t/{slug}"
    forms = [
        f"{origin}/.well-known/oauth-authorization-server/t/{slug}",
        f"{origin}/.well-known/openid-configuration/t/{slug}",
        f"{issuer}/.well-known/openid-configuration",
        f"{issuer}/.well-known/oauth-authorization-server",
    ]
    documents = [oauth.http.get(form, timeout=30).json() for form in forms]
    assert all(document == documents[0] for document in documents)
    assert documents[0]["issuer"] == issuer and documents[0]["token_endpoint"].startswith(issuer + "/")
    resource = oauth.http.get(f"{origin}/.well-known/oauth-protected-resource/t/{slug}/v1", timeout=30).json()
    assert resource["resource"] == issuer + "/v1" and resource["authorization_servers"] == [issuer]
    assert oauth.metadata()["issuer"] == origin


def test_each_tenant_signs_with_keys_of_its_own(oauth, tenants):
    sets = [{key["kid"] for key in one.jwks()["keys"]} for one in (oauth, tenants[0].oauth, tenants[1].oauth)]
    assert not sets[0] & sets[1] and not sets[1] & sets[2] and not sets[0] & sets[2]
    own = tenants[0]
    token = own.oauth.access_token(own.agent_client, resource=own.service.identifier)
    key = jwt.PyJWKClient(own.oauth.metadata()["jwks_uri"]).get_signing_key_from_jwt(token)
    claims = jwt.decode(
        token, key.key, algorithms=["ES256"], audience=own.service.identifier, issuer=own.oauth.issuer
    )
    assert claims["sub"] == own.agent_client.id


def a38_a_token_of_one_tenant_opens_nothing_in_another(oauth, admin, agent, service, tenants):
    one, other = tenants
    for here, there in ((one, other), (one, admin), (admin, one)):
        headers = {"Authorization": f"Bearer {here.token}"}
        answer = oauth.http.get(there.base + "/agents", headers=headers, timeout=30)
        assert answer.status_code == 401 and "invalid_token" in answer.headers["WWW-Authenticate"]
    token = one.oauth.access_token(one.agent_client, resource=one.service.identifier)
    assert one.oauth.introspect(token, one.service)["active"] is True
    assert other.oauth.introspect(token, other.service) == {"active": False}
    assert oauth.introspect(token, service) == {"active": False}


def a38_a_client_of_one_tenant_is_unknown_in_another(oauth, admin, agent, tenants):
    one, other = tenants
    answers = [
        other.oauth.token(one.agent_client),
        oauth.token(one.agent_client),
        one.oauth.token(agent),
        one.oauth.token(Client("agt_" + "0" * 26, "x")),
    ]
    assert {answer.status_code for answer in answers} == {401} and len(
        {answer.text for answer in answers}
    ) == 1
    agent_keyed = one.agent(one.service, secret=False)
    key, public = pair("ES256")
    one.keys_of(agent_keyed.record, public)
    here = assertion(key, "ES256", agent_keyed.client_id, one.oauth.issuer)
    assert other.oauth.post("/oauth2/token", assertion_form(here)).status_code == 401
    for_the_origin = assertion(key, "ES256", agent_keyed.client_id, oauth.issuer)
    assert one.oauth.post("/oauth2/token", assertion_form(for_the_origin)).status_code == 401
    assert one.oauth.post("/oauth2/token", assertion_form(here)).status_code == 200


def a38_records_of_one_tenant_are_not_there_in_another(admin, agent, tenants):
    one, other = tenants
    foreign = one.agent_client.id
    for path in (
        f"/agents/{foreign}",
        f"/users/{one.agent_client.owner['id']}",
        f"/resources/{one.service.resource['id']}",
    ):
        unknown = path.rsplit("_", 1)[0] + "_" + "0" * 26
        for there in (other, admin):
            theirs, nobodys = there.call("GET", path), there.call("GET", unknown)
            assert theirs.status_code == nobodys.status_code == 404
            assert theirs.json()["detail"] == nobodys.json()["detail"]
    assert other.call("POST", f"/agents/{foreign}/suspend", {}).status_code == 404
    assert other.call("POST", f"/agents/{foreign}/credentials", {"type": "secret"}).status_code == 404
    assert foreign not in {record["id"] for record in other.all("/agents") + admin.all("/agents")}
    refused = other.call("POST", "/agents", {"name": "x", "owner": one.agent_client.owner["id"]})
    assert refused.status_code == 422 and refused.json()["field"] == "owner"
    assert not [event for event in other.events() if foreign in (event.get("actor"), event.get("subject"))]


def test_the_same_names_may_be_used_in_each_tenant(tenants):
    name = unique("same")
    for one in tenants:
        one.create("users", username=name)
        one.create("resources", identifier=f"https://{name}.example", name="Same")
    again = tenants[0].call("POST", "/users", {"username": name})
    assert again.status_code == 409 and again.json()["field"] == "username"


def test_only_the_default_tenants_administrators_make_tenants(admin, tenants):
    body = {"id": unique("sneak"), "name": "Sneak"}
    assert tenants[0].call("POST", "/tenants", body).status_code in (403, 404)
    assert admin.call("POST", "/tenants", {"id": tenants[0].slug, "name": "Again"}).status_code == 409
    assert admin.call("POST", "/tenants", {"id": "No/Slug", "name": "Bad"}).status_code == 400
