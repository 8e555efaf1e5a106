"""Words that somebody else wrote, made fit to be shown: no ids of people, no tricks with the direction of writing.

Addresses become links only when they begin with http, and are shown as they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from kamar.ids import UserId

SHOWN = 8000  # characters of one message
NAME = 80  # characters

_LINK = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)
_AFTER = ".,;:!?)]}*_"  # ends a sentence, not an address
_INVISIBLE = re.compile("[\u0000-\u0008\u000b-\u001f\u007f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_SERVER = r"(?=[0-9.-]*[a-z])[a-z0-9.-]+(?::\d+)?"  # with a letter: "@19:30" is a time
_PERSON = re.compile(rf"(?:https?://matrix\.to/#/)?(?:@|%40)[a-z0-9._=/+-]+(?::|%3A){_SERVER}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text; one with ``link`` is an address."""

    text: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, on which server, and how the people in the room are called."""

    user: UserId
    server: str
    names: Mapping[UserId, str]
    badges: Mapping[UserId, str] = field(default_factory=dict)  # offices in force, from the registry

    def name(self, user: str) -> str:
        """Return a name to show; empty for strangers."""
        return visible(self.names.get(UserId(user), "")).strip()[:NAME]


def pieces_of(text: str) -> tuple[Piece, ...]:
    """Cut a text into plain parts and addresses that begin with http or https."""
    pieces, end = [], 0
    for found in _LINK.finditer(text):
        address = found.group().rstrip(_AFTER)
        pieces += [Piece(text[end : found.start()]), Piece(address, address)]
        end = found.start() + len(address)
    return tuple(piece for piece in (*pieces, Piece(text[end:])) if piece.text)


def clean(text: str, reader: Reader) -> str:
    """Return a text to show: no ids of people, no signs that turn the writing around, of bounded length."""

    def named(found: re.Match[str]) -> str:
        user = found.group().rpartition("/#/")[2].replace("%40", "@").replace("%3A", ":").replace("%3a", ":")
        return f"@{reader.name(user) or 'warga'}"

    return _PERSON.sub(named, visible(text[:SHOWN])).strip()


def visible(text: str) -> str:
    """Return a text without control characters and without signs that turn the writing around."""
    return _INVISIBLE.sub("", text)


def without_quote(body: str) -> str:
    """Return an answer without the quotation that old clients put before it; it names people by their ids."""
    lines = body.split("\n")
    while lines and lines[0].startswith(">"):
        lines.pop(0)
    return "\n".join(lines).lstrip("\n")
