"""Treaties: guests of another organisation sit in an alliance's rooms until a day, and not one longer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.belonging import WARNING
from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.node import Axis, axis_of
from kamar.officers import arranges
from kamar.organisation import Organisation
from kamar.policy import Held
from kamar.structure import RoomKind, RoomState
from kamar.words import mark as _
from kamar_store import belonging, outbox, referral
from kamar_store.tables import invitation, member, room, treaty

NAME_LONGEST = 80  # characters of an organisation's name
ENDING = _("Perjanjian dengan {organisation} berakhir dalam {days} hari. Sesudah itu tamu keluar dari kamar ini.")


@dataclass(frozen=True, slots=True)
class Treaty:
    """With whom, where, until when."""

    node: NodePath
    organisation: str
    until: datetime
    ended_at: datetime | None = None


async def get(db: AsyncConnection, node: NodePath) -> Treaty | None:
    """Return the treaty of an alliance's node."""
    columns = (treaty.c.node, treaty.c.organisation, treaty.c.until, treaty.c.ended_at)
    row = (await db.execute(select(*columns).where(treaty.c.node == node))).one_or_none()
    return None if row is None else Treaty(NodePath(row.node), row.organisation, row.until, row.ended_at)


async def conclude(db: AsyncConnection, node: NodePath, organisation: str, until: datetime) -> None:
    """Write a treaty, or until when it goes on now.

    Raises:
        KamarError: ``node_malformed`` for a node of another axis.
    """
    if axis_of(node) is not Axis.ALIANSI:
        raise KamarError("node_malformed", path=node)
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    values = {"organisation": organisation, "until": until, "warned_at": None, "ended_at": None}
    statement = dialect.insert(treaty).values(node=node, **values)
    await db.execute(statement.on_conflict_do_update(index_elements=["node"], set_=values))


async def conclude_by(
    db: AsyncConnection, organisation: Organisation, held: Held, wanted: Treaty, now: datetime
) -> None:
    """Conclude a treaty, or name a later day, as somebody who gives the offices of the alliance.

    Raises:
        KamarError: ``not_allowed``, ``treaty_name``, ``treaty_past``.
    """
    if axis_of(wanted.node) is not Axis.ALIANSI or not arranges(organisation, held, wanted.node):
        raise KamarError("not_allowed")
    name = " ".join(wanted.organisation.split())
    if not 2 <= len(name) <= NAME_LONGEST:
        raise KamarError("treaty_name", most=NAME_LONGEST)
    if wanted.until <= now:
        raise KamarError("treaty_past")
    await conclude(db, wanted.node, name, wanted.until)


async def refuse_ended(db: AsyncConnection, node: NodePath, now: datetime) -> None:
    """Refuse a guest where there is no treaty, or none any more.

    Raises:
        KamarError: ``code_revoked``.
    """
    found = await get(db, node)
    if found is None or found.until <= now:
        raise KamarError("code_revoked")


async def by_the_clock(db: AsyncConnection, now: datetime) -> None:
    """Warn a week before a treaty ends, and take the guests out once it has. Repeatable."""
    soon = select(treaty).where(treaty.c.ended_at.is_(None), treaty.c.until <= now + WARNING)
    for row in (await db.execute(soon)).all():
        if row.until <= now:
            await _end(db, NodePath(row.node), now)
        elif row.warned_at is None:
            await _warn(db, NodePath(row.node), row.organisation, row.until, now)


async def _end(db: AsyncConnection, node: NodePath, now: datetime) -> None:
    guests = select(member.c.id).where(member.c.home == node, member.c.left_at.is_(None))
    living = set((await db.execute(guests)).scalars())
    await belonging.take_out(db, [number for number in await belonging.inside(db, node) if number in living], node, now)
    codes = select(invitation.c.code).where(invitation.c.node == node, invitation.c.revoked_at.is_(None))
    for code in (await db.execute(codes)).scalars().all():
        await referral.revoke(db, code, now)
    await db.execute(update(treaty).where(treaty.c.node == node).values(ended_at=now))


async def _warn(db: AsyncConnection, node: NodePath, organisation: str, until: datetime, now: datetime) -> None:
    chats = (room.c.node == node, room.c.kind == RoomKind.OBROLAN, room.c.state == RoomState.OPEN)
    text = ENDING.format(organisation=organisation, days=max(1, (until - now).days))
    for room_id in (await db.execute(select(room.c.room_id).where(*chats))).scalars().all():
        content = {"msgtype": "m.notice", "body": text, "m.mentions": {}}
        payload = {"room_id": room_id, "type": "m.room.message", "content": content}
        await outbox.put(db, "send", f"treaty:{node}:{until.isoformat()}", payload, now, lane=f"room:{room_id}")
    await db.execute(update(treaty).where(treaty.c.node == node).values(warned_at=now))
