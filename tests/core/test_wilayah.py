"""A place: its path, what lies around and below it, its words, and the RT and RW that people write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamar.errors import KamarError
from kamar.wilayah import (
    NUMBER_MAX,
    ROOT,
    Level,
    RtRw,
    below,
    full_name,
    official_name,
    parse,
    parse_rt_rw,
    place_name,
    rt_path,
    rw_path,
    take_rt_rw,
    titled,
    unit_path,
    zone_of,
)

VILLAGE = "32.16.19.2005"


@pytest.mark.parametrize(
    ("path", "level", "parent"),
    [
        ("ID", Level.NEGARA, None),
        ("32", Level.PROVINSI, "ID"),
        ("32.16", Level.KOTA, "32"),
        ("32.16.19", Level.KECAMATAN, "32.16"),
        (VILLAGE, Level.KELURAHAN, "32.16.19"),
        (f"{VILLAGE}/D01", Level.UNIT, VILLAGE),
        (f"{VILLAGE}/RW005", Level.RW, VILLAGE),
        (f"{VILLAGE}/D01/RW005", Level.RW, f"{VILLAGE}/D01"),
        (f"{VILLAGE}/RT003", Level.RT, VILLAGE),
        (f"{VILLAGE}/D01/RT003", Level.RT, f"{VILLAGE}/D01"),
        (f"{VILLAGE}/RW005/RT003", Level.RT, f"{VILLAGE}/RW005"),
        (f"{VILLAGE}/D01/RW005/RT003", Level.RT, f"{VILLAGE}/D01/RW005"),
    ],
)
def test_a_path_tells_its_level_and_its_parent(path: str, level: Level, parent: str | None) -> None:
    assert (parse(path).level, parse(path).parent) == (level, parent)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("", "wilayah_unknown"),
        ("id", "wilayah_unknown"),
        ("3", "wilayah_unknown"),
        ("32.1", "wilayah_unknown"),
        ("32.16.19.205", "wilayah_unknown"),
        ("32.16.19.20055", "wilayah_unknown"),
        ("32.16.19/RW001", "wilayah_unknown"),
        ("ID/RW001", "wilayah_unknown"),
        (f"{VILLAGE}/RT003/RW005", "wilayah_unknown"),
        (f"{VILLAGE}/RW005/D01", "wilayah_unknown"),
        (f"{VILLAGE}/D00", "wilayah_unknown"),
        (f"{VILLAGE}/RW05", "wilayah_unknown"),
        (f"{VILLAGE}/RW0005", "wilayah_unknown"),
        (f"{VILLAGE}/", "wilayah_unknown"),
        (f"{VILLAGE}\n", "wilayah_unknown"),
        ("٣٢.16", "wilayah_unknown"),
        (f"{VILLAGE}/RW000", "rw_out_of_range"),
        (f"{VILLAGE}/RW001/RT000", "rt_out_of_range"),
    ],
)
def test_what_is_no_path_is_refused(path: str, code: str) -> None:
    with pytest.raises(KamarError) as refused:
        parse(path)
    assert refused.value.code == code


def test_a_place_knows_everything_around_it_nearest_first() -> None:
    around = [place.path for place in parse(f"{VILLAGE}/D01/RW005/RT003").ancestors()]
    assert around == [f"{VILLAGE}/D01/RW005", f"{VILLAGE}/D01", VILLAGE, "32.16.19", "32.16", "32", "ID"]


@pytest.mark.parametrize(
    ("path", "village"), [("ID", None), ("32.16.19", None), (VILLAGE, VILLAGE), (f"{VILLAGE}/RT003", VILLAGE)]
)
def test_a_place_knows_its_village(path: str, village: str | None) -> None:
    assert parse(path).village == village


def test_a_place_knows_its_numbers() -> None:
    place = parse(f"{VILLAGE}/D07/RW012/RT345")
    assert (place.unit, place.rw, place.rt, place.code) == (7, 12, 345, VILLAGE)


numbers = st.integers(1, NUMBER_MAX)


@st.composite
def paths(draw: st.DrawFn) -> str:
    """Any path, of few different parts so that many lie within each other."""
    parts = [draw(st.sampled_from(["00", "31", "32", "99"])) for _ in range(3)]
    parts.append(draw(st.sampled_from(["0000", "2005", "2006", "9999"])))
    depth = draw(st.integers(0, 4))
    if depth == 0:
        return ROOT
    path = ".".join(parts[:depth])
    if depth < 4:
        return path
    path += draw(st.sampled_from(["", "/D01", "/D99"]))
    path += draw(st.sampled_from(["", "/RW001", "/RW005", "/RW999"]))
    return path + draw(st.sampled_from(["", "/RT001", "/RT999"]))


@given(paths())
def test_climbing_up_always_ends_at_the_country(path: str) -> None:
    chain = [parse(path), *parse(path).ancestors()]
    assert chain[-1].path == ROOT
    assert [place.parent for place in chain] == [place.path for place in chain[1:]] + [None]


@given(paths(), paths())
def test_below_selects_exactly_the_strict_descendants(path: str, other: str) -> None:
    low, high = below(path)
    for candidate in (parse(other), *parse(other).ancestors()):
        inside = any(place.path == path for place in candidate.ancestors())
        assert (low <= candidate.path < high) is inside


@pytest.mark.parametrize(
    ("path", "inside", "outside"),
    [
        ("31", "31.71.06.1001/RW005", "31"),
        ("32.16", "32.16.19.2005", "32.17"),
        (VILLAGE, f"{VILLAGE}/RT001", "32.16.19.2006/RT001"),
        (f"{VILLAGE}/RW005", f"{VILLAGE}/RW005/RT003", f"{VILLAGE}/RW006"),
        (f"{VILLAGE}/D01", f"{VILLAGE}/D01/RW005/RT003", f"{VILLAGE}/D02/RW001"),
        ("ID", "11", "ID"),
    ],
)
def test_below_tells_inside_from_beside(path: str, inside: str, outside: str) -> None:
    low, high = below(path)
    assert low <= inside < high
    assert not low <= outside < high


@given(numbers, numbers)
def test_a_path_made_of_numbers_gives_them_back(rw: int, rt: int) -> None:
    place = parse(rt_path(rw_path(unit_path(VILLAGE, 3), rw), rt))
    assert (place.unit, place.rw, place.rt, place.level) == (3, rw, rt, Level.RT)


@pytest.mark.parametrize("number", [-1, 0, 1000])
def test_rt_and_rw_are_numbered_from_1_to_999(number: int) -> None:
    with pytest.raises(KamarError) as rw:
        rw_path(VILLAGE, number)
    with pytest.raises(KamarError) as rt:
        rt_path(VILLAGE, number)
    assert (rw.value.code, rt.value.code) == ("rw_out_of_range", "rt_out_of_range")


def test_there_is_no_rw_in_a_kecamatan() -> None:
    with pytest.raises(KamarError, match="wilayah_unknown"):
        rw_path("32.16.19", 5)


@pytest.mark.parametrize(
    ("typed", "rt", "rw"),
    [
        ("3/5", 3, 5),
        ("003/005", 3, 5),
        ("3-5", 3, 5),
        (" 3 / 5 ", 3, 5),
        ("RT 3 RW 5", 3, 5),
        ("rt 003/rw 005", 3, 5),
        ("RT03/05", 3, 5),
        ("rt.3/rw.5", 3, 5),
        ("RT: 3, RW: 5", 3, 5),
        ("RT/RW 003/005", 3, 5),
        ("RW 5 RT 3", 3, 5),
        ("rt3", 3, None),
        ("RW 005", None, 5),
    ],
)
def test_rt_and_rw_are_understood_as_people_write_them(typed: str, rt: int | None, rw: int | None) -> None:
    assert parse_rt_rw(typed) == RtRw(rt, rw)


@pytest.mark.parametrize("typed", ["", "3", "tiga", "rt", "3/5/7", "artis 3", "RT 3 Sukaresmi", "9" * 5000])
def test_what_names_neither_rt_nor_rw_is_not_guessed_at(typed: str) -> None:
    assert parse_rt_rw(typed) is None


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("0/5", "rt_out_of_range"),
        ("RT 000", "rt_out_of_range"),
        ("rt 1000/5", "rt_out_of_range"),
        ("3/0", "rw_out_of_range"),
        ("RW 1000", "rw_out_of_range"),
    ],
)
def test_an_rt_or_rw_that_cannot_be_is_refused(typed: str, code: str) -> None:
    with pytest.raises(KamarError) as refused:
        parse_rt_rw(typed)
    assert refused.value.code == code


@given(numbers, numbers)
def test_written_out_rt_and_rw_are_read_back(rt: int, rw: int) -> None:
    place = parse(RtRw(rt, rw).path(VILLAGE))
    assert parse_rt_rw(place.rt_rw) == RtRw(rt, rw)


@pytest.mark.parametrize(
    ("address", "found", "rest"),
    [
        ("jl raya 100 rt 3/5 kemiri muka", RtRw(3, 5), "jl raya 100   kemiri muka"),
        ("jl raya no 3/5 kemiri muka", None, "jl raya no 3/5 kemiri muka"),
        ("perum smart 3 blok a", None, "perum smart 3 blok a"),
        ("rt 0/5 beji", None, "  beji"),
    ],
    ids=["rt and rw", "a house number", "rt inside a word", "no such rt"],
)
def test_rt_and_rw_are_picked_out_of_an_address(address: str, found: RtRw | None, rest: str) -> None:
    assert take_rt_rw(address) == (found, rest)


@pytest.mark.parametrize(
    ("path", "unit", "name"),
    [
        (VILLAGE, "", "Sukaresmi"),
        (f"{VILLAGE}/RW005", "", "RW 005 Sukaresmi"),
        (f"{VILLAGE}/RW005/RT003", "", "RT 003/RW 005 Sukaresmi"),
        (f"{VILLAGE}/RT003", "", "RT 003 Sukaresmi"),
        (f"{VILLAGE}/D01", "Dusun Krajan", "Dusun Krajan, Sukaresmi"),
        (f"{VILLAGE}/D01/RT003", "Dusun Krajan", "RT 003 Dusun Krajan, Sukaresmi"),
    ],
)
def test_the_name_of_a_place_stands_alone(path: str, unit: str, name: str) -> None:
    assert place_name(parse(path), "Sukaresmi", unit) == name


def test_a_full_name_is_the_whole_path_smallest_first() -> None:
    around = [("Kecamatan", "Cikarang Selatan"), ("Kabupaten", "Bekasi"), ("Provinsi", "Jawa Barat")]
    village = official_name([("Desa", "Sukaresmi"), *around])
    assert village == "Desa Sukaresmi, Kec. Cikarang Selatan, Kab. Bekasi, Jawa Barat"
    assert full_name(parse(f"{VILLAGE}/RW005/RT003"), village, "Dusun Krajan") == (
        "RT 003/RW 005, Dusun Krajan, Desa Sukaresmi, Kec. Cikarang Selatan, Kab. Bekasi, Jawa Barat"
    )


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [("Desa", "Sukaresmi", "Desa Sukaresmi"), ("Gampong", "Gampong Baro", "Gampong Baro"), ("RT", "RT 003", "RT 003")],
)
def test_no_kind_is_said_twice(kind: str, name: str, said: str) -> None:
    assert titled(kind, name) == said


@pytest.mark.parametrize(
    ("path", "zone"),
    [
        ("ID", "Asia/Jakarta"),
        (f"{VILLAGE}/RW005", "Asia/Jakarta"),
        ("62", "Asia/Jakarta"),
        ("51.71", "Asia/Makassar"),
        ("63", "Asia/Makassar"),
        ("81", "Asia/Jayapura"),
        ("96.71", "Asia/Jayapura"),
    ],
)
def test_a_place_has_the_time_of_its_province(path: str, zone: str) -> None:
    assert zone_of(path) == zone


def test_a_province_that_does_not_exist_has_no_time() -> None:
    with pytest.raises(KamarError, match="wilayah_unknown"):
        zone_of("99")
