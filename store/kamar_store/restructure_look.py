"""The touched part of the organisation, read from the registry for :mod:`kamar.restructure_diff`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, and_, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import NodePath, localpart
from kamar.node import Axis, axis_of, chain_of
from kamar.organisation import Organisation
from kamar.restructure import Board, Close, Diff, Merge, Move, Operation, Plan, Split, paths_of
from kamar.restructure_diff import work_out
from kamar.restructure_tree import Office, RoomAt, Spot, Tree
from kamar.structure import OpenRules, RoomKey, RoomKind, RoomState
from kamar.wilayah import parse
from kamar_store.node_path import within
from kamar_store.tables import mandate, member, node, room

CHUNK = 200  # areas in one statement


async def diff_of(db: AsyncConnection, organisation: Organisation, rules: OpenRules, plan: Plan, now: datetime) -> Diff:
    """Return what a plan would do, as the registry stands now.

    Raises:
        PlanError: with every operation that can't be done.
    """
    users = {seat.user for each in plan.operations if isinstance(each, Board) for seat in each.seats}
    known = await _accounts(db, users)
    tree = await tree_of(db, plan.operations, now)
    return work_out(plan, tree, organisation, known.__contains__, rules)


async def tree_of(db: AsyncConnection, operations: Iterable[Operation], now: datetime) -> Tree:
    """Return everything at and below the touched nodes, of villages the whole, and the nodes above by name."""
    chosen = tuple(operations)
    touched = {path for operation in chosen for path in paths_of(operation)}
    areas = _areas(chosen)
    above = {each for path in touched for each in chain_of(path)}
    above |= {NodePath(path) for path in await _children(db, touched)}
    tree = Tree({})
    for row in await _rows(db, node.c.path, (node.c.level, node.c.kind, node.c.name, node.c.valid_to), areas, above):
        path, level, kind, name, valid_to = row
        tree.spots[NodePath(path)] = Spot(level, kind, name, valid_to is None)
    for home, count in await _rows(db, member.c.home, (func.count(),), areas, above, member.c.left_at.is_(None)):
        tree.people[NodePath(home)] = count
    alive = room.c.state != RoomState.SHUT
    for path, row, kind, number in await _rows(
        db, room.c.node, (room.c.id, room.c.kind, room.c.number), areas, above, alive
    ):
        tree.rooms.append(RoomAt(row, RoomKey(NodePath(path), RoomKind(kind), number)))
    tree.rooms.sort(key=lambda each: each.row)
    tree.offices = await _offices(db, areas, above, now)
    return tree


def _areas(operations: Iterable[Operation]) -> list[NodePath]:
    """Return the tops of the parts that are read whole; none lies in another.

    Of a village always the whole. Above villages only what moves or ends is read whole: a new name or board there
    changes nothing below, and what takes others in only gets children.
    """
    tops: set[NodePath] = set()
    for operation in operations:
        for path in paths_of(operation):
            if (village := _village(path)) is not None:
                tops.add(village)
        match operation:
            case Move(moves):
                tops |= {_village(path) or path for pair in moves for path in pair}
            case Split(path, to):
                tops |= {_village(path) or path, _village(to) or to}
            case Merge(path) | Close(path):
                tops.add(_village(path) or path)
            case _:
                pass
    return sorted(path for path in tops if not any(each in tops for each in chain_of(path)[1:]))


def _village(path: NodePath) -> NodePath | None:
    return parse(path).village if axis_of(path) is Axis.WILAYAH else None


async def _children(db: AsyncConnection, paths: Iterable[NodePath]) -> list[str]:
    found: list[str] = []
    wanted = sorted(paths)
    for start in range(0, len(wanted), CHUNK):
        here = node.c.parent.in_(wanted[start : start + CHUNK])
        found += await db.scalars(select(node.c.path).where(here))
    return found


async def _rows(
    db: AsyncConnection,
    path: Column[str],
    columns: Iterable[Any],
    areas: list[NodePath],
    above: set[NodePath],
    condition: ColumnElement[bool] | None = None,
) -> list[tuple[Any, ...]]:
    wanted = (path, *columns)
    grouped = path is member.c.home
    found: dict[Any, tuple[Any, ...]] = {}
    tops = set(areas)
    singles = sorted(each for each in above if not any(over in tops for over in chain_of(each)))
    for start in range(0, max(len(areas), len(singles), 1), CHUNK):
        here: list[ColumnElement[bool]] = [within(path, area) for area in areas[start : start + CHUNK]]
        here.append(path.in_(singles[start : start + CHUNK]) if singles[start : start + CHUNK] else false())
        asked = select(*wanted).where(or_(*here), *([] if condition is None else [condition]))
        for row in await db.execute(asked.group_by(path) if grouped else asked):
            found[tuple(row)] = tuple(row)
    return list(found.values())


async def _offices(db: AsyncConnection, areas: list[NodePath], above: set[NodePath], now: datetime) -> list[Office]:
    """Return every mandate that is neither over nor revoked, planned and frozen ones too."""
    alive = and_(
        or_(mandate.c.ends_at.is_(None), mandate.c.ends_at > now),
        or_(mandate.c.revoked_at.is_(None), mandate.c.revoked_at > now),
        mandate.c.proposed.is_(False),
    )
    rows = await _rows(db, mandate.c.node, (mandate.c.id, mandate.c.office, mandate.c.member), areas, above, alive)
    numbers = {number for _node, _id, _office, number in rows}
    found = await db.execute(select(member.c.id, member.c.user_id).where(member.c.id.in_(numbers)))
    users = {number: localpart(user) for number, user in found}
    return sorted(
        (Office(row, NodePath(path), office, users.get(number, "")) for path, row, office, number in rows),
        key=lambda each: each.mandate,
    )


async def _accounts(db: AsyncConnection, users: Iterable[str]) -> dict[str, int]:
    """Return the members with these account names."""
    found: dict[str, int] = {}
    for user in sorted(users):
        here = member.c.user_id.startswith(f"@{user}:", autoescape=True)
        number = await db.scalar(select(member.c.id).where(here, member.c.left_at.is_(None)))
        if number is not None:
            found[user] = number
    return found


async def member_of(db: AsyncConnection, user: str) -> int | None:
    """Return the number of the member with this account name."""
    return (await _accounts(db, [user])).get(user)
