"""One official room as Matrix has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kamar.ids import RoomId, UserId
from kamar.reconcile.content import CREATE_EVENT, CREATORS, NO_POWER, POWER_EVENT, Power, Thing, canonical, power_from


@dataclass(frozen=True, slots=True)
class Found:
    """``held``: the room exists and ``@kamar`` is in it. Only people of this server are ``members``."""

    held: bool
    state: Mapping[Thing, str] = field(default_factory=dict)  # canonical JSON of the content
    power: Power = NO_POWER
    members: frozenset[UserId] = frozenset()  # joined
    asked: frozenset[UserId] = frozenset()  # invited or knocking
    banned: frozenset[UserId] = frozenset()
    seats: frozenset[UserId] = frozenset()  # whom the gate would let in
    official: frozenset[RoomId] = frozenset()  # listed children that are official rooms
    version: str = CREATORS


def found_room(answer: Mapping[str, Any]) -> Found:
    """Return a room from the answer of the endpoint ``have``."""
    state = {(kind, key): content for kind, key, content in answer["state"]}
    levels = dict(state.pop((POWER_EVENT, ""), {}))
    version = str(state.pop((CREATE_EVENT, ""), {}).get("room_version", "1"))
    members: Mapping[str, str] = answer["members"]
    return Found(
        held=bool(answer["held"]),
        state={thing: canonical(content) for thing, content in state.items()},
        power=power_from(levels),
        version=version,
        members=_with(members, ("join",)),
        asked=_with(members, ("invite", "knock")),
        banned=_with(members, ("ban",)),
        seats=frozenset(UserId(user) for user in answer["seats"]),
        official=frozenset(RoomId(room) for room in answer["official"]),
    )


def _with(members: Mapping[str, str], memberships: Iterable[str]) -> frozenset[UserId]:
    return frozenset(UserId(user) for user, membership in members.items() if membership in memberships)
