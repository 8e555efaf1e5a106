"""Vouching: how a newcomer becomes a neighbour.

One word of a coordinator is enough, or the words of two neighbours of the same RT. Where the RT has no kamar yet, those
of the same village. The code of a neighbour of the same RT, with which somebody came, is one such word.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath
from kamar.node import level_of, village_of
from kamar.policy import Action, Sort, Standing, covers, may
from kamar.wilayah import Level

NEEDED = 2  # neighbours


class Word(StrEnum):
    """How somebody vouched."""

    COORDINATOR = "coordinator"  # enough alone
    NEIGHBOUR = "neighbour"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Voucher:
    """Who wants to vouch; ``coordinated`` are the nodes of the mandates in force."""

    id: MemberId
    home: NodePath
    vouched: bool
    admin: bool
    coordinated: tuple[NodePath, ...] = ()

    @property
    def standing(self) -> Standing:
        """Return what this member is to the neighbours."""
        if self.admin or self.coordinated:
            return Standing.COORDINATOR
        return Standing.NEIGHBOUR if self.vouched else Standing.NEWCOMER


def read_word(who: Voucher, newcomer: MemberId, home: NodePath, *, rt_open: bool) -> Word:
    """Return what the word of ``who`` counts for a newcomer who lives at ``home``.

    Raises:
        KamarError: ``vouch_self``, ``vouch_newcomer`` (``who`` is one), ``vouch_stranger`` (not a neighbour).
    """
    if who.id == newcomer:
        raise KamarError("vouch_self")
    if not may(who.standing, Action.VOUCH, Sort.RT):
        raise KamarError("vouch_newcomer")
    if who.admin or covers(who.coordinated, home):
        return Word.COORDINATOR
    if not who.vouched or not are_neighbours(who.home, home, rt_open=rt_open):
        raise KamarError("vouch_stranger")
    return Word.NEIGHBOUR


def are_neighbours(one: NodePath, other: NodePath, *, rt_open: bool) -> bool:
    """Tell whether two homes are of one RT; without a kamar of that RT, of one village."""
    if rt_open and level_of(other) is Level.RT:
        return one == other
    village = village_of(other)
    return village is not None and village_of(one) == village


def is_enough(words: Collection[Word]) -> bool:
    """Tell whether these words, each of another person, make a newcomer a neighbour."""
    return Word.COORDINATOR in words or len(words) >= NEEDED
