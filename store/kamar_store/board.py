"""Boards in the registry: which are full, and how many women their own officers count in them.

Nobody's gender is kept. An officer who may appoint there tells how many women sit in a board, for the number of people
it has at that moment; when that number changes, the count is out of date and counts as not told.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.board import Board
from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.node import Axis, below, is_within
from kamar.organisation import Organisation, Right
from kamar.policy import held_may
from kamar_store import mandate as mandates
from kamar_store.mandate_find import held, in_force
from kamar_store.member import Member
from kamar_store.tables import board_women, mandate, member
from kamar_store.tables import node as node_table


async def boards(db: AsyncConnection, organisation: Organisation, top: NodePath, now: datetime) -> list[Board]:
    """Return every board at and below ``top`` in which somebody sits."""
    codes = [office.code for office in organisation.offices.values() if office.board]
    low, high = below(top)
    seated = (
        select(mandate.c.node, mandate.c.office, func.count().label("held"))
        .join(member, member.c.id == mandate.c.member)
        .where(
            mandate.c.office.in_(codes),
            or_(mandate.c.node == top, mandate.c.node.between(low, high)),
            in_force(now),
            member.c.left_at.is_(None),
        )
        .group_by(mandate.c.node, mandate.c.office)
    )
    held_at: dict[NodePath, int] = {}
    for node, code, count in await db.execute(seated):
        if is_within(NodePath(node), top):
            seats = organisation.office(code).seats
            held_at[NodePath(node)] = held_at.get(NodePath(node), 0) + min(count, seats)
    women = {row.node: row for row in await db.execute(select(board_women))}
    found = []
    for node, count in held_at.items():
        seats = sum(office.seats for office in organisation.offices_at(node) if office.board)
        told = women.get(node)
        counted = told.women if told is not None and told.people == count else None
        found.append(Board(node, organisation.level_of(node), seats, count, counted))
    return sorted(found, key=lambda board: board.node)


async def places(db: AsyncConnection, organisation: Organisation, top: NodePath) -> Mapping[str, int]:
    """Return how many places in force each level with a threshold has, at and below ``top``."""
    low, high = below(top)
    asked = (
        select(node_table.c.level, func.count())
        .where(
            node_table.c.axis == Axis.WILAYAH.value,
            node_table.c.level.in_(list(organisation.thresholds)),
            or_(node_table.c.path == top, (node_table.c.path >= low) & (node_table.c.path < high)),
            node_table.c.valid_to.is_(None),
        )
        .group_by(node_table.c.level)
    )
    return {row.level: row[1] for row in await db.execute(asked)}


async def count_women(
    db: AsyncConnection, organisation: Organisation, actor: Member | None, node: NodePath, women: int, now: datetime
) -> None:
    """Write how many women sit in a board, as an officer there or above who may appoint counted (none: the server).

    Raises:
        KamarError: ``women_not_allowed``, ``women_count`` (``people``).
    """
    if actor is not None and not held_may(organisation, await held(db, actor, now), Right.APPOINT, node):
        raise KamarError("women_not_allowed")
    here = next((each for each in await boards(db, organisation, node, now) if each.node == node), None)
    people = here.held if here else 0
    if not 0 <= women <= people or people == 0:
        raise KamarError("women_count", people=people)
    values = {"women": women, "people": people, "told_by": mandates.number_of(actor), "at": now}
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    insert = dialect.insert(board_women).values(node=node, **values)
    await db.execute(insert.on_conflict_do_update(index_elements=["node"], set_=values))
