"""What the ``kamar`` command says and with which exit code."""

from __future__ import annotations

import errno
import re
import string
import sys
import types
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path

import pytest

from kamar import sentences as core_sentences
from kamar.errors import KamarError
from kamar_provisioning import command, sentences
from kamar_provisioning.command import SUBCOMMANDS, Subcommand, main

PACKAGE = Path(command.__file__).parent


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], int]], None]:
    """Give a function that puts a subcommand ``coba`` in place which does what it is given."""

    def put(work: Callable[[], int]) -> None:
        module = types.ModuleType("kamar_provisioning.coba")

        def configure(parser: ArgumentParser) -> None:
            parser.add_argument("--keras", action="store_true")

        def run(arguments: Namespace) -> int:
            return work()

        vars(module).update(configure=configure, run=run)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setattr(command, "SUBCOMMANDS", (Subcommand("coba", "", "coba", "./kamar coba"),))

    return put


def failing(error: BaseException) -> Callable[[], int]:
    def work() -> int:
        raise error

    return work


@pytest.mark.parametrize("name", [item.name for item in SUBCOMMANDS])
def test_every_subcommand_explains_itself_with_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert f"contoh: ./kamar {name}" in capsys.readouterr().out


def test_help_names_every_subcommand(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    said = capsys.readouterr().out
    assert [item.name for item in SUBCOMMANDS if f"  {item.name}" not in said] == []


def test_an_error_that_a_person_can_mend_is_one_sentence(
    fake: Callable[[Callable[[], int]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    fake(failing(KamarError("port_forbidden", port=80)))
    assert main(["coba"]) == 1
    assert capsys.readouterr().err == sentences.ERRORS["port_forbidden"].format(port=80) + "\n"


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        ExceptionGroup("parts", [RuntimeError("database or disk is full")]),
        KamarError("disk_full"),
    ],
    ids=["writing", "database", "ours"],
)
def test_a_full_disk_is_said_in_words(
    fake: Callable[[Callable[[], int]], None], capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    fake(failing(error))
    assert main(["coba"]) == 1
    assert capsys.readouterr().err == sentences.explain(KamarError("disk_full")) + "\n"


def test_a_bug_is_not_hidden(fake: Callable[[Callable[[], int]], None]) -> None:
    fake(failing(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        main(["coba"])


@pytest.mark.parametrize("words", [["coba", "--kers"], ["coba", "lain"], ["cba"], []])
def test_a_misspelt_word_is_refused(fake: Callable[[Callable[[], int]], None], words: list[str]) -> None:
    fake(lambda: 0)
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2


def test_every_error_of_the_command_has_a_sentence() -> None:
    files = [*PACKAGE.glob("*.py"), *(PACKAGE.parents[1] / "store" / "kamar_store").glob("*.py")]
    codes = {code for file in files for code in re.findall(r'KamarError\(\s*"(\w+)"', file.read_text())}
    assert codes - set(sentences.ERRORS) - set(core_sentences.SENTENCES) == set()


def test_every_sentence_gets_the_values_it_names() -> None:
    for code, sentence in sentences.ERRORS.items():
        detail: dict[str, object] = {name: "x" for _, name, _, _ in string.Formatter().parse(sentence) if name}
        assert "{" not in sentences.explain(KamarError(code, **detail))
