"""What somebody changed in Matrix behind the registry's back, in words that an administrator can read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from kamar.ids import RoomId, UserId
from kamar.reconcile.content import CHILD, PARENT
from kamar.reconcile.have import Found
from kamar.reconcile.officers import BADGE_EVENT
from kamar.reconcile.plan import Action, Reopen, Seat, SetPower, SetState, Unban, Unseat
from kamar.reconcile.want import Wanted
from kamar.structure_room import NODE_EVENT


class What(StrEnum):
    """Kinds of drift. The last two are told and left: nobody but a person can mend them."""

    GONE = "gone"  # the room was deleted, or @kamar put out of it
    POWER = "power"
    STRANGER = "stranger"  # in the room, or let in by the gate, without a seat
    MISSING = "missing"  # has a seat and is not in the room
    BAN = "ban"  # banned in a client, by no measure
    NAME = "name"
    TOPIC = "topic"
    NODE = "node"
    BADGE = "badge"
    ENTRY = "entry"  # join rules
    HISTORY = "history"
    PARENT = "parent"
    CHILD = "child"
    CROWDED = "crowded"  # more office-holders than Synapse bears
    PAPER = "paper"  # an officer left the room by the own wish: no power there until he comes back


TOLD_ONLY = frozenset({What.CROWDED, What.PAPER})
_STATE = {
    "m.room.name": What.NAME,
    "m.room.topic": What.TOPIC,
    "m.room.join_rules": What.ENTRY,
    "m.room.history_visibility": What.HISTORY,
    NODE_EVENT: What.NODE,
    BADGE_EVENT: What.BADGE,
    PARENT: What.PARENT,
    CHILD: What.CHILD,
}


@dataclass(frozen=True, slots=True, order=True)
class Drift:
    """One difference; ``about`` is the person or listed room it concerns, else empty."""

    room: RoomId
    what: What
    about: str = ""


def drifts(actions: Iterable[Action]) -> tuple[Drift, ...]:
    """Return what a plan repairs, each difference once."""
    return tuple(sorted({_drift(action) for action in actions}))


def told(want: Mapping[RoomId, Wanted], have: Mapping[RoomId, Found]) -> tuple[Drift, ...]:
    """Return what no plan repairs and somebody should know."""
    found = {Drift(room, What.CROWDED) for room, wanted in want.items() if room in have and wanted.crowded}
    return tuple(sorted(found | {Drift(room, What.PAPER, user) for room, user in on_paper(want, have)}))


def on_paper(want: Mapping[RoomId, Wanted], have: Mapping[RoomId, Found]) -> frozenset[tuple[RoomId, UserId]]:
    """Return the officers who stay officers on paper only: they left a room where they would have power."""
    return frozenset((room, user) for room, wanted in want.items() if room in have for user in wanted.paper)


def _drift(action: Action) -> Drift:
    match action:
        case Reopen(room):
            return Drift(room, What.GONE)
        case SetPower(room, _):
            return Drift(room, What.POWER)
        case Unseat(user, room):
            return Drift(room, What.STRANGER, user)
        case SetState(room, kind, key, _):
            return Drift(room, _STATE[kind], key)
        case Unban(user, room):
            return Drift(room, What.BAN, user)
        case Seat(user, room):
            return Drift(room, What.MISSING, user)
