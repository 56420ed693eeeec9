# What is refused leads to no dead end: the browser's own button goes back over it, and no device is left with a dead key.
import pytest

from kit.browser import WORDS, device, one_time_password, page_of
from people_test import Scene, consent, look


def alert(page):
    return page.locator("[role=alert]:visible").inner_text()


def test_going_back_over_a_wrong_password_and_a_wrong_code_finds_pages(office, callback, browser):
    scene = Scene(office, callback)
    page = page_of(browser)
    scene.set_password(page)
    page.goto(scene.url(scope="inv:read"))
    page.get_by_label("Username").fill(scene.user["username"])
    page.get_by_label("Password").fill("not the words")
    page.get_by_role("button", name="Sign in", exact=True).click()
    assert "That does not match." in alert(page)
    look(page)
    assert page.get_by_label("Username").input_value() == scene.user["username"]
    page.reload()
    assert "That does not match." in alert(page), "nothing is sent again"
    scene.sign_in(page)
    page.get_by_role("heading", name="Let Bookkeeper act for you?").wait_for()
    page.go_back()
    page.get_by_role("heading", name="Sign in").wait_for()
    page.go_back()
    page.get_by_role("heading", name="Sign in").wait_for()
    page.go_forward()
    page.go_forward()
    page.get_by_role("heading", name="Let Bookkeeper act for you?").wait_for()
    consent(page, "Read your invoices")
    assert scene.tokens(page).status_code == 200
    page.context.close()


def test_going_back_over_a_form_from_before_another_sign_in_sends_it_no_more(office, callback, browser):
    scene = Scene(office, callback)
    page = page_of(browser)
    scene.set_password(page)
    scene.sign_in(page)
    page.get_by_role("heading", name="What acts for you").wait_for()
    page.goto(office.oauth.issuer + "/account/security")
    other = page.context.new_page()
    other.goto(office.oauth.issuer + "/sign-in?again=1")
    scene.sign_in(other)
    other.get_by_role("heading", name="What acts for you").wait_for()
    page.get_by_label("Current password").fill(WORDS)
    page.get_by_label("New password").fill("five late trains home")
    page.get_by_role("button", name="Set password").click()
    assert "from before the last sign-in here" in alert(page)
    look(page)
    page.get_by_role("link", name="Devices").click()
    page.get_by_role("heading", name="Where you are signed in").wait_for()
    for _ in range(2):
        page.go_back()
        page.get_by_role("heading", name="How you sign in", exact=True).wait_for()
    page.context.close()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_going_back_to_the_page_of_recovery_codes_finds_a_page(office, callback, browser, script):
    scene = Scene(office, callback)
    page = page_of(browser, script=script)
    scene.set_password(page)
    scene.sign_in(page)
    page.get_by_role("heading", name="What acts for you").wait_for()
    security = office.oauth.issuer + "/account/security"
    page.goto(security + "/app")
    secret = page.locator(".key code").inner_text().replace(" ", "")
    page.get_by_label("Code").fill(one_time_password(secret))
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("heading", name="Your recovery codes").wait_for()
    assert page.locator(".codes code").count() == 10
    if script:
        page.wait_for_url(security)
        page.evaluate("() => { dispatchEvent(new Event('pagehide')) }")
        assert page.locator(".codes").count() == 0, "a browser that keeps the page as it was left keeps no codes"
    page.get_by_role("link", name="Devices").click()
    page.get_by_role("heading", name="Where you are signed in").wait_for()
    page.go_back()
    page.get_by_role("heading", name="How you sign in", exact=True).wait_for()
    if script:
        assert page.locator(".codes").count() == 0, "nor are they asked for again"
    page.go_back()
    page.get_by_text("For this, sign in again with a code from your app").first.wait_for()
    page.context.close()


def test_no_passkey_is_made_that_would_be_refused(office, callback, browser):
    scene = Scene(office, callback)
    page = page_of(browser)
    held = device(page)
    page.clock.install()
    scene.set_password(page)
    scene.sign_in(page)
    security = office.oauth.issuer + "/account/security"
    page.goto(security)
    page.clock.fast_forward("05:01")
    page.get_by_label("Name of the passkey").fill("Laptop")
    with page.expect_navigation(url=security):
        page.get_by_role("button", name="Add a passkey").click()
    assert held() == 0, "the page was open for too long: it is loaded anew"

    page.goto(security + "/app")
    secret = page.locator(".key code").inner_text().replace(" ", "")
    page.get_by_label("Code").fill(one_time_password(secret))
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("heading", name="Your recovery codes").wait_for()
    assert page.get_by_role("button", name="Add a passkey").count() == 0
    look(page)
    page.get_by_role("link", name="Sign in again").click()
    scene.sign_in(page)
    page.get_by_role("heading", name="Enter your code").wait_for()
    page.context.close()
