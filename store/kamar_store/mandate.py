"""Mandates in force: who leads what now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, and_, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import MemberId, NodePath
from kamar_store.member import COLUMNS, Member, read
from kamar_store.tables import mandate, member


def in_force(now: datetime) -> ColumnElement[bool]:
    """Select the mandates in force at ``now``: begun, not over, neither revoked nor frozen."""
    return and_(
        mandate.c.starts_at <= now,
        or_(mandate.c.ends_at.is_(None), mandate.c.ends_at > now),
        or_(mandate.c.revoked_at.is_(None), mandate.c.revoked_at > now),
        mandate.c.frozen_at.is_(None),
    )


async def officers(db: AsyncConnection, nodes: Iterable[NodePath], now: datetime) -> list[tuple[NodePath, str, Member]]:
    """Return node, office and holder of each mandate in force at the nodes, eldest first."""
    found = await db.execute(
        select(mandate.c.node, mandate.c.office, *COLUMNS)
        .join(member, member.c.id == mandate.c.member)
        .where(mandate.c.node.in_(list(nodes)), in_force(now), member.c.left_at.is_(None))
        .order_by(mandate.c.id)
    )
    return [(NodePath(node), office, read(row)) for node, office, *row in found]


async def held_by(db: AsyncConnection, number: MemberId, now: datetime) -> list[tuple[NodePath, str]]:
    """Return node and office of each mandate that a member holds now."""
    found = await db.execute(select(mandate.c.node, mandate.c.office).where(mandate.c.member == number, in_force(now)))
    return [(NodePath(node), office) for node, office in found]


async def coordinated_by(db: AsyncConnection, number: MemberId, now: datetime) -> list[NodePath]:
    """Return the nodes where a member holds a mandate in force."""
    return [node for node, _office in await held_by(db, number, now)]


async def appoint(
    db: AsyncConnection, number: MemberId, node: NodePath, office: str, decree: str, now: datetime
) -> None:
    """Write a mandate that begins now."""
    await db.execute(insert(mandate).values(member=number, node=node, office=office, decree=decree, starts_at=now))
