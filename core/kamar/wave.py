"""The wave brake: strangers who come by one code see few people, however many they are.

A code is *local* for who lives where it belongs: a code of the server's own for that RT, RW or village, or the code of
a neighbour of the same RT. A newcomer with any other code meets at most fifteen people. All newcomers of one *tree* of
codes (a newcomer's own code belongs to the tree that brought him) go to at most three villages in seven days and meet
at most forty-five people who are not of their tree; a further one is held until a neighbour or an administrator helps.
Whoever moves in where they sit is met as well: before he comes, those leave who would meet too many.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from kamar.ids import NodePath
from kamar.node import village_of
from kamar.policy import covers

WINDOW = timedelta(days=7)
VILLAGES = 3
MEETS = 15  # people in the kamar of a newcomer whose code is not local
MEETS_TOGETHER = 45  # people met by all newcomers of a tree


@dataclass(frozen=True, slots=True)
class Brought:
    """The code that brought a newcomer: the server's own with its place, or a member's with where that member lives."""

    tree: str  # the code at the root
    place: NodePath | None = None
    owner_home: NodePath | None = None  # none: the server's own code
    owner_vouched: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """Where newcomers of a tree were let in; ``met`` people not of the tree sat there."""

    village: NodePath
    room: int
    met: int


def is_local(brought: Brought, home: NodePath) -> bool:
    """Tell whether a code belongs where the newcomer lives."""
    if brought.owner_home is not None:
        return brought.owner_vouched and brought.owner_home == home
    place = brought.place
    return place is not None and village_of(place) is not None and covers([place], home)


def lets_in(trail: Collection[Step], step: Step) -> bool:
    """Tell whether a tree that left ``trail`` within the window may take one more step."""
    villages = {step.village, *(before.village for before in trail)}
    return len(villages) <= VILLAGES and sum(met_by([*trail, step]).values()) <= MEETS_TOGETHER


def stays(trail: Collection[Step], room: int) -> bool:
    """Tell whether newcomers of a tree may stay in a room, after ``trail`` has counted who moved in since they came."""
    met = met_by(trail)
    return met.get(room, 0) <= MEETS and sum(met.values()) <= MEETS_TOGETHER


def met_by(trail: Collection[Step]) -> dict[int, int]:
    """Return how many people a tree has met in each room."""
    met: dict[int, int] = {}
    for step in trail:
        met[step.room] = max(met.get(step.room, 0), step.met)
    return met
