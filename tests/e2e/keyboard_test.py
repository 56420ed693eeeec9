# What a person sees, without a mouse, in the dark, and by the button that goes back.
import pytest

from kit.browser import page_of, violations
from kit.browser import WORDS
from people_test import consent, scene  # noqa: F401: a fixture

NAME = """() => {
  const at = document.activeElement;
  const labels = [...(at.labels || [])].map(label => label.innerText);
  return at === document.body ? "" : labels.join(" ") || at.getAttribute("aria-label") || at.innerText || at.value;
}"""
SHOWN = """() => {
  const style = getComputedStyle(document.activeElement);
  return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== "none";
}"""


def tab_to(page, name):
    """Tab until what has the focus bears this name; whatever has it on the way shows that it does."""
    passed = []
    for _ in range(60):
        page.keyboard.press("Tab")
        found = page.evaluate(NAME)
        if not found:
            continue
        assert page.evaluate(SHOWN), f"nobody sees that {found!r} has the focus"
        if name in found:
            return
        passed.append(found)
    raise AssertionError(f"Tab does not lead to {name!r}, but to {passed}")


def test_from_sign_in_to_taking_back_by_keyboard_alone(scene, browser):
    page = page_of(browser)
    scene.set_password(page)
    page.goto(scene.url())
    tab_to(page, "Username")
    page.keyboard.type(scene.user["username"])
    tab_to(page, "Password")
    page.keyboard.type(WORDS)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Let Bookkeeper act for you?").wait_for()
    switch = page.get_by_role("checkbox", name="Pay invoices from your account")
    tab_to(page, "Pay invoices from your account")
    before = switch.is_checked()
    page.keyboard.press("Space")
    assert switch.is_checked() != before
    page.keyboard.press("Space")
    assert switch.is_checked() == before
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    assert page.url.startswith(scene.office.oauth.issuer), "Enter on a switch answers nothing"
    assert switch.is_checked() == before
    page.get_by_role("radio", name="30 days").focus()
    page.keyboard.press("Space")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.startswith(scene.office.oauth.issuer)
    assert page.get_by_role("radio", name="30 days").is_checked()
    assert violations(page) == []
    tab_to(page, "Allow")
    page.keyboard.press("Enter")
    token = scene.tokens(page).json()["access_token"]
    assert scene.office.oauth.introspect(token, scene.service)["active"]

    page.goto(scene.office.oauth.issuer + "/account")
    tab_to(page, "Take everything back")
    page.keyboard.press("Enter")
    page.get_by_role("status").wait_for()
    assert not scene.office.oauth.introspect(token, scene.service)["active"]
    page.context.close()


def test_every_page_is_accessible_in_the_dark(scene, browser):
    page = page_of(browser, dark=True)
    page.goto(scene.office.oauth.issuer + "/sign-in/reset")
    assert violations(page) == []
    scene.set_password(page)
    page.goto(scene.url())
    assert violations(page) == []
    scene.sign_in(page)
    page.get_by_role("button", name="Allow", exact=True).wait_for()
    assert violations(page) == []
    light = page_of(browser)
    light.goto(scene.office.oauth.issuer + "/sign-in")
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) != light.evaluate(ground), "it is dark"
    light.context.close()
    consent(page, "Read your invoices", "Prepare new invoices", duration="30 days")
    assert scene.tokens(page).status_code == 200
    for path in ("", "/devices", "/security", "/security/app", "/history"):
        page.goto(scene.office.oauth.issuer + "/account" + path)
        assert violations(page) == [], path
    page.goto(scene.office.oauth.issuer + "/sign-in?i=gone")
    assert violations(page) == []
    page.context.close()


@pytest.mark.parametrize("button", ["Allow", "Do not allow"])
def test_who_goes_back_to_a_consent_that_was_answered_finds_a_way_on(scene, browser, button):
    page = page_of(browser)
    scene.set_password(page)
    page.goto(scene.url())
    scene.sign_in(page)
    page.get_by_role("button", name=button, exact=True).click()
    page.wait_for_url(scene.callback + "*")
    token = scene.tokens(page).json()["access_token"] if button == "Allow" else None
    page.go_back()
    page.get_by_role("heading", name="This was answered already").wait_for()
    text = page.get_by_role("main").inner_text()
    assert "The first answer counts" in text and "Nothing was" not in text, text
    assert not token or scene.office.oauth.introspect(token, scene.service)["active"]
    page.get_by_role("link", name="Your account").click()
    page.get_by_role("heading", name="What acts for you").wait_for()
    assert page.get_by_role("heading", name="Bookkeeper").count() == (button == "Allow")
    page.context.close()
