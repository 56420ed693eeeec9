# Completion, as bash, zsh and fish have it.
import subprocess

import pytest

# Each shell itself says what it would offer behind a line; in zsh, what the function hands to `compadd`.
ASKED = {
    "bash": 'source "$1"; COMP_WORDS=(deputy $2 ""); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _deputy; echo ${COMPREPLY[@]}',
    "zsh": """compdef() { : }; compadd() { print -- ${(P)2} }; source "$1"
        words=(deputy ${=2} ""); CURRENT=${#words}; _deputy""",
    "fish": 'source $argv[1]; complete -C "deputy $argv[2] "',
}
PLAIN = {"bash": ["bash", "--norc", "-c"], "zsh": ["zsh", "-f", "-c"], "fish": ["fish", "--no-config", "-c"]}


@pytest.mark.parametrize("shell", ASKED)
def test_each_shell_completes_what_there_is(deputy, shell, tmp_path):
    script = tmp_path / "completion"
    script.write_text(deputy.ok("completion", shell))
    for typed, offered in (("agent", {"create", "suspend"}), ("revocation", {"list", "follow"})):
        place = [] if shell == "fish" else [shell]  # what is $0
        done = subprocess.run(
            [*PLAIN[shell], ASKED[shell], *place, str(script), typed],
            env=deputy.environment,
            cwd=deputy.folder,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0 and done.stderr == "", done.stderr
        assert offered <= set(done.stdout.split()), done.stdout
