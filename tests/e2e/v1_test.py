# /v1 over the wire: versions, idempotency, paging, filters, events as they happen, and many writers at once.
import json
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from kit.api import Admin, Client, OAuth, assertion, assertion_form, unique
from kit.keys import pair


def test_an_etag_guards_against_lost_updates(admin, agent):
    read = admin.call("GET", f"/agents/{agent.id}")
    tag = read.headers["ETag"]
    patch = lambda tag, text: admin.call(
        "PATCH", f"/agents/{agent.id}", {"description": text}, {"If-Match": tag}
    )
    first = patch(tag, "one")
    assert first.status_code == 200 and first.headers["ETag"] != tag
    late = patch(tag, "two")
    assert late.status_code == 412 and late.json()["type"].endswith("#version_mismatch")
    assert patch("*", "three").status_code == 200
    assert admin.ok("GET", f"/agents/{agent.id}")["description"] == "three"


def test_a_merge_patch_removes_with_null_and_names_a_bad_field(admin, agent):
    admin.ok("PATCH", f"/agents/{agent.id}", {"description": "here"})
    gone = admin.call(
        "PATCH",
        f"/agents/{agent.id}",
        {"description": None},
        {"Content-Type": "application/merge-patch+json"},
    )
    assert gone.status_code == 200 and "description" not in gone.json()
    for field, value in (("colour", "red"), ("state", "revoked"), ("owner", None), ("name", "")):
        answer = admin.call("PATCH", f"/agents/{agent.id}", {field: value})
        assert answer.status_code == 400 and answer.json()["field"] == field, answer.text


def test_a_created_record_is_where_location_says(admin):
    answer = admin.call("POST", "/users", {"username": unique("user")})
    assert answer.status_code == 201
    where = answer.headers["Location"]
    where = where if where.startswith("http") else admin.oauth.server.origin + where
    read = admin.oauth.http.get(where, headers={"Authorization": f"Bearer {admin.token}"}, timeout=30)
    assert read.json() == answer.json() and read.headers["ETag"] == answer.headers["ETag"]


def test_an_idempotency_key_makes_one_record_and_one_secret(admin, agent):
    path, key = f"/agents/{agent.id}/credentials", {"Idempotency-Key": uuid.uuid4().hex}
    first = admin.call("POST", path, {"type": "secret", "label": "ci"}, key)
    again = admin.call("POST", path, {"type": "secret", "label": "ci"}, key)
    assert (first.status_code, first.text) == (again.status_code, again.text) and first.json()["secret"]
    assert len(admin.ok("GET", path)["items"]) == 2
    other = admin.call("POST", path, {"type": "secret", "label": "other"}, key)
    assert other.status_code == 422 and other.json()["type"].endswith("#idempotency_mismatch")
    for bad in ("", "x" * 256):
        assert admin.call("POST", path, {"type": "secret"}, {"Idempotency-Key": bad}).status_code == 400


def test_parallel_posts_with_one_key_make_one_record(admin):
    key, name = {"Idempotency-Key": uuid.uuid4().hex}, unique("user")
    admin.token
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: admin.call("POST", "/users", {"username": name}, key), range(8)))
    made = [answer for answer in answers if answer.status_code == 201]
    assert made and {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.text for answer in made}) == 1


def owned_by(owner):
    return 'owner eq "%s"' % owner["id"]


def test_pages_hold_every_record_once(admin):
    owner = admin.user()
    names = [unique("paged") for _ in range(7)]
    for name in names:
        admin.create("agents", name=name, owner=owner["id"])
    seen, cursor = [], None
    while True:
        query = {"limit": 3, "filter": owned_by(owner), **({"cursor": cursor} if cursor else {})}
        page = admin.ok("GET", "/agents", params=query)
        assert len(page["items"]) <= 3
        seen += [record["name"] for record in page["items"]]
        cursor = page.get("next_cursor")
        if cursor is None:
            break
    assert seen == names
    for query in (
        {"limit": 0},
        {"limit": "x"},
        {"cursor": "nonsense"},
        {"filter": 'colour eq "red"'},
        {"filter": "nonsense"},
        {"unknown": 1},
    ):
        assert admin.call("GET", "/agents", params=query).status_code == 400, query


def test_without_a_token_the_challenge_says_where_to_get_one(admin, oauth, agent, service):
    bare = oauth.http.get(admin.base + "/agents", timeout=30)
    assert bare.status_code == 401
    challenge = bare.headers["WWW-Authenticate"]
    assert challenge.startswith("Bearer ") and "error=" not in challenge
    metadata = challenge.partition('resource_metadata="')[2].partition('"')[0]
    assert oauth.http.get(metadata, timeout=30).json()["resource"] == admin.base
    foreign = oauth.access_token(agent, resource=service.identifier)
    wrong = oauth.http.get(admin.base + "/agents", headers={"Authorization": f"Bearer {foreign}"}, timeout=30)
    assert wrong.status_code == 401 and 'error="invalid_token"' in wrong.headers["WWW-Authenticate"]


def test_an_owner_sees_its_own_agents_and_nobody_elses(oauth, admin, service):
    alice, bob = admin.user(), admin.user()
    mine, theirs = admin.agent(service, owner=alice), admin.agent(service, owner=bob)
    as_alice = Admin(oauth, admin.secret_of("users", alice))
    assert {record["id"] for record in as_alice.all("/agents")} == {mine.id}
    assert as_alice.call("GET", f"/agents/{theirs.id}").status_code == 404
    assert as_alice.call("POST", f"/agents/{theirs.id}/suspend", {}).status_code == 404
    assert as_alice.ok("POST", f"/agents/{mine.id}/suspend", {})["state"] == "suspended"
    assert as_alice.call("GET", "/events").status_code == 403
    assert as_alice.call("POST", "/roles", {"name": unique("r"), "permissions": []}).status_code == 403


def test_a_transfer_keeps_who_was_accountable(admin, agent):
    next_owner = admin.user()
    between = admin.ok("GET", f"/agents/{agent.id}")["updated_at"]
    admin.ok("POST", f"/agents/{agent.id}/transfer", {"owner": next_owner["id"]})
    history = admin.ok("GET", f"/agents/{agent.id}/owners")["items"]
    assert [one["owner"] for one in history] == [agent.owner["id"], next_owner["id"]]
    assert history[0]["until"] == history[1]["from"] and "until" not in history[1]
    then = admin.ok("GET", f"/agents/{agent.id}/owners", params={"at": between})["items"]
    assert [one["owner"] for one in then] == [agent.owner["id"]]


def test_every_change_and_every_refusal_is_an_event_without_a_secret(admin, agent):
    admin.ok("PATCH", f"/agents/{agent.id}", {"description": "changed"})
    assert (
        admin.call("PATCH", f"/agents/{agent.id}", {"description": "no"}, {"If-Match": '"999"'}).status_code
        == 412
    )
    events = admin.events(target=agent.id)
    actions = [(event["action"], event["decision"]) for event in events]
    for expected in [("agent.create", "done"), ("agent.update", "done"), ("agent.update", "refused")]:
        assert expected in actions
    change = [event for event in events if event["action"] == "agent.update" and event["decision"] == "done"][
        -1
    ]
    changes = change["changes"] if isinstance(change["changes"], dict) else json.loads(change["changes"])
    assert changes["after"]["description"] == "changed"
    everything = json.dumps(admin.events())
    assert agent.secret not in everything and "secret_hash" not in everything


def test_events_stream_as_they_happen_and_resume(admin, agent):
    def stream(last=None):
        headers = {"Authorization": f"Bearer {admin.token}", "Accept": "text/event-stream"}
        if last is not None:
            headers["Last-Event-ID"] = last
        answer = admin.oauth.http.get(
            admin.base + "/events", params={"target": agent.id}, headers=headers, stream=True, timeout=30
        )
        assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/event-stream")
        return answer

    def next_event(lines):
        seen = {}
        for line in lines:
            if line.startswith(":"):
                continue
            if not line and "data" in seen:  # what has none is no event, but says where to resume
                return seen["id"], json.loads(seen["data"])
            if line:
                name, _, value = line.partition(": ")
                seen[name] = value

    newest = admin.ok("GET", "/events", params={"order": "newest_first", "limit": 1})["items"][0]["seq"]
    with stream(str(newest)) as following:
        lines = following.iter_lines(chunk_size=1, decode_unicode=True)
        admin.ok("POST", f"/agents/{agent.id}/suspend", {})
        first, event = next_event(lines)
        assert event["action"] == "agent.suspend" and first.startswith(f"{event['seq']}-")
    admin.ok("POST", f"/agents/{agent.id}/resume", {})
    with stream(first) as following:
        second, event = next_event(following.iter_lines(chunk_size=1, decode_unicode=True))
        assert event["action"] == "agent.resume" and second.startswith(f"{event['seq']}-") and second != first


def in_parallel(server, count, work):
    """`count` administrators, each with connections of their own, let go at one moment."""
    barrier, results = threading.Barrier(count), [None] * count

    def one(index):
        mine = Admin(OAuth(server), Client(server.admin_id, server.admin_secret))
        mine.token
        barrier.wait(60)
        results[index] = work(mine, index)

    threads = [threading.Thread(target=one, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert None not in results
    return results


def test_of_many_writers_with_one_version_exactly_one_wins(server, admin, agent):
    for turn in range(5):  # each changes something: one who asks for what is there already leaves the version
        tag = admin.call("GET", f"/agents/{agent.id}").headers["ETag"]
        change = lambda mine, index: (
            mine.call(
                "PATCH", f"/agents/{agent.id}", {"description": f"writer {turn}.{index}"}, {"If-Match": tag}
            ).status_code
        )
        assert sorted(in_parallel(server, 8, change)) == [200] + [412] * 7


def test_of_many_that_take_one_name_exactly_one_gets_it(server):
    name = unique("wanted")
    statuses = in_parallel(
        server, 8, lambda mine, _: mine.call("POST", "/users", {"username": name}).status_code
    )
    assert sorted(statuses) == [201] + [409] * 7


def test_of_many_redemptions_of_one_assertion_exactly_one_is_fresh(server, oauth, admin, service):
    agent = admin.agent(service, secret=False)
    key, public = pair("ES256")
    admin.keys_of(agent.record, public)
    for _ in range(5):
        form = assertion_form(
            assertion(key, "ES256", agent.client_id, oauth.issuer), resource=service.identifier
        )
        redeem = lambda mine, _: mine.oauth.post("/oauth2/token", form).status_code
        assert sorted(in_parallel(server, 16, redeem)) == [200] + [401] * 15


def test_many_writers_lose_nothing(server, admin):
    owner = admin.user()

    def create(mine, _):
        return [mine.create("agents", name=unique("many"), owner=owner["id"])["id"] for _ in range(25)]

    made = [one for ids in in_parallel(server, 8, create) for one in ids]
    listed = [record["id"] for record in admin.all("/agents", filter=owned_by(owner))]
    assert len(set(made)) == 200 and sorted(listed) == sorted(made)


@pytest.mark.parametrize("noun", ["users", "groups", "organizations", "agent-types", "resources", "roles"])
def test_what_is_referred_to_is_not_deleted(admin, service, noun):
    organization = admin.create("organizations", name=unique("org"))
    user = admin.create("users", username=unique("user"), organization=organization["id"])
    group = admin.create("groups", name=unique("group"))
    kind = admin.create("agent-types", name=unique("type"))
    admin.create("agents", name=unique("a"), owner=user["id"], type=kind["id"])
    admin.create("agents", name=unique("b"), owner=group["id"])
    admin.agent(service)
    ids = {
        "users": user,
        "groups": group,
        "organizations": organization,
        "agent-types": kind,
        "resources": service.resource,
        "roles": service.role,
    }
    answer = admin.call("DELETE", f"/{noun}/{ids[noun]['id']}")
    assert answer.status_code == 409 and answer.json()["type"].endswith("#in_use")
    assert admin.call("GET", f"/{noun}/{ids[noun]['id']}").status_code == 200
