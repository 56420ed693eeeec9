# Enforcement points by docs/guide/revocation.md alone, one of each way to hear what is revoked, and the command line's.
import json
import re
import time
from datetime import datetime

import jwt
import requests

from kit.family import actors_of, claims_of
from kit.wire import exchange

LIMIT_S = 30


def listeners(server):
    """How many streams and long polls are open."""
    text = exchange(server, "GET", "/metrics")[2].decode()
    found = re.search(r"^deputy_revocation_followers (\d+)", text, re.MULTILINE)
    return int(found[1]) if found else 0


def kills(entry, token):
    claims, target = claims_of(token), entry["target"]
    header = jwt.get_unverified_header(token)
    principals = {claims["sub"], claims["client_id"], *actors_of(token)}
    covered = claims["iat"] <= int(datetime.fromisoformat(entry["issued_before"]).timestamp())
    match entry["kind"]:
        case "token":
            return claims["jti"] == target
        case "key":
            return target in (header["kid"], *claims.get("from_kids", []))
        case "delegation":
            return target in claims.get("dlg", [])
        case "principal":
            return covered and target in principals
        case "narrowing":
            lost = set(entry["scopes"]) & set(claims.get("scope", "").split())
            at_it = claims["aud"] == entry["resource"] and (target == "" or target in principals)
            return covered and at_it and bool(lost)
    raise AssertionError(f"a kind that the guide does not have: {entry['kind']}")


class Follower:
    """Its position and place, and each entry once: one that is missing or comes twice ends the test."""

    def __init__(self, admin):
        self.admin, self.oauth = admin, admin.oauth
        self.position, self.place, self.entries = 0, "0", []

    def get(self, path, **more):
        """A key that was withdrawn ended the follower's token, too: it takes another and asks again."""
        answer = self.admin.call("GET", path, **more)
        if answer.status_code == 401:
            self.admin._until = 0
            answer = self.admin.call("GET", path, **more)
        assert answer.status_code == 200, answer.text
        return answer

    def take(self, entry):
        assert entry["previous"] == self.position < entry["seq"], (self.position, entry)
        self.position = entry["seq"]
        self.entries.append(entry)

    def refuses(self, token):
        return any(kills(entry, token) for entry in self.entries)

    def close(self):
        pass


class Poller(Follower):
    """Long poll: `after` is where it is."""

    def hear(self, until):
        while self.position < until:
            self.wait()

    def wait(self):
        page = self.get("/revocations", params={"after": self.place, "wait": 20}).json()
        for entry in page["items"]:
            self.take(entry)
        self.place = page["place"]
        assert page["last"] == self.position <= page["newest"]


class Streamer(Follower):
    """Server-sent events: where the stream ends it is opened anew, with the id of the last event."""

    lines = answer = None

    def open(self):
        headers = {"Accept": "text/event-stream", "Last-Event-ID": self.place}
        self.answer = self.get("/revocations", headers=headers, stream=True)
        assert self.answer.headers["Content-Type"].startswith("text/event-stream")
        self.lines = self.answer.iter_lines(chunk_size=1, decode_unicode=True)

    def close(self):
        if self.answer is not None:
            self.answer.close()
        self.answer = self.lines = None

    def hear(self, until):
        while self.position < until:
            if self.lines is None:
                self.open()
            event = self.event()
            if event is None:
                self.close()
            elif event["event"] == "revocation":
                entry = json.loads(event["data"])
                self.take(entry)
                self.place = event["id"]
            else:
                assert event["event"] == "heartbeat"
                assert json.loads(event["data"])["last"] == self.position, "an entry was passed over"

    def event(self):
        """The next one; None where the stream ends or breaks."""
        seen = {}
        try:
            for line in self.lines:
                if not line and "data" in seen:
                    return seen
                name, colon, value = line.partition(": ")
                if name and colon:
                    seen[name] = value
        except requests.RequestException:
            pass
        return None


class Newcomer(Follower):
    """Knows nothing each time, and begins with the signed snapshot."""

    def snapshot(self):
        """Its text and its claims; refused by PyJWT unless the server's published keys signed it."""
        text = self.get("/revocations/snapshot").text
        kid = jwt.get_unverified_header(text)["kid"]
        keys = {key.key_id: key.key for key in jwt.PyJWKSet.from_dict(self.oauth.jwks()).keys}
        return text, self.verified(text, keys[kid]) if kid in keys else None

    def verified(self, text, key):
        assert jwt.get_unverified_header(text)["typ"] == "revocation-snapshot+jwt"
        return jwt.decode(
            text,
            key,
            algorithms=["ES256"],
            issuer=self.oauth.issuer,
            audience=self.oauth.issuer + "/v1/revocations",
            options={"require": ["exp", "iat", "seq", "revocations"]},
        )

    def begin(self, at_least=0):
        """It may be a second old, and be signed by a key that was withdrawn in that second: then it is asked for again."""
        limit = time.monotonic() + LIMIT_S
        while (claims := self.snapshot()[1]) is None or claims["seq"] < at_least:
            assert time.monotonic() < limit, f"no snapshot of {at_least}: {claims}"
        self.position, self.place, self.entries = 0, claims["place"], []
        for entry in claims["revocations"]:
            self.take(entry)
        assert self.position == claims["seq"]

    def hear(self, until):
        """What came since is told by pages."""
        self.begin()
        while self.position < until:
            page = self.get("/revocations", params={"after": self.place}).json()
            for entry in page["items"]:
                self.take(entry)
            self.place = page["place"]


class Command(Follower):
    """`deputy revocation follow`, from before the first entry on."""

    def __init__(self, admin, line):
        super().__init__(admin)
        self.process = line.start("revocation", "follow", "--output", "json")

    def hear(self, until):
        while self.position < until:
            line = self.process.stdout.readline()
            assert line, self.process.stderr.read()
            self.take(json.loads(line))

    def close(self):
        self.process.terminate()
        self.process.communicate(timeout=2 * LIMIT_S)
