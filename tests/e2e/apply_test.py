# A directory in a file, applied to real servers: twice, in any order, in part, and at another server than it came from.
import time
from datetime import datetime, timedelta, timezone

import pytest
import yaml

from kit.api import unique
from kit.command_line import CommandLine


@pytest.fixture
def apply(deputy):
    """Applies a text, and holds that there is nothing left to do."""

    def run(text, line=deputy, file="applied.yaml"):
        (line.folder / file).write_text(text)
        line.ok("apply", "-f", file)
        assert line.json("apply", "-f", file, "--dry-run") == []

    return run


def test_a_client_of_fapi2_is_as_it_should_be_the_second_time(deputy, apply):
    tag = unique("fapi")
    text = f"""
kind: application
name: {tag}-app
profile: fapi2
---
kind: user
username: {tag}-user
---
kind: agent
name: {tag}-bot
owner: user/{tag}-user
profile: fapi2
"""
    apply(text)
    assert deputy.json("agent", "get", f"{tag}-bot")["id_token_signed_response_alg"] == "ES256"
    apply(text.replace("profile: fapi2", "profile: plain"))
    apply(text)


def test_a_fraction_is_a_number(deputy, apply):
    tag = unique("ratio")
    apply(f"kind: user\nusername: {tag}\nattributes: {{ratio: 1.5, exact: 0.30000000000000004, whole: 2.0}}\n")
    assert deputy.json("user", "get", tag)["attributes"] == {"ratio": 1.5, "exact": 0.30000000000000004, "whole": 2.0}
    (deputy.folder / "all.yaml").write_text(deputy.ok("export"))
    assert deputy.json("apply", "-f", "all.yaml", "--dry-run") == []


TYPED = """
kind: agent
name: {tag}-old
owner: user/{tag}
type: {tag}
attributes: {{{attributes}}}
---
kind: agent_type
name: {tag}
schema: [{schema}]
---
kind: user
username: {tag}
"""


def test_the_order_of_a_file_does_not_matter_to_what_changes(apply):
    tag = unique("typed")
    one, two = "{name: level, type: number}", "{name: team, type: string}"
    apply(TYPED.format(tag=tag, attributes="level: 1", schema=one))
    both = TYPED.format(tag=tag, attributes="level: 2, team: a", schema=f"{one}, {two}")
    apply(both + f"---\nkind: agent\nname: {tag}-new\nowner: user/{tag}\ntype: {tag}\nattributes: {{team: b}}\n")
    apply(TYPED.format(tag=tag, attributes="", schema=two))


def test_parents_and_children_change_places(apply):
    tag = unique("swap")

    def tree(kind, above, below):
        if kind == "organization":
            return (
                f"kind: organization\nname: {below}\nparent: {above}\n---\nkind: organization\nname: {above}\n"
            )
        return (
            f"kind: group\nname: {above}\nmembers: [group/{below}]\n---\nkind: group\nname: {below}\nmembers: []\n"
        )

    for kind in ("organization", "group"):
        apply(tree(kind, f"{tag}-a", f"{tag}-b"))
        apply(tree(kind, f"{tag}-b", f"{tag}-a"))


def test_a_type_of_details_moves_to_another_resource(apply):
    tag = unique("trip")
    details = f"""authorization_details_types:
  - type: {tag}
    description: A trip.
    schema: {{type: object, properties: {{city: {{type: string}}}}, additionalProperties: false}}
    display: {{en: "Travel to {{city}}"}}
"""
    old, new = (f"kind: resource\nidentifier: https://{tag}-{which}.example\nname: R\n" for which in ("old", "new"))
    apply(old + details)
    apply(new + details + "---\n" + old)


def test_an_owner_exports_and_applies_their_own_agents(server, deputy, tmp_path):
    tag = unique("owner")
    user = deputy.json("user", "create", tag)
    deputy.ok("credential", "create", f"user/{tag}", "--secret-file", f"{tag}.secret")
    secret = (deputy.folder / f"{tag}.secret").read_text().strip()
    server.secrets.add(secret)
    deputy.ok("agent", "create", f"{tag}-bot", "--owner", f"user/{tag}", "--no-credential")
    as_owner = {"DEPUTY_SERVER": server.origin, "DEPUTY_CLIENT_ID": user["id"], "DEPUTY_CLIENT_SECRET": secret}
    done = deputy.run("export", **as_owner)
    assert done.returncode == 0 and "organizations" in done.stderr, done.stderr
    (document,) = yaml.safe_load_all(done.stdout)
    assert document["name"] == f"{tag}-bot" and document["owner"] == user["id"]
    (deputy.folder / "own.yaml").write_text(done.stdout + "description: mine\n")
    deputy.ok("apply", "-f", "own.yaml", **as_owner)
    assert deputy.json("agent", "get", f"{tag}-bot")["description"] == "mine"
    (deputy.folder / "own.yaml").write_text("kind: organization\nname: other\n")
    done = deputy.run("apply", "-f", "own.yaml", **as_owner)
    assert done.returncode == 1 and "you may not read organizations here" in done.stderr


def test_an_organizations_administrator_exports_and_applies_what_names_others_too(server, deputy):
    tag = unique("mini")
    deputy.ok("organization", "create", tag)
    user = deputy.json("user", "create", tag, "--organization", tag)
    deputy.ok("credential", "create", f"user/{tag}", "--secret-file", f"{tag}.secret")
    secret = (deputy.folder / f"{tag}.secret").read_text().strip()
    server.secrets.add(secret)
    deputy.ok("assign", "administrator", f"user/{tag}", "--organization", tag)
    deputy.ok("user", "create", f"{tag}-boss")
    outside = deputy.json("agent", "create", f"{tag}-out", "--owner", f"user/{tag}-boss", "--no-credential")["id"]
    deputy.ok("resource", "create", f"https://{tag}.example", "--name", tag, "--principal", f"agent/{tag}-out")
    deputy.ok(
        *("agent", "create", f"{tag}-bot", "--owner", f"user/{tag}-boss", "--organization", tag),
        *("--delegate", f"agent/{tag}-out", "--no-credential"),
    )
    as_admin = {"DEPUTY_SERVER": server.origin, "DEPUTY_CLIENT_ID": user["id"], "DEPUTY_CLIENT_SECRET": secret}
    exported = deputy.ok("export", **as_admin)
    assert outside in exported
    (deputy.folder / "mini.yaml").write_text(exported)
    assert deputy.json("apply", "-f", "mini.yaml", "--dry-run", **as_admin) == []
    (deputy.folder / "mini.yaml").write_text(exported.replace(outside, outside[:-1] + ("0" if outside[-1] != "0" else "1")))
    refused = deputy.run("apply", "-f", "mini.yaml", **as_admin)
    assert refused.returncode == 1 and "is not there, or out of your reach" in refused.stderr, refused.stderr


WHOLE = """
kind: user
username: ann
attributes: {ratio: 0.1}
---
kind: organization
name: acme
---
kind: resource
identifier: https://booking.example
name: Booking
scopes: [{name: "booking:read", description: See bookings}]
principal: agent/over
---
kind: role
name: helpdesk
permissions:
  - {resource: deputy, scopes: ["users:read"]}
  - {resource: "https://booking.example", scopes: ["booking:*"]}
---
kind: agent
name: bot
owner: user/ann
delegates: [agent/gone, agent/still]
---
kind: agent
name: still
owner: user/ann
---
kind: agent
name: gone
owner: user/ann
---
kind: agent
name: over
owner: user/ann
expires_at: EXPIRES
---
kind: group
name: crew
members: [agent/bot, agent/gone, agent/over, user/ann]
---
kind: assignment
role: role/helpdesk
principal: group/crew
---
kind: assignment
role: role/auditor
principal: agent/bot
"""


def test_what_one_server_exports_another_takes(fresh, apply, tmp_path):
    first = CommandLine(fresh(), tmp_path / "first")
    expires = datetime.now(timezone.utc) + timedelta(seconds=5)
    (first.folder / "whole.yaml").write_text(WHOLE.replace("EXPIRES", expires.strftime("%Y-%m-%dT%H:%M:%SZ")))
    first.ok("apply", "-f", "whole.yaml")
    first.ok("agent", "suspend", "still")
    first.ok("agent", "revoke", "gone")
    deadline = time.monotonic() + 30
    while first.json("agent", "get", "over")["state"] != "expired":
        assert time.monotonic() < deadline
    exported = first.run("export")
    assert exported.returncode == 0 and "agent/gone (revoked), agent/over (expired)" in exported.stderr
    apply(exported.stdout, first)
    second = CommandLine(fresh(), tmp_path / "second")
    apply(exported.stdout, second)
    assert second.json("agent", "get", "still")["state"] == "suspended"
    assert {agent["name"] for agent in second.json("agent", "list")} == {"bot", "still"}
    again = second.run("export")
    assert again.stdout == exported.stdout and again.stderr == ""


def test_who_has_a_deleted_delegate_is_named_in_an_export(fresh, apply, tmp_path):
    first, second = (CommandLine(fresh(), tmp_path / which) for which in ("first", "second"))
    agent = "kind: agent\nname: {}\nowner: user/ann\n".format
    (first.folder / "two.yaml").write_text(
        "kind: user\nusername: ann\n---\n" + agent("gone") + "---\n" + agent("bot") + "delegates: [agent/gone]\n"
    )
    first.ok("apply", "-f", "two.yaml")
    gone = first.json("agent", "get", "gone")["id"]
    first.ok("agent", "revoke", "gone")
    first.ok("agent", "delete", gone)
    exported = first.run("export")
    assert exported.stderr.endswith("until they are taken out of the file: agent/bot\n"), exported.stderr
    apply(exported.stdout, first)
    (second.folder / "two.yaml").write_text(exported.stdout)
    refused = second.run("apply", "-f", "two.yaml")
    assert refused.returncode == 1 and "agent/bot: delegates: " in refused.stderr, refused.stderr
    apply(exported.stdout.replace(f"delegates:\n  - {gone}\n", ""), first)
    apply(exported.stdout.replace(f"delegates:\n  - {gone}\n", ""), second)
    again = first.run("export")
    assert again.stdout == second.run("export").stdout and again.stderr == "", again.stderr


def test_two_of_a_name_fit_their_own_server_only(fresh, apply, tmp_path):
    first = CommandLine(fresh(), tmp_path / "first")
    for _ in range(2):
        first.ok("organization", "create", "acme")
    exported = first.run("export")
    assert "so that only this server takes them: organization/acme (org_" in exported.stderr
    apply(exported.stdout, first)


APPLIED = """
kind: user
username: {tag}-carol
---
kind: group
name: {tag}-on-call
members: [user/{tag}-carol]
---
kind: resource
identifier: https://{tag}.example
name: {description}
scopes:
  - name: invoices:read
    description: See invoices.
---
kind: role
name: {tag}-reader
permissions:
  - resource: https://{tag}.example
    scopes: ["invoices:*"]
---
kind: agent
name: {tag}-bot
owner: group/{tag}-on-call
---
kind: assignment
role: {tag}-reader
principal: agent/{tag}-bot
"""


def test_apply_is_declarative_shows_its_difference_and_prunes_its_own(deputy, admin):
    tag = unique("applied")
    file = deputy.folder / f"{tag}.yaml"
    write = lambda text, description="Invoices": file.write_text(
        text.format(tag=tag, description=description)
    )
    agents = lambda: {agent["name"]: agent for agent in admin.all("/agents")}
    write(APPLIED)
    dry = deputy.ok("apply", "-f", str(file), "--dry-run")
    assert f"+ agent/{tag}-bot" in dry and f"{tag}-bot" not in agents()
    deputy.ok("apply", "-f", str(file))
    assert agents()[f"{tag}-bot"]["state"] == "active"
    events = len(admin.events())
    assert deputy.json("apply", "-f", str(file)) == []
    changes = [event for event in admin.events()[events:] if event["action"].split(".")[0] != "token"]
    assert changes == [], "a second run changed something"
    write(APPLIED, "Invoices and bills")
    assert "Invoices and bills" in deputy.ok("apply", "-f", str(file), "--dry-run")
    steps = deputy.json("apply", "-f", str(file))
    assert len(steps) == 1
    write(APPLIED.split("---\nkind: agent")[0], "Invoices and bills")
    refused = deputy.run("apply", "-f", str(file), "--prune")
    assert (
        refused.returncode == 2 and "--yes" in refused.stderr and agents()[f"{tag}-bot"]["state"] == "active"
    )
    deputy.ok("apply", "-f", str(file), "--prune", "--yes")
    assert f"{tag}-bot" not in agents()
    assert admin.all("/roles", filter=f'name eq "{tag}-reader"'), "what the file still holds was removed"


def test_prune_begins_nothing_that_would_stop_half_way(deputy):
    tag = unique("prune")
    file = deputy.folder / f"{tag}.yaml"

    def prune(text, how="--yes"):
        file.write_text(text)
        return deputy.run("apply", "-f", str(file), "--prune", how)

    def refused(text, sentence):
        for how in ("--dry-run", "--yes"):
            done = prune(text, how)
            assert done.returncode == 1 and sentence in done.stderr, done.stderr
        assert deputy.json("agent", "get", f"{tag}-bot")["state"] == "active"

    user, other = (f"kind: user\nusername: {name}\n---\n" for name in (tag, f"{tag}-other"))
    bot = f"---\nkind: agent\nname: {tag}-bot\nowner: user/{tag}\n"
    group = f"kind: group\nname: {tag}\nmembers: "
    assert prune(user + group + f"[agent/{tag}-bot]\n" + bot).returncode == 0
    refused(user + group + f"[agent/{tag}-bot]\n", f":6: group/{tag}: members: --prune would remove agent/{tag}-bot")
    deputy.ok("agent", "create", f"{tag}-hand", "--owner", f"user/{tag}", "--no-credential")
    refused(other + group + "[]\n", f"user/{tag}: --prune would remove it, but agent/{tag}-hand, which is not")
    deputy.ok("agent", "transfer", f"{tag}-hand", "--owner", f"group/{tag}")
    deputy.ok("assign", "auditor", f"agent/{tag}-bot")
    boss = ("agent", "create", f"{tag}-boss", "--owner", f"group/{tag}", "--delegate", f"agent/{tag}-bot")
    deputy.ok(*boss, "--no-credential")
    done = prune(other + group + "[]\n", "--dry-run")
    assert f"- assignment of role/auditor to agent/{tag}-bot\n~ agent/{tag}-bot (revoked, for good)\n" in done.stdout
    done = prune(other + group + "[]\n")
    assert done.returncode == 0, done.stderr
    left = {agent["name"] for agent in deputy.json("agent", "list")}
    assert f"{tag}-hand" in left and f"{tag}-bot" not in left
    assert not deputy.json("user", "list", "--filter", f'username eq "{tag}"')


def test_a_wrong_file_names_its_lines_and_changes_nothing(deputy, admin):
    file = deputy.folder / "wrong.yaml"
    file.write_text(
        "kind: user\nusername: wrong-file-user\n---\nkind: agent\nname: x\ncolour: red\n---\nkind: nothing\n"
    )
    done = deputy.run("apply", "-f", str(file))
    assert done.returncode == 1 and ":6: agent/x: colour: " in done.stderr and ":8:" in done.stderr
    assert not admin.all("/users", filter='username eq "wrong-file-user"')
