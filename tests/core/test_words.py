"""The catalogue: every marked sentence has an English twin with the same gaps, and the compiled file is up to date."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from kamar.words import LOCALE, pick_language, translate, translate_number

ROOT = Path(__file__).parents[2]
ENGLISH = LOCALE / "en" / "LC_MESSAGES" / "kamar.po"
KEYWORDS = {"_": None, "gettext": None, "mark": None, "ngettext": (1, 2)}
GAP = re.compile(r"%\(\w+\)s|\{\w*\}")


@cache
def english() -> Catalog:
    with ENGLISH.open("rb") as file:
        return read_po(file, locale="en")


def marked() -> set[str]:
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found: set[str] = set()
    for folder in ("core", "store", "bots", "portal", "provisioning"):
        for _, _, message, *_ in extract_from_dir(
            ROOT / folder,
            [(pattern.removeprefix(f"{folder}/"), method) for pattern, method in methods if pattern.startswith(folder)],
            {pattern.removeprefix(f"{folder}/"): value for pattern, value in options.items()},
            KEYWORDS,
        ):
            found.add(message if isinstance(message, str) else message[0])
    return found


def test_every_marked_sentence_has_an_english_twin() -> None:
    known = {message.id if isinstance(message.id, str) else message.id[0] for message in english() if message.string}
    assert marked() - known == set()


def test_no_english_sentence_is_left_over() -> None:
    known = {message.id if isinstance(message.id, str) else message.id[0] for message in english() if message.id}
    assert known - marked() == set()


def test_both_languages_have_the_same_gaps() -> None:
    for message in english():
        theirs = message.id if isinstance(message.id, str) else message.id[1]
        ours = message.string if isinstance(message.string, str) else message.string[1]
        assert sorted(GAP.findall(theirs)) == sorted(GAP.findall(ours)), theirs


def test_the_compiled_catalogue_is_up_to_date() -> None:
    with ENGLISH.with_suffix(".mo").open("rb") as file:
        compiled = read_mo(file)
    assert _pairs(compiled) == _pairs(english()), "compile it: docs/portal.md says how"


def _pairs(catalogue: Catalog) -> list[str]:
    return sorted(f"{list(message.id)} {list(message.string)}" for message in catalogue if message.id)


def test_numbers_follow_the_language() -> None:
    one, many = "1 tetangga lagi", "%(num)s tetangga lagi"
    assert [translate_number(one, many, number, "en") for number in (1, 2)] == [
        "1 more neighbour",
        "%(num)s more neighbours",
    ]
    assert translate("Masuk", "en") == "Log in"
    assert translate("Masuk") == "Masuk"


@pytest.mark.parametrize(
    ("accepted", "chosen", "language"),
    [
        ("", "", "id"),
        ("en-GB,en;q=0.9", "", "en"),
        ("fr, en;q=0.5", "", "en"),
        ("en", "id", "id"),
        ("de", "xx", "id"),
    ],
)
def test_a_language_is_chosen_or_asked_for(accepted: str, chosen: str, language: str) -> None:
    assert pick_language(accepted, chosen) == language
