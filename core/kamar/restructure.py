"""Restructuring plans: what one may ask for, as values, and what was worked out from it.

A plan is a list of operations (:mod:`kamar.restructure_file` reads them). :mod:`kamar.restructure_diff` works out from
a plan and the registry what would change: the diff. Officers approve a diff by its hash, and only its steps are carried
out. The hash covers everything but numbers of people, which change from hour to hour.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.node import Axis, axis_of, parent_of
from kamar.wilayah import Level, parse


class PlanState(StrEnum):
    """Life of a plan."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    APPLYING = "applying"
    APPLIED = "applied"
    UNDOING = "undoing"
    UNDONE = "undone"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Create:
    """A node that is new, or opened again."""

    path: NodePath
    name: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Rename:
    """Another name; an empty ``kind`` stays as it is."""

    path: NodePath
    name: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """New paths, all at once, with everything below."""

    moves: tuple[tuple[NodePath, NodePath], ...]


@dataclass(frozen=True, slots=True)
class Merge:
    """A node that becomes part of another of its level."""

    path: NodePath
    into: NodePath


@dataclass(frozen=True, slots=True)
class Split:
    """Children of a node that get a node of their own: ``parts`` are last parts of paths, before and after."""

    path: NodePath
    to: NodePath
    parts: tuple[tuple[str, str], ...]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Close:
    """A node that ends; who lives there belongs to what lies above."""

    path: NodePath


@dataclass(frozen=True, slots=True)
class Seat:
    """One officer of a new board; ``user`` is the account's name without @ and server."""

    office: str
    user: str
    decree: str
    start: date
    end: date | None


@dataclass(frozen=True, slots=True)
class Board:
    """The whole board of a node: whoever isn't named holds no office there any more."""

    path: NodePath
    seats: tuple[Seat, ...]


Operation = Create | Rename | Move | Merge | Split | Close | Board
Step = Create | Rename | Move | Merge | Close | Board
STEPS: Mapping[str, type[Any]] = {
    "create": Create,
    "rename": Rename,
    "move": Move,
    "merge": Merge,
    "close": Close,
    "board": Board,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for. ``lines`` are where each operation stands in its file, for what must be said about it."""

    title: str
    decree: str
    operations: tuple[Operation, ...]
    lines: tuple[int, ...] = ()


class PlanError(KamarError):
    """What is wrong with a plan; ``problems`` are lines of the file (0: the whole) and errors."""

    def __init__(self, problems: Iterable[tuple[int, KamarError]]) -> None:
        self.problems = tuple(problems)
        super().__init__("plan_malformed", count=len(self.problems))


class RoomFate(StrEnum):
    """What becomes of a room."""

    KEPT = "kept"  # with another path or space, its name stays
    RENAMED = "renamed"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True, order=True)
class RoomChange:
    """One room; ``row`` is its number in the registry, ``into`` the row of the room that takes its place."""

    row: int
    fate: RoomFate
    node: NodePath
    kind: str
    after: NodePath
    name: str
    name_after: str
    into: int | None = None
    into_name: str = ""


@dataclass(frozen=True, slots=True, order=True)
class NodeChange:
    """One node as the plan names it; what lies below follows. ``before`` and ``after`` are names for people."""

    what: str  # created, renamed, moved, merged, closed
    path: NodePath
    to: NodePath
    before: str
    after: str


@dataclass(frozen=True, slots=True, order=True)
class Power:
    """An office that is given or taken; ``mandate`` is the row that ends."""

    given: bool
    node: NodePath
    office: str
    user: str
    mandate: int | None = None


@dataclass(frozen=True, slots=True)
class Diff:
    """What a plan would do. ``tree`` are fingerprints of the nodes it touches, as they were when it was worked out."""

    title: str
    decree: str
    steps: tuple[Step, ...]
    nodes: tuple[NodeChange, ...]
    rooms: tuple[RoomChange, ...]
    powers: tuple[Power, ...]
    tree: Mapping[NodePath, str]
    moved: tuple[tuple[NodePath, NodePath, int], ...] = ()  # from, to, how many people
    opened: tuple[tuple[NodePath, str], ...] = ()  # kamar that will have people enough, by name
    told: int = 0  # people who are told
    hash: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "hash", hashlib.sha256(canonical(self).encode()).hexdigest())

    @property
    def touched(self) -> tuple[NodePath, ...]:
        """Return the nodes for which one must hold the right."""
        found: set[NodePath] = set()
        for step in self.steps:
            found |= set(paths_of(step))
        return tuple(sorted(found))

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing would change."""
        return not self.steps


def canonical(diff: Diff) -> str:
    """Return the diff as the text whose hash is approved: sorted keys, no blanks, no numbers of people."""
    value = {
        "title": diff.title,
        "decree": diff.decree,
        "steps": [step_to_json(step) for step in diff.steps],
        "nodes": [asdict(each) for each in diff.nodes],
        "rooms": [asdict(each) for each in diff.rooms],
        "powers": [asdict(each) for each in diff.powers],
        "tree": dict(diff.tree),
    }
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def paths_of(operation: Operation) -> tuple[NodePath, ...]:
    """Return the nodes that an operation touches, those that take it in included."""
    match operation:
        case Move():
            found = [path for pair in operation.moves for path in pair]
            above = {parent_of(path) for path in found} - set(found) - {None}
            return (*found, *sorted(path for path in above if path is not None))
        case Merge():
            return (operation.path, operation.into)
        case Split():
            return (operation.path, operation.to)
        case Create() | Rename() | Close() | Board():
            return (operation.path,)


def child(parent: NodePath, part: str) -> NodePath:
    """Return the path of a child by its last part: ``RT004`` of an RW, ``2005`` of a kecamatan."""
    if axis_of(parent) is Axis.WILAYAH:
        level = parse(parent).level
        if level is Level.NEGARA:
            return NodePath(part)
        return NodePath(f"{parent}{'.' if level in (Level.PROVINSI, Level.KOTA, Level.KECAMATAN) else '/'}{part}")
    return NodePath(f"{parent}/{part}")


def last_part(path: NodePath) -> str:
    """Return the last part of a path."""
    return path[max(path.rfind("/"), path.rfind(".")) + 1 :]


def step_to_json(step: Step) -> dict[str, Any]:
    """Return a step as it is kept and hashed."""
    value: dict[str, Any] = {"do": type(step).__name__.lower(), **asdict(step)}
    if isinstance(step, Board):
        for seat in value["seats"]:
            seat["start"] = seat["start"].isoformat()
            seat["end"] = seat["end"] and seat["end"].isoformat()
    return value


def step_of_json(value: Mapping[str, Any]) -> Step:
    """Return the step of :func:`step_to_json`."""
    rest = {name: item for name, item in value.items() if name != "do"}
    if value["do"] == "move":
        return Move(tuple((NodePath(old), NodePath(new)) for old, new in rest["moves"]))
    if value["do"] == "board":
        return Board(NodePath(rest["path"]), tuple(_seat(seat) for seat in rest["seats"]))
    step: Step = STEPS[value["do"]](**rest)
    return step


def what_changed(before: Mapping[NodePath, str], now: Mapping[NodePath, str]) -> tuple[NodePath, ...]:
    """Return the nodes whose fingerprints differ."""
    both = set(before) | set(now)
    return tuple(sorted(path for path in both if before.get(path) != now.get(path)))


def _seat(value: Mapping[str, Any]) -> Seat:
    end = value["end"]
    start = date.fromisoformat(value["start"])
    return Seat(value["office"], value["user"], value["decree"], start, end and date.fromisoformat(end))
