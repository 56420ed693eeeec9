# Each operation of /v1 is done once, with every kind of field, and each answer is held against openapi.yaml.
import time

import pytest

from kit.api import unique
from kit.described import description
from kit.family import Family, claims_of
from kit.keys import pair

LATER = "2100-01-01T00:00:00.000Z"
# Who has an authenticator signs in with a browser (people_test.py), and a witness is a setting (audit_test.py).
ELSEWHERE = {("DELETE", "/v1/users/{id}/authenticators/{authenticator}"), ("POST", "/v1/audit/cosignatures")}
CLIENT = {
    "redirect_uris": ["https://app.example/back"],
    "post_logout_redirect_uris": ["https://app.example/bye"],
    "backchannel_logout_uri": "https://app.example/out",
    "default_scope": "read",
    "id_token_signed_response_alg": "ES256",
    "verified": True,
}
RULES = [
    {"name": "model", "type": "enum", "values": ["a", "b"], "required": True},
    {"name": "key", "credential": True},
    {"name": "serial", "pattern": "\\d+", "unique": True},
]
PAYMENT = {
    "type": "payment",
    "schema": {
        "type": "object",
        "additionalProperties": False,
        "properties": {"type": {}, "amount": {"type": "integer"}},
    },
    "display": {"en": "Pay {amount}"},
    "narrowing": {"amount": "at_most"},
}
RESOURCE = {
    "name": "API",
    "description": "An API",
    "scopes": [
        {"name": "read", "description": "May read.", "sensitivity": "low"},
        {"name": "write", "parent": "read", "max_age_s": 60},
    ],
    "algorithm": "EdDSA",
    "delegation_depth_max": 3,
    "max_age_s": 600,
    "authorization_details_types": [PAYMENT],
}


class Walk:
    """An administrator who notes which operations were done."""

    def __init__(self, admin):
        self.admin, self.done, self.made = admin, set(), {}
        admin.oauth.http.hooks["response"].append(self.note)

    def note(self, answer, **_):
        if answer.ok:
            self.done.add((answer.request.method, description.described(answer.request.path_url)))

    def ok(self, method, path, body=None, **query):
        return self.admin.ok(method, path, body, params=query)

    def noun(self, plural, patch, **document):
        """Made, read, listed and, where it may be, changed; gives its id."""
        made = self.ok("POST", f"/{plural}", document)
        at = f"/{plural}/{made['id']}"
        assert document.items() <= made.items() and self.ok("GET", at) == made
        assert made in self.admin.all(f"/{plural}")
        if patch:
            assert patch.items() <= self.ok("PATCH", at, patch).items()
        self.made[plural] = made["id"]
        return made["id"]


@pytest.fixture
def walk(fresh, admin_for):
    return Walk(admin_for(fresh()))


def nouns(walk):
    more, given = {"description": "more"}, {"name": unique("name"), "description": "what it is"}
    organization = walk.noun("organizations", more, **given)
    person = {"name": "Alice", "email": "a@a.example", "email_verified": True, "attributes": {"desk": 7, "here": True}}
    user = walk.noun("users", {"email": "b@a.example"}, username=unique("u"), organization=organization, **person)
    walk.noun("groups", more, **given)
    walk.noun("agent-types", more, schema=RULES, **given)
    resource = walk.noun("resources", {"token_lifetime_s": 600}, identifier=f"https://{unique('a')}.example", **RESOURCE)
    permissions = [{"resource": resource, "scopes": ["read"]}]
    role = walk.noun("roles", more, permissions=permissions, **given)
    client = {**CLIENT, "owner": user, "default_resource": resource, "organization": organization, **given}
    walk.noun("applications", more, **client)
    agent = walk.noun("agents", more, expires_at=LATER, **client)
    walk.noun("assignments", {}, role=role, principal=agent, acts="others")
    keys = {"keys": [pair("ES256")[1] | {"kid": "k"}]}
    issuer = {"issuer": f"https://{unique('i')}.example", "name": "Login", "jwks": keys, "audiences": ["here"]}
    walk.noun("trusted-issuers", {"state": "disabled"}, permissions=permissions, **issuer)

    tenant = {"id": unique("t"), "name": "Acme", "acr_values": [{"acr": "high", "amr": ["mfa"]}]}
    assert walk.ok("POST", "/tenants", tenant)["admin"]["secret"]
    changed = walk.ok("PATCH", f"/tenants/{tenant['id']}", {"name": "Other"})
    assert walk.ok("GET", f"/tenants/{tenant['id']}") == changed and changed in walk.admin.all("/tenants")


def what_belongs_to_them(walk):
    agent, user, group, application = (walk.made[one] for one in ("agents", "users", "groups", "applications"))
    for at in (f"/agents/{agent}", f"/applications/{application}", f"/users/{user}"):
        if not at.startswith("/users"):  # a person has no keys
            walk.ok("POST", f"{at}/credentials", {"type": "jwks", "jwks": {"keys": [pair("ES256")[1]]}})
        made = walk.ok("POST", f"{at}/credentials", {"type": "secret", "label": "ci", "expires_at": LATER})
        credential = f"{at}/credentials/{made['id']}"
        assert walk.ok("PATCH", credential, {"label": "other"}) == walk.ok("GET", credential)
        assert walk.ok("POST", f"{credential}/rotate", {"overlap_s": 60})["replaces"]["id"] == made["id"]
        assert made["id"] in [one["id"] for one in walk.ok("GET", f"{at}/credentials")["items"]]
        walk.ok("DELETE", credential)
    assert walk.ok("GET", f"/users/{user}/access")["items"][0]["by"][0]["every_user"] is True
    (ceiling,) = walk.ok("GET", f"/agents/{agent}/access")["items"]
    assert ceiling["others"]["scope"] == "read write" and "self" not in ceiling
    assert walk.ok("GET", f"/applications/{application}/access")["items"] == []
    walk.ok("POST", f"/users/{user}/reset-code", {})
    assert [one["type"] for one in walk.ok("GET", f"/users/{user}/authenticators")["items"]] == ["reset_code"]
    walk.ok("POST", f"/groups/{group}/members", {"member": user})
    assert [one["member"] for one in walk.ok("GET", f"/groups/{group}/members")["items"]] == [user]
    typed = {"name": unique("typed"), "owner": user, "type": walk.made["agent-types"]}
    typed = walk.ok("POST", "/agents", typed | {"attributes": {"model": "a", "key": "k-1", "serial": "7"}})
    assert typed["credential_attributes"] == ["key"] and "key" not in typed["attributes"]
    for step in ("suspend", "resume"):
        walk.ok("POST", f"/agents/{agent}/{step}", {"reason": "a walk"})
    walk.ok("POST", f"/agents/{agent}/transfer", {"owner": group, "end_credentials": True})
    assert [one["owner"] for one in walk.ok("GET", f"/agents/{agent}/owners")["items"]] == [user, group]
    walk.ok("POST", f"/agents/{typed['id']}/revoke", {})
    walk.ok("DELETE", f"/agents/{typed['id']}")


def delegations(walk):
    family = Family(walk.admin)
    handed = family.exchanged(family.orchestrator, family.begun(), requested_actor=family.worker.id)
    root, leaf = claims_of(handed)["dlg"]
    question = {"actor": family.worker.id, "subject": family.user["id"], "resource": family.service.identifier}
    assert walk.ok("POST", "/explain", question | {"through": [family.orchestrator.id]})["issued"]
    assert walk.ok("GET", f"/delegations/{root}") in walk.admin.all("/delegations")
    assert [one["id"] for one in walk.ok("GET", f"/delegations/{root}/tree")["items"]] == [root, leaf]
    for end in (f"/delegations/{leaf}/revoke", f"/agents/{family.orchestrator.id}/revoke"):
        assert walk.ok("POST", end, preview="true")["delegations"] == 1
        walk.ok("POST", end, {"reason": "a walk"})
    assert walk.ok("GET", "/revocations")["items"]
    assert walk.admin.call("GET", "/revocations/snapshot").status_code == 200


def log(walk):
    event = walk.admin.events()[-1]
    assert walk.ok("GET", f"/events/{event['id']}") == event
    limit = time.monotonic() + 30
    while (proof := walk.admin.call("GET", "/audit/inclusion", params={"event": event["id"]})).status_code == 409:
        assert time.monotonic() < limit, proof.text
    assert proof.json()["seq"] == event["seq"]
    walk.ok("GET", "/audit/consistency", **{"from": 1})
    for path in ("/audit/checkpoint", "/audit/key", "/audit/export"):
        assert walk.admin.call("GET", path).status_code == 200
    walk.ok("POST", "/audit/key/rotate", {})


def ends(walk):
    walk.ok("DELETE", f"/groups/{walk.made['groups']}/members/{walk.made['users']}")
    walk.ok("POST", f"/agents/{walk.made['agents']}/revoke", {})
    order = "trusted-issuers assignments agents agent-types applications roles resources groups users organizations"
    for plural in order.split():
        walk.ok("DELETE", f"/{plural}/{walk.made[plural]}")
        assert walk.admin.call("GET", f"/{plural}/{walk.made[plural]}").status_code == 404
    walk.ok("POST", "/keys/rotate", {"algorithm": "ES256"})
    keys = [key for key in walk.ok("GET", "/keys")["items"] if key["algorithm"] == "ES256"]
    (active,) = (key["kid"] for key in keys if key["state"] == "active")
    assert walk.ok("POST", f"/keys/{active}/compromised", {})["kid"] == active


def test_each_operation_of_v1_is_done_as_described(walk):
    for part in (nouns, what_belongs_to_them, delegations, log, ends):
        part(walk)
    assert description.operations("/v1") - walk.done == ELSEWHERE
