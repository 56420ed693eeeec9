# An unmodified relying party, Apache's mod_auth_openidc: a real browser is sent to sign in, lands, and is signed out.
from urllib.parse import urlsplit

import pytest

from kit.apache import Apache
from kit.api import Admin, Client, OAuth, unique
from kit.browser import page_of, set_password, sign_in
from kit.keys import certificate
from kit.server import Server


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A server with TLS, for that is what a relying party expects of an issuer."""
    folder = tmp_path_factory.mktemp("tls")
    certificate(folder)
    settings = {
        "http__certificate_file": folder / "server.pem",
        "http__private_key_file": folder / "server.key",
        # The site is on loopback, and is told there who has signed out.
        "fetch__allow_special_addresses": "true",
        "fetch__allow_plain_http": "true",
    }
    with Server(scheme="https", host="localhost", **settings) as running:
        running.certificate = folder / "server.pem"
        yield running


@pytest.fixture(scope="module")
def office(home):
    oauth = OAuth(home, verify=str(home.certificate))
    return Admin(oauth, Client(home.admin_id, home.admin_secret))


@pytest.fixture(scope="module")
def site(office, home):
    """Apache, registered as an application."""
    with Apache() as apache:
        application = office.create(
            "applications",
            name="The report",
            redirect_uris=[apache.redirect_uri],
            post_logout_redirect_uris=[apache.goodbye],
            backchannel_logout_uri=apache.backchannel_logout_uri,
        )
        yield apache.start(home.origin, office.secret_of("applications", application), home.certificate)


@pytest.fixture
def page(browser):
    made = page_of(browser, ignore_https_errors=True)
    yield made
    made.context.close()


@pytest.fixture
def alice(office, home, page):
    username = unique("alice")
    user = office.create("users", username=username, name="Alice Ferrari", email=f"{username}@example.com")
    code = office.ok("POST", f"/users/{user['id']}/reset-code", {})["code"]
    set_password(page, home.origin, username, code)
    page.get_by_role("button", name="Sign in", exact=True).wait_for()
    return user


def arrive(page, site, alice):
    """To the protected page by way of the sign-in and the consent."""
    page.goto(site.page)
    sign_in(page, alice["username"])
    page.get_by_role("heading", name="Tell The report who you are?").wait_for()
    page.get_by_role("button", name="Allow", exact=True).click()
    page.get_by_role("heading", name="The report", exact=True).wait_for()


def asked_to_sign_in(page, site, home):
    page.goto(site.page)
    page.get_by_role("button", name="Sign in", exact=True).wait_for()
    return page.url.startswith(home.origin + "/sign-in?")


def test_a_person_signs_in_and_the_site_knows_them(home, site, page, alice):
    arrive(page, site, alice)
    assert page.url == site.page
    seen = {name: page.locator("#" + name).inner_text() for name in ("user", "subject", "name", "email")}
    assert seen == {
        "user": alice["username"],
        "subject": alice["id"],
        "name": "Alice Ferrari",
        "email": alice["email"],
    }
    page.context.clear_cookies(domain="127.0.0.1")
    page.goto(site.page)
    assert page.url == site.page, "who is signed in and has agreed sees no page in between"


def test_whoever_says_no_does_not_get_in(site, page, alice):
    page.goto(site.page)
    sign_in(page, alice["username"])
    page.get_by_role("button", name="Do not allow").click()
    page.wait_for_url(site.redirect_uri + "?error=access_denied&*")
    # What it says then is its own affair: this version takes the `iss` of RFC 9207 in an error for something else.
    assert page.locator("#user").count() == 0
    page.goto(site.page)
    page.get_by_role("heading", name="Tell The report who you are?").wait_for()


def test_signing_out_at_the_site_signs_out_here_too(home, site, page, alice):
    arrive(page, site, alice)
    page.goto(site.logout_url())
    page.get_by_role("heading", name="Goodbye from the report").wait_for()
    assert urlsplit(page.url)._replace(query="").geturl() == site.goodbye
    assert asked_to_sign_in(page, site, home)


def test_signing_out_here_signs_out_at_the_site(home, site, page, alice):
    arrive(page, site, alice)
    page.goto(home.origin + "/account/security")
    since = len(site.log("access.log"))  # other tests' people were signed out there before
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.get_by_role("heading", name="You are signed out").wait_for()
    site.wait_for("access.log", r"POST /secure/callback\?logout=backchannel 200", since)
    assert asked_to_sign_in(page, site, home)
