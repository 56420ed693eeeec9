# Delegation over real HTTP: every way a token may be exchanged, trees seen and ended, previews that change nothing.
import json

import pytest

from kit.api import Client
from kit.family import Family, actors_of, claims_of


@pytest.fixture(scope="module")
def family(admin):
    return Family(admin)


def error_of(answer):
    return answer.status_code, answer.json()["error"]


def test_a_trusted_issuers_token_begins_a_chain(family):
    token = family.begun()
    assert claims_of(token)["sub"] == family.user["id"]
    assert actors_of(token) == [family.orchestrator.id]
    assert len(claims_of(token)["dlg"]) == 1
    assert family.active(token)
    elsewhere = family.upstream(aud="https://other.example")
    asked = {"resource": family.service.identifier}
    assert error_of(family.exchange(family.orchestrator, elsewhere, "jwt", **asked)) == (400, "invalid_request")


def test_a_holder_narrows_its_token(family):
    token = family.exchanged(family.orchestrator, family.begun(), scope="read")
    assert claims_of(token)["scope"] == "read"
    assert actors_of(token) == [family.orchestrator.id]
    # A narrow token is no narrow delegation: its holder draws on what the delegation holds.
    assert claims_of(family.exchanged(family.orchestrator, token, scope="write"))["scope"] == "write"
    assert error_of(family.exchange(family.orchestrator, token, scope="other")) == (400, "invalid_scope")


def test_a_holder_hands_on_to_an_agent_it_names(family):
    token = family.exchanged(
        family.orchestrator, family.begun(), requested_actor=family.worker.id, scope="read"
    )
    assert actors_of(token) == [family.worker.id, family.orchestrator.id]
    assert claims_of(token)["client_id"] == family.worker.id
    assert claims_of(token)["scope"] == "read"
    stranger = family.exchange(family.orchestrator, family.begun(), requested_actor=family.stranger.id)
    assert error_of(stranger) == (400, "unauthorized_client")


def test_a_holder_hands_on_to_the_agent_whose_token_it_shows(family, admin):
    admin.create("assignments", role=family.service.role["id"], principal=family.worker.id)
    proof = family.oauth.access_token(family.worker, resource=family.service.identifier, scope="read")
    token = family.exchanged(family.orchestrator, family.begun(), actor_token=proof)
    assert actors_of(token) == [family.worker.id, family.orchestrator.id]


def test_a_delegate_draws_on_what_it_received(family):
    received = family.begun(scope="read")
    drawn = family.exchanged(family.worker, received)
    assert actors_of(drawn) == [family.worker.id, family.orchestrator.id]
    assert claims_of(drawn)["scope"] == "read"
    assert error_of(family.exchange(family.stranger, received)) == (400, "unauthorized_client")


def test_a_holder_that_wants_to_be_asked_agrees_by_a_token_of_its_own(family, admin):
    careful = admin.agent(delegates=[family.worker.id], agreement_required=True)
    admin.create("assignments", role=family.service.role["id"], principal=careful.id, acts="others")
    received = family.exchanged(careful, family.upstream(), "jwt", resource=family.service.identifier)
    assert error_of(family.exchange(family.worker, received)) == (400, "invalid_request")
    sent_anyway = family.exchange(family.worker, received, actor_token=received)
    assert error_of(sent_anyway) == (400, "invalid_request")
    drawn = family.exchanged(family.worker, received, actor_token=family.oauth.access_token(careful))
    assert actors_of(drawn) == [family.worker.id, careful.id]


def test_who_is_called_draws_what_is_onward_for_it(family):
    details = [
        {
            "type": "onward",
            "actor": family.worker.id,
            "resource": family.service.identifier,
            "scope": "read",
        }
    ]
    call = family.begun(resource=family.desk["identifier"], authorization_details=json.dumps(details))
    drawn = family.exchanged(family.worker, call, resource=family.service.identifier)
    assert claims_of(drawn)["scope"] == "read"
    assert actors_of(drawn) == [family.worker.id, family.orchestrator.id]
    wider = family.exchange(family.worker, call, resource=family.service.identifier, scope="write")
    assert error_of(wider) == (400, "invalid_scope")
    bare = family.begun(resource=family.desk["identifier"])
    asked = family.exchange(family.worker, bare, resource=family.service.identifier)
    assert error_of(asked) == (400, "invalid_target")


def test_explain_says_what_an_exchange_then_gives(family, admin):
    question = {
        "actor": family.worker.id,
        "subject": family.user["id"],
        "through": [family.orchestrator.id],
        "resource": family.service.identifier,
        "scope": "read nonsense",
    }
    said = admin.ok("POST", "/explain", question)
    token = family.exchanged(
        family.orchestrator, family.begun(), requested_actor=family.worker.id, scope="read nonsense"
    )
    assert said["issued"] and said["scope"] == claims_of(token)["scope"]
    assert said["chain"] == actors_of(token)
    refused = admin.ok("POST", "/explain", question | {"actor": family.stranger.id})
    assert not refused["issued"] and family.stranger.id in refused["obstacles"][0]
    assert admin.events(action="decision.explain")


def test_a_tree_is_seen_previewed_and_ended(family, admin):
    own = Family(admin)  # a tree of its own
    begun = own.begun()
    handed = own.exchanged(own.orchestrator, begun, requested_actor=own.worker.id)
    root, leaf = claims_of(handed)["dlg"]
    tree = admin.ok("GET", f"/delegations/{root}/tree")
    assert [(item["id"], item["depth"], item["state"]) for item in tree["items"]] == [
        (root, 0, "live"),
        (leaf, 1, "live"),
    ]
    would = admin.ok("POST", f"/delegations/{root}/revoke", params={"preview": "true"})
    assert would["delegations"] == 2 and would["live_tokens_max"] == 2
    assert own.active(begun) and own.active(handed)

    admin.ok("POST", f"/delegations/{leaf}/revoke", {"reason": "over"})
    assert own.active(begun) and not own.active(handed)
    assert error_of(own.exchange(own.worker, handed)) == (400, "invalid_request")
    would = admin.ok("POST", f"/agents/{own.orchestrator.id}/suspend", params={"preview": "true"})
    assert would["delegations"] == 1
    admin.ok("POST", f"/agents/{own.orchestrator.id}/suspend", {})
    assert not own.active(begun)
    states = {item["id"]: item["state"] for item in admin.ok("GET", f"/delegations/{root}/tree")["items"]}
    assert states == {root: "inactive", leaf: "revoked"}


def test_what_descends_from_a_delegation_is_found_in_the_log(admin):
    own = Family(admin)  # a tree of its own
    begun = own.begun()
    handed = own.exchanged(own.orchestrator, begun, requested_actor=own.worker.id)
    root, leaf = claims_of(handed)["dlg"]
    first, second = claims_of(begun)["jti"], claims_of(handed)["jti"]

    def found(**query):
        return [event.get("jti") for event in admin.events(action="token.issue", decision="granted", **query)]

    assert found(delegation=root) == [first, second]
    assert found(delegation=leaf) == [second]
    assert found(chain=own.orchestrator.id, resource=own.service.identifier) == [first, second]
    assert found(chain=own.worker.id) == [second]
    assert found(client=own.orchestrator.id, owner=own.orchestrator.owner["id"]) == [first, second]
    assert found(client=own.worker.id) == []


def test_a_user_sees_and_ends_what_is_done_in_the_users_name(family, admin, oauth):
    own = Family(admin)
    begun = own.begun()
    secret = admin.secret_of("users", own.user)
    alice = type(admin)(oauth, Client(own.user["id"], secret.secret))
    listed = alice.all("/delegations")
    assert [item["actor"] for item in listed] == [own.orchestrator.id]
    others = claims_of(family.begun())["dlg"][0]
    assert alice.call("GET", f"/delegations/{others}").status_code == 404
    assert alice.call("POST", f"/delegations/{others}/revoke", {}).status_code == 404
    alice.ok("POST", f"/delegations/{listed[0]['id']}/revoke", {})
    assert not own.active(begun)
