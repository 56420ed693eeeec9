# The deputy command against a running server, as a person and as a script use it.
import json
import os
import pty
import stat
import subprocess
import threading

import jwt
import pytest
import yaml

from kit.api import unique
from kit.command_line import CommandLine
from kit.server import binary


@pytest.fixture(scope="module")
def line(server, tmp_path_factory):
    return CommandLine(server, tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def bot(line, server):
    """An agent made by commands alone: its names, and the file with its secret."""
    made = {
        "user": unique("alice"),
        "api": f"https://{unique('booking')}.example",
        "agent": unique("travel-bot"),
    }
    line.ok("user", "create", made["user"], "--email", "alice@example.com")
    line.ok(
        "resource",
        "create",
        made["api"],
        "--name",
        "Booking",
        "--scope",
        "booking:read=See bookings.",
        "--scope",
        "booking:write=Make bookings.",
    )
    secret_file = line.folder / "bot.secret"
    made |= line.json(
        "agent",
        "create",
        made["agent"],
        "--owner",
        f"user/{made['user']}",
        "--resource",
        made["api"],
        "--scope",
        "booking:read",
        "--secret-file",
        str(secret_file),
    )
    made["secret_file"] = secret_file
    server.secrets.add(made["secret_file"].read_text().strip())
    return made


def token_of(line, bot, *more):
    return line.ok(
        "token",
        "get",
        "--resource",
        bot["api"],
        "--client-id",
        bot["client_id"],
        "--secret-file",
        str(bot["secret_file"]),
        *more,
    ).strip()


def test_an_agent_is_registered_in_one_command_and_its_secret_goes_to_a_private_file(line, bot):
    assert stat.S_IMODE(bot["secret_file"].stat().st_mode) == 0o600
    assert "secret" not in bot
    assert bot["secret_file"].read_text().startswith("dsk_")
    shown = line.json("agent", "get", bot["agent"])
    assert shown["id"] == bot["id"] and shown["state"] == "active"
    table = line.ok("agent", "list")
    assert table.splitlines()[0].split()[:3] == ["ID", "NAME", "STATE"] and bot["agent"] in table


def test_its_token_is_inspected_online_and_offline(line, bot, oauth):
    token = token_of(line, bot)
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["aud"] == bot["api"] and claims["scope"] == "booking:read"
    shown = line.json("token", "inspect", token)
    assert shown["verified"] is True and shown["claims"]["sub"] == bot["id"]
    (line.folder / "jwks.json").write_text(json.dumps(oauth.jwks()))
    offline = CommandLine.__new__(CommandLine)  # no sign-in, no server: a file of keys alone
    offline.folder = line.folder
    offline.environment = {
        **line.environment,
        "HOME": str(line.folder / "nobody"),
        "DEPUTY_SERVER": "http://127.0.0.1:9",
    }
    keys = ("--jwks", str(line.folder / "jwks.json"))
    assert "verifies" in offline.ok("token", "inspect", "-", *keys, "--audience", bot["api"], stdin=token)
    wrong = offline.run(
        "token", "inspect", token, *keys, "--audience", "https://other.example", "--output", "json"
    )
    assert wrong.returncode == 1 and json.loads(wrong.stdout)["reason"] == "audience"
    head, body, signature = token.split(".")
    changed = ("A" if signature[0] != "A" else "B") + signature[1:]
    forged = offline.run("token", "inspect", ".".join((head, body, changed)), *keys, "--output", "json")
    assert forged.returncode == 1 and json.loads(forged.stdout)["reason"] == "signature"


def test_a_preview_says_until_when_an_agents_own_tokens_live(line, bot):
    token_of(line, bot)
    for verb in ("revoke", "suspend"):
        would = line.json("agent", verb, bot["agent"], "--preview")
        assert would["delegations"] == 0 and would["live_tokens_max"] == 0
        (own,) = would["own_tokens"]
        assert own["agent"] == bot["id"] and own["last_used_at"] < own["live_until_max"]
        said = line.ok("agent", verb, bot["agent"], "--preview")
        assert f"{bot['agent']} ({bot['id']}): tokens of its own: not counted, the last ends by 20" in said
    assert line.json("agent", "get", bot["agent"])["state"] == "active"


def test_suspend_resume_rotate_transfer(line, bot, server):
    line.ok("agent", "suspend", bot["agent"], "--reason", "a test")
    refused = line.run(
        "token",
        "get",
        "--resource",
        bot["api"],
        "--client-id",
        bot["client_id"],
        "--secret-file",
        str(bot["secret_file"]),
    )
    assert refused.returncode == 1 and "dsk_" not in refused.stderr and refused.stdout == ""
    line.ok("agent", "resume", bot["agent"])
    new = line.folder / "bot.secret.2"
    first = line.json("agent", "rotate", bot["agent"], "--overlap", "1h", "--secret-file", str(new))
    server.secrets.add(new.read_text().strip())
    newer = line.folder / "bot.secret.3"
    second = line.json("agent", "rotate", bot["agent"], "--overlap", "1h", "--secret-file", str(newer))
    server.secrets.add(newer.read_text().strip())
    assert second["replaces"]["id"] == first["id"], "and not the one that retires"
    other = unique("bob")
    line.ok("user", "create", other)
    line.ok("agent", "transfer", bot["agent"], "--owner", f"user/{other}")
    owners = line.json("agent", "owners", bot["agent"])
    assert len(owners) == 2 and "until" in owners[0]


def test_events_show_what_happened_and_follow_what_happens(line, bot):
    shown = line.json("events", "--actor", bot["id"], "--action", "token.issue", "--limit", "5")
    assert shown and all(event["actor"] == bot["id"] for event in shown)
    user = unique("followed")
    following = line.start(
        "events", "--follow", "--action", "user.create", "--limit", "0", "--output", "json"
    )
    seen = []
    reader = threading.Thread(target=lambda: seen.extend(json.loads(text) for text in following.stdout))
    reader.start()
    try:
        # The stream may begin after the first of these: the last event before it is where it starts from.
        for number in range(200):
            line.ok("user", "create", f"{user}-{number}")
            reader.join(0.05)
            if seen:
                break
        assert seen and seen[0]["action"] == "user.create" and seen[0]["decision"] == "done"
    finally:
        following.terminate()
        reader.join(30)
        following.wait(30)


def test_events_are_found_by_names_and_say_on_whose_authority(line, bot):
    token_of(line, bot)
    table = line.ok("events", "--actor", bot["agent"], "--action", "token.issue").splitlines()
    heading = table[0].split()
    assert heading[5:9] == ["SUBJECT", "RESOURCE", "SCOPE", "GIVEN"], table[0]
    assert f"agent/{bot['agent']}" in table[-1] and "itself" in table[-1] and bot["api"] in table[-1], table[-1]
    assert "booking:read" in table[-1], table[-1]
    assert line.json("events", "--subject", f"agent/{bot['agent']}", "--limit", "1")
    for target in (f"user/{bot['user']}", bot["agent"], bot["api"], f"role/access of {bot['agent']}"):
        assert line.json("events", "--target", target), target
    for flag in ("--actor", "--subject", "--target"):
        done = line.run("events", flag, "nobody-of-that-name")
        assert done.returncode == 1 and done.stdout == "" and "nobody-of-that-name" in done.stderr


def test_what_create_made_is_gone_after_revoke_and_delete(line, admin):
    tag = unique("gone")
    user, api, name = f"{tag}-user", f"https://{tag}.example", f"{tag}-bot"
    line.ok("user", "create", user)
    line.ok("resource", "create", api, "--name", tag, "--scope", "a=A")
    made = lambda: line.json(
        "agent", "create", name, "--owner", user, "--no-credential", "--resource", api, "--scope", "a"
    )
    agent = made()["id"]
    line.ok("agent", "revoke", name)
    (held,) = admin.all("/assignments", filter=f'principal eq "{agent}"')
    refused = admin.call("DELETE", f"/agents/{agent}")
    assert refused.status_code == 409 and f"assignment {held['id']}" in refused.json()["detail"]
    line.ok("agent", "delete", name)
    assert not admin.all("/assignments", filter=f'principal eq "{agent}"')
    assert not admin.all("/roles", filter=f'name eq "access of {name}"')
    assert made()["id"] != agent, "the same may be made again"


def at_terminal(line, *words, answer):
    """What a person sees who types this at a terminal, and answers once."""
    outer, inner = pty.openpty()
    try:
        os.write(outer, f"{answer}\n".encode())
        return subprocess.run(
            [str(binary()), *words],
            env=line.environment,
            cwd=line.folder,
            stdin=inner,
            capture_output=True,
            text=True,
            timeout=120,
        )
    finally:
        os.close(outer)
        os.close(inner)


def test_a_destructive_act_is_asked_about_at_a_terminal(line):
    tag = unique("asked")
    user, api, name = f"{tag}-user", f"https://{tag}.example", f"{tag}-bot"
    line.ok("user", "create", user)
    line.ok("resource", "create", api, "--name", tag, "--scope", "a=A", "--scope", "b=B")
    line.ok(
        "agent", "create", name, "--owner", f"user/{user}", "--no-credential", "--resource", api, "--scope", "a b"
    )
    role, shown = f"access of {name}", lambda *words: line.json(*words)
    line.ok("user", "create", f"{tag}-applied")
    (line.folder / "asked.yaml").write_text(f"kind: user\nusername: {tag}-applied\nstate: disabled\n")
    acts = [
        (("apply", "-f", "asked.yaml"), lambda: shown("user", "get", f"{tag}-applied")["state"]),
        (("user", "update", user, "--state", "disabled"), lambda: shown("user", "get", user)["state"]),
        (("role", "update", role, "--permission", f"{api}=a"), lambda: shown("role", "get", role)["permissions"]),
        (("resource", "update", api, "--unset", "scopes"), lambda: shown("resource", "get", api).get("scopes")),
        (
            ("agent", "transfer", name, "--owner", line.json("user", "create", f"{tag}-other")["id"]),
            lambda: shown("agent", "get", name)["owner"],
        ),
        (("agent", "revoke", name), lambda: shown("agent", "get", name)["state"]),
    ]
    for words, state in acts:
        before = state()
        refused = at_terminal(line, *words, answer="n")
        assert refused.returncode == 1 and "[y/N]" in refused.stderr, (words, refused.stderr)
        assert state() == before, words
    renamed = at_terminal(line, "user", "update", user, "--name", "A", answer="n")
    assert renamed.returncode == 0 and renamed.stderr == ""
    for words, state in acts:
        before = state()
        done = at_terminal(line, *words, answer="y")
        assert done.returncode == 0 and state() != before, (words, done.stderr)


def test_an_export_is_a_file_for_apply(line, bot, tmp_path):
    text = line.ok("export")
    kinds = {document["kind"] for document in yaml.safe_load_all(text)}
    assert {"user", "resource", "role", "agent", "assignment"} <= kinds
    assert "dsk_" not in text and "secret_hash" not in text
    (tmp_path / "export.yaml").write_text(text)
    assert line.json("apply", "-f", str(tmp_path / "export.yaml"), "--dry-run") == []


def test_keys_are_listed_and_rotated(line):
    before = {key["kid"] for key in line.json("key", "list") if key["state"] == "active"}
    made = line.json("key", "rotate", "--algorithm", "EdDSA")
    assert made["state"] == "next" and made["changes_at"] > made["created_at"]
    listed = {key["kid"]: key["state"] for key in line.json("key", "list")}
    assert listed[made["kid"]] == "next" and {kid for kid in listed if listed[kid] == "active"} == before


@pytest.mark.parametrize(
    "words,status",
    [
        ((), 0),
        (("--help",), 0),
        (("agent", "--help"), 0),
        (("version",), 0),
        (("nothing",), 2),
        (("agent", "get"), 2),
        (("agent", "get", "nobody-of-that-name"), 1),
        (("agent", "list", "--output", "xml"), 2),
        (("agent", "list", "--filter", "nonsense"), 1),
    ],
)
def test_exit_statuses(line, words, status):
    done = line.run(*words)
    assert done.returncode == status, done.stderr
    if status:
        assert done.stderr.startswith("deputy: ") and done.stdout == ""


def test_a_secret_is_never_on_the_line_nor_in_a_file_others_read(line):
    profile = line.folder / ".config" / "deputy" / "profiles.yaml"
    assert stat.S_IMODE(profile.stat().st_mode) == 0o600
    profile.chmod(0o644)
    try:
        done = line.run("agent", "list")
        assert done.returncode == 1 and "chmod 600" in done.stderr
    finally:
        profile.chmod(0o600)


def test_a_client_is_found_by_the_client_id_it_was_imported_with(line, bot):
    portal, client_id = unique("portal"), unique("imported")
    (line.folder / "client.yaml").write_text(f"client_id: {client_id}\n")
    made = line.json("application", "create", portal, "-f", "client.yaml")
    assert line.json("application", "get", client_id)["id"] == made["id"]
    line.ok("assign", f"access of {bot['agent']}", client_id, "--others")
    assigned = line.json("assignment", "list", "--filter", f'principal eq "application/{client_id}"')
    assert [one["principal"] for one in assigned] == [made["id"]]


def test_a_profile_is_listed_says_who_it_is_and_is_forgotten(line, bot):
    profiles = line.folder / ".config" / "deputy" / "profiles.yaml"
    client = ("--client-id", bot["client_id"], "--secret-file", str(bot["secret_file"]))
    line.ok("login", "--profile", "bot", "--keep-current", "--server", line.server.origin, *client)
    secret = bot["secret_file"].read_text().strip()
    assert secret in profiles.read_text()
    listed = {one["name"]: one for one in line.json("profile", "list")}
    assert listed["default"]["current"] and not listed["bot"]["current"]
    assert listed["bot"]["client_id"] == bot["client_id"]
    assert "dsk_" not in line.ok("profile", "list", "--output", "yaml")

    admin = line.json("whoami")
    assert (admin["profile"], admin["server"], admin["tenant"]) == ("default", line.server.origin, "default")
    assert (admin["principal"], admin["username"]) == (line.server.admin_id, "admin")
    assert "users:write" in admin["scope"].split() and admin["roles"]
    assert "role/administrator" in line.ok("whoami")
    agent = line.json("whoami", "--profile", "bot")
    assert (agent["profile"], agent["principal"], agent["scope"]) == ("bot", bot["id"], "")

    assert line.json("profile", "use", "bot")["client_id"] == bot["client_id"]
    assert line.json("whoami")["principal"] == bot["id"]
    mistyped = line.run("profile", "use", "defualt")
    assert mistyped.returncode == 2 and "did you mean default?" in mistyped.stderr
    line.ok("profile", "use", "default")

    assert line.json("logout", "--profile", "bot") == {"removed": ["bot"]}
    assert secret not in profiles.read_text() and stat.S_IMODE(profiles.stat().st_mode) == 0o600
    assert line.run("whoami", "--profile", "bot").returncode == 2
    assert line.json("whoami")["principal"] == line.server.admin_id


def test_a_word_that_is_no_command_is_told_with_the_nearest(line):
    for words, wrong, near in (
        (("agnet", "list"), "agnet", "deputy agent"),
        (("agent", "lisst"), "lisst", "deputy agent list"),
        (("config", "lisst"), "lisst", "deputy config list"),
        (("srve",), "srve", "deputy serve"),
    ):
        done = line.run(*words)
        assert done.returncode == 2 and done.stdout == ""
        assert f"has no command {wrong}; did you mean `{near}`?" in done.stderr


def test_no_server_is_told_in_one_sentence(line):
    done = line.run(
        "agent", "list", DEPUTY_SERVER="http://127.0.0.1:9", DEPUTY_CLIENT_ID="a", DEPUTY_CLIENT_SECRET="b"
    )
    assert done.returncode == 3 and done.stderr.startswith("deputy: ") and len(done.stderr.splitlines()) == 1
