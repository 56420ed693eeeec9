# Back to the application, that sends people on from its redirect URI to another host: browsers hold the whole way against
# the page on which the form was.
import http.server
import threading

import pytest

from kit.browser import page_of, sign_in
from people_test import Scene, consent


@pytest.fixture
def sent_on():
    """An application whose redirect URI is one origin and whose home is another."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path.startswith("/back"):
                self.send_response(302)
                self.send_header("Location", f"http://localhost:{listener.server_port}/home{self.path[5:]}")
                self.end_headers()
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><html lang=en><title>Home</title><h1>At home</h1>")

        def log_message(self, *_):
            pass

    listener = http.server.ThreadingHTTPServer(("", 0), Handler)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{listener.server_port}/back"
    listener.shutdown()


def test_an_application_may_send_people_on_to_another_host(office, browser, sent_on):
    scene = Scene(office, sent_on)
    page = page_of(browser)
    scene.set_password(page)
    page.goto(scene.url(scope="inv:read"))
    scene.sign_in(page)
    consent(page, "Read your invoices", duration="30 days")
    page.get_by_role("heading", name="At home").wait_for()
    assert "code=" in page.url and page.url.startswith("http://localhost:"), page.url
    page.context.close()

    again = page_of(browser)
    again.goto(scene.url(scope="inv:read"))
    sign_in(again, scene.user["username"])
    again.get_by_role("heading", name="At home").wait_for()
    again.context.close()


def test_a_window_that_the_application_opened_reports_back_to_it(office, browser, sent_on):
    scene = Scene(office, sent_on)
    page = page_of(browser)
    scene.set_password(page)
    page.goto(sent_on.replace("/back", "/opener"))
    with page.expect_popup() as opened:
        page.evaluate("url => { window.open(url) }", scene.url(scope="inv:read"))
    window = opened.value
    scene.sign_in(window)
    consent(window, "Read your invoices")
    window.get_by_role("heading", name="At home").wait_for()
    assert window.evaluate("window.opener !== null")
    page.context.close()
