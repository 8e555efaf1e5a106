"""Invitation codes: ten characters that survive paper, a bad telephone line and a tired voice.

Two characters name the issuing server, seven are random (32^7, about 34 thousand million), the last is a check. The
alphabet has no 0, 1, I and O. The check character is a weighted sum over the field of 32 elements with a different
weight at each place, so one wrong character and two neighbours changed over are always noticed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from kamar.errors import KamarError

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
LENGTH = 10
SERVER_LENGTH = 2
FIELD = 0b100101  # x^5 + x^2 + 1, primitive: its powers are the 31 weights


class Dice(Protocol):
    """What chooses: ``random.SystemRandom`` in programs, a seeded ``random.Random`` in tests."""

    def choice(self, seq: Sequence[str], /) -> str:
        """Return one element."""
        ...


def new_code(server: str, dice: Dice) -> str:
    """Return a fresh code of the server whose two characters are ``server``."""
    body = server + "".join(dice.choice(ALPHABET) for _ in range(LENGTH - SERVER_LENGTH - 1))
    return body + _check(body)


def read_code(text: str) -> str:
    """Return the code in what a person typed: any case, with spaces, dots or dashes between.

    Raises:
        KamarError: ``code_malformed``: too long or short, a character that no code has, or the check does not fit.
    """
    code = "".join(char for char in text.upper() if char.isalnum())
    if len(code) != LENGTH or not set(code) <= set(ALPHABET) or _check(code[:-1]) != code[-1]:
        raise KamarError("code_malformed")
    return code


def spoken(code: str) -> str:
    """Return the code in groups for reading aloud: ``K2-7F3-Q2M-XP``."""
    return "-".join((code[:2], code[2:5], code[5:8], code[8:]))


def server_of(code: str) -> str:
    """Return the two characters of the server that issued ``code``."""
    return code[:SERVER_LENGTH]


def refuse_unusable(revoked_at: datetime | None, now: datetime) -> None:
    """Refuse a code that was taken back.

    Raises:
        KamarError: ``code_revoked``.
    """
    if revoked_at is not None and revoked_at <= now:
        raise KamarError("code_revoked")


def _check(body: str) -> str:
    total, weight = 0, 2
    for char in body:
        total ^= _times(weight, ALPHABET.index(char))
        weight = _times(weight, 2)
    return ALPHABET[total]


def _times(left: int, right: int) -> int:
    product = 0
    while right:
        if right & 1:
            product ^= left
        left <<= 1
        if left & 0b100000:
            left ^= FIELD
        right >>= 1
    return product
