"""Display names: free to choose, but readable, and nobody's disguise.

What an eye keeps of a name is its *skeleton*: base Latin letters, whatever alphabet, accents, digits or emoji they were
drawn with (Unicode Technical Standard #39 and what people use instead of letters). Skeletons are compared, names never.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kamar.errors import KamarError
from kamar.organisation import Organisation

LONGEST = 40  # characters
SHORTEST = 2
WORDS = (  # words that make a name look like an office or an institution
    "admin", "administrator", "moderator", "operator", "bot", "kamar", "sosialkamar", "koordinator", "coordinator",
    "ketua", "wakilketua", "waketum", "ketum", "sekretaris", "sekjen", "bendahara", "pengurus", "panitia", "petugas",
    "resmi", "official", "exco", "satgas", "kpu", "kpps", "bawaslu", "panwaslu", "dkpp", "polri", "polisi",
    "polda", "polres", "polsek", "tni", "babinsa", "bhabinkamtibmas", "satpolpp", "kejaksaan", "kpk", "presiden",
    "menteri", "gubernur", "bupati", "walikota", "lurah", "camat", "kepaladesa", "kades", "kadus",
    "pakrt", "pakrw", "burt", "burw", "bapakrt", "bapakrw", "iburt", "iburw", "bpkrt", "bpkrw",
)  # fmt: skip
BESIDE = (  # what stands beside such a word without hiding it: "KetuaRT", "AdminKamarPusat"
    "rt", "rw", "desa", "kelurahan", "kecamatan", "kota", "kabupaten", "provinsi", "pusat", "indonesia", "partai",
    "pak", "bu", "bapak", "ibu", "wakil", "umum", "asli", "dan", "ri", "the",
)  # fmt: skip
TITLE_SHORTEST = 5  # letters of a title's first word that counts alone; "Tim" is also somebody's name
PIECES_MOST = LONGEST // 2  # neighbouring pieces of a name that may make one word
FILLERS = "\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5"  # letters and signs that show as nothing
LEET = str.maketrans({  # what people type instead of a letter
    "0": "o", "1": "l", "2": "z", "3": "e", "4": "a", "5": "s", "6": "g", "7": "t", "8": "b", "9": "g",
    "@": "a", "$": "s", "!": "l", "|": "l", "+": "t", "(": "c", "€": "e", "£": "l", "¥": "y", "ı": "i",
})  # fmt: skip
ALIKE = str.maketrans({  # small letters of other alphabets that the standard keeps apart and eyes do not
    "к": "k", "м": "m", "т": "t", "в": "b", "н": "h", "г": "r", "п": "n", "и": "u", "д": "d", "б": "b", "э": "e",
    "τ": "t", "κ": "k", "ε": "e", "η": "n", "μ": "u", "π": "n", "δ": "d", "λ": "a", "ω": "w",
    "ᴀ": "a", "ʙ": "b", "ᴄ": "c", "ᴅ": "d", "ᴇ": "e", "ꜰ": "f", "ɢ": "g", "ʜ": "h", "ɪ": "i", "ᴊ": "j", "ᴋ": "k",
    "ʟ": "l", "ᴍ": "m", "ɴ": "n", "ᴏ": "o", "ᴘ": "p", "ʀ": "r", "ꜱ": "s", "ᴛ": "t", "ᴜ": "u", "ᴠ": "v", "ᴡ": "w",
    "ʏ": "y", "ᴢ": "z", "ɐ": "a", "ǝ": "e", "ʞ": "k", "ʇ": "t", "ɯ": "m", "ɹ": "r",
})  # fmt: skip
ENCLOSED = (0x1F150, 0x1F170, 0x1F1E6)  # A in a black circle, in a black square, as half of a flag
EDGES = "0123456789" + string.punctuation
EDGE_KEPT = 4  # digits or signs at an edge that may still be letters: "1nterpo1"


@dataclass(frozen=True, slots=True)
class Reserved:
    """Skeletons that no name may be made of."""

    words: frozenset[str]


def reserved_of(organisation: Organisation) -> Reserved:
    """Return what is reserved in an organisation: institutions, its own name, the titles of its offices."""
    titles = [office.title for office in organisation.offices.values()]
    heads = [title.split()[0] for title in titles if len(title.split()[0]) >= TITLE_SHORTEST]
    return _reserved_words((*WORDS, *titles, *heads, organisation.name))


def read_display_name(text: str, reserved: Reserved | None = None) -> str:
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
    if is_reserved(name, reserved or _reserved_words(WORDS)):
        raise KamarError("name_reserved")
    return name


def is_reserved(name: str, reserved: Reserved) -> bool:
    """Tell whether a name, or neighbouring pieces of it, read as something reserved."""
    pieces = _pieces(name)
    for start in range(len(pieces)):
        for end in range(start + 1, min(len(pieces), start + PIECES_MOST) + 1):
            joined = "".join(pieces[start:end])
            if any(_made_of(form, reserved.words) for form in _forms(joined)):
                return True
    return False


def skeleton(name: str) -> str:
    """Return what an eye keeps of ``name``: base Latin letters only, small, look-alikes folded, none doubled."""
    bare = "".join(char for char in unicodedata.normalize("NFKD", name) if _shows(char))
    drawn = "".join(_drawn(char) for char in bare)
    small = "".join(_drawn(char) for char in drawn.casefold()).translate(LEET)
    plain = "".join(char for char in unicodedata.normalize("NFKD", small) if char.isalpha())
    folded = plain.replace("i", "l").replace("rn", "m").replace("vv", "w").replace("q", "g")
    return re.sub(r"(.)\1+", r"\1", folded)


def looks_like(name: str, other: str) -> bool:
    """Tell whether an eye takes two names for the same."""
    return skeleton(name) == skeleton(other)


def _forms(text: str) -> set[str]:
    """Return the ways to read a piece: digits as nothing, and as letters, but not all of those at its edges."""
    found = {skeleton(re.sub(r"[0-9]", "", text))}
    before, core, after = _edges(text)
    for first in range(EDGE_KEPT + 1):
        for last in range(EDGE_KEPT + 1):
            found.add(skeleton(before[len(before) - first :] * (first > 0) + core + after[:last]))
    return {*found, skeleton(text)} - {""}


def _edges(text: str) -> tuple[str, str, str]:
    """Return a piece cut into the digits and signs that it begins with, the rest, and those that it ends with."""
    core = text.strip(EDGES)
    start = text.index(core) if core else len(text)
    return text[:start], core, text[start + len(core) :]


def _made_of(text: str, words: frozenset[str]) -> bool:
    """Tell whether a skeleton is made of reserved words and what stands beside them, one reserved word at least."""
    beside = _beside()
    reach: list[bool | None] = [None] * (len(text) + 1)  # none: not reached; true: with a reserved word on the way
    reach[0] = False
    for start in range(len(text)):
        if reach[start] is None:
            continue
        for end in range(start + 1, len(text) + 1):
            parts = {text[start:end], text[max(0, start - 1) : end]}  # two words may share the letter between them
            if parts & words:
                reach[end] = True
            elif parts & beside:
                reach[end] = bool(reach[end]) or bool(reach[start])
    return reach[len(text)] is True


def _pieces(name: str) -> Sequence[str]:
    """Return the pieces of a name: what lies between spaces, punctuation and emoji, and before a capital inside."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", unicodedata.normalize("NFKC", name))
    return "".join(char if _draws(char) else " " for char in spaced).split()


def _draws(char: str) -> bool:
    """Tell whether a character can be part of a word, or be taken for a letter."""
    return char.isalnum() or _is_mark(char) or skeleton(char) != ""


def _is_mark(char: str) -> bool:
    return unicodedata.category(char) in ("Mn", "Me", "Mc")


def _shows(char: str) -> bool:
    return not unicodedata.combining(char) and unicodedata.category(char) not in ("Mn", "Me", "Cf")


def _drawn(char: str) -> str:
    return _enclosed(char) or ALIKE.get(ord(char)) or _confusables().get(char, char)


def _enclosed(char: str) -> str:
    for first in ENCLOSED:
        if first <= ord(char) < first + 26:
            return chr(ord("a") + ord(char) - first)
    return ""


def _forbidden(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"} or char in "<>@#" or char in FILLERS


def _stacked(name: str) -> bool:
    run = 0
    for char in unicodedata.normalize("NFD", name):
        run = run + 1 if unicodedata.combining(char) else 0
        if run > 3:
            return True
    return False


@cache
def _reserved_words(words: Iterable[str]) -> Reserved:
    return Reserved(frozenset(skeleton(word) for word in words))


@cache
def _beside() -> frozenset[str]:
    return frozenset(skeleton(word) for word in BESIDE)


@cache
def _confusables() -> dict[str, str]:
    found: dict[str, str] = {}
    for line in (Path(__file__).parent / "confusables.txt").read_text(encoding="utf-8").splitlines():
        letters, _space, chars = line.partition(" ")
        if not line.startswith("#"):
            found.update(dict.fromkeys(chars, letters))
    return found
