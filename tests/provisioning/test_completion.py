"""A shell completes the command."""

from __future__ import annotations

import subprocess

import pytest

from kamar_provisioning import completion
from kamar_provisioning.command import SUBCOMMANDS, main


def complete(script: str, words: list[str]) -> set[str]:
    """Ask a real bash what it offers for the last of ``words``."""
    line = " ".join(words)
    ask = f"""
{script}
COMP_WORDS=({" ".join(f"'{word}'" for word in words)}); COMP_CWORD={len(words) - 1}
COMP_LINE='{line}'; COMP_POINT={len(line)}
_shtab_kamar kamar '{words[-1]}' '{words[-2]}'
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    found = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True)
    return {word.strip() for word in found.stdout.split()}


@pytest.fixture(scope="module")
def script() -> str:
    return completion.shtab.complete(completion.whole(), shell="bash")


def test_a_shell_offers_every_command(script: str) -> None:
    assert {item.name for item in SUBCOMMANDS} <= complete(script, ["kamar", ""])


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["kamar", "app"], {"appoint", "apply"}),
        (["kamar", "audit", "--"], {"--json", "--dry-run", "--state"}),
        (["kamar", "completion", ""], {"bash", "zsh", "tcsh"}),
    ],
)
def test_a_shell_offers_what_fits(script: str, words: list[str], offered: set[str]) -> None:
    assert offered <= complete(script, words)


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_the_command_prints_a_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    assert "preflight" in capsys.readouterr().out
