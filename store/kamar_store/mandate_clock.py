"""What only time asks for: ends announced, starts and ends felt, votes closed, offices of those who left ended."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import MemberId
from kamar.mandate import WARNED_BEFORE, Mandate, warning_due
from kamar.mandate_words import ENDING_LAPSED, ENDS_MONTH, ENDS_WEEK, PROPOSAL_LAPSED
from kamar.organisation import Organisation
from kamar_store import cursor, mandate_log, outbox
from kamar_store import mandate as mandates
from kamar_store.mandate_effect import AHEAD, tell
from kamar_store.mandate_find import MANDATE, appointers, in_force, nearest
from kamar_store.mandate_log import Action
from kamar_store.tables import delegation, mandate, mandate_vote, member

PROPOSAL = timedelta(days=30)  # how long what one administrator wants waits for a second one
BACK = timedelta(days=30)  # how far the first look goes back
LOOKED = "mandate-clock"  # up to which moment orders are written


async def look(db: AsyncConnection, organisation: Organisation, now: datetime) -> None:
    """Order all that has become due; called every hour, and again without harm."""
    await _leavers(db, now)
    await _lapse(db, organisation, now)
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


async def _lapse(db: AsyncConnection, organisation: Organisation, now: datetime) -> None:
    """Let go what one administrator wanted and no second one agreed to in time, and tell him."""
    await mandate_log.alone(db)
    late = now - PROPOSAL
    chosen = select(*MANDATE).where(mandate.c.proposed, mandate.c.proposed_at <= late, _lasting(now))
    for row in (await db.execute(chosen.order_by(mandate.c.id))).all():
        each = Mandate(*row)
        await mandates.end(db, each, None, "", now)
        await _tell_lapse(db, organisation, each, each.appointed_by, PROPOSAL_LAPSED, now)
    ending = select(mandate.c.ending_by, *MANDATE).where(mandate.c.ending_at <= late, _lasting(now))
    for by, *values in (await db.execute(ending.order_by(mandate.c.id))).all():
        each = Mandate(*values)
        await db.execute(update(mandate).where(mandate.c.id == each.id).values(ending_by=None, ending_at=None))
        await mandate_log.note(db, None, Action.LAPSED, {"mandate": each.id}, now)
        await _tell_lapse(db, organisation, each, by, ENDING_LAPSED, now)


async def _tell_lapse(
    db: AsyncConnection, organisation: Organisation, each: Mandate, who: MemberId | None, words: str, now: datetime
) -> None:
    if who is not None and each.office in organisation.offices:
        await tell(db, who, words, each.id, organisation.office(each.office), each.node, now)


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
