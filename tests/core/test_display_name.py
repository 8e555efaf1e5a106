"""Display names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamar.display_name import LONGEST, read_display_name
from kamar.errors import KamarError


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
