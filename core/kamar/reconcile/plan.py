"""The plan: which actions make the found rooms equal to the wanted ones.

Sorted so that the harmful goes first: power is taken before names are mended and before anybody is seated. Carrying any
beginning of a plan out and planning again leads to the same end; planning on the wanted state gives nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from kamar.ids import RoomId, UserId
from kamar.reconcile.content import CHILD, CREATORS, EMPTY, PARENT, Power, canonical
from kamar.reconcile.have import Found
from kamar.reconcile.officers import BADGE_EVENT, NOBODY
from kamar.reconcile.want import Wanted
from kamar.structure_room import OWNER


@dataclass(frozen=True, slots=True)
class Reopen:
    """The room is gone, or ``@kamar`` is out of it for good: make it anew."""

    room: RoomId


@dataclass(frozen=True, slots=True)
class SetPower:
    """Set the power levels."""

    room: RoomId
    power: Power


@dataclass(frozen=True, slots=True)
class Unseat:
    """Take the seat of somebody, and himself out of the room."""

    user: UserId
    room: RoomId


@dataclass(frozen=True, slots=True)
class SetState:
    """Set a state event; ``content`` is canonical JSON, ``{}`` takes a child or parent off the list."""

    room: RoomId
    kind: str
    key: str
    content: str


@dataclass(frozen=True, slots=True)
class Unban:
    """Lift a ban that no measure holds up."""

    user: UserId
    room: RoomId


@dataclass(frozen=True, slots=True)
class Seat:
    """Give somebody a seat and bring him in."""

    user: UserId
    room: RoomId


Action = Reopen | SetPower | Unseat | SetState | Unban | Seat
NO_BADGE = canonical(NOBODY)
ORDER: tuple[type[Action], ...] = (Reopen, SetPower, Unseat, SetState, Unban, Seat)


def plan(want: Mapping[RoomId, Wanted], have: Mapping[RoomId, Found]) -> tuple[Action, ...]:
    """Return the actions, sorted. Of rooms that nobody looked at (absent in ``have``) nothing is planned."""
    actions = [action for room, wanted in want.items() if room in have for action in _room(room, wanted, have[room])]
    return tuple(sorted(actions, key=_order))


def _order(action: Action) -> tuple[int, str, str, str]:
    rank = ORDER.index(type(action))
    if isinstance(action, Seat | Unseat | Unban):
        return rank, action.user, action.room, ""
    if isinstance(action, SetState):
        return rank, action.room, action.kind, action.key
    return rank, action.room, "", ""


def together(actions: Sequence[Action]) -> Iterator[tuple[Action, ...]]:
    """Return the actions in their order, those about the seats of one person in one piece: they are one request."""
    for _, group in groupby(actions, lambda each: (type(each), each.user) if isinstance(each, Seat | Unseat) else each):
        yield tuple(group)


def _room(room: RoomId, wanted: Wanted, found: Found) -> Iterator[Action]:
    if not found.held:
        yield Reopen(room)
        return
    power = power_to_set(wanted, found)
    if power != found.power:
        yield SetPower(room, power)
    for (kind, key), content in wanted.state.items():
        if found.state.get((kind, key), NO_BADGE if kind == BADGE_EVENT else None) != content:
            yield SetState(room, kind, key, content)
    yield from _parents(room, wanted, found)
    yield from _children(room, wanted, found)
    yield from _people(room, wanted, found)


def power_to_set(wanted: Wanted, found: Found) -> Power:
    """Return the power levels to have; in a room with too many office-holders nobody gains power, some lose it.

    The version is the room's own, whatever is set for new ones: ``@kamar`` must not put itself out of an old room.
    """
    had = dict(found.power.users)
    users = {user: level for user, level in wanted.power.users if not wanted.crowded or had.get(user) == level}
    if found.version != CREATORS:
        users[wanted.owner] = OWNER
    return Power(tuple(sorted(users.items())), wanted.power.rules)


def _parents(room: RoomId, wanted: Wanted, found: Found) -> Iterator[Action]:
    """Only ``@kamar`` names a parent: one that is not wanted is an old one of ours."""
    if not any(kind == "m.room.join_rules" for kind, _key in wanted.state):
        return  # its space is being made anew
    for (kind, key), content in found.state.items():
        if kind == PARENT and content != EMPTY and (kind, key) not in wanted.state:
            yield SetState(room, kind, key, EMPTY)


def _children(room: RoomId, wanted: Wanted, found: Found) -> Iterator[Action]:
    """What is listed stays, as long as it belongs here; what is missing is added while there is room for it."""
    listed = {RoomId(key): text for (kind, key), text in found.state.items() if kind == CHILD and text != EMPTY}
    for child in listed:
        if child not in wanted.children and child in found.official:
            yield SetState(room, CHILD, child, EMPTY)
    here = [child for child in wanted.children if child in listed]
    free = max(0, wanted.children_max - len(here))
    missing = [child for child in wanted.children if child not in listed][:free]
    for child in (*here, *missing):
        if listed.get(child) != wanted.children[child]:
            yield SetState(room, CHILD, child, wanted.children[child])


def _people(room: RoomId, wanted: Wanted, found: Found) -> Iterator[Action]:
    known = wanted.inside | wanted.free | {wanted.owner}
    for user in (found.members | found.asked | found.seats) - known:
        yield Unseat(user, room)
    for user in found.banned & wanted.inside:
        yield Unban(user, room)
    for user in wanted.inside - (found.members & found.seats):
        yield Seat(user, room)
