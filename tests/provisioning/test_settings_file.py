"""kamar.toml: the sample, and changing a file without disturbing its owner's words."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamar.errors import KamarError
from kamar.settings import Settings, parse
from kamar.state import State
from kamar_provisioning import settings_file

SAMPLE = settings_file.example().read_text()


def test_the_sample_holds_the_defaults() -> None:
    assert parse(tomllib.loads(SAMPLE)) == Settings()


def test_every_setting_is_in_the_sample() -> None:
    document = tomllib.loads(SAMPLE)
    wanted = {
        (section.name, item.name) for section in fields(Settings) for item in fields(getattr(Settings(), section.name))
    }
    assert wanted == {(section, key) for section, values in document.items() for key in values}


def test_every_setting_of_the_sample_is_explained() -> None:
    lines = SAMPLE.splitlines()
    ports = range(lines.index("[ports]"), lines.index("[database]"))
    plain = [
        line
        for number, line in enumerate(lines)
        if "=" in line and not line.startswith("#") and number not in ports and not _explained(lines, number)
    ]
    assert plain == []


def _explained(lines: list[str], number: int) -> bool:
    """Tell whether a comment stands above the block of settings that line ``number`` is in."""
    while lines[number] and not lines[number].startswith(("#", "[")):
        number -= 1
    return lines[number].startswith("#")


def test_a_new_server_gets_the_sample(tmp_path: Path) -> None:
    state = State(tmp_path)
    settings_file.create(state)
    assert settings_file.load(state) == Settings()
    assert state.settings.stat().st_mode & 0o077 == 0  # it may come to hold a database password


def test_an_existing_file_is_left_alone(tmp_path: Path) -> None:
    state = State(tmp_path)
    state.settings.write_text('[server]\nname = "contoh.id"\n')
    settings_file.create(state)
    assert settings_file.load(state).server.name == "contoh.id"


def test_changing_a_value_keeps_every_comment() -> None:
    changed = settings_file.with_value(SAMPLE, "ports", "portal", 8081)
    assert changed == SAMPLE.replace("portal = 0\n", "portal = 8081\n")


@pytest.mark.parametrize(
    "text",
    ["", "[server]\n", "[ports]\nsynapse = 1\n", "[ports] # milik kami\n\nportal=1 # tetap", "# [ports]\n[rooms]\n"],
    ids=["empty", "no section", "no key", "odd layout", "section in a comment"],
)
def test_a_value_is_set_whatever_the_file_looks_like(text: str) -> None:
    document = tomllib.loads(settings_file.with_value(text, "ports", "portal", 8081))
    assert document["ports"]["portal"] == 8081
    assert {**tomllib.loads(text), "ports": 0} == {**document, "ports": 0}


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_survives_being_written(value: str) -> None:
    text = settings_file.with_value(SAMPLE, "server", "organisation", value)
    assert tomllib.loads(text)["server"]["organisation"] == value


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (None, "no_server"),
        ("[server", "settings_syntax"),
        ('[server]\nnama = "x"\n', "settings_invalid"),
        ("[portal]\nsession_hours = 0\n", "settings_invalid"),
    ],
    ids=["no file", "no TOML", "unknown key", "impossible value"],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path, text: str | None, code: str) -> None:
    state = State(tmp_path)
    if text is not None:
        state.settings.write_text(text)
    with pytest.raises(KamarError) as refused:
        settings_file.load(state)
    assert refused.value.code == code
