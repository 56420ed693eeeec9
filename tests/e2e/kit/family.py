# A user who signs in elsewhere, an agent that acts for the user, and agents it hands on to.
import time
import uuid

import jwt

from kit.api import unique
from kit.keys import pair, private_jwk

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
TYPE = "urn:ietf:params:oauth:token-type:"


class Family:
    """Everybody may do everything at one service; the worker is a service itself, that can be called."""

    def __init__(self, admin):
        self.admin, self.oauth = admin, admin.oauth
        self.user = admin.user()
        self.service = admin.service()
        self.worker, self.stranger = admin.agent(), admin.agent()
        self.desk = admin.create(
            "resources",
            identifier=f"https://{unique('desk')}.example",
            name="The worker's desk",
            principal=self.worker.id,
            scopes=[{"name": "ask", "description": "May ask."}],
        )
        self.asks = admin.create(
            "roles", name=unique("asks"), permissions=[{"resource": self.desk["id"], "scopes": ["ask"]}]
        )
        self.orchestrator = admin.agent(delegates=[self.worker.id])
        for role in (self.service.role, self.asks):
            admin.create("assignments", role=role["id"], principal=self.user["id"])
            for agent in (self.orchestrator, self.worker, self.stranger):
                admin.create("assignments", role=role["id"], principal=agent.id, acts="others")
        self.key, self.jwk = pair("ES256")
        self.private_jwk = private_jwk("ES256", self.key)
        self.issuer = f"https://{unique('login')}.example"
        self.trusted = admin.create(
            "trusted-issuers",
            issuer=self.issuer,
            jwks={"keys": [self.jwk | {"kid": "k1"}]},
            permissions=[
                {"resource": self.service.resource["id"], "scopes": ["*"]},
                {"resource": self.desk["id"], "scopes": ["*"]},
            ],
        )

    def upstream(self, **claims):
        """A token of the issuer where the user signs in."""
        now = int(time.time())
        default = {
            "iss": self.issuer,
            "sub": self.user["username"],
            "aud": self.oauth.issuer,
            "iat": now,
            "exp": now + 300,
            "jti": uuid.uuid4().hex,
        }
        return jwt.encode(default | claims, self.key, algorithm="ES256", headers={"kid": "k1"})

    def exchange(self, client, token, kind="access_token", **form):
        if "actor_token" in form:
            form["actor_token_type"] = TYPE + "access_token"
        form = {"grant_type": EXCHANGE, "subject_token": token, "subject_token_type": TYPE + kind, **form}
        return self.oauth.post("/oauth2/token", form, auth=client.auth)

    def exchanged(self, client, token, kind="access_token", **form):
        answer = self.exchange(client, token, kind, **form)
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    def begun(self, **form):
        """The orchestrator's token for the user."""
        form = {"resource": self.service.identifier, **form}
        return self.exchanged(self.orchestrator, self.upstream(), "jwt", **form)

    def active(self, token):
        return self.oauth.introspect(token, self.service)["active"]


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


def actors_of(token):
    """The actors of a token, outermost first."""
    found, act = [], claims_of(token).get("act")
    while act:
        found.append(act["sub"])
        act = act.get("act")
    return found
