"""Belonging to more nodes than the home: how one comes in, and which rooms that means.

The rule by axis: anybody asks to join a network, a profession or a school, and its coordinator decides; a workplace is
entered by a code only, and two who work there decide; a team and an alliance seat those whom they were made for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from kamar.ids import NodePath
from kamar.node import Axis, axis_of, chain_of, is_hidden
from kamar.organisation import Organisation
from kamar.structure import RoomKey, RoomKind

WORDS = 2  # members of a workplace who let a newcomer in; so many founders need nobody
WARNING = timedelta(days=7)  # before a treaty ends
ENTERED = frozenset({Axis.JARINGAN, Axis.SEKOLAH, Axis.PROFESI})  # axes whose nodes anybody may find and ask to join
BESIDE = "koordinasi-"  # how the path of officers' common rooms begins; nobody asks to join these
_SEATED = (RoomKind.OBROLAN, RoomKind.SIARAN, RoomKind.SPACE)


class Belonging(StrEnum):
    """What a member is to a node."""

    WANTED = "wanted"  # the node asks the member
    ASKED = "asked"  # the member asks the node
    IN = "in"
    LEFT = "left"  # by the own wish: nobody asks again


class Gathered(StrEnum):
    """Whom a team gathers from a node."""

    OFFICERS = "officers"  # seated, as long as they hold the office
    MEMBERS = "members"  # asked; those who agree are seated


@dataclass(frozen=True, slots=True)
class Opening:
    """What the code that somebody brings says for him: a member's word, or that the server itself made it."""

    words: int  # of members of the node, the code's owner among them
    by_server: bool  # a code that no member made
    inside: int  # members of the node


def enters(node: NodePath, opening: Opening) -> bool:
    """Tell whether a code for ``node`` seats at once: at a workplace only founders, elsewhere everybody."""
    if not is_hidden(node):
        return True
    return opening.inside < WORDS and (opening.by_server or opening.words > 0)


def is_let_in(node: NodePath, words: int) -> bool:
    """Tell whether so many words are enough: two at a workplace, that of one coordinator elsewhere."""
    return words >= (WORDS if is_hidden(node) else 1)


def rooms_of(organisation: Organisation, node: NodePath) -> tuple[RoomKey, ...]:
    """Return the rooms where whoever belongs to ``node`` sits: its own and those above, up to the first space."""
    found: list[RoomKey] = []
    for each in chain_of(node):
        kinds = organisation.rooms_at(each)
        found += [RoomKey(each, kind) for kind in _SEATED if kind.value in kinds]
        if RoomKind.SPACE.value in kinds:
            break
    return tuple(found)


def rooms_of_all(organisation: Organisation, nodes: Iterable[NodePath]) -> tuple[RoomKey, ...]:
    """Return the rooms of several nodes, each once, in their order."""
    return tuple(dict.fromkeys(key for node in nodes for key in rooms_of(organisation, node)))


def may_be_found(node: NodePath) -> bool:
    """Tell whether a node stands in the list of those that one may ask to join."""
    return axis_of(node) in ENTERED and not node.startswith(f"{Axis.JARINGAN}/{BESIDE}")


def is_warned(until: datetime, now: datetime) -> bool:
    """Tell whether guests and hosts are to hear that a treaty ends."""
    return until - WARNING <= now < until
