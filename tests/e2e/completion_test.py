# Completion, as bash, zsh and fish have it.
import subprocess

import pytest

# Each shell itself says what it would offer behind a line and the beginning of a word; in zsh, what the function hands
# to `compadd`, whole, and that it asks for files.
ASKED = {
    "bash": 'source "$1"; COMP_WORDS=(deputy $2 "$3"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _deputy; echo ${COMPREPLY[@]}',
    "zsh": """compdef() { : }; compset() { : }; compadd() { print -- ${(P)2} }; _files() { print here.yaml }
        source "$1"; words=(deputy ${=2} "$3"); CURRENT=${#words}; _deputy""",
    "fish": 'source $argv[1]; complete -C "deputy $argv[2] $argv[3]"',
}
PLAIN = {"bash": ["bash", "--norc", "-c"], "zsh": ["zsh", "-f", "-c"], "fish": ["fish", "--no-config", "-c"]}


@pytest.fixture(params=ASKED)
def offered(request, deputy, tmp_path):
    shell = request.param
    script = tmp_path / "completion"
    script.write_text(deputy.ok("completion", shell))
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "here.yaml").touch()

    def ask(typed, begun=""):
        place = [] if shell == "fish" else [shell]  # what is $0
        done = subprocess.run(
            [*PLAIN[shell], ASKED[shell], *place, str(script), typed, begun],
            env=deputy.environment,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0 and done.stderr == "", done.stderr
        return set(done.stdout.split())

    return ask


def test_each_shell_completes_what_there_is(offered):
    for typed, there in (
        ("", {"agent", "serve", "config"}),
        ("agent", {"create", "suspend"}),
        ("revocation", {"list", "follow"}),
        ("config", {"check", "list"}),
        ("profile", {"list", "use"}),
        ("completion", {"bash", "zsh", "fish"}),
    ):
        assert there <= offered(typed), typed
    for typed, begun, option in (
        ("agent create user", "--ow", "--owner"),
        ("serve", "--http.p", "--http.port"),
        ("config check", "--conf", "--config"),
        ("recover", "--ten", "--tenant"),
        ("completion", "--out", "--output"),
    ):
        assert option in offered(typed, begun), typed
    assert "--email" not in offered("agent create user", "--em"), "that is an option of `user create`"
    assert "create" not in offered("agent create"), "that stands there already"


def test_each_shell_offers_behind_an_option_what_its_value_may_be(offered):
    for typed, values in (
        ("user list --output", {"table", "json", "yaml"}),
        ("delegation list --origin", {"consent", "exchange", "own"}),
        ("agent create bot --public", {"true", "false"}),
        ("agent create bot --owner", set()),
        ("agent suspend bot --reason", set()),
        ("serve --http.port", set()),
        ("serve --log.level", {"debug", "info", "warn", "error"}),
        ("config check --dpop.nonce_required", {"true", "false"}),
        ("apply -f", {"here.yaml"}),
        ("apply --file", {"here.yaml"}),
        ("serve --config", {"here.yaml"}),
    ):
        assert offered(typed) == values, typed
    assert "here.yaml" not in offered("agent get", "h"), "an agent is no file"
    assert "here.yaml" in offered("audit verify", "h")
