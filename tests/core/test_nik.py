"""A NIK is found however it is written, and other numbers are left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamar.nik import find_nik, is_nik

NIK = "3216191203900001"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (NIK, True),
        (f"NIK:{NIK}, atas nama Siti", True),
        ("3216 1912 0390 0001", True),
        ("3216.19.120390.0001", True),
        ("321619-120390-0001", True),
        ("3 2 1 6 1 9 1 2 0 3 9 0 0 0 0 1", True),
        ("3216191\u200b203900001", True),
        ("٣٢١٦١٩١٢٠٣٩٠٠٠٠١", True),
        ("3216195203900001", True),  # a woman: the day plus 40
        (f"RT 3 {NIK}", True),
        (f"{NIK} 0812", True),
        ("3216192902000001", True),  # 29 February 2000
        ("3216192902010001", False),  # 2001 and 1901 had none
        ("3216193002900001", False),
        ("3216197203900001", False),  # day 72
        ("3216191213900001", False),  # month 13
        ("3216191203900000", False),  # serial 0000
        ("4116191203900001", False),  # no such province
        ("3200191203900001", False),
        (f"1{NIK}", False),
        (f"{NIK}1", False),
        ("0812 3456 7890", False),
        ("4111 1111 1111 1111", False),
        ("", False),
    ],
)
def test_sixteen_digits_that_parse_are_a_nik(text: str, found: bool) -> None:
    assert find_nik(text) is found


@given(
    st.sampled_from(["11", "31", "32", "35", "94"]),
    st.dates(),
    st.booleans(),
    st.integers(1, 9999),
    st.lists(st.sampled_from(["", " ", ".", "-", " - "]), min_size=15, max_size=15),
)
def test_every_nik_is_found_with_any_marks_between(
    province: str, born: object, woman: bool, serial: int, marks: list[str]
) -> None:
    day = born.day + 40 * woman  # type: ignore[attr-defined]  # a date
    digits = f"{province}0102{day:02d}{born.month:02d}{born.year % 100:02d}{serial:04d}"  # type: ignore[attr-defined]
    assert is_nik(digits)
    assert find_nik(digits[0] + "".join(mark + digit for mark, digit in zip(marks, digits[1:], strict=True)))


@given(st.text(max_size=200))
def test_any_text_is_looked_through(text: str) -> None:
    find_nik(text)
