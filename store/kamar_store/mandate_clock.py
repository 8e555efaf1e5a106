"""What only time asks for: ends announced, starts and ends felt, votes closed, offices of those who left ended."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import MemberId
from kamar.mandate import WARNED_BEFORE, Mandate, warning_due
from kamar.mandate_words import ENDS_MONTH, ENDS_WEEK
from kamar.organisation import Organisation
from kamar_store import cursor, mandate_log, outbox
from kamar_store import mandate as mandates
from kamar_store.mandate_effect import AHEAD, tell
from kamar_store.mandate_find import MANDATE, appointers, in_force, nearest
from kamar_store.tables import delegation, mandate, mandate_vote, member

BACK = timedelta(days=30)  # how far the first look goes back
LOOKED = "mandate-clock"  # up to which moment orders are written


async def look(db: AsyncConnection, organisation: Organisation, now: datetime) -> None:
    """Order all that has become due; called every hour, and again without harm."""
    await _leavers(db, now)
    await _moments(db, now)
    await _warn(db, organisation, now)
    due = select(mandate_vote.c.id).where(mandate_vote.c.state == "open", mandate_vote.c.closes_at <= now)
    for (number,) in (await db.execute(due)).all():
        await outbox.put(db, "vote", f"vote:{number}:late:{now:%Y%m%d%H}", {"vote": number}, now)


async def end_all(db: AsyncConnection, who: MemberId, now: datetime) -> None:
    """End every mandate of a member who left or whose account is no more, and the loans that hang on them."""
    await mandate_log.alone(db)
    found = await db.execute(select(*MANDATE).where(mandate.c.member == who, _lasting(now)).order_by(mandate.c.id))
    for row in found.all():
        await mandates.end(db, Mandate(*row), None, "", now)


async def _leavers(db: AsyncConnection, now: datetime) -> None:
    gone = (
        select(mandate.c.member)
        .join(member, member.c.id == mandate.c.member)
        .where(member.c.left_at.is_not(None), _lasting(now))
        .distinct()
    )
    for (number,) in (await db.execute(gone)).all():
        await end_all(db, MemberId(number), now)


async def _moments(db: AsyncConnection, now: datetime) -> None:
    """Order a look at the rooms for every start and end since the last look until a day from now, each once.

    What is decided later about a moment within that day orders its look itself.
    """
    low, high = await cursor.marked(db, LOOKED) or now - BACK, now + AHEAD
    for column in (mandate.c.starts_at, mandate.c.ends_at, delegation.c.ends_at):
        near = select(column.table.c.node, column).where(column > low, column <= high).distinct()
        for node, at in (await db.execute(near)).all():
            await outbox.put(db, "reconcile", f"reconcile:{node}:{at.isoformat()}", {"node": node}, max(at, now))
    await cursor.mark(db, LOOKED, max(low, high))


async def _warn(db: AsyncConnection, organisation: Organisation, now: datetime) -> None:
    soon = mandate.c.ends_at <= now + timedelta(days=max(WARNED_BEFORE))
    found = await db.execute(select(*MANDATE, mandate.c.warned).where(in_force(now), soon).order_by(mandate.c.id))
    for *row, warned in found.all():
        each = Mandate(*row)
        days = warning_due(each, warned, now)
        if days is None or each.office not in organisation.offices:
            continue
        office = organisation.office(each.office)
        words = ENDS_WEEK if days == min(WARNED_BEFORE) else ENDS_MONTH
        above = nearest(await appointers(db, organisation, office, each.node, now))
        for who in {each.member, *(officer.id for officer in above)}:
            await tell(db, who, words, each.id, office, each.node, now)
        await db.execute(update(mandate).where(mandate.c.id == each.id).values(warned=days))


def _lasting(now: datetime) -> ColumnElement[bool]:
    return and_(
        or_(mandate.c.ends_at.is_(None), mandate.c.ends_at > now),
        mandate.c.revoked_at.is_(None),
    )
