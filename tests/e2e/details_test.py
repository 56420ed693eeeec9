# Authorization details (RFC 9396) in a real browser: a person lets an agent make one of two payments, and no other.
import json
from urllib.parse import parse_qs, urlsplit

import pytest

from kit.api import unique
from kit.browser import WORDS, overflows, page_of, set_password, sign_in, violations

TYPE = {
    "schema": {
        "type": "object",
        "additionalProperties": False,
        "required": ["to", "amount"],
        "properties": {
            "to": {"type": "string", "maxLength": 100},
            "amount": {"type": "integer", "minimum": 1},
            "note": {"type": "string"},
        },
    },
    "display": {"en": "Pay up to {amount} euros to {to}", "zh": "向 {to} 付款，最多 {amount} 欧元"},
    "narrowing": {"amount": "at_most"},
}


class Bank:
    """A resource with a type of its own, a user who may pay there, and an agent that pays for people."""

    def __init__(self, office, callback):
        self.oauth, self.callback = office.oauth, callback
        self.user = office.create("users", username=unique("alice"))
        self.code = office.ok("POST", f"/users/{self.user['id']}/reset-code", {})["code"]
        self.type = f"https://{unique('pay')}.example/payment"
        self.service = office.service(scopes=("pay",), authorization_details_types=[TYPE | {"type": self.type}])
        self.agent = office.agent(redirect_uris=[callback])
        office.create("assignments", role=self.service.role["id"], principal=self.user["id"])
        office.create("assignments", role=self.service.role["id"], principal=self.agent.id, acts="others")

    def payment(self, to, amount, **more):
        return {"type": self.type, "to": to, "amount": amount, **more}

    def url(self, *details):
        url, self.verifier = self.oauth.authorization(
            client_id=self.agent.client_id,
            redirect_uri=self.callback,
            scope="pay",
            resource=self.service.identifier,
            authorization_details=json.dumps(details),
        )
        return url

    def token(self, **form):
        return self.oauth.post("/oauth2/token", form, auth=self.agent.auth)

    def redeemed(self, page):
        page.wait_for_url(self.callback + "*")
        query = parse_qs(urlsplit(page.url).query)
        return self.token(grant_type="authorization_code", code=query["code"][0], code_verifier=self.verifier)


@pytest.fixture
def bank(office, callback):
    return Bank(office, callback)


def test_a_person_allows_one_of_two_payments(bank, browser):
    page = page_of(browser)
    set_password(page, bank.oauth.issuer, bank.user["username"], bank.code)
    ann, bob = bank.payment("Ann", 50), bank.payment("Bob", 70, note="for the <b>boat</b>")
    page.goto(bank.url(ann, bob))
    sign_in(page, bank.user["username"])
    page.get_by_role("checkbox", name="Pay up to 70 euros to Bob").uncheck()
    page.get_by_text("for the <b>boat</b>", exact=True).first.wait_for()
    assert violations(page) == []
    page.set_viewport_size({"width": 320, "height": 700})
    assert not overflows(page)
    page.get_by_label("30 days").check()
    page.get_by_role("button", name="Allow", exact=True).click()
    answer = bank.redeemed(page)
    assert answer.status_code == 200, answer.text
    tokens = answer.json()
    assert tokens["authorization_details"] == [ann]
    live = bank.oauth.introspect(tokens["access_token"], bank.service)
    assert live["active"] and live["authorization_details"] == [ann]

    narrower = bank.token(
        grant_type="refresh_token",
        refresh_token=tokens["refresh_token"],
        authorization_details=json.dumps([bank.payment("Ann", 20)]),
    )
    assert narrower.json()["authorization_details"] == [bank.payment("Ann", 20)]
    wider = bank.token(
        grant_type="refresh_token", refresh_token=tokens["refresh_token"], authorization_details=json.dumps([bob])
    )
    assert (wider.status_code, wider.json()["error"]) == (400, "invalid_authorization_details")

    # Asked for again: neither what was allowed nor what was declined needs a page; something new does.
    page.goto(bank.url(bank.payment("Ann", 49)))
    assert bank.redeemed(page).json()["authorization_details"] == [bank.payment("Ann", 49)]
    page.goto(bank.url(ann, bob))
    assert bank.redeemed(page).json()["authorization_details"] == [ann]
    page.goto(bank.url(ann, bank.payment("Bob", 71)))
    page.get_by_text("allowed before").first.wait_for()

    page.goto(bank.oauth.issuer + "/account")
    page.get_by_text("Pay up to 50 euros to Ann").first.wait_for()
    assert page.get_by_text("euros to Bob").count() == 0
    assert violations(page) == []
    page.context.close()


def test_a_payment_is_shown_in_the_language_of_the_person(bank, browser):
    english = page_of(browser)
    set_password(english, bank.oauth.issuer, bank.user["username"], bank.code)
    english.context.close()
    page = page_of(browser, locale="zh-CN")
    page.goto(bank.url(bank.payment("安", 50)))
    page.locator("input[name=username]").fill(bank.user["username"])
    page.locator("input[name=password]").fill(WORDS)
    page.locator("input[name=password]").press("Enter")
    page.get_by_role("checkbox", name="向 安 付款，最多 50 欧元").wait_for()
    page.context.close()
