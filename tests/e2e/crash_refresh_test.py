# kill -9 while codes are redeemed and refresh tokens rotate: what was spent stays spent, and a client whose answer was
# lost goes on (A17, A18).
import random
import time
from urllib.parse import parse_qs, urlsplit

import requests

from kit.api import Client, OAuth, unique
from kit.browser import page_of, set_password, sign_in
from kit.crash import ROUNDS, Load, check_store, granted
from kit.family import claims_of
from kit.keys import Holder

GRACE_S = 10  # within it an answer may have been lost, and is given again
REDIRECT = "https://app.example/back"


class Person:
    """Signed in with a browser; each application is agreed to once, and then gets codes without a page."""

    def __init__(self, admin, browser):
        self.admin, self.oauth = admin, admin.oauth
        self.service = admin.service(token_lifetime_s=3600)
        self.user = admin.create("users", username=unique("alice"))
        code = admin.ok("POST", f"/users/{self.user['id']}/reset-code", {})["code"]
        admin.create("assignments", role=self.service.role["id"], principal=self.user["id"])
        self.page = page_of(browser)
        set_password(self.page, self.oauth.issuer, self.user["username"], code)
        self.page.get_by_role("button", name="Sign in", exact=True).wait_for()
        self.cookie = None

    def asks(self, application):
        return self.oauth.authorization(
            client_id=application.client_id,
            redirect_uri=REDIRECT,
            scope="read write",
            resource=self.service.identifier,
        )

    def agreed_to(self):
        """A public application: it keeps no secret, and its refresh tokens rotate."""
        record = self.admin.create(
            "applications", name=unique("app"), public=True, redirect_uris=[REDIRECT], delegation="any"
        )
        application = Client(record.get("client_id", record["id"]), None)
        if self.cookie is not None:  # nothing answers at the redirect URI: the page before is still going there
            self.page = self.page.context.new_page()
        self.page.goto(self.asks(application)[0])
        if self.cookie is None:
            sign_in(self.page, self.user["username"])
        self.page.get_by_label("30 days").check()
        with self.page.expect_request(lambda request: request.url.startswith(REDIRECT)):
            self.page.get_by_role("button", name="Allow", exact=True).click()
        self.cookie = "; ".join(f"{one['name']}={one['value']}" for one in self.page.context.cookies())
        return application

    def code(self, application):
        url, verifier = self.asks(application)
        answer = requests.get(url, headers={"Cookie": self.cookie}, allow_redirects=False, timeout=30)
        assert answer.status_code == 303, answer.text
        (code,) = parse_qs(urlsplit(answer.headers["Location"]).query)["code"]
        self.oauth.server.keep_secret([code])
        return code, verifier


class Line:
    """A code, and the refresh tokens that came of it, as the server acknowledged them: each but the last is spent."""

    def __init__(self, oauth, application, code, verifier, holder=None):
        self.oauth, self.application, self.holder = oauth, application, holder
        self.code, self.verifier = code, verifier
        self.refresh_tokens, self.jtis, self.proofs = [], [], []
        self.asked, self.answered = [], []  # when, of each
        self.open = False  # asked, and not answered

    def ask(self, proof=None, **form):
        if proof is None and self.holder is not None:
            proof = self.holder.proof("POST", self.oauth.issuer + "/oauth2/token")
        headers = {} if not proof else {"DPoP": proof}
        answer = self.oauth.post("/oauth2/token", {"client_id": self.application.client_id, **form}, headers=headers)
        if answer.ok:
            self.access_token = answer.json()["access_token"]
            self.jtis.append(claims_of(self.access_token)["jti"])
            self.proofs += [proof] if proof else []
        return answer

    def step(self, **form):
        """What must be granted."""
        self.open = True
        self.asked.append(time.time())
        answer = self.ask(**form)
        assert answer.status_code == 200, answer.text
        self.answered.append(time.time())
        if "refresh_token" in answer.json():
            self.refresh_tokens.append(answer.json()["refresh_token"])
        self.open = False

    def redeem(self, **more):
        return dict(
            grant_type="authorization_code", code=self.code, code_verifier=self.verifier, redirect_uri=REDIRECT, **more
        )

    def refresh(self, number=-1):
        return {"grant_type": "refresh_token", "refresh_token": self.refresh_tokens[number]}

    def is_refused(self, **form):
        answer = self.ask(**form)
        return (answer.status_code, answer.json().get("error")) == (400, "invalid_grant")


class People(Load):
    def __init__(self, server, person, rotating, bound):
        super().__init__(server, [self.rotations, self.rotations, self.proofs])
        self.person, self.rotating, self.bound = person, rotating, bound
        self.rotated, self.proven = [], []

    def rotations(self, oauth):
        while True:
            line = Line(oauth, self.rotating, *self.person.code(self.rotating))
            self.rotated.append(line)
            line.step(**line.redeem())
            yield
            for _ in range(3):
                line.step(**line.refresh())
                yield

    def proofs(self, oauth):
        """Bound to a key, a refresh token is kept (RFC 9449 §5)."""
        while True:
            line = Line(oauth, self.bound, *self.person.code(self.bound), holder=Holder())
            self.proven.append(line)
            line.step(**line.redeem())
            yield
            line.step(**line.refresh())
            assert len(line.refresh_tokens) == 1, "what is bound to a key does not rotate"
            yield

    def lines(self):
        return self.rotated + self.proven


def is_over(asked):
    """Is the grace of what was asked then over? The server counts in milliseconds."""
    return time.time() > asked + GRACE_S - 0.01


def check_goes_on(line):
    """Whose rotation was not acknowledged gets a successor. False: the server was started too late to give the same
    again, and by then it is a reuse like any other."""
    answer = line.ask(**line.refresh())
    if answer.status_code != 200:
        assert line.open and answer.json()["error"] == "invalid_grant", answer.text
        assert is_over(line.asked[-1]), "a client whose answer was lost is not let go on"
        return False
    line.refresh_tokens.append(answer.json()["refresh_token"])
    assert line.refresh_tokens[-1] not in line.refresh_tokens[:-1]
    line.open = False
    line.step(**line.refresh())
    return True


def check_spent(line):
    """Acknowledged as spent, it opens nothing new: within the grace its one successor; later nothing at all, and what
    came of it ends, which is False."""
    began = time.time()
    answer = line.ask(**line.refresh(0))
    if answer.status_code == 200:
        assert answer.json()["refresh_token"] == line.refresh_tokens[1], "a spent refresh token has two successors"
        assert began <= line.answered[1] + GRACE_S, "a spent refresh token is good after its grace"
        return True
    assert answer.json()["error"] == "invalid_grant", answer.text
    assert is_over(line.asked[1]), "the grace ended with the crash"
    assert line.is_refused(**line.refresh()), "what came of a refresh token that was used twice goes on"
    return False


def check_bound(line, service):
    oauth, bound = line.oauth, line.refresh()
    for proof in line.proofs[-2:]:
        again = line.ask(proof, **bound)
        assert again.json()["error"] == "invalid_dpop_proof", "a proof that was used before the crash is good again"
    assert line.ask("", **bound).json()["error"] == "invalid_dpop_proof", "a bound refresh token is a bearer's"
    stolen = Holder().proof("POST", oauth.issuer + "/oauth2/token")
    assert line.ask(stolen, **bound).json()["error"] == "invalid_grant"
    told = oauth.introspect(line.access_token, service)
    assert told["active"] and told["cnf"] == {"jkt": line.holder.thumbprint}
    line.step(**bound)


def check_round(service, load):
    # First those whose answers may have been lost: the grace is short. What ends a line ends all of that consent.
    rotated = [line for line in load.rotated if line.refresh_tokens]
    go_on = all(check_goes_on(line) for line in sorted(rotated, key=lambda one: not one.open)[:4])
    if go_on:
        all(check_spent(line) for line in [one for one in rotated if len(one.answered) > 1][:2])
    for line in [one for one in load.proven if one.refresh_tokens][-3:]:
        check_bound(line, service)


def check_code_ends_all(load):
    """A code that was acknowledged is not redeemed again, and who tries ends all that came of what was agreed to."""
    redeemed = [line for line in load.rotated if line.refresh_tokens]
    assert redeemed[0].is_refused(**redeemed[0].redeem())
    assert all(line.is_refused(**line.refresh()) for line in redeemed[:5])
    return redeemed[:5]


def test_a17_a18_kill_9_leaves_what_was_spent_spent_and_lets_clients_go_on(fresh, admin_for, browser):
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    server = fresh(host="localhost")
    person = Person(admin_for(server), browser)
    bound = person.agreed_to()
    rotations, ended = 0, []
    for _ in range(ROUNDS):
        load = People(server, person, person.agreed_to(), bound)
        load.run_and_kill(chance)
        check_store(server)
        known = sum((line.jtis for line in load.lines()), [])
        server.start()
        for line in load.lines() + ended:
            line.oauth = OAuth(server)  # no connection is left
        check_round(person.service, load)
        assert set(known) <= granted(admin_for(server)), "a token that was answered has no event"
        for line in ended:
            assert line.is_refused(**line.refresh()), "what was ended before a crash goes on after it"
        if any(line.refresh_tokens for line in load.rotated):
            ended = check_code_ends_all(load)
        rotations += sum(len(line.answered) for line in load.lines())
    person.page.context.close()
    assert rotations > ROUNDS
