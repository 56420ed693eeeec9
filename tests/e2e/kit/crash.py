# Clients that go on until a server is killed under them at a random instant, and remember what it acknowledged.
import os
import sqlite3
import subprocess
import threading

import requests

from kit.api import OAuth

ROUNDS = int(os.environ.get("DEPUTY_KILL_ROUNDS", "5"))


class Load:
    """Each of `work` is a generator of one client: it yields after each thing that was acknowledged."""

    def __init__(self, server, work):
        self.server = server
        self.failures = []
        self.threads = [threading.Thread(target=self.until_gone, args=(one,)) for one in work]
        self.first = threading.Event()

    def until_gone(self, work):
        oauth = OAuth(self.server)
        try:
            for _ in work(oauth):
                self.first.set()
        except requests.RequestException:
            pass  # killed
        except Exception as failure:  # told by the test, in its own thread
            self.failures.append(repr(failure))
            self.first.set()

    def run_and_kill(self, chance):
        for thread in self.threads:
            thread.start()
        assert self.first.wait(30)
        try:
            self.server.process.wait(chance.uniform(0.0, 1.2))  # a random instant, not a wait for something
            raise AssertionError("the server ended by itself")
        except subprocess.TimeoutExpired:
            pass
        self.server.kill()
        for thread in self.threads:
            thread.join(60)
        assert not self.failures


def check_store(server):
    """The store of a server that is not running is whole."""
    (path,) = [path for path in server.data.iterdir() if path.suffix in (".db", ".sqlite", ".sqlite3")]
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as store:
        assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    store.close()


def granted(admin):
    """The tokens that have their event."""
    return {event.get("jti") for event in admin.events(action="token.issue", decision="granted")}
