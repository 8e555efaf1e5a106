"""What people type is taken apart into words, kinds, postcode, RT and RW."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamar.wilayah import RtRw
from kamar.wilayah_search import WORDS_MAX, keys_of, read, words_of


@pytest.mark.parametrize(
    ("typed", "words", "kinds"),
    [
        ("Pondok Cina", ("pondok", "cina"), ()),
        ("Kel. Pondok Cina, Kec. Beji", ("pondok", "cina", "beji"), ("kelurahan", "kecamatan")),
        ("kota bekasi", ("bekasi",), ("kota",)),
        ("jaksel", ("jakarta", "selatan"), ()),
        ("Jl. Mawar No. 5 Blok C2, Sukaresmi", ("mawar", "c2", "sukaresmi"), ()),
        ("beji beji beji", ("beji",), ()),
        ("desa", ("desa",), ()),
        ("", (), ()),
    ],
)
def test_words_that_find_are_told_from_words_for_kinds(
    typed: str, words: tuple[str, ...], kinds: tuple[str, ...]
) -> None:
    query = read(typed)
    assert (query.words, query.kinds) == (words, kinds)


def test_an_address_says_rt_rw_and_postcode() -> None:
    query = read("Jl. Margonda Raya No. 100 RT 003/RW 005, Kel. Kemiri Muka, Depok 16423")
    assert query.words == ("margonda", "raya", "kemiri", "muka", "depok")
    assert (query.postcode, query.rt_rw) == ("16423", RtRw(3, 5))


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("32.16.19.2005", "32.16.19.2005"),
        (" 3216192005 ", "32.16.19.2005"),
        ("32.16", "32.16"),
        ("321619", "32.16.19"),
        ("16424", ""),
        ("32.16 bekasi", ""),
    ],
)
def test_an_official_code_is_recognised(typed: str, code: str) -> None:
    assert read(typed).code == code


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Ma'rang", ("marang",)),
        ("Sumber Jaya (KM. 5)", ("sumber", "jaya", "km", "5")),
        ("Bl. Limbangan", ("bl", "limbangan")),
        ("Café-Baru", ("cafe", "baru")),
        ("Lubuk Pakam I,II", ("lubuk", "pakam", "i", "ii")),
    ],
)
def test_a_name_is_compared_without_accents_and_signs(name: str, words: tuple[str, ...]) -> None:
    assert words_of(name) == words


def test_a_name_is_filed_under_its_words_and_the_words_run_together() -> None:
    assert keys_of("Tanjung Priok") == {"tanjung", "priok", "tanjungpriok"}


def test_the_end_of_a_long_text_counts() -> None:
    query = read(" ".join(f"kata{letter}" for letter in "abcdefghijklmnopqrst"))
    assert len(query.words) == WORDS_MAX
    assert query.words[-1] == "katat"


@given(st.text())
def test_any_text_can_be_read(typed: str) -> None:
    query = read(typed)
    assert len(query.words) <= WORDS_MAX
    assert len(set(query.words)) == len(query.words)
