"""What an administrator is shown: how many of everything, what is parked, the server's own codes."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Column, ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import NodePath
from kamar.node import Axis
from kamar.structure import RoomKind, RoomState
from kamar_store.referral import Invitation
from kamar_store.tables import invitation, member, outbox, room

MOST = 50  # rows of a list on one page


@dataclass(frozen=True, slots=True)
class Numbers:
    """How many there are on this server."""

    members: int
    demo: int
    kamar_open: int
    kamar_wanted: int


@dataclass(frozen=True, slots=True)
class Parked:
    """An effect that kept failing; ``error`` is a code or the name of an exception."""

    id: int
    kind: str
    error: str


async def numbers(db: AsyncConnection, *, workplaces: bool = False) -> Numbers:
    """Count members and kamar without spaces. Workplaces count only where they are people's home."""
    living = and_(member.c.left_at.is_(None), member.c.persona.is_(False))
    kamar = select(func.count()).select_from(room).where(room.c.kind != RoomKind.SPACE)
    kamar = kamar if workplaces else kamar.where(~_hidden(room.c.node))
    found = await db.execute(
        select(
            select(func.count()).select_from(member).where(living).scalar_subquery(),
            select(func.count()).select_from(member).where(living, member.c.demo).scalar_subquery(),
            kamar.where(room.c.state == RoomState.OPEN).scalar_subquery(),
            kamar.where(room.c.state == RoomState.WANTED).scalar_subquery(),
        )
    )
    return Numbers(*found.one())


async def parked(db: AsyncConnection) -> list[Parked]:
    """Return the effects that wait for an administrator, oldest first."""
    found = await db.execute(
        select(outbox.c.id, outbox.c.kind, outbox.c.error)
        .where(outbox.c.state == "parked")
        .order_by(outbox.c.id)
        .limit(MOST)
    )
    return [Parked(*row) for row in found]


async def codes(db: AsyncConnection) -> list[Invitation]:
    """Return the server's own codes in force, newest first."""
    found = await db.execute(
        select(invitation.c.code, invitation.c.owner, invitation.c.node, invitation.c.revoked_at)
        .where(
            invitation.c.owner.is_(None),
            invitation.c.revoked_at.is_(None),
            or_(invitation.c.node.is_(None), ~_hidden(invitation.c.node)),
        )
        .order_by(invitation.c.created_at.desc())
        .limit(MOST)
    )
    return [Invitation(code, owner, None if node is None else NodePath(node), at) for code, owner, node, at in found]


def _hidden(path: Column[str]) -> ColumnElement[bool]:
    """Select workplaces (:func:`kamar.node.is_hidden`)."""
    return path.startswith(f"{Axis.KERJA}/")
