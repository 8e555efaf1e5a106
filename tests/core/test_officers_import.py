"""What stands in a row of an imported table: places by code or name, accounts, days."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.officers_import import (
    Known,
    find_place,
    part_words,
    read_account,
    read_date,
    read_end,
    read_lines,
    read_start,
)

NAMES = [
    ("32.16.19.2005", "Desa Sukaresmi, Kec. Cikarang Selatan, Kab. Bekasi, Jawa Barat"),
    ("32.01.05.2008", "Desa Sukaresmi, Kec. Sukamakmur, Kab. Bogor, Jawa Barat"),
    ("32.16", "Kab. Bekasi, Jawa Barat"),
    ("32.75", "Kota Bekasi, Jawa Barat"),
]


def known() -> dict[tuple[str, ...], list[Known]]:
    found: dict[tuple[str, ...], list[Known]] = {}
    for path, name in NAMES:
        found.setdefault(part_words(name.split(",")[0])[0], []).append(Known(NodePath(path), name))
    return found


@pytest.mark.parametrize(
    ("typed", "path"),
    [
        ("Sukaresmi, Cikarang Selatan", "32.16.19.2005"),
        ("desa sukaresmi, kab bekasi", "32.16.19.2005"),
        ("RT 003/RW 005 Sukaresmi, Cikarang Selatan, Bekasi", "32.16.19.2005/RW005/RT003"),
        ("RW 5 Sukaresmi, Cikarang Selatan", "32.16.19.2005/RW005"),
        ("Kota Bekasi", "32.75"),
        ("Kabupaten Bekasi, Jawa Barat", "32.16"),
    ],
)
def test_a_place_is_found_by_its_name_and_what_lies_around_it(typed: str, path: str) -> None:
    assert find_place(typed, known()) == path


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("Sukaresmi", "import_ambiguous"),
        ("Bekasi", "import_ambiguous"),
        ("Sukaresmi, Depok", "import_place"),
        ("Kelurahan Sukaresmi, Cikarang Selatan", "import_place"),
        ("Cikarang Selatan, Sukaresmi", "import_place"),
        ("", "import_place"),
    ],
)
def test_no_place_is_guessed_at(typed: str, code: str) -> None:
    with pytest.raises(KamarError) as refused:
        find_place(typed, known())
    assert refused.value.code == code


@pytest.mark.parametrize(
    "typed", ["2026-11-21", "21/11/2026", "21-11-2026", "21.11.2026", "21 November 2026", "2026-11-21T00:00"]
)
def test_a_day_is_read_as_people_write_it(typed: str) -> None:
    assert read_date(typed) == date(2026, 11, 21)


@pytest.mark.parametrize("typed", ["besok", "31/02/2026", "11/21/2026", "2026"])
def test_what_is_no_day_is_refused(typed: str) -> None:
    with pytest.raises(KamarError, match="day_malformed"):
        read_date(typed)


def test_the_first_and_the_last_day_count_whole_in_the_zone_of_the_place() -> None:
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert read_start("2026-01-01", NodePath("94"), now) == datetime(2025, 12, 31, 15, tzinfo=UTC)
    assert read_end("2026-12-31", NodePath("32")) == datetime(2026, 12, 31, 17, tzinfo=UTC)
    assert read_start("", NodePath("32"), now) == now


@pytest.mark.parametrize(
    ("typed", "account"),
    [("kf3qd7mz", "kf3qd7mz"), ("@kf3qd7mz:kamar.test", "kf3qd7mz"), ("Siti Aminah", None), ("Susanto", None)],
)
def test_an_account_is_told_from_a_name(typed: str, account: str | None) -> None:
    assert read_account(typed, "kamar.test") == account


def test_the_head_may_stand_in_any_order_and_rows_may_be_empty() -> None:
    sheet = [(1, ["Nama", "Tempat", "Jabatan"]), (2, ["", "", ""]), (3, ["Siti", "32.16", "ketua"])]
    (line,) = read_lines(sheet)
    assert (line.number, line.person, line.place, line.office, line.end) == (3, "Siti", "32.16", "ketua", "")
