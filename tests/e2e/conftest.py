# Fixtures: one server shared by the tests that leave it usable, and fresh ones for those that do not.
import pytest

from kit.api import Admin, Client, OAuth
from kit.command_line import CommandLine
from kit.server import Server


@pytest.fixture(scope="session")
def server():
    with Server() as running:
        yield running
        running.check_files()


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


def admin_of(server, **more):
    return Admin(OAuth(server, **more), Client(server.admin_id, server.admin_secret))


@pytest.fixture
def admin_for():
    return admin_of
