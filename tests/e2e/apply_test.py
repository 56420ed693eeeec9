# A directory in a file, applied to real servers: twice, in any order, in part, and at another server than it came from.
import pytest

from kit.api import unique


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
