"""Display names: free to choose, but readable, and nobody's disguise."""

from __future__ import annotations

import re
import unicodedata

from kamar.errors import KamarError

LONGEST = 40  # characters
SHORTEST = 2
RESERVED = (  # words that make a name look like an office or an institution; compared by skeleton
    "admin", "administrator", "moderator", "bot", "kamar", "sosialkamar", "koordinator", "ketua", "sekretaris",
    "bendahara", "pengurus", "panitia", "resmi", "official", "exco", "kpu", "bawaslu", "polri", "tni",
    "presiden", "lurah", "camat",
)  # fmt: skip
LOOKALIKE = str.maketrans({  # what eyes take for a Latin letter, after NFKD and lower case
    "0": "o", "1": "l", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a", "$": "s", "!": "i", "|": "l",
    "ı": "i",
    "а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "у": "y", "х": "x", "і": "i", "ј": "j", "ѕ": "s", "ԁ": "d",
    "һ": "h",
    "к": "k", "м": "m", "т": "t", "в": "b", "н": "h", "г": "r", "α": "a", "ο": "o", "ρ": "p", "τ": "t", "υ": "u",
    "ν": "v",
    "κ": "k", "ε": "e", "ι": "i", "η": "n", "ɡ": "g", "ɑ": "a", "ʀ": "r", "ɴ": "n",
})  # fmt: skip


def read_display_name(text: str) -> str:
    """Return ``text`` as a display name, spaces tidied.

    Raises:
        KamarError: ``name_short``, ``name_long`` (``most``), ``name_characters`` (control or
            invisible characters, or no letter at all), ``name_reserved`` (looks like an office or an institution).
    """
    if len(text) > 20 * LONGEST:
        raise KamarError("name_long", most=LONGEST)
    name = re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).strip()
    if any(_forbidden(char) for char in name):
        raise KamarError("name_characters")
    if len(name) < SHORTEST:
        raise KamarError("name_short", least=SHORTEST)
    if len(name) > LONGEST:
        raise KamarError("name_long", most=LONGEST)
    if not any(char.isalpha() for char in name) or _stacked(name):
        raise KamarError("name_characters")
    if _reserved(name):
        raise KamarError("name_reserved")
    return name


def skeleton(name: str) -> str:
    """Return what an eye keeps of ``name``: base Latin letters only, lower case, look-alikes folded."""
    folded = unicodedata.normalize("NFKD", name).lower().translate(LOOKALIKE)
    letters = "".join(char for char in folded if char.isalpha() and not unicodedata.combining(char))
    return letters.replace("i", "l")  # a capital i is a small L, and 1 may stand for either


def _reserved(name: str) -> bool:
    # "K3tua" is one word, "K e t u a" is many: compare each word, and all letters together
    words = {skeleton(word) for word in re.split(r"[\s._\-/]+", name)}
    return bool(words & _RESERVED) or skeleton(name) in _RESERVED


def _forbidden(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"} or char in "<>@#"


def _stacked(name: str) -> bool:
    run = 0
    for char in unicodedata.normalize("NFD", name):
        run = run + 1 if unicodedata.combining(char) else 0
        if run > 3:
            return True
    return False


_RESERVED = frozenset(skeleton(word) for word in RESERVED)
