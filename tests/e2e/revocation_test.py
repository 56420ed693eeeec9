# What is revoked, as enforcement points hear it: by long poll, stream, signed snapshot and command, the same in each.
import base64
import json
import shutil
import signal
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import jwt
import pytest

from kit.api import unique
from kit.command_line import CommandLine
from kit.family import Family
from kit.follower import LIMIT_S, Command, Newcomer, Poller, Streamer, listeners


class Scene:
    """Users for whom an agent acts, tokens of theirs, and one follower of each way."""

    def __init__(self, server, admin_for, folder):
        self.server, self.admin = server, admin_for(server)
        self.family = Family(self.admin)
        self.alice, self.nina, self.otto = self.family.user, self.admin.user(), self.admin.user()
        self.resource = self.family.service.resource["id"]
        permissions = [{"resource": self.resource, "scopes": ["read", "write"]}]
        self.ninas_role = self.admin.create("roles", name=unique("nina"), permissions=permissions)
        self.admin.create("assignments", role=self.ninas_role["id"], principal=self.nina["id"])
        self.admin.create("assignments", role=self.family.service.role["id"], principal=self.otto["id"])
        self.poller, self.streamer, self.newcomer = (
            kind(admin_for(server)) for kind in (Poller, Streamer, Newcomer)
        )
        self.command = Command(self.admin, CommandLine(server, folder))
        self.followers = [self.poller, self.streamer, self.newcomer, self.command]
        self.tokens, self.dead = {}, set()
        self.wait_for_listeners(1)

    def wait_for_listeners(self, count, waiting=None):
        while listeners(self.server) < count:
            assert self.command.process.poll() is None, self.command.process.stderr.read()
            assert waiting is None or not waiting.done(), "it did not wait"

    def issue(self, name, user, agent=None, **form):
        """A token for the user: of the orchestrator, or handed on to another agent."""
        family = self.family

        def exchange(token, kind, **more):
            """What would be dead at birth is not minted: 503 for the rest of that second."""
            limit = time.monotonic() + LIMIT_S
            while (answer := family.exchange(family.orchestrator, token, kind, **more)).status_code == 503:
                assert time.monotonic() < limit, answer.text
            assert answer.status_code == 200, answer.text
            return answer.json()["access_token"]

        signed_in = family.upstream(sub=user["username"])
        token = exchange(signed_in, "jwt", resource=family.service.identifier, **form)
        self.tokens[name] = exchange(token, "access_token", requested_actor=agent.id) if agent else token

    def newest(self):
        return self.admin.ok("GET", "/revocations")["newest"]

    def change(self, change, *dies):
        """Made while the poll waits and the stream is open; then each follower knows what died, as the server does."""
        if self.streamer.lines is None:
            self.streamer.open()
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(self.poller.wait)
            self.wait_for_listeners(3, waiting)
            change()
            waiting.result(2 * LIMIT_S)
        self.dead.update(dies)
        self.all_agree()

    def all_agree(self):
        newest = self.newest()
        for follower in self.followers:
            follower.hear(newest)
            refused = {name for name, token in self.tokens.items() if follower.refuses(token)}
            assert refused == self.dead, type(follower).__name__
        assert {name for name, token in self.tokens.items() if not self.family.active(token)} == self.dead


@pytest.fixture
def scene(fresh, admin_for, tmp_path):
    made = Scene(fresh(), admin_for, tmp_path)
    yield made
    for follower in made.followers:
        follower.close()


def test_each_follower_refuses_what_was_revoked_and_nothing_else(scene):
    admin, family = scene.admin, scene.family
    scene.issue("nina reads", scene.nina, scope="read")
    scene.issue("nina writes", scene.nina, scope="write")
    scene.issue("nina does both", scene.nina, scope="read write")
    scene.issue("otto", scene.otto)
    scene.issue("alice", scene.alice)
    scene.issue("alice by the worker", scene.alice, family.worker)
    scene.all_agree()

    less = {"permissions": [{"resource": scene.resource, "scopes": ["read"]}]}
    scene.change(
        lambda: admin.ok("PATCH", f"/roles/{scene.ninas_role['id']}", less), "nina writes", "nina does both"
    )
    scene.issue("nina again", scene.nina, scope="read write")
    scene.change(lambda: admin.ok("PATCH", f"/users/{scene.otto['id']}", {"state": "disabled"}), "otto")
    scene.change(lambda: admin.ok("POST", f"/agents/{family.worker.id}/suspend", {}), "alice by the worker")
    admin.ok("POST", f"/agents/{family.worker.id}/resume", {})
    scene.issue("alice by the worker again", scene.alice, family.worker)
    scene.all_agree()

    kid = jwt.get_unverified_header(scene.tokens["alice"])["kid"]

    def compromise():
        admin.ok("POST", f"/keys/{kid}/compromised", {})
        admin._until = 0  # it signed the administrator's own token, too

    scene.change(compromise, *scene.tokens)
    scene.issue("alice by another key", scene.alice)
    scene.all_agree()
    scene.newcomer.begin(scene.newest())
    for follower in scene.followers:
        told = [(entry["kind"], entry["target"]) for entry in follower.entries]
        assert told == [
            ("narrowing", scene.nina["id"]),
            ("principal", scene.otto["id"]),
            ("principal", family.worker.id),
            ("key", kid),
        ]


def test_a_follower_goes_on_where_it_was_and_nothing_is_lost_or_doubled(scene):
    poller, streamer = scene.poller, scene.streamer
    admin, suspended = scene.admin, []

    def suspend(count):
        for _ in range(count):
            suspended.append(admin.agent(secret=False).id)
            admin.ok("POST", f"/agents/{suspended[-1]}/suspend", {})

    suspend(1)
    streamer.hear(scene.newest())
    poller.hear(scene.newest())
    streamer.close()
    suspend(3)
    streamer.open()
    streamer.hear(scene.newest())
    scene.server.stop().start()  # the stream ends with the server, and its follower comes back
    suspend(2)
    scene.all_agree()
    scene.server.kill()
    scene.server.start()
    suspend(1)
    scene.all_agree()
    scene.newcomer.begin(scene.newest())
    for follower in scene.followers:
        assert [entry["target"] for entry in follower.entries] == suspended
    assert poller.entries == streamer.entries == scene.newcomer.entries == scene.command.entries

    # One at a time it is the same; and nobody stands behind the end.
    one_by_one = Poller(admin)
    while one_by_one.position < scene.newest():
        page = admin.ok("GET", "/revocations", params={"after": one_by_one.position, "limit": 1})
        (entry,) = page["items"]
        one_by_one.take(entry)
        assert page["last"] == entry["seq"]
    assert one_by_one.entries == poller.entries
    for headers in ({}, {"Accept": "text/event-stream"}):
        ahead = admin.call("GET", "/revocations", params={"after": scene.newest() + 1}, headers=headers)
        assert ahead.status_code == 410 and ahead.json()["type"].endswith("#gone")


def a28_who_followed_a_store_that_is_put_back_begins_anew_however_far_it_has_grown(scene, tmp_path):
    admin, server, command = scene.admin, scene.server, scene.command
    agents = [admin.agent(secret=False).id for _ in range(6)]

    def suspend(*some):
        for agent in some:
            admin.ok("POST", f"/agents/{agent}/suspend", {})

    suspend(agents[0])
    store, copy = server.data / "deputy.db", tmp_path / "copy.db"
    with closing(sqlite3.connect(store)) as open_store:
        open_store.execute("VACUUM INTO ?", (str(copy),))
    suspend(*agents[1:3])
    scene.all_agree()
    lost = {follower.place for follower in (scene.poller, scene.streamer, scene.newcomer)}
    assert len(lost) == 1, "one place is called the same by page, event and snapshot"

    scene.streamer.close()
    command.process.send_signal(signal.SIGSTOP)  # it does not ask before the sequence has grown past its place
    try:
        server.stop()
        for path in server.data.glob("deputy.db*"):
            path.unlink()
        shutil.copy(copy, store)
        store.chmod(0o600)
        server.start()
        suspend(*agents[3:])
    finally:
        command.process.send_signal(signal.SIGCONT)
    followed = scene.poller.position
    assert admin.ok("GET", "/revocations", params={"after": followed})["newest"] == followed + 1
    for agent, seq in zip(agents[3:], range(followed - 1, followed + 2), strict=True):
        told = json.loads(command.process.stdout.readline())
        assert (told["target"], told["seq"]) == (agent, seq), "of two of them the numbers were others' before"

    place = lost.pop()
    for headers in ({}, {"Accept": "text/event-stream"}, {"Accept": "text/event-stream", "Last-Event-ID": place}):
        for wait in ({}, {"wait": 20}):
            resumed = admin.call("GET", "/revocations", params={"after": place, **wait}, headers=headers)
            assert resumed.status_code == 410 and resumed.json()["type"].endswith("#gone"), resumed.text
    scene.newcomer.begin(followed + 1)
    assert [entry["target"] for entry in scene.newcomer.entries] == [agents[0], *agents[3:]]
    assert admin.ok("GET", "/revocations", params={"after": scene.newcomer.place})["items"] == []


def a11_a_snapshot_is_good_as_it_was_signed_and_as_nothing_else(scene):
    newcomer = scene.newcomer
    text, claims = newcomer.snapshot()
    assert claims["revocations"] == []
    head, _, signature = text.split(".")
    later = base64.urlsafe_b64encode(json.dumps(claims | {"seq": claims["seq"] + 1}).encode()).rstrip(b"=").decode()
    kid = jwt.get_unverified_header(text)["kid"]
    key = jwt.PyJWKSet.from_dict(scene.family.oauth.jwks())[kid].key
    assert newcomer.verified(text, key) == claims
    with pytest.raises(jwt.InvalidSignatureError):
        newcomer.verified(f"{head}.{later}.{signature}", key)
    assert not scene.family.active(text)
    bearer = {"Authorization": f"Bearer {text}"}
    assert scene.admin.oauth.http.get(scene.admin.base + "/agents", headers=bearer, timeout=30).status_code == 401
