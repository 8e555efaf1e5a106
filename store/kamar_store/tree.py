"""The tree of the organisation, read level by level: only what is asked for, a few queries for each level."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, and_, distinct, func, literal, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.belonging import Belonging
from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.mandate import Mandate, Status, status
from kamar.node import Axis, axis_of, below, chain_of, check, parent_of
from kamar.organisation import Organisation
from kamar.tree import told_counts
from kamar.vacancy import Vacancy, vacancies
from kamar.wilayah import Level
from kamar_store import mandate_find as mandates
from kamar_store.mandate_find import MANDATE
from kamar_store.member import Member
from kamar_store.tables import belonging, mandate, member, node

CHUNK = 200  # places asked about at once; SQLite takes at most 500 parts in one question
OWN = (Level.UNIT.value, Level.RW.value, Level.RT.value)  # ordered by number
MOST_FOUND = 20

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Place:
    """A node of any axis. ``full_name`` is the whole path in words, smallest place first."""

    path: NodePath
    level: str
    kind: str
    name: str
    full_name: str

    @property
    def title(self) -> str:
        """Return how people call it: "Desa Sukaresmi", "RT 003", "Indonesia"."""
        if axis_of(self.path) is not Axis.WILAYAH or self.path == "ID" or self.name.startswith(self.kind):
            return self.name
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Twig:
    """One node of the tree with what is told about it; ``twigs`` are filled as deep as was asked for."""

    place: Place
    members: str
    officers: tuple[tuple[str, Member], ...]  # office and holder
    vacant: tuple[Vacancy, ...]
    below: int  # how many nodes lie directly below
    twigs: list[Twig] = field(default_factory=list)

    @property
    def gaps(self) -> tuple[Vacancy, ...]:
        """Return the offices that nobody holds."""
        return tuple(each for each in self.vacant if each.missing == each.office.seats)


_COLUMNS = (node.c.path, node.c.level, node.c.kind, node.c.name, node.c.full_name)


async def place(db: AsyncConnection, path: str) -> Place:
    """Return a node in force.

    Raises:
        KamarError: ``node_unknown``, also for what is no path at all.
    """
    try:
        key = check(path)
    except KamarError as error:
        raise KamarError("node_unknown", path=path[:64]) from error
    row = (await db.execute(select(*_COLUMNS).where(node.c.path == key, node.c.valid_to.is_(None)))).one_or_none()
    if row is None:
        raise KamarError("node_unknown", path=path[:64])
    return Place(*row)


async def places(db: AsyncConnection, paths: Iterable[str], *, in_force: bool = False) -> dict[NodePath, Place]:
    """Return those of the nodes that the registry knows, with ``in_force`` without the closed ones."""
    found: dict[NodePath, Place] = {}
    for part in _chunks(sorted(set(paths))):
        asked = select(*_COLUMNS).where(node.c.path.in_(part))
        rows = await db.execute(asked.where(node.c.valid_to.is_(None)) if in_force else asked)
        found |= {NodePath(row.path): Place(*row) for row in rows}
    return found


async def trail(db: AsyncConnection, path: NodePath) -> list[Place]:
    """Return the node and what lies above it, the root first."""
    chain = chain_of(path)
    known = await places(db, chain)
    return [known[each] for each in reversed(chain) if each in known]


async def tree(db: AsyncConnection, organisation: Organisation, path: str, depth: int, now: datetime) -> Twig:
    """Return a node with ``depth`` levels of what lies below it.

    Raises:
        KamarError: ``node_unknown``.
    """
    (top,) = await twigs(db, organisation, [await place(db, path)], now)
    level = [top]
    for _step in range(depth):
        found = await children(db, [each.place.path for each in level if each.below])
        made = {each.place.path: each for each in await twigs(db, organisation, [each for _, each in found], now)}
        above = {each.place.path: each for each in level}
        for parent, each in found:
            above[parent].twigs.append(made[each.path])
        level = list(made.values())
    return top


async def branches(db: AsyncConnection, organisation: Organisation, path: NodePath, now: datetime) -> list[Twig]:
    """Return the nodes directly below one, as they are listed."""
    found = [each for _, each in await children(db, [path])]
    return await twigs(db, organisation, found, now)


async def twigs(db: AsyncConnection, organisation: Organisation, shown: Sequence[Place], now: datetime) -> list[Twig]:
    """Return what is told about each of the nodes: members, officers, vacant seats."""
    paths = [each.path for each in shown]
    members = await counts(db, paths)
    inside = await _children_counts(db, paths)
    officers: dict[NodePath, list[tuple[str, Member]]] = {path: [] for path in paths}
    for part in _chunks(paths):
        for path, office, holder in await mandates.officers(db, part, now):
            officers[path].append((office, holder))
    told = _told(members)
    there: dict[NodePath, list[tuple[Mandate, Status]]] = {path: [] for path in paths}
    for each in await _mandates(db, paths, now):
        there[each.node].append((each, status(each, now)))
    return [
        Twig(
            each,
            told[each.path],
            tuple(officers[each.path]),
            vacancies(organisation, each.path, there[each.path]),
            inside.get(each.path, 0),
        )
        for each in shown
    ]


async def children(db: AsyncConnection, parents: Collection[NodePath]) -> list[tuple[NodePath, Place]]:
    """Return the nodes directly below each parent, by name, RT and RW by number."""
    found: list[tuple[NodePath, Place]] = []
    for part in _chunks(sorted(parents)):
        asked = select(node.c.parent, *_COLUMNS).where(node.c.parent.in_(part), node.c.valid_to.is_(None))
        found += [(NodePath(parent), Place(*row)) for parent, *row in await db.execute(asked)]
    return sorted(found, key=lambda pair: (pair[0], *_order(pair[1])))


async def counts(db: AsyncConnection, paths: Iterable[NodePath]) -> dict[NodePath, int]:
    """Return how many members live at and below each node; exact, so for officers' pages and the terminal only."""
    found: dict[NodePath, int] = {}
    for part in _chunks(list(paths)):
        asked = [
            select(literal(path).label("path"), func.count(distinct(member.c.id)).label("members"))
            .select_from(member.outerjoin(belonging, belonging.c.member == member.c.id) if beside else member)
            .where(_within(path), member.c.left_at.is_(None))
            for path, beside in ((path, axis_of(path) is not Axis.WILAYAH) for path in part)
        ]
        found |= {NodePath(path): members for path, members in await db.execute(union_all(*asked))}
    return found


async def search(db: AsyncConnection, typed: str, areas: Collection[NodePath]) -> list[Place]:
    """Return the nodes in the areas by words of their path in words, one at least of the own name; by code too."""
    words = typed[:80].replace(",", " ").lower().split()
    if not words or not areas:
        return []
    whole = [func.lower(node.c.full_name).contains(word, autoescape=True) for word in words]
    own = or_(*(func.lower(node.c.name).contains(word, autoescape=True) for word in words))
    inside = [
        or_(node.c.path == path, and_(node.c.path >= low, node.c.path < high)) for path, low, high in _ranges(areas)
    ]
    named = or_(node.c.path.in_([typed.strip(), words[0].upper()]), and_(own, *whole))
    asked = select(*_COLUMNS).where(named, or_(*inside), node.c.valid_to.is_(None))
    asked = asked.order_by(func.length(node.c.path), node.c.full_name).limit(MOST_FOUND)
    return [Place(*row) for row in await db.execute(asked)]


def _told(members: dict[NodePath, int]) -> dict[NodePath, str]:
    """Return how the members are told; what one sibling hides, no other may give away."""
    siblings: dict[NodePath | None, dict[NodePath, int]] = defaultdict(dict)
    for path, count in members.items():
        siblings[parent_of(path)][path] = count
    return {path: words for group in siblings.values() for path, words in told_counts(group).items()}


async def _mandates(db: AsyncConnection, paths: Sequence[NodePath], now: datetime) -> list[Mandate]:
    """Return the mandates at the nodes that are neither over nor revoked."""
    found: list[Mandate] = []
    for part in _chunks(paths):
        asked = select(*MANDATE).where(
            mandate.c.node.in_(part),
            or_(mandate.c.ends_at.is_(None), mandate.c.ends_at > now),
            or_(mandate.c.revoked_at.is_(None), mandate.c.revoked_at > now),
        )
        found += [Mandate(*row) for row in await db.execute(asked)]
    return found


async def _children_counts(db: AsyncConnection, paths: Sequence[NodePath]) -> dict[NodePath, int]:
    found: dict[NodePath, int] = {}
    for part in _chunks(paths):
        asked = select(node.c.parent, func.count()).where(node.c.parent.in_(part), node.c.valid_to.is_(None))
        found |= {NodePath(parent): count for parent, count in await db.execute(asked.group_by(node.c.parent))}
    return found


def _within(path: NodePath) -> ColumnElement[bool]:
    """Select who lives at or below a node; off the territory, who belongs there besides."""
    low, high = below(path)
    home = or_(member.c.home == path, and_(member.c.home >= low, member.c.home < high))
    if axis_of(path) is Axis.WILAYAH:
        return home
    there = or_(belonging.c.node == path, and_(belonging.c.node >= low, belonging.c.node < high))
    return or_(home, and_(there, belonging.c.state == Belonging.IN))


def _ranges(areas: Collection[NodePath]) -> Iterator[tuple[NodePath, str, str]]:
    for path in areas:
        yield path, *below(path)


def _order(each: Place) -> tuple[int, str, str]:
    if each.level in OWN:
        return 1, "", each.path
    return 0, f"{each.kind} {each.name}" if each.level == Level.KOTA.value else each.name, each.path


def _chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]
