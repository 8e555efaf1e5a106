"""One official room as the registry wants it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any

from kamar.ids import NodePath, RoomId, UserId
from kamar.membership import SeatState
from kamar.organisation import Organisation
from kamar.reconcile.area import counting
from kamar.reconcile.content import CREATORS, PARENT, Power, Thing, canonical, power_from
from kamar.reconcile.officers import BADGE_EVENT, Holder, badge_of, power_of
from kamar.structure import RoomKey, RoomKind, space_of
from kamar.structure_room import (
    NODE_EVENT,
    child_order,
    history,
    join_rules,
    node_content,
    power_levels,
    room_name,
    room_topic,
)

NAMED_MAX = 900  # people with power in one room: Synapse grows slow beyond about a thousand


@dataclass(frozen=True, slots=True)
class Here:
    """What is the same in every room of a server."""

    bot: UserId
    server: str
    children_max: int
    organisation: Organisation


@dataclass(frozen=True, slots=True)
class Place:
    """A node in words: ``name`` and ``kind`` of the place that its rooms are named after, ``whole`` its path."""

    name: str
    kind: str
    whole: str


@dataclass(frozen=True, slots=True)
class Registered:
    """One open room of the registry: its row, its Matrix room, and the seats in it."""

    row: int
    key: RoomKey
    room: RoomId
    seats: Mapping[UserId, SeatState] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One room; state that is not named here is not ours.

    ``inside`` are to be in it, ``free`` may be in it or not (who left by the own wish, who is on the way out);
    everybody else of this server is to be outside. ``children`` are listed in a space, at most ``children_max``.
    """

    key: RoomKey
    row: int
    state: Mapping[Thing, str]
    power: Power  # of people: that of the owner depends on the version of the room
    owner: UserId
    inside: frozenset[UserId] = frozenset()
    free: frozenset[UserId] = frozenset()
    kept_out: frozenset[UserId] = frozenset()  # by a measure: a ban of theirs stays
    children: Mapping[RoomId, str] = field(default_factory=dict)
    children_max: int = 0
    waiting: frozenset[UserId] = frozenset()  # of those inside: decided, not yet carried out
    paper: frozenset[UserId] = frozenset()  # officers who left the room: no power until they come back

    @property
    def crowded(self) -> bool:
        """Tell whether more people would have power than Synapse bears."""
        return len(self.power.users) > NAMED_MAX


def want(
    rooms: Sequence[Registered],
    holders: Sequence[Holder],
    places: Mapping[NodePath, Place],
    open_rooms: Mapping[RoomKey, RoomId],
    here: Here,
    closed: AbstractSet[UserId] = frozenset(),
) -> dict[RoomId, Wanted]:
    """Return what each of ``rooms`` should be.

    ``open_rooms`` are their spaces and, for a space, the rooms it lists. ``closed`` accounts sit nowhere. A room whose
    place has no words in ``places`` is left out.
    """
    at: dict[NodePath, list[Holder]] = {}
    for each in holders:
        at.setdefault(each.node, []).append(replace(each, closed=each.closed or each.user in closed))
    found = {}
    for room in rooms:
        place = places.get(room.key.node)
        if place is not None:
            near = [holder for node in counting(room.key.node) for holder in at.get(node, ())]
            found[room.room] = _room(room, near, place, open_rooms, here, closed)
    return found


def _room(
    room: Registered,
    holders: Sequence[Holder],
    place: Place,
    open_rooms: Mapping[RoomKey, RoomId],
    here: Here,
    closed: AbstractSet[UserId],
) -> Wanted:
    inside = _in_state(room, closed, (SeatState.WANTED, SeatState.SEATED))
    left = _in_state(room, closed, (SeatState.LEFT,))
    kept_out = _in_state(room, frozenset(), (SeatState.REMOVED,))
    given = power_of(room.key, holders)
    levels = power_levels(room.key.kind, CREATORS, here.bot)
    levels["users"] |= {user: level for user, level in given.items() if user not in left | kept_out | closed}
    return Wanted(
        key=room.key,
        row=room.row,
        state=_state(room, holders, place, open_rooms, here),
        power=power_from(levels),
        inside=inside,
        free=left | _in_state(room, closed, (SeatState.LEAVING,)),
        kept_out=kept_out,
        children=_children(room.key, open_rooms, here),
        children_max=here.children_max,
        waiting=_in_state(room, closed, (SeatState.WANTED,)),
        paper=left & frozenset(given),
        owner=here.bot,
    )


def _state(
    room: Registered,
    holders: Iterable[Holder],
    place: Place,
    open_rooms: Mapping[RoomKey, RoomId],
    here: Here,
) -> dict[Thing, str]:
    contents: dict[Thing, dict[str, Any]] = {
        ("m.room.name", ""): {"name": room_name(room.key, place.name, place.kind)},
        ("m.room.topic", ""): {"topic": room_topic(room.key, place.whole)},
        ("m.room.history_visibility", ""): {"history_visibility": history(room.key)},
        (NODE_EVENT, ""): node_content(room.key),
        (BADGE_EVENT, ""): badge_of(room.key, holders),
    }
    space_key = space_of(room.key, here.organisation)
    space = None if space_key is None else open_rooms.get(space_key)
    if space_key is None or space is not None:  # a space that is being made anew is waited for
        contents["m.room.join_rules", ""] = join_rules(space)
    if space is not None:
        contents[PARENT, space] = {"via": [here.server], "canonical": True}
    return {thing: canonical(content) for thing, content in contents.items()}


def _children(space: RoomKey, open_rooms: Mapping[RoomKey, RoomId], here: Here) -> dict[RoomId, str]:
    if space.kind is not RoomKind.SPACE:
        return {}
    return {
        room: canonical({"via": [here.server], "suggested": True, "order": child_order(key)})
        for key, room in open_rooms.items()
        if space_of(key, here.organisation) == space
    }


def _in_state(room: Registered, closed: AbstractSet[UserId], states: Iterable[SeatState]) -> frozenset[UserId]:
    return frozenset(user for user, state in room.seats.items() if state in tuple(states) and user not in closed)
