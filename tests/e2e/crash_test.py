# kill -9 at random instants under load: no acknowledged write is lost, and the store opens.
import itertools
import json
import random

import jwt

from kit.api import Admin, Client, OAuth, assertion, assertion_form, unique
from kit.crash import ROUNDS, Load, check_store, granted
from kit.family import Family, claims_of
from kit.keys import Holder, pair


class Everything(Load):
    """Clients of every kind, and an administrator."""

    numbers = itertools.count(1)

    def __init__(self, server, service, agent, keyed, key, family):
        work = [self.tokens, self.tokens, self.creations, self.changes, self.spend, self.revocations]
        work += [self.exchanges, self.proofs]
        super().__init__(server, work)
        self.service, self.agent, self.keyed, self.key = service, agent, keyed, key
        self.family = family
        self.jtis, self.agents, self.versions, self.assertions, self.revoked = [], [], [], [], []
        self.delegations, self.proven = [], []

    def new_token(self, oauth):
        answer = oauth.token(self.agent, resource=self.service.identifier)
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    def tokens(self, oauth):
        while True:
            text = self.new_token(oauth)
            self.jtis.append(jwt.decode(text, options={"verify_signature": False})["jti"])
            yield

    def creations(self, oauth):
        admin = Admin(oauth, Client(self.server.admin_id, self.server.admin_secret))
        while True:
            made = admin.create("agents", name=unique("agent"), owner=self.agent.owner["id"])
            self.agents.append(made["id"])
            yield

    def changes(self, oauth):
        admin = Admin(oauth, Client(self.server.admin_id, self.server.admin_secret))
        while True:
            changed = admin.ok("PATCH", f"/agents/{self.agent.id}", {"description": unique("round")})
            self.versions.append((changed["version"], changed["description"]))
            yield

    def spend(self, oauth):
        while True:
            text = assertion(self.key, "ES256", self.keyed.client_id, oauth.issuer)
            answer = oauth.post("/oauth2/token", assertion_form(text, resource=self.service.identifier))
            assert answer.status_code == 200, answer.text
            self.assertions.append(text)
            yield

    def exchanges(self, _):
        """Each of a delegation of its own: no other has its limits."""
        family = self.family
        while True:
            limits = json.dumps([{"type": "limits", "uses": 100 + next(self.numbers)}])
            form = {"resource": family.service.identifier, "authorization_details": limits}
            claims = claims_of(family.exchanged(family.orchestrator, family.upstream(), "jwt", **form))
            self.jtis.append(claims["jti"])
            self.delegations += claims["dlg"]
            yield

    def revocations(self, oauth):
        while True:
            text = self.new_token(oauth)
            assert oauth.revoke(text, self.agent).status_code == 200
            self.revoked.append(text)
            yield

    def proofs(self, oauth):
        holder = Holder()
        while True:
            proof = holder.proof("POST", oauth.issuer + "/oauth2/token")
            form = {"grant_type": "client_credentials", "resource": self.service.identifier}
            answer = oauth.post("/oauth2/token", form, auth=self.agent.auth, headers={"DPoP": proof})
            assert answer.status_code == 200, answer.text
            token = answer.json()["access_token"]
            self.jtis.append(claims_of(token)["jti"])
            self.proven.append((holder, proof, token))
            yield


def check_acknowledged(admin, oauth, load):
    assert set(load.jtis) <= granted(admin)
    assert set(load.agents) <= {agent["id"] for agent in admin.all("/agents")}
    assert set(load.delegations) <= {one["id"] for one in admin.all("/delegations")}
    created = {event["target"] for event in admin.events(action="agent.create")}
    assert set(load.agents) <= created
    if load.versions:
        version, description = load.versions[-1]
        now = admin.ok("GET", f"/agents/{load.agent.id}")
        assert now["version"] > version or (now["version"], now["description"]) == (version, description)
    for text in load.assertions[-20:]:
        again = oauth.post("/oauth2/token", assertion_form(text, resource=load.service.identifier))
        assert again.status_code == 401, "an assertion that was spent before the crash is good again"
    for holder, proof, token in load.proven[-20:]:
        form = {"grant_type": "client_credentials", "resource": load.service.identifier}
        again = oauth.post("/oauth2/token", form, auth=load.agent.auth, headers={"DPoP": proof})
        assert again.json()["error"] == "invalid_dpop_proof", "a proof that was used before the crash is good again"
        assert oauth.introspect(token, load.service)["cnf"] == {"jkt": holder.thumbprint}
    for text in load.revoked[-20:]:
        assert oauth.introspect(text, load.service) == {"active": False}


def test_kill_9_under_load_loses_nothing_acknowledged(fresh, admin_for):
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    server = fresh()
    admin = admin_for(server)
    service = admin.service(token_lifetime_s=3600)
    agent, keyed = admin.agent(service), admin.agent(service, secret=False)
    key, public = pair("ES256")
    admin.keys_of(keyed.record, public)
    family = Family(admin)
    acknowledged = 0
    for _ in range(ROUNDS):
        load = Everything(server, service, agent, keyed, key, family)
        load.run_and_kill(chance)
        check_store(server)
        server.start()
        check_acknowledged(admin_for(server), OAuth(server), load)
        acknowledged += len(load.jtis) + len(load.agents) + len(load.versions) + len(load.assertions)
        acknowledged += len(load.delegations) + len(load.proven)
    assert acknowledged > 5 * ROUNDS
