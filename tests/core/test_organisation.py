"""The file that makes one organisation differ from another."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from kamar.ids import NodePath
from kamar.node import Axis
from kamar.organisation import PROFILES, OrganisationError, Right, parse, profile


def document() -> dict[str, Any]:
    return tomllib.loads((PROFILES / "partai.toml").read_text())


@pytest.mark.parametrize(("name", "home"), [("partai", Axis.WILAYAH), ("serikat", Axis.KERJA)])
def test_each_profile_that_comes_with_the_program_loads(name: str, home: Axis) -> None:
    assert profile(name).home_axis is home


def test_an_office_stands_where_the_file_says() -> None:
    rules = profile()
    assert [office.code for office in rules.offices_at(NodePath("32.16.19.2005/RW005"))] == ["koordinator", "motivator"]
    assert [office.code for office in rules.offices_at(NodePath("32.16.19"))][:3] == [
        "ketua",
        "sekretaris",
        "bendahara",
    ]
    assert rules.office("koordinator").title == "Koordinator Kamar"


def test_rights_come_from_offices_alone() -> None:
    assert profile().has(Right.APPOINT, ["ketua"])
    assert not profile().has(Right.APPOINT, ["bendahara", "nobody"])


@pytest.mark.parametrize(
    ("section", "key", "value", "problem"),
    [
        ("office", "titel", "x", "office.1.titel: unknown key"),
        ("office", "levels", ["desa"], "office.1.levels: no such level desa"),
        ("office", "power", {"siaran": 150}, "office.1.power.siaran: must be from 0 to 100"),
        ("office", "rights", ["fly"], "office.1.rights: unknown right fly"),
        ("office", "appoints", ["raja"], "office ketua.appoints: no such office raja"),
        ("organisasi", "home_axis", "bulan", "organisasi.home_axis: must be one of the axes"),
    ],
)
def test_what_is_wrong_is_named_with_its_path(section: str, key: str, value: object, problem: str) -> None:
    wrong = document()
    (wrong[section][0] if section == "office" else wrong[section])[key] = value
    with pytest.raises(OrganisationError) as refused:
        parse(wrong)
    assert refused.value.problems == [problem]
