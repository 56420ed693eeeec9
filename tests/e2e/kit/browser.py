# A person with a real browser: Debian's Chromium, driven by Playwright, and axe to say what is not accessible.
import base64
import hashlib
import hmac
import os
import struct
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, quote_plus

from playwright.sync_api import sync_playwright

HERE = Path(__file__).resolve().parents[1]
AXE = HERE / "node" / "node_modules" / "axe-core" / "axe.min.js"
IMAGES = HERE.parents[1] / "docs" / "guide" / "images"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
WORDS = "seven quiet herons at dusk"
typed = set()  # what people proved themselves by: to be seen in no log and on no disk


@contextmanager
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        try:
            yield browser
        finally:
            browser.close()


def page_of(browser, script=True, dark=False, width=900, locale="en-GB", **more):
    context = browser.new_context(
        java_script_enabled=script,
        color_scheme="dark" if dark else "light",
        viewport={"width": width, "height": 760},
        locale=locale,
        reduced_motion="reduce",
        **more,
    )
    context.set_default_timeout(20_000)
    return context.new_page()


def set_password(page, issuer, username, code):
    page.goto(issuer + "/sign-in/reset")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Code").fill(code)
    page.get_by_label("New password").fill(WORDS)
    typed.update((code, WORDS, quote(WORDS), quote_plus(WORDS)))
    page.get_by_role("button", name="Set password").click()


def sign_in(page, username):
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(WORDS)
    page.get_by_role("button", name="Sign in", exact=True).click()


def device(page):
    """Gives the browser a device that makes passkeys and signs in with them; called, it says how many it holds."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    made = session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return lambda: len(session.send("WebAuthn.getCredentials", made)["credentials"])


def violations(page):
    """What axe finds on the page as it is; run in a world of its own, for the page's CSP allows no script of ours."""
    session = page.context.new_cdp_session(page)
    frame = session.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
    world = session.send("Page.createIsolatedWorld", {"frameId": frame})["executionContextId"]
    session.send("Runtime.evaluate", {"expression": AXE.read_text(), "contextId": world})
    found = session.send(
        "Runtime.evaluate",
        {
            "expression": "axe.run().then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html).join(' | ')))",
            "contextId": world,
            "awaitPromise": True,
            "returnByValue": True,
        },
    )
    session.detach()
    assert "exceptionDetails" not in found, found
    return found["result"]["value"]


def overflows(page):
    """Does the page scroll sideways?"""
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def picture(page, name):
    """For the guide, where DEPUTY_PICTURES is set: else nothing is written."""
    if os.environ.get("DEPUTY_PICTURES"):
        IMAGES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=IMAGES / f"{name}.png", full_page=True)


def one_time_password(secret, at=None):
    """RFC 6238, as an authenticator app has it."""
    typed.add(secret)
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(at or time.time()) // 30), hashlib.sha1).digest()
    offset = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[offset : offset + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"
