"""Appeals: written once by the person concerned, decided one level up, answered."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath
from kamar.organisation import Organisation, Right
from kamar.peace import Appeal, Step, allow_appeal, appeal_to, levels, read_reason
from kamar.peace_words import APPEALED, KEPT, LIFTED
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store import peace, peace_measure
from kamar_store.member import Member
from kamar_store.peace_measure import Measure
from kamar_store.tables import measure


async def appeal(
    db: AsyncConnection,
    organisation: Organisation,
    number: int,
    who: Member,
    words: str,
    now: datetime,
    portal: str,
) -> None:
    """Write an appeal of the person concerned, and let those know who decide it.

    Raises:
        KamarError: ``report_unknown``, ``appeal_twice``, ``appeal_late``, ``reason_short``, ``reason_long``.
    """
    found = await peace_measure.get(db, number)
    if found is None or found.subject != who.id:
        raise KamarError("report_unknown")
    allow_appeal(found.appeal, found.starts_at, now)
    changes = {"appeal": Appeal.OPEN, "appeal_words": read_reason(words)}
    statement = update(measure).where(measure.c.id == number, measure.c.appeal == Appeal.NONE).values(changes)
    if (await db.execute(statement.returning(measure.c.id))).one_or_none() is None:
        raise KamarError("appeal_twice")
    await peace_measure.log(db, number, Step.APPEALED, who.id, now)
    name = await peace.room_words(db, found.room, found.node)
    text = APPEALED.format(room=name, link=f"{portal}/kasus/keberatan/{number}")
    for judge in await appeal_judges(db, organisation, found, now):
        await peace.tell(db, judge, text, f"appeal:{number}", now)


async def appeal_judges(
    db: AsyncConnection, organisation: Organisation, found: Measure, now: datetime
) -> tuple[MemberId, ...]:
    """Return who decides an appeal: the level above the one that took the measure, none whom it concerns.

    What counts is the office in which it was taken, also when that mandate has ended since.
    """
    held = await _held(db, organisation, found, found.starts_at)
    involved = {each for each in (found.taker, found.subject) if each}
    if found.report is not None:
        involved |= {who for who, _, _ in await peace.reporters(db, found.report)}
    officers = await peace.moderators_over(db, organisation, found.node, now)
    return appeal_to(found.node, found.rank, held, officers, await peace.admins(db), involved)


async def appeals_for(
    db: AsyncConnection, organisation: Organisation, who: MemberId, nodes: Collection[NodePath], now: datetime
) -> list[Measure]:
    """Return the open appeals that a member decides, oldest first."""
    found = await db.execute(
        select(*peace_measure.COLUMNS)
        .where(measure.c.appeal == Appeal.OPEN)
        .order_by(measure.c.id)
        .limit(peace_measure.MOST * 10)
    )
    admin = who in await peace.admins(db)
    near = [each for each in map(peace_measure.read_row, found) if admin or set(levels(each.node)) & set(nodes)]
    return [each for each in near if who in await appeal_judges(db, organisation, each, now)][: peace_measure.MOST]


async def decide(
    db: AsyncConnection,
    organisation: Organisation,
    number: int,
    judge: Member,
    answer: str,
    now: datetime,
    *,
    lifted: bool,
) -> None:
    """Answer an appeal: the measure is lifted at once, or stays.

    Raises:
        KamarError: ``report_unknown``: not for this judge; ``report_closed``; ``reason_short``, ``reason_long``.
    """
    found = await peace_measure.get(db, number)
    if found is None or judge.id not in await appeal_judges(db, organisation, found, now):
        raise KamarError("report_unknown")
    outcome = Appeal.LIFTED if lifted else Appeal.KEPT
    changes: dict[str, Any] = {"appeal": outcome, "answer": read_reason(answer)}
    if lifted:
        changes["lifted_at"] = now
    statement = update(measure).where(measure.c.id == number, measure.c.appeal == Appeal.OPEN).values(changes)
    if (await db.execute(statement.returning(measure.c.id))).one_or_none() is None:
        raise KamarError("report_closed")
    await peace_measure.log(db, number, Step.LIFTED if lifted else Step.KEPT, judge.id, now)
    if lifted:
        await peace_measure.order(db, number, "lift", now)
    if found.subject is not None:
        name = await peace.room_words(db, found.room, found.node)
        text = (LIFTED if lifted else KEPT).format(
            room=name, until=peace_measure.until(found), answer=changes["answer"]
        )
        await peace.tell(db, found.subject, text, f"measure:{number}:{outcome}", now, always=True)


async def _held(db: AsyncConnection, organisation: Organisation, found: Measure, at: datetime) -> list[NodePath]:
    """Return where the taker of a measure had the right to take it."""
    taker = await members.by_id(db, found.taker) if found.taker else None
    return [] if taker is None else await mandates.where_may(db, organisation, taker, Right.MODERATE, at)
