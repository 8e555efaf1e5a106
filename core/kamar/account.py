"""Names of accounts. A Matrix id is for ever and everybody in the room sees it, so it says nothing about its owner."""

from __future__ import annotations

import re

from kamar.referral import Dice

LETTERS = "abcdefghijklmnopqrstuvwxyz"
DIGITS = "234567"  # with the letters: the alphabet of base32, without 0, 1, 8 and 9, which are misread
ENCRYPTED = "kamar-aman"  # the bot's second account, for encrypted direct talk; no member's name has a hyphen
PAIRS = 3  # 26^6 * 6^2, about eleven thousand million

_LOCALPART = re.compile(r"[a-z2-7]{6,32}")


def new_localpart(dice: Dice) -> str:
    """Return a fresh local part such as ``kf3qd7mz``: letters in pairs with a digit between, so no name comes out."""
    parts = [dice.choice(LETTERS) + dice.choice(LETTERS) for _ in range(PAIRS)]
    return parts[0] + "".join(dice.choice(DIGITS) + part for part in parts[1:])


def is_localpart(text: str) -> bool:
    """Tell whether ``text`` may be the local part of a member's account."""
    return _LOCALPART.fullmatch(text) is not None
