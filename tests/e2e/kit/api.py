# Clients of a server under test: OAuth's endpoints, and /v1 as its administrator.
import base64
import hashlib
import itertools
import secrets
import time
import uuid
from urllib.parse import urlencode

import jwt

from kit.described import Session

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_numbers = itertools.count(1)


def unique(word):
    return f"{word}-{next(_numbers)}-{uuid.uuid4().hex[:6]}"


class OAuth:
    """One issuer, as any client sees it."""

    def __init__(self, server, tenant=None, verify=None):
        self.server = server
        self.issuer = server.origin + (f"/t/{tenant}" if tenant else "")
        self.http = Session()
        self.http.verify = verify if verify is not None else True

    def post(self, path, form, auth=None, **more):
        answer = self.http.post(self.issuer + path, data=form, auth=auth, timeout=30, **more)
        self.server.keep_secret([*form.values(), *more.get("headers", {}).values()])
        if answer.ok and answer.headers.get("Content-Type") == "application/json":
            self.server.keep_secret(answer.json().values())
        return answer

    def token(self, client, **form):
        return self.post("/oauth2/token", {"grant_type": "client_credentials", **form}, auth=client.auth)

    def access_token(self, client, **form):
        answer = self.token(client, **form)
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    def authorization(self, **asked):
        """Where a person's browser is sent to, and the PKCE verifier of that request (RFC 7636)."""
        verifier = secrets.token_urlsafe(32)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        usual = {"response_type": "code", "state": "s-1", "code_challenge": challenge, "code_challenge_method": "S256"}
        return f"{self.issuer}/oauth2/authorize?{urlencode(usual | asked)}", verifier

    def introspect(self, token, client):
        answer = self.post("/oauth2/introspect", {"token": token}, auth=client.auth)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def revoke(self, token, client):
        return self.post("/oauth2/revoke", {"token": token}, auth=client.auth)

    def jwks(self):
        return self.http.get(self.issuer + "/oauth2/jwks", timeout=30).json()

    def metadata(self):
        return self.http.get(self.issuer + "/.well-known/openid-configuration", timeout=30).json()


class Client:
    """Who authenticates: an id and a secret."""

    def __init__(self, client_id, secret, **known):
        self.client_id, self.secret = client_id, secret
        self.__dict__.update(known)

    @property
    def auth(self):
        return (self.client_id, self.secret)


def assertion(key, algorithm, client_id, issuer, headers=None, **claims):
    now = int(time.time())
    default = {
        "iss": client_id,
        "sub": client_id,
        "aud": issuer,
        "iat": now,
        "exp": now + 60,
        "jti": uuid.uuid4().hex,
    }
    return jwt.encode(default | claims, key, algorithm=algorithm, headers=headers)


def assertion_form(text, **form):
    return {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION,
        "client_assertion": text,
        **form,
    }


class Admin:
    """/v1 with an administrator's token, which is renewed as it must be."""

    def __init__(self, oauth, client):
        self.oauth, self.client = oauth, client
        self.base = oauth.issuer + "/v1"
        self._token, self._until = None, 0.0

    @property
    def token(self):
        if time.monotonic() >= self._until:
            answer = self.oauth.token(self.client, resource=self.base)
            assert answer.status_code == 200, answer.text
            self._token = answer.json()["access_token"]
            self._until = time.monotonic() + answer.json()["expires_in"] / 2
        return self._token

    def call(self, method, path, body=None, headers=None, **more):
        headers = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        answer = self.oauth.http.request(
            method, self.base + path, json=body, headers=headers, timeout=30, **more
        )
        if answer.headers.get("Content-Type") == "application/json" and answer.ok and answer.text:
            self.oauth.server.secrets.update(answer.json()[name] for name in ("secret", "code") if name in answer.json())
        return answer

    def ok(self, method, path, body=None, **more):
        answer = self.call(method, path, body, **more)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.text else None

    def create(self, plural, **document):
        return self.ok("POST", f"/{plural}", document)

    def all(self, path, **query):
        items, cursor = [], None
        while True:
            page = self.ok(
                "GET", path, params={"limit": 200, **query, **({"cursor": cursor} if cursor else {})}
            )
            items += page["items"]
            cursor = page.get("next_cursor")
            if not cursor:
                return items

    def secret_of(self, plural, record, **document):
        made = self.ok("POST", f"/{plural}/{record['id']}/credentials", {"type": "secret", **document})
        return Client(
            record.get("client_id", record["id"]), made["secret"], id=record["id"], credential=made["id"]
        )

    def keys_of(self, record, *public_jwks):
        self.ok(
            "POST",
            f"/agents/{record['id']}/credentials",
            {"type": "jwks", "jwks": {"keys": list(public_jwks)}},
        )

    # What most tests begin with.
    def user(self):
        name = unique("user")
        return self.create("users", username=name, name=name)

    def service(self, scopes=("read", "write"), identifier=None, **document):
        """A resource, and the application that is it: the one that may introspect its tokens."""
        application = self.create("applications", name=unique("service"))
        client = self.secret_of("applications", application)
        client.resource = self.create(
            "resources",
            identifier=identifier or f"https://{unique('api')}.example",
            name="A service",
            principal=application["id"],
            scopes=[{"name": scope, "description": f"May {scope}."} for scope in scopes],
            **document,
        )
        client.identifier = client.resource["identifier"]
        client.role = self.create(
            "roles", name=unique("role"), permissions=[{"resource": client.resource["id"], "scopes": ["*"]}]
        )
        return client

    def agent(self, *services, owner=None, secret=True, **document):
        """An agent with a secret and a role at each of these services."""
        owner = owner or self.user()
        record = self.create("agents", name=unique("agent"), owner=owner["id"], **document)
        for service in services:
            self.create("assignments", role=service.role["id"], principal=record["id"], acts="self")
        client = (
            self.secret_of("agents", record)
            if secret
            else Client(record.get("client_id", record["id"]), None)
        )
        client.id, client.record, client.owner = record["id"], record, owner
        return client

    def events(self, **query):
        return self.all("/events", **query)
