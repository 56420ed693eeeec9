# Pages nobody plans to see, and those with much on them: accessible, and no wider than a small phone, light and dark.
import json
from urllib.parse import urlencode

import pytest

from kit.api import unique
from kit.browser import page_of
from kit.family import EXCHANGE, TYPE
from people_test import consent, look, scene  # noqa: F401: a fixture

LONG = "The Most Honourable Company of Bookkeepers, Auditors and Reconcilers of Accounts of the Northern Provinces"


@pytest.fixture(params=[False, True], ids=["light", "dark"])
def page(browser, request):
    page = page_of(browser, dark=request.param)
    yield page
    page.context.close()


@pytest.fixture
def team(scene):
    """The scene's agent may hand on to two others, one of them behind a resource of its own; all have long names."""
    office, service = scene.office, scene.service
    scene.helpers = [office.agent(), office.agent()]
    for helper in scene.helpers:
        office.create("assignments", role=service.role["id"], principal=helper.id, acts="others")
        office.ok("PATCH", f"/agents/{helper.id}", {"name": LONG}, headers={"If-Match": '"1"'})
    office.ok(
        "PATCH",
        f"/agents/{scene.agent.id}",
        {"delegates": [helper.id for helper in scene.helpers], "name": unique(LONG.replace(" ", "_"))},
        headers={"If-Match": '"2"'},
    )
    return scene


def test_pages_that_say_what_went_wrong(scene, page):
    issuer = scene.office.oauth.issuer
    elsewhere = "https://elsewhere.example/"
    asked = {"response_type": "code", "client_id": scene.agent.client_id, "redirect_uri": elsewhere}
    for path, heading in (
        ("/oauth2/authorize?client_id=nobody", "This request cannot be answered"),
        ("/oauth2/authorize?" + urlencode(asked), "This request cannot be answered"),
        ("/oauth2/logout?" + urlencode({"post_logout_redirect_uri": elsewhere}), "This request cannot be answered"),
        ("/oauth2/logout", "You are signed out"),
        ("/sign-in?i=gone", "This page is too old"),
        ("/account/nowhere", "There is nothing here"),
        ("/account/withdraw", "There is nothing here"),
        ("/errors", "Errors"),
    ):
        page.goto(issuer + path)
        page.get_by_role("heading", name=heading, exact=True).wait_for()
        look(page)
    page.goto(issuer + "/sign-in")
    page.context.clear_cookies()
    scene.sign_in(page)
    page.get_by_role("heading", name="This page needs cookies").wait_for()
    look(page)


def test_a_consent_with_much_in_it_and_the_tree_that_grows_from_it(team, page):
    office, helpers = team.office, team.helpers
    onward = {
        "type": "onward",
        "actor": helpers[1].id,
        "resource": team.service.identifier,
        "scope": "inv:read inv:draft",
    }
    team.set_password(page)
    page.goto(team.url(authorization_details=json.dumps([onward]), scope="openid profile email inv:read inv:pay"))
    team.sign_in(page)
    page.get_by_text("when").first.wait_for()
    page.locator("summary").click()
    look(page)
    for switch in page.get_by_role("checkbox").all():
        switch.check()
    page.get_by_label("30 days").check()
    page.get_by_role("button", name="Allow", exact=True).click()
    answer = team.tokens(page)
    assert answer.status_code == 200, answer.text
    handed = office.oauth.post(
        "/oauth2/token",
        {
            "grant_type": EXCHANGE,
            "subject_token": answer.json()["access_token"],
            "subject_token_type": TYPE + "access_token",
            "requested_actor": helpers[0].id,
            "scope": "inv:read",
        },
        auth=team.agent.auth,
    )
    assert handed.status_code == 200, handed.text
    page.goto(office.oauth.issuer + "/account")
    page.get_by_text("Handed on in one place").click()
    page.locator(".tree li").get_by_text("inv:read").wait_for()
    look(page)
    page.set_viewport_size({"width": 360, "height": 700})
    assert page.locator(".tabs a").evaluate_all("tabs => new Set(tabs.map(tab => tab.offsetTop)).size") == 1
    page.goto(office.oauth.issuer + "/account/history")
    look(page)


def test_the_tab_one_is_on_is_seen_in_forced_colours(scene, browser):
    page = page_of(browser)
    page.emulate_media(forced_colors="active")
    scene.set_password(page)
    page.goto(scene.office.oauth.issuer + "/account")
    scene.sign_in(page)
    page.get_by_role("link", name="Agents").wait_for()
    line = "tabs => tabs.map(tab => getComputedStyle(tab).borderBottomColor)"
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    here = page.locator(".tabs a[aria-current]").evaluate_all(line)
    others = page.locator(".tabs a:not([aria-current])").evaluate_all(line)
    assert set(others) == {ground} and ground not in here, (ground, here, others)
    page.context.close()
