# Two tabs of one browser: what is answered in one while the other, or the world, has moved on.
from kit.api import unique
from kit.browser import page_of, set_password, sign_in
from people_test import consent, look, scene  # noqa: F401: a fixture


def test_who_types_their_name_is_not_taken_for_who_signed_in_in_another_tab(scene, office, browser):  # noqa: F811
    issuer = office.oauth.issuer
    bob = office.create("users", username=unique("bob"), name="Bob Rossi")
    code = office.ok("POST", f"/users/{bob['id']}/reset-code", {})["code"]
    office.create("assignments", role=scene.service.role["id"], principal=bob["id"])
    hers = page_of(browser)
    set_password(hers, issuer, bob["username"], code)
    scene.set_password(hers)
    hers.goto(scene.url(scope="inv:read"))
    scene.sign_in(hers)
    consent(hers, "Read your invoices", duration="30 days")
    assert scene.tokens(hers).status_code == 200
    hers.goto(issuer + "/account")
    hers.get_by_role("button", name="Sign out", exact=True).click()
    hers.get_by_role("heading", name="You are signed out").wait_for()

    his = hers.context.new_page()
    his.goto(scene.url(scope="inv:read"))
    his.get_by_label("Username").wait_for()
    hers.goto(issuer + "/sign-in")
    scene.sign_in(hers)
    hers.get_by_role("heading", name="What acts for you").wait_for()
    sign_in(his, bob["username"])
    his.get_by_text("Somebody signed in here in another window meanwhile.").wait_for()
    assert his.get_by_label("Username").input_value() == bob["username"]
    look(his)
    sign_in(his, bob["username"])
    his.get_by_text(f"Signed in as Bob Rossi ({bob['username']}).").wait_for()
    consent(his, "Read your invoices")
    token = scene.tokens(his).json()["access_token"]
    assert office.oauth.introspect(token, scene.service)["sub"] == bob["id"]
    hers.context.close()


def test_a_yes_is_to_what_the_page_showed(scene, office, browser):  # noqa: F811
    page = page_of(browser)
    scene.set_password(page)
    page.goto(scene.url())
    scene.sign_in(page)
    draft, pay = (page.get_by_role("checkbox", name=name) for name in ("Prepare new", "Pay invoices"))
    draft.uncheck()
    pay.check()
    page.get_by_label("30 days").check()
    office.ok(
        "PATCH",
        f"/resources/{scene.service.resource['id']}",
        {
            "scopes": [
                {"name": "inv:read", "description": "Delete all of your invoices", "sensitivity": "high"},
                {"name": "inv:draft", "description": "Prepare new invoices"},
                {"name": "inv:pay", "description": "Pay invoices from your account", "sensitivity": "medium"},
            ]
        },
        headers={"If-Match": '"2"'},
    )
    page.get_by_role("button", name="Allow", exact=True).click()
    page.get_by_text("What it asks for, or what you allowed before, has changed since.").wait_for()
    look(page)
    read = page.get_by_role("checkbox", name="Delete all of your invoices")
    assert [one.is_checked() for one in (read, draft, pay)] == [False, False, True]
    assert page.get_by_label("30 days").is_checked()
    page.get_by_role("button", name="Allow", exact=True).click()
    assert scene.tokens(page).json()["scope"] == "inv:pay"
    page.context.close()


def test_what_one_tab_allows_another_does_not_take_back_unsaid(scene, office, browser):  # noqa: F811
    one = page_of(browser)
    scene.set_password(one)
    one.goto(scene.url())
    scene.sign_in(one)
    other = one.context.new_page()
    other.goto(scene.url())
    consent(other, "Read your invoices", "Pay invoices", duration="Until I take it back")
    token = scene.tokens(other).json()["access_token"]
    one.get_by_role("button", name="Allow", exact=True).click()
    one.get_by_text("has changed since.").wait_for()
    assert one.get_by_role("checkbox", name="Pay invoices").is_checked(), "it is sensitive, and was allowed meanwhile"
    one.get_by_text("allowed before, until you take it back").first.wait_for()
    one.get_by_text("A shorter time does not shorten what you allowed earlier").wait_for()
    look(one)
    assert office.oauth.introspect(token, scene.service)["active"]
    one.context.close()
