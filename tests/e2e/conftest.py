# Fixtures: one server shared by the tests that leave it usable, fresh ones for those that do not, and a browser.
import http.server
import threading

import pytest

from kit.api import Admin, Client, OAuth
from kit.browser import chromium, typed
from kit.command_line import CommandLine
from kit.server import Server


@pytest.fixture(scope="session")
def server():
    with Server() as running:
        yield running


@pytest.fixture(scope="session")
def oauth(server):
    return OAuth(server)


@pytest.fixture(scope="session")
def admin(server, oauth):
    return Admin(oauth, Client(server.admin_id, server.admin_secret))


@pytest.fixture(scope="session")
def service(admin):
    return admin.service()


@pytest.fixture
def agent(admin, service):
    return admin.agent(service)


@pytest.fixture(scope="session")
def deputy(server, tmp_path_factory):
    return CommandLine(server, tmp_path_factory.mktemp("home"))


@pytest.fixture
def fresh():
    """Makes servers with settings of their own; each is stopped, checked and removed."""
    made = []

    def make(**settings):
        made.append(Server(**settings))
        return made[-1].init().start()

    yield make
    try:
        for one in made:
            one.stop()
    finally:
        for one in made:
            one.remove()


@pytest.fixture(scope="module")
def home():
    """A server under a name, for passkeys need one."""
    with Server(host="localhost") as running:
        yield running
        running.secrets |= typed


@pytest.fixture(scope="module")
def office(home):
    return Admin(OAuth(home), Client(home.admin_id, home.admin_secret))


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def callback():
    """The application that a person comes back to."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><html lang=en><title>Back</title><h1>Back at the application</h1>")

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *_):
            pass

    listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{listener.server_port}/back"
    listener.shutdown()


def admin_of(server, **more):
    return Admin(OAuth(server, **more), Client(server.admin_id, server.admin_secret))


@pytest.fixture
def admin_for():
    return admin_of
