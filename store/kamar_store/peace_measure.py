"""Measures: taken with a reason and an end, made felt by one job, appealed one level up, logged for ever.

The row is the truth. The job ``measure`` makes Matrix agree with it when it begins, is lifted and ends; doing so again
changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import MemberId, NodePath
from kamar.organisation import Organisation, Right
from kamar.peace import (
    Appeal,
    MeasureKind,
    Rank,
    Step,
    allow_measure,
    rank_over,
    refuse_target,
)
from kamar.peace_time import spoken_time
from kamar.peace_words import HOW_TO_APPEAL, TAKEN, WHY
from kamar.wilayah import zone_of
from kamar_store import mandate as mandates
from kamar_store import outbox, peace
from kamar_store.member import Member
from kamar_store.seating import Room
from kamar_store.tables import measure, measure_log, report

MINE = "/tentang-saya/tindakan"
MOST = 100


@dataclass(frozen=True, slots=True)
class Wish:
    """What an officer wants. ``subject`` is none for a whole room; ``amount`` the seconds of slow mode."""

    kind: MeasureKind
    room: Room
    subject: MemberId | None
    lasts: timedelta
    reason: str
    report: int | None = None
    event_id: str | None = None
    amount: int = 0


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure as it stands."""

    id: int
    kind: MeasureKind
    report: int | None
    subject: MemberId | None
    room: int | None
    node: NodePath
    event_id: str | None
    amount: int
    digest: str | None
    taker: MemberId | None
    rank: Rank
    reason: str
    starts_at: datetime
    ends_at: datetime
    lifted_at: datetime | None
    appeal: Appeal
    appeal_words: str
    answer: str

    def holds(self, now: datetime) -> bool:
        """Tell whether it is in force; a removed message stays removed until the measure is lifted."""
        return self.lifted_at is None and (self.kind is MeasureKind.HIDE or self.starts_at <= now < self.ends_at)


@dataclass(frozen=True, slots=True)
class Logged:
    """One line of the log."""

    what: Step
    at: datetime
    actor: MemberId | None


COLUMNS = (
    measure.c.id,
    measure.c.kind,
    measure.c.report,
    measure.c.subject,
    measure.c.room,
    measure.c.node,
    measure.c.event_id,
    measure.c.amount,
    measure.c.digest,
    measure.c.taker,
    measure.c.rank,
    measure.c.reason,
    measure.c.starts_at,
    measure.c.ends_at,
    measure.c.lifted_at,
    measure.c.appeal,
    measure.c.appeal_words,
    measure.c.answer,
)


async def take(
    db: AsyncConnection, organisation: Organisation, taker: Member, wish: Wish, now: datetime, portal: str
) -> Measure:
    """Write a measure with the orders that make it felt, and tell the person concerned.

    Raises:
        KamarError: as :func:`kamar.peace.allow_measure` and :func:`kamar.peace.refuse_target` say.
    """
    node = wish.room.key.node
    held = await mandates.where_may(db, organisation, taker, Right.MODERATE, now)
    rank = rank_over(node, held, admin=taker.admin)
    reason = allow_measure(wish.kind, rank, wish.lasts, wish.reason)
    assert rank is not None
    refuse_target(taker.id, wish.subject, node, await peace.officers_over(db, node, now))
    values = {
        "kind": wish.kind,
        "report": wish.report,
        "subject": wish.subject,
        "room": wish.room.id,
        "node": node,
        "event_id": wish.event_id,
        "amount": wish.amount,
        "taker": taker.id,
        "rank": rank,
        "reason": reason,
        "starts_at": now,
        "ends_at": now + wish.lasts,
        "appeal": Appeal.NONE,
    }
    number = (await db.execute(insert(measure).values(values).returning(measure.c.id))).scalar_one()
    await log(db, number, Step.TAKEN, taker.id, now)
    await order(db, number, "begin", now)
    if wish.kind is not MeasureKind.HIDE:
        await order(db, number, "end", now + wish.lasts)
    made = await get(db, number)
    assert made is not None
    await _tell_taken(db, made, now, portal)
    return made


async def get(db: AsyncConnection, number: int) -> Measure | None:
    """Return one measure."""
    row = (await db.execute(select(*COLUMNS).where(measure.c.id == number))).one_or_none()
    return None if row is None else read_row(row)


async def about(db: AsyncConnection, who: MemberId) -> list[Measure]:
    """Return the measures that concern a member, newest first."""
    found = await db.execute(select(*COLUMNS).where(measure.c.subject == who).order_by(measure.c.id.desc()).limit(MOST))
    return [read_row(row) for row in found]


async def of_report(db: AsyncConnection, number: int) -> list[Measure]:
    """Return the measures taken in a case."""
    found = await db.execute(select(*COLUMNS).where(measure.c.report == number).order_by(measure.c.id))
    return [read_row(row) for row in found]


async def in_room(db: AsyncConnection, room: int, now: datetime) -> list[Measure]:
    """Return mutes and slow modes in force in a room."""
    kinds = (MeasureKind.MUTE, MeasureKind.SLOW)
    found = await db.execute(
        select(*COLUMNS).where(measure.c.room == room, measure.c.kind.in_(kinds), _holds(now)).order_by(measure.c.id)
    )
    return [read_row(row) for row in found]


async def removing(db: AsyncConnection, who: MemberId, now: datetime) -> list[Measure]:
    """Return the measures in force that keep a member out of rooms."""
    kinds = (MeasureKind.REMOVE, MeasureKind.BAN)
    found = await db.execute(select(*COLUMNS).where(measure.c.subject == who, measure.c.kind.in_(kinds), _holds(now)))
    return [read_row(row) for row in found]


async def is_banned(db: AsyncConnection, who: MemberId, now: datetime) -> bool:
    """Tell whether a member is shut out of every kamar."""
    return any(each.kind is MeasureKind.BAN for each in await removing(db, who, now))


async def log(db: AsyncConnection, number: int, what: Step, actor: MemberId | None, now: datetime) -> None:
    """Write one line of the log; nothing ever changes it."""
    await db.execute(insert(measure_log).values(measure=number, what=what, actor=actor, at=now))


async def logged(db: AsyncConnection, number: int) -> list[Logged]:
    """Return the log of a measure, oldest first."""
    found = await db.execute(
        select(measure_log.c.what, measure_log.c.at, measure_log.c.actor)
        .where(measure_log.c.measure == number)
        .order_by(measure_log.c.id)
    )
    return [Logged(Step(what), at, None if actor is None else MemberId(actor)) for what, at, actor in found]


async def note_digest(db: AsyncConnection, number: int, digest: str) -> None:
    """Remember the hash of the picture that a measure removed."""
    await db.execute(update(measure).where(measure.c.id == number).values(digest=digest))


async def open_reports_of(db: AsyncConnection, who: MemberId) -> int:
    """Return how many open cases concern a member."""
    found = await db.execute(select(report.c.id).where(report.c.subject == who, report.c.state == peace.OPEN))
    return len(found.all())


def until(found: Measure) -> str:
    """Return when a measure ends, in words, on the clock of its place."""
    return spoken_time(found.ends_at, zone_of(found.node))


async def _tell_taken(db: AsyncConnection, made: Measure, now: datetime, portal: str) -> None:
    if made.subject is None:
        return
    name = await peace.room_words(db, made.room, made.node)
    lines = [
        TAKEN[made.kind].format(room=name, until=until(made)),
        WHY.format(reason=made.reason),
        HOW_TO_APPEAL.format(link=f"{portal}{MINE}"),
    ]
    await peace.tell(db, made.subject, "\n".join(lines), f"measure:{made.id}:taken", now, always=True)
    await log(db, made.id, Step.TOLD, None, now)


async def order(db: AsyncConnection, number: int, moment: str, at: datetime) -> None:
    """Write the order to make Matrix agree at ``at``. No lane: an end that lies ahead must hold nobody up."""
    payload = {"measure": number, "moment": moment}
    await outbox.put(db, "measure", f"measure:{number}:{moment}", payload, at)


def _holds(now: datetime) -> ColumnElement[bool]:
    return and_(measure.c.lifted_at.is_(None), measure.c.starts_at <= now, measure.c.ends_at > now)


def read_row(row: Any) -> Measure:
    number, kind, case, subject, room, node, event_id, amount, digest, taker, rank, reason, *rest = row
    starts, ends, lifted, state, words, answer = rest
    return Measure(
        number,
        MeasureKind(kind),
        case,
        None if subject is None else MemberId(subject),
        room,
        NodePath(node),
        event_id,
        amount,
        digest,
        None if taker is None else MemberId(taker),
        Rank(rank),
        reason,
        starts,
        ends,
        lifted,
        Appeal(state),
        words,
        answer,
    )
