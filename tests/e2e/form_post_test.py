# response_mode=form_post in a real browser: the application gets its answer once, by itself or by the person's button.
from urllib.parse import parse_qs

import pytest

from kit.browser import page_of
from people_test import consent, look, scene  # noqa: F401: a fixture

SCRIPT = "**/assets/form-post-*.js"


def asked(scene, page):
    scene.set_password(page)
    page.goto(scene.url(response_mode="form_post"))
    scene.sign_in(page)
    page.get_by_role("heading", name="Let Bookkeeper act for you?").wait_for()


def answers_to(page, callback):
    """What is posted to the application from now on."""
    found = []

    def seen(request):
        if request.method == "POST" and request.url == callback:
            found.append(parse_qs(request.post_data))

    page.on("request", seen)
    return found


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_an_application_is_posted_its_code_once(scene, browser, script):
    page = page_of(browser, script=script)
    asked(scene, page)
    posted = answers_to(page, scene.callback)
    consent(page, "Read your invoices", duration="30 days")
    if not script:
        page.get_by_role("heading", name="Back to the application").wait_for()
        assert posted == []
        page.get_by_role("button", name="Continue").click()
    page.get_by_role("heading", name="Back at the application").wait_for()
    assert page.url == scene.callback and len(posted) == 1, posted
    answer = scene.redeemed(posted[0])
    assert answer.status_code == 200, answer.text
    page.context.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_where_its_script_does_not_arrive_the_page_is_there_to_be_read(scene, browser, dark):
    page = page_of(browser, dark=dark, locale="zh-CN")
    page.route(SCRIPT, lambda route: route.abort())
    page.goto(scene.url(response_mode="form_post", prompt="none"))
    page.get_by_role("heading", name="返回应用").wait_for()
    look(page)
    posted = answers_to(page, scene.callback)
    page.get_by_role("button", name="继续").click()
    page.get_by_role("heading", name="Back at the application").wait_for()
    assert [answer["error"] for answer in posted] == [["login_required"]]
    page.context.close()


def test_its_button_is_dead_once_it_was_pressed(scene, browser):
    page = page_of(browser)
    asked(scene, page)
    # An answer without content leaves the browser where it is.
    page.route(scene.callback, lambda route: route.fulfill(status=204))
    with page.expect_request(scene.callback):
        consent(page, "Read your invoices", duration="30 days")
    assert page.get_by_role("button", name="Continue").is_disabled()
    page.context.close()
