# What a person sees, in a real browser: sign in, consent, use, take back; with and without script, by keyboard and eye.
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from kit.api import unique
from kit.browser import (
    device,
    one_time_password,
    overflows,
    page_of,
    picture,
    set_password,
    sign_in,
    violations,
)


class Scene:
    """A user who holds three scopes, and an agent that asks for them."""

    def __init__(self, office, callback, browser=None):
        self.office, self.callback = office, callback
        self.user = office.create("users", username=unique("alice"), name="Alice Ferrari")
        # While the user holds nothing: nobody gives a way in to what they do not hold themselves.
        self.code = office.ok("POST", f"/users/{self.user['id']}/reset-code", {})["code"]
        self.service = office.service(scopes=())
        resource = self.service.resource
        office.ok(
            "PATCH",
            f"/resources/{resource['id']}",
            {
                "name": "Invoices",
                "scopes": [
                    {"name": "inv:read", "description": "Read your invoices", "sensitivity": "low"},
                    {"name": "inv:draft", "description": "Prepare new invoices", "sensitivity": "medium"},
                    {"name": "inv:pay", "description": "Pay invoices from your account", "sensitivity": "high"},
                ],
            },
            headers={"If-Match": '"1"'},
        )
        owner = office.create("users", username=unique("olga"), name="Olga Petrova")
        organization = office.create("organizations", name="Northwind Finance")
        self.agent = office.agent(
            owner=owner,
            organization=organization["id"],
            description="Keeps your books in order and reminds you of what is due.",
            redirect_uris=[callback],
        )
        office.ok("PATCH", f"/agents/{self.agent.id}", {"name": "Bookkeeper"}, headers={"If-Match": '"1"'})
        office.create("assignments", role=self.service.role["id"], principal=self.user["id"])
        office.create("assignments", role=self.service.role["id"], principal=self.agent.id, acts="others")

    def url(self, **more):
        asked = {
            "client_id": self.agent.client_id,
            "redirect_uri": self.callback,
            "scope": "inv:read inv:draft inv:pay",
            "resource": self.service.identifier,
        }
        url, self.verifier = self.office.oauth.authorization(**(asked | more))
        return url

    def set_password(self, page):
        set_password(page, self.office.oauth.issuer, self.user["username"], self.code)

    def sign_in(self, page):
        sign_in(page, self.user["username"])

    def tokens(self, page):
        page.wait_for_url(self.callback + "*")
        return self.redeemed(parse_qs(urlsplit(page.url).query))

    def redeemed(self, back):
        """What the application gets for an answer that came back to it."""
        assert back["state"] == ["s-1"] and back["iss"] == [self.office.oauth.issuer], back
        return self.office.oauth.post(
            "/oauth2/token",
            {
                "grant_type": "authorization_code",
                "code": back["code"][0],
                "redirect_uri": self.callback,
                "code_verifier": self.verifier,
            },
            auth=self.agent.auth,
        )


@pytest.fixture
def scene(office, callback):
    return Scene(office, callback)


def look(page, name=None):
    """Every page: accessible, and not wider than a small phone."""
    assert violations(page) == []
    if name:
        picture(page, name)
    size = page.viewport_size
    page.set_viewport_size({"width": 320, "height": 700})
    assert not overflows(page), f"{page.url} scrolls sideways at 320 px"
    page.set_viewport_size(size)


def consent(page, *scopes, duration="One hour"):
    for switch in page.get_by_role("checkbox").all():
        switch.set_checked(False)
    for scope in scopes:
        page.get_by_role("checkbox", name=scope).check()
    page.get_by_label(duration).check()
    page.get_by_role("button", name="Allow", exact=True).click()


def used_and_taken_back(scene, page):
    """From the page that asks, to a token at its resource, to one that is dead there; what the resource was told."""
    consent(page, "Read your invoices", "Prepare new invoices")
    answer = scene.tokens(page)
    assert answer.status_code == 200, answer.text
    token = answer.json()["access_token"]
    assert answer.json()["scope"] == "inv:draft inv:read"
    live = scene.office.oauth.introspect(token, scene.service)
    assert live["active"] and live["sub"] == scene.user["id"] and live["act"]["sub"] == scene.agent.id

    page.goto(scene.office.oauth.issuer + "/account")
    page.get_by_role("button", name="Take everything back").click()
    page.get_by_role("status").wait_for()
    assert not scene.office.oauth.introspect(token, scene.service)["active"]
    return live


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_person_lets_an_agent_act_uses_it_and_takes_it_back(scene, browser, script):
    page = page_of(browser, script=script)
    scene.set_password(page)
    page.goto(scene.url())
    scene.sign_in(page)
    page.get_by_role("heading", name="Let Bookkeeper act for you?").wait_for()
    assert not page.get_by_role("checkbox", name="Pay invoices").is_checked(), "what is sensitive is switched on by hand"
    used_and_taken_back(scene, page)
    page.goto(scene.url())
    page.get_by_role("heading", name="Let Bookkeeper act for you?").wait_for()
    page.get_by_role("button", name="Do not allow").click()
    page.wait_for_url(scene.callback + "*")
    assert parse_qs(urlsplit(page.url).query)["error"] == ["access_denied"]
    page.context.close()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_who_clicks_twice_goes_on_with_the_first_answer(scene, browser, script):
    page = page_of(browser, script=script)
    scene.set_password(page)
    page.goto(scene.url())
    scene.sign_in(page)
    page.get_by_role("heading", name="Let Bookkeeper act for you?").wait_for()
    held = []
    page.route(
        "**/consent?*",
        lambda route: route.continue_() if held or route.request.method != "POST" else held.append(route),
    )
    allow = page.get_by_role("button", name="Allow", exact=True)
    allow.scroll_into_view_if_needed()
    box = allow.bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    with page.expect_request(lambda request: request.method == "POST") as posted:
        page.mouse.click(*middle)
    # The server answers the first click, and the browser never sees it.
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    first = page.request.post(posted.value.url, data=posted.value.post_data, headers=form, max_redirects=0)
    with page.expect_request(lambda request: request.url.startswith(scene.callback)):
        page.mouse.click(*middle)
    answer = scene.tokens(page)
    assert answer.status_code == 200, answer.text
    assert page.url == first.headers["location"]
    page.context.close()


def test_what_was_agreed_is_not_asked_again(scene, browser):
    page = page_of(browser)
    scene.set_password(page)
    page.goto(scene.url(scope="inv:read"))
    scene.sign_in(page)
    consent(page, "Read your invoices", duration="30 days")
    assert scene.tokens(page).status_code == 200
    page.goto(scene.url(scope="inv:read"))
    assert scene.tokens(page).status_code == 200, "no page in between"
    page.goto(scene.url(scope="inv:read inv:draft"))
    page.get_by_text("allowed before").wait_for()
    page.context.close()


def test_every_page_is_accessible_and_fits_a_small_phone(scene, browser):
    page = page_of(browser)
    page.goto(scene.office.oauth.issuer + "/sign-in/reset")
    look(page)
    scene.set_password(page)
    page.goto(scene.url())
    look(page, "sign-in")
    page.get_by_label("Username").fill("nobody")
    page.get_by_label("Password").fill("wrong words here")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("alert").first.wait_for()
    look(page)
    scene.sign_in(page)
    page.get_by_role("button", name="Allow", exact=True).wait_for()
    look(page, "consent")
    consent(page, "Read your invoices", "Prepare new invoices", duration="30 days")
    assert scene.tokens(page).status_code == 200
    for path, name in (("", "account"), ("/devices", None), ("/security", "security"), ("/history", None)):
        page.goto(scene.office.oauth.issuer + "/account" + path)
        look(page, name)
    page.goto(scene.office.oauth.issuer + "/sign-in?i=gone")
    look(page)
    page.goto(scene.url(prompt="select_account"))
    look(page)
    page.context.close()
    dark = page_of(browser, dark=True, locale="zh-CN")
    dark.goto(scene.url())
    look(dark)
    dark.context.close()


def test_a_second_factor_is_set_up_and_asked_for(scene, browser):
    page = page_of(browser)
    scene.set_password(page)
    scene.sign_in(page)
    page.goto(scene.office.oauth.issuer + "/account/security/app")
    look(page)
    secret = page.locator(".key code").inner_text().replace(" ", "")
    page.get_by_label("Code").fill(one_time_password(secret))
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("heading", name="Your recovery codes").wait_for()
    codes = page.locator(".codes code").all_inner_texts()
    assert len(codes) == 10
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save them as a file").click()
    assert Path(saved.value.path()).read_text().split() == codes
    look(page)
    page.set_viewport_size({"width": 320, "height": 700})
    whole = "codes => codes.every(code => code.getClientRects().length === 1)"
    assert page.locator(".codes code").evaluate_all(whole), "a code that is to be written down stands in one line"

    other = page_of(browser)
    other.goto(scene.url())
    scene.sign_in(other)
    other.get_by_role("heading", name="Enter your code").wait_for()
    look(other)
    other.get_by_label("Code").fill("000000")
    other.get_by_role("button", name="Continue").click()
    other.get_by_role("alert").wait_for()
    other.get_by_label("Code").fill(codes[0])
    other.get_by_role("button", name="Continue").click()
    other.get_by_role("heading", name="Let Bookkeeper act for you?").wait_for()
    other.context.close()
    page.context.close()


def test_a_passkey_is_made_signs_in_and_lets_an_agent_act(scene, browser):
    page = page_of(browser)
    scene.set_password(page)
    scene.sign_in(page)
    device(page)
    page.goto(scene.office.oauth.issuer + "/account/security")
    page.get_by_label("Name of the passkey").fill("Laptop")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_role("status").wait_for()
    assert page.get_by_label("Name of the passkey").count() == 0, "the password alone is too weak by now"
    page.get_by_role("link", name="Sign in again").click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_role("heading", name="How you sign in").wait_for()
    page.get_by_label("Name of the passkey").fill("Laptop again")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_text("This device has a passkey of yours already.").wait_for()
    assert not page.get_by_text("No passkey was made.").is_visible()
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.goto(scene.url())
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_role("heading", name="Let Bookkeeper act for you?").wait_for()
    assert used_and_taken_back(scene, page)["acr"] == "phr", "the resource is told how they signed in"
    page.goto(scene.url())
    page.get_by_role("heading", name="Let Bookkeeper act for you?").wait_for()
    page.context.close()


def test_a_browser_that_was_signed_out_elsewhere_is_out(scene, browser):
    here, there = page_of(browser), page_of(browser)
    scene.set_password(here)
    scene.sign_in(here)
    there.goto(scene.office.oauth.issuer + "/sign-in")
    scene.sign_in(there)
    here.goto(scene.office.oauth.issuer + "/account/devices")
    here.get_by_role("button", name="Sign out everywhere else").click()
    here.get_by_role("status").wait_for()
    there.goto(scene.office.oauth.issuer + "/account")
    there.get_by_role("button", name="Sign in", exact=True).wait_for()
    scene.sign_in(there)
    there.get_by_role("heading", name="What acts for you").wait_for()
    here.goto(scene.office.oauth.issuer + "/account/devices")
    look(here)
    here.get_by_role("button", name="Forget").click()
    here.get_by_text("Forgotten.").wait_for()
    assert here.get_by_role("button", name="Forget").count() == 0
    there.goto(scene.office.oauth.issuer + "/account")
    there.get_by_role("button", name="Sign in", exact=True).wait_for()
    for page in (here, there):
        page.context.close()


def test_a_person_goes_on_as_who_they_are_or_uses_another_account(scene, office, browser):
    bob = office.create("users", username=unique("bob"), name="Bob Rossi")
    code = office.ok("POST", f"/users/{bob['id']}/reset-code", {})["code"]
    office.create("assignments", role=scene.service.role["id"], principal=bob["id"])
    elsewhere = page_of(browser)
    set_password(elsewhere, office.oauth.issuer, bob["username"], code)
    elsewhere.context.close()

    page = page_of(browser)
    scene.set_password(page)
    scene.sign_in(page)
    for choice, person in (("Continue", scene.user), ("Use another account", bob)):
        page.goto(scene.url(prompt="select_account"))
        page.get_by_role("heading", name="Choose an account").wait_for()
        page.get_by_text("Alice Ferrari").wait_for()
        page.get_by_role("button", name=choice).click()
        if person is bob:
            sign_in(page, bob["username"])
        page.get_by_text(f"Signed in as {person['name']} ({person['username']}).").wait_for()
        consent(page, "Read your invoices", duration="30 days")
        token = scene.tokens(page).json()["access_token"]
        assert office.oauth.introspect(token, scene.service)["sub"] == person["id"]
    page.context.close()


def test_who_confirms_that_they_sign_out_lands_where_the_application_sends_them(scene, office, browser):
    """Another origin: Chromium follows no redirect after a form that the page's form-action does not name."""
    office.ok(
        "PATCH",
        f"/agents/{scene.agent.id}",
        {"post_logout_redirect_uris": [scene.callback]},
        headers={"If-Match": '"2"'},
    )
    page = page_of(browser)
    scene.set_password(page)
    scene.sign_in(page)
    page.get_by_role("heading", name="What acts for you").wait_for()
    asked = {"client_id": scene.agent.client_id, "post_logout_redirect_uri": scene.callback, "state": "bye"}
    page.goto(f"{office.oauth.issuer}/oauth2/logout?{urlencode(asked)}")
    page.get_by_role("heading", name="Do you want to sign out?").wait_for()
    look(page)
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(scene.callback + "?state=bye")
    page.goto(office.oauth.issuer + "/account")
    page.get_by_role("button", name="Sign in", exact=True).wait_for()
    page.context.close()


def test_chinese_is_not_set_in_italics(scene, browser):
    page = page_of(browser)
    scene.set_password(page)
    page.goto(scene.url(scope="inv:read"))
    scene.sign_in(page)
    style = "getComputedStyle(document.querySelector('.says')).fontStyle"
    page.get_by_role("heading", name="Let Bookkeeper act for you?").wait_for()
    assert page.evaluate(style) == "italic"
    page.goto(scene.url(scope="inv:read", ui_locales="zh"))
    page.locator("html[lang|=zh] .says").wait_for()
    assert page.evaluate(style) == "normal"
    look(page)
    page.context.close()


def test_a_tenant_of_a_long_name_has_pages_for_a_small_phone(home, office, browser):
    slug = unique("acme")
    home.secrets.add(office.create("tenants", id=slug, name="W" * 100)["admin"]["secret"])
    page = page_of(browser)
    page.goto(f"{home.origin}/t/{slug}/sign-in")
    header = page.locator("header .house")
    assert header.inner_text() == "W" * 59 + f"… ({slug}) · Deputy", "without an end of a word to break at"
    look(page)
    page.context.close()
