"""Sign-up: four screens, each answer read once, nothing asked that is not needed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any

from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.membership import SIGNUP_AGE
from kamar.node import Axis, axis_of, is_hidden
from kamar.organisation import Organisation
from kamar.referral import Dice
from kamar.wilayah import Level, parse, rt_path, rw_path
from kamar.wordlist import WORDS

PASSWORD_SHORTEST = 10  # characters
PASSWORD_LONGEST = 72  # bytes of UTF-8: bcrypt reads no further
PASSPHRASE_WORDS = 5  # 9 bits each: 45 bits, behind a rate limit
RECOVERY_WORDS = 8  # 72 bits
RESUME = timedelta(days=7)
COMMON = (
    "password",
    "katasandi",
    "indonesia",
    "bismillah",
    "sayangku",
    "qwerty",
    "rahasia",
    "merdeka",
    "partaiburuh",
)


class Step(StrEnum):
    """The screens, in order."""

    WELCOME = "welcome"
    PLACE = "place"
    CONSENT = "consent"
    ACCOUNT = "account"


def next_step(answers: Mapping[str, Any]) -> Step:
    """Return the screen that follows the answers given so far."""
    if "home" not in answers:
        return Step.PLACE
    if "consent" not in answers:
        return Step.CONSENT
    return Step.ACCOUNT


def home_of_code(organisation: Organisation, node: NodePath | None) -> NodePath | None:
    """Return the home that a code gives to whoever signs up with it; none: the newcomer says where he lives.

    A workplace's code makes an account that is nothing but a colleague's, an alliance's that of a guest.
    """
    if node is None or axis_of(node) is Axis.WILAYAH:
        return None
    own = is_hidden(node) or axis_of(node) in (Axis.ALIANSI, organisation.home_axis)
    return node if own else None


def read_home(village: str, rw: str = "", rt: str = "") -> NodePath:
    """Return the node a newcomer lives at: the village, its RW, its RT. RW and RT may be empty.

    Raises:
        KamarError: ``village_missing``, ``wilayah_unknown``, ``rw_out_of_range``, ``rt_out_of_range``.
    """
    if not village:
        raise KamarError("village_missing")
    place = parse(village)
    if place.level not in (Level.KELURAHAN, Level.UNIT):
        raise KamarError("village_missing")
    home = place.path
    if rw.strip():
        home = rw_path(home, _number(rw, "rw_out_of_range"))
    if rt.strip():
        home = rt_path(home, _number(rt, "rt_out_of_range"))
    return home


def read_age(answer: str) -> None:
    """Refuse a newcomer who does not say to be 17 or older.

    Raises:
        KamarError: ``age_missing``.
    """
    if answer != str(SIGNUP_AGE):
        raise KamarError("age_missing", age=SIGNUP_AGE)


def read_password(text: str, display_name: str) -> str:
    """Return the password as it will be used.

    Raises:
        KamarError: ``password_short`` (``least``), ``password_long`` (``most``), ``password_common``.
    """
    if len(text) < PASSWORD_SHORTEST:
        raise KamarError("password_short", least=PASSWORD_SHORTEST)
    if len(text.encode()) > PASSWORD_LONGEST:
        raise KamarError("password_long", most=PASSWORD_LONGEST)
    plain = "".join(char for char in text.lower() if char.isalnum())
    bare = plain.strip("0123456789")
    if len(set(text)) < 5 or bare in COMMON or bare == display_name.lower().replace(" ", "") or _counts_up(plain):
        raise KamarError("password_common")
    return text


def new_passphrase(dice: Dice) -> str:
    """Return a password to be remembered: five Indonesian words with dashes."""
    return "-".join(dice.choice(WORDS) for _ in range(PASSPHRASE_WORDS))


def new_recovery(dice: Dice) -> tuple[str, ...]:
    """Return the words with which a member gets back in."""
    return tuple(dice.choice(WORDS) for _ in range(RECOVERY_WORDS))


def plain_recovery(text: str) -> str:
    """Return recovery words as they are hashed: lower case, one space between."""
    return " ".join("".join(char if char.isalpha() else " " for char in text.lower()).split())


def _number(text: str, code: str) -> int:
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 3:
        raise KamarError(code)
    return int(digits)


def _counts_up(text: str) -> bool:
    return text in "01234567890123456789" or text in "09876543210987654321"
