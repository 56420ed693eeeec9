# Settings: SIGHUP takes up those that may change while the server runs, all or none; `config list` tells of each.
import re
import subprocess

from kit.api import OAuth
from kit.server import ROOT, binary, environment
from kit.wire import exchange

FORM = "Content-Type: application/x-www-form-urlencoded"
BOLD = """
metrics: {from: [10.0.0.0/8]}
authorization: {pushed_requests_required: true}
keys: {jwks_max_age_s: 61}
fetch: {allow_special_addresses: true, allow_plain_http: true}
"""
AS_IT_IS = {"/metrics": 200, "pushed": False, "jwks": "public, max-age=900", "logout": 400}
BOLDLY = {"/metrics": 404, "pushed": True, "jwks": "public, max-age=61", "logout": 201}


def seen(server, admin):
    """What four settings come to, as callers see it."""
    oauth = OAuth(server)
    keys = oauth.http.get(oauth.issuer + "/oauth2/jwks", timeout=30)
    application = {"name": "one", "backchannel_logout_uri": "http://127.0.0.1:9/logout"}
    made = admin.call("POST", "/applications", application)
    if made.ok:
        admin.ok("DELETE", f"/applications/{made.json()['id']}")
    return {
        "/metrics": exchange(server, "GET", "/metrics")[0],
        "pushed": oauth.metadata()["require_pushed_authorization_requests"],
        "jwks": keys.headers["Cache-Control"],
        "logout": made.status_code,
    }


def write(server, text):
    (server.data / "deputy.yaml").write_text(text)


def test_sighup_takes_up_what_may_change_while_it_runs(fresh, admin_for):
    server = fresh()
    admin = admin_for(server)
    assert seen(server, admin) == AS_IT_IS
    write(server, BOLD)
    server.reload()
    assert seen(server, admin) == BOLDLY
    write(server, "log: {level: info}\n")
    server.reload()
    assert seen(server, admin) == AS_IT_IS


def test_sighup_changes_how_much_strangers_may_have_written(fresh):
    server = fresh()
    write(server, "unauthenticated: {writes_burst: 1, writes_per_s: 1}\n")
    server.reload()
    ask = b"client_id=nobody&response_type=code&redirect_uri=https://a.example"
    for _ in range(20):
        exchange(server, "POST", "/oauth2/par", [FORM], ask)
    metrics = exchange(server, "GET", "/metrics")[2].decode()
    not_recorded = re.search(r"^deputy_refusals_not_recorded_total (\d+)", metrics, re.MULTILINE)
    assert int(not_recorded[1]) > 0


BROKEN = {
    "no YAML": "metrics: [\n",
    "an unknown setting": BOLD + "http: {prot: 1}\n",
    "out of range": BOLD.replace("61", "many"),
    "what contradicts": BOLD.replace("61", "7200"),
    "a file that is not there": BOLD.replace("fetch: {", "fetch: {ca_file: /nowhere, "),
    "a certificate that is not there": BOLD + "http: {certificate_file: /nowhere}\n",
    "an alias of itself": BOLD + "a: &a\n  b: *a\n",
    "a key that stands twice": BOLD + "metrics: {from: []}\n",
    "a second document": BOLD + "---\nmetrics: {from: []}\n",
}


def test_a_reload_that_is_refused_changes_nothing(fresh, admin_for):
    server = fresh()
    admin = admin_for(server)
    write(server, BOLD)
    server.reload()
    for why, text in BROKEN.items():
        write(server, "log: {level: error}\n" + text.replace("10.0.0.0/8", "127.0.0.1"))
        refused = server.reload("reload_refused")
        assert "/8" not in refused["detail"] and "many" not in refused["detail"], why
        assert seen(server, admin) == BOLDLY, why
    write(server, "")
    assert "has none now" in server.reload("reload_refused")["detail"]
    (server.data / "deputy.yaml").unlink()
    (server.data / "deputy.yaml").mkdir()
    assert "cannot be read" in server.reload("reload_refused")["detail"]
    (server.data / "deputy.yaml").rmdir()
    assert "put it back" in server.reload("reload_refused")["detail"]
    assert seen(server, admin) == BOLDLY
    begin = server.log_size()
    exchange(server, "POST", "/oauth2/token", [FORM], b"grant_type=x")
    server.wait_for_log("refused", begin)  # at `info`: the level stayed as well


def test_what_needs_a_restart_is_named(fresh):
    server = fresh()
    write(server, "http: {body_bytes_max: 70000}\npasswords: {passes: 3}\nkeys: {jwks_max_age_s: 61}\n")
    assert server.reload("reload_needs_restart")["settings"] == "http.body_bytes_max,passwords.passes"


def test_sighup_takes_up_the_log_level(fresh):
    server = fresh()
    write(server, "log: {level: warn}\nhttp: {body_bytes_max: 70000}\n")
    server.reload("reload_needs_restart")  # a warning: what is only told is not told any more
    begin = server.log_size()
    exchange(server, "POST", "/oauth2/token", [FORM], b"grant_type=x")
    exchange(server, "CONNECT", "/")
    server.wait_for_log("http_refused", begin)
    assert '"event":"refused"' not in server.log()[begin:]
    (server.data / "deputy.yaml").write_text("log:\n  level: nonsense\n")
    refused = server.reload("reload_refused")
    assert "log.level" in refused["detail"] and "nonsense" not in refused["detail"]
    assert exchange(server, "GET", "/healthz")[0] == 200


def test_what_came_of_a_sighup_is_told_whatever_the_level(fresh):
    server = fresh()
    write(server, "log: {level: error}\nhttp: {body_bytes_max: 70000}\n")
    begin = server.log_size()
    server.reload()
    assert '"event":"reload_needs_restart"' in server.log()[begin:]
    begin = server.log_size()
    server.reload()
    assert '"event":"reloaded"' in server.log()[begin:]


def test_a_line_of_the_log_is_json_whatever_is_in_a_settings_file(fresh):
    server = fresh()
    (server.data / "deputy.yaml").write_bytes(b"http: {pr\xff\xc3t: 1}\n")
    assert "http.pr\ufffd\ufffdt: there is no such setting" in server.reload("reload_refused")["detail"]


def test_config_list_prints_the_table_of_settings():
    rows = re.findall(r"^\| `(.+?)` \| (.*?) \| (.*?) \| (.*?) \| (.*) \|$", (ROOT / "docs/config.md").read_text(), re.M)
    listed = subprocess.run(
        [str(binary()), "config", "list"], env=environment(), capture_output=True, text=True, timeout=60
    )
    assert listed.returncode == 0 and rows
    lines = [[name, default.strip("`"), *rest] for name, default, *rest in rows]
    assert [line.split("\t") for line in listed.stdout.splitlines()] == lines
