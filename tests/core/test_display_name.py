"""Display names."""

from __future__ import annotations

import dataclasses
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamar.display_name import LONGEST, WORDS, is_reserved, looks_like, read_display_name, reserved_of, skeleton
from kamar.errors import KamarError
from kamar.organisation import profile
from tests.core.indonesian_names import names


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Siti Aminah", "Siti Aminah"),
        ("  Mpok   Leha ", "Mpok Leha"),
        ("I Ketut Sudarma", "I Ketut Sudarma"),
        ("Rahmat 77", "Rahmat 77"),
        ("Nur'aini", "Nur'aini"),
        ("Dewi 🌻", "Dewi 🌻"),
        ("Adminah", "Adminah"),  # only whole words look like an office
        ("陳美玲", "陳美玲"),
    ],
)
def test_people_keep_the_name_they_choose(typed: str, name: str) -> None:
    assert read_display_name(typed) == name


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "name_short"),
        (" a ", "name_short"),
        ("a" * (LONGEST + 1), "name_long"),
        ("a" * 10_000, "name_long"),
        ("Budi\u202egnajI", "name_characters"),  # right-to-left override
        ("Budi\u200bSanto", "name_characters"),  # zero width space
        ("Budi\x00", "name_characters"),
        ("12345", "name_characters"),
        ("B̶̷̸̡u̶̷̸̡di", "name_characters"),
        ("<b>Budi</b>", "name_characters"),
        ("@budi:server", "name_characters"),
        ("Admin", "name_reserved"),
        ("K3tua RT 003", "name_reserved"),
        ("K e t u a", "name_reserved"),
        ("Ѕekretaris", "name_reserved"),  # Cyrillic Ѕ
        ("Koordinator_RW", "name_reserved"),
        ("Exco Pusat", "name_reserved"),
        ("𝐊𝐏𝐔", "name_reserved"),  # mathematical letters
    ],
)
def test_disguises_and_unreadable_names_are_refused(typed: str, code: str) -> None:
    with pytest.raises(KamarError) as refused:
        read_display_name(typed)
    assert refused.value.code == code


@given(st.text(max_size=60))
def test_a_name_that_passed_passes_again_unchanged(text: str) -> None:
    try:
        name = read_display_name(text)
    except KamarError:
        return
    assert read_display_name(name) == name


def test_five_hundred_real_names_are_free() -> None:
    reserved = reserved_of(profile())
    assert len(names()) >= 500
    assert [name for name in names() if is_reserved(name, reserved)] == []


DRAWN: dict[str, list[str]] = {}
for _char in (chr(number) for number in range(0xA1, 0x1F200)):
    if unicodedata.category(_char) not in ("Cn", "Co", "Cs", "Cf") and len(_bare := skeleton(_char)) == 1:
        DRAWN.setdefault(_bare, []).append(_char)
LETTERS = {"a": "4@", "e": "3", "i": "1!|", "l": "1|!", "o": "0", "s": "5$", "t": "7+", "b": "8", "g": "69", "z": "2"}
BETWEEN = ["", "", "", " ", ".", "-", "_", "·", "🌻", "  ", "/", "\u200b", "\u00ad", "\u2060", "\u3164", "\ufe0f"]
AROUND = ["", " ", "🌻", "1", "007", " 3", "!", "RT 003", " Pusat", ".", "★"]


@st.composite
def disguises(draw: st.DrawFn) -> str:
    word = draw(st.sampled_from([*WORDS, "motivator", "ketua exco", "koordinator kamar"])).replace(" ", "")
    drawn = ""
    for letter in word:
        ways = [letter, letter.upper(), letter + "\u0301", letter * 2, *LETTERS.get(letter, "")]
        ways += DRAWN.get("l" if letter == "i" else "g" if letter == "q" else letter, [])
        drawn += draw(st.sampled_from(ways)) + draw(st.sampled_from(BETWEEN))
    return draw(st.sampled_from(AROUND)) + drawn + draw(st.sampled_from(AROUND))


@given(disguises())
@settings(max_examples=300, deadline=None)
def test_whatever_is_reserved_is_refused_however_it_is_drawn(name: str) -> None:
    with pytest.raises(KamarError) as refused:
        read_display_name(name, reserved_of(profile()))
    assert refused.value.code in ("name_reserved", "name_characters", "name_long")


@pytest.mark.parametrize(
    "name",
    [
        "K3tua", "Ket ua", "KEТUA", "K.e.t.u.a", "KETU🅰️", "Ⓚetua", "ｋｅｔｕａ", "Kеtuа RT 003", "ketuaRT",
        "KetuaRT003",
        "Pak RT", "Ibu RW 05", "Wakil Ketua", "Admin Kamar", "4dm1n", "P0lisi", "KPU-RI", "B4w4slu", "Mod era tor",
        "Sosial Kamar", "S0sial K4mar", "Motivator", "Koordinator Kamar", "Bhabin Kamtibmas",
    ],
)  # fmt: skip
def test_an_office_is_borne_by_nobody_in_his_name(name: str) -> None:
    with pytest.raises(KamarError, match="name_reserved"):
        read_display_name(name, reserved_of(profile()))


def test_another_organisation_reserves_its_own_words() -> None:
    other = dataclasses.replace(profile(), name="Tani Makmur")
    with pytest.raises(KamarError, match="name_reserved"):
        read_display_name("Tan1 Makmur", reserved_of(other))
    assert read_display_name("Tani Makmur", reserved_of(profile())) == "Tani Makmur"


@pytest.mark.parametrize(
    ("name", "other", "same"),
    [
        ("Siti Aminah", "Siti Aminah", True),
        ("Sítí  Amínah", "siti aminah", True),
        ("5iti Am1nah", "Siti Aminah", True),
        ("Ѕіtі Аmіnаh", "Siti Aminah", True),
        ("Siti.Aminah 🌻", "Siti Aminah", True),
        ("Siti Aminah Depok", "Siti Aminah", False),
        ("Siti", "Siti Aminah", False),
    ],
)
def test_two_names_look_alike_when_an_eye_reads_the_same(name: str, other: str, same: bool) -> None:
    assert looks_like(name, other) is same
