"""NIK: the sixteen digits of an Indonesian identity, found in what people write however they space them.

``PPKKCC DDMMYY SSSS``: province, kabupaten and kecamatan of the first registration, date of birth (women: day plus
40), serial number (Permendagri 102/2019 and the form of the KTP). What does not parse is some other number.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

DIGITS = 16
WOMEN = 40  # added to the day of birth
PROVINCES = frozenset(
    "11 12 13 14 15 16 17 18 19 21 31 32 33 34 35 36 51 52 53 61 62 63 64 65 71 72 73 74 75 76 81 82 91 92 93 94 95 96"
    " 97".split()  # 54 and 97 stand on old cards: East Timor is gone, Irian Jaya Tengah was never made
)
_BETWEEN = r"[\s.,\-_/:|*]{1,3}"  # what people put between groups of digits
_RUN = re.compile(rf"\d+(?:{_BETWEEN}\d+)*")


def find_nik(text: str) -> bool:
    """Tell whether a text holds a NIK: sixteen digits that parse, with or without marks between them."""
    return any(_in_run(run.group()) for run in _RUN.finditer(_plain(text)))


def is_nik(digits: str) -> bool:
    """Tell whether sixteen digits are a NIK."""
    if len(digits) != DIGITS or not digits.isdecimal() or digits[:2] not in PROVINCES:
        return False
    if digits[2:4] == "00" or digits[4:6] == "00" or digits[12:] == "0000":
        return False
    day, month, year = int(digits[6:8]), int(digits[8:10]), int(digits[10:12])
    return _is_day(day - WOMEN if day > WOMEN else day, month, year)


def _in_run(run: str) -> bool:
    """Look at every row of whole groups that has sixteen digits: "RT 3 3216..." is a number and a NIK."""
    groups = re.findall(r"\d+", run)
    for start in range(len(groups)):
        digits = ""
        for group in groups[start:]:
            digits += group
            if len(digits) >= DIGITS:
                break
        if is_nik(digits):
            return True
    return False


def _is_day(day: int, month: int, year: int) -> bool:
    """Tell whether there is such a day in either century: two digits of a year don't say which."""
    for century in (1900, 2000):
        try:
            date(century + year, month, day)
        except ValueError:
            continue
        return True
    return False


def _plain(text: str) -> str:
    """Return a text with every digit as 0 to 9 and without what can't be seen."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(
        str(unicodedata.digit(char)) if unicodedata.digit(char, -1) >= 0 else char
        for char in plain
        if unicodedata.category(char) != "Cf"
    )
