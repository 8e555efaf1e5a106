"""Contents of state events in a form in which equal ones are equal values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kamar.ids import UserId

CREATE_EVENT = "m.room.create"
POWER_EVENT = "m.room.power_levels"
PARENT = "m.space.parent"
CHILD = "m.space.child"
CREATORS = "12"  # room version whose creator needs no number; in older ones the owner has one
EMPTY = "{}"  # what a child or parent is that is listed no more

Thing = tuple[str, str]
"""Type and state key of a state event."""


@dataclass(frozen=True, slots=True)
class Power:
    """Power levels: who has which, sorted, and the rest of the event as canonical JSON."""

    users: tuple[tuple[UserId, int], ...]
    rules: str


NO_POWER = Power((), EMPTY)


def power_from(levels: Mapping[str, Any]) -> Power:
    """Return the content of ``m.room.power_levels`` as it is compared."""
    users = levels.get("users")
    rest = {name: value for name, value in levels.items() if name != "users"}
    pairs = sorted((UserId(user), level) for user, level in users.items()) if isinstance(users, Mapping) else []
    return Power(tuple(pairs), canonical(rest))


def power_content(power: Power) -> dict[str, Any]:
    """Return the content again."""
    rest: dict[str, Any] = json.loads(power.rules)
    return {**rest, "users": dict(power.users)}


def canonical(content: Mapping[str, Any]) -> str:
    """Return a content so that equal ones are equal texts."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
