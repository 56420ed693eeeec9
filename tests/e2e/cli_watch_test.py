# Commands that take a while or never end: what they show meanwhile, and what they follow.
import json
import os
import pty
import re
import subprocess

import pytest

from kit.api import unique
from kit.command_line import CommandLine
from kit.follower import listeners
from kit.server import binary


def on_terminal(line, *words):
    """The command with a terminal for its standard error; gives what it prints, and what the terminal is sent."""
    outer, inner = pty.openpty()
    try:
        process = subprocess.Popen(
            [str(binary()), *words],
            env=line.environment,
            cwd=line.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=inner,
            text=True,
        )
        os.close(inner)
        seen = b""
        while True:
            try:
                chunk = os.read(outer, 65536)
            except OSError:  # EIO: the other end is closed
                break
            if not chunk:
                break
            seen += chunk
        out = process.communicate(timeout=120)[0]
        assert process.returncode == 0, seen
        return out, seen.decode()
    finally:
        os.close(outer)


def file_of(line, count):
    tag = unique("steps")
    path = line.folder / f"{tag}.yaml"
    path.write_text("---\n".join(f"kind: user\nusername: {tag}-{number}\n" for number in range(count)))
    return tag, str(path)


def test_long_work_shows_how_far_it_is_at_a_terminal_and_nowhere_else(deputy):
    tag, path = file_of(deputy, 3)
    out, shown = on_terminal(deputy, "apply", "-f", path)
    steps = [re.search(r"^\[(\d)/3\] .*" + tag + "-", line) for line in shown.split("\r\x1b[2K")]
    assert [step[1] for step in steps if step] == ["1", "2", "3"], shown
    assert shown.endswith("\r\x1b[2K"), "the last of it is wiped away"
    assert "[1/3]" not in out
    _, path = file_of(deputy, 3)
    assert deputy.run("apply", "-f", path).stderr == ""


def wait_for_follower(server, process):
    while listeners(server) == 0:
        assert process.poll() is None, process.stderr.read()


@pytest.mark.parametrize("words", [("--output", "json"), ()], ids=["json", "table"])
def test_revocations_are_followed_through_a_restart_of_the_server(fresh, admin_for, tmp_path, words):
    server = fresh()
    admin, line = admin_for(server), CommandLine(server, tmp_path)
    agents = [admin.agent(secret=False).id for _ in range(2)]
    process = line.start("revocation", "follow", *words)
    try:
        wait_for_follower(server, process)
        line.ok("agent", "suspend", agents[0])
        told = [process.stdout.readline()]
        server.stop().start()
        wait_for_follower(server, process)
        line.ok("agent", "suspend", agents[1])
        told.append(process.stdout.readline())
        assert [agent in text for agent, text in zip(agents, told)] == [True, True], told
        if words:
            entries = [json.loads(text) for text in told]
            assert entries[1]["previous"] == entries[0]["seq"]
            assert [entry["target"] for entry in entries] == agents
            assert entries == [
                {name: value for name, value in entry.items() if value is not None}
                for entry in line.json("revocation", "list")
            ]
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_revocations_are_followed_as_yaml_documents(fresh, admin_for, tmp_path):
    server = fresh()
    admin, line = admin_for(server), CommandLine(server, tmp_path)
    agents = [admin.agent(secret=False).id for _ in range(2)]
    process = line.start("revocation", "follow", "--output", "yaml")
    try:
        wait_for_follower(server, process)
        for agent in agents:
            line.ok("agent", "suspend", agent)
            assert process.stdout.readline() == "---\n"
            document = {}
            while "reason" not in document:  # the last of its members
                name, colon, value = process.stdout.readline().partition(": ")
                assert colon, document
                document[name] = value
            assert (document["kind"], document["target"]) == ("principal\n", agent + "\n")
    finally:
        process.terminate()
        process.communicate(timeout=60)
