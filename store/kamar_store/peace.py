"""Reports: one case for what was reported, whoever reports it, and who may see it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath, RoomId
from kamar.organisation import Organisation, Right
from kamar.peace import Officer, levels, recipients
from kamar.peace_words import CHECKED, REPORTED
from kamar.structure_room import room_name
from kamar_store import cover, outbox, seating
from kamar_store import mandate as mandates
from kamar_store.seating import Room
from kamar_store.tables import member, report, report_by, room

QUOTE_MOST = 1000  # characters of a reported message
OPEN, CLOSED = "open", "closed"
MOST = 100  # cases of one list


@dataclass(frozen=True, slots=True)
class Report:
    """One case. ``quote`` is empty once it is closed."""

    id: int
    room: int | None
    node: NodePath
    level: NodePath
    subject: MemberId | None
    event_id: str | None
    quote: str
    state: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """What is reported: a message, or only words about somebody."""

    room: Room
    subject: MemberId | None
    event_id: str | None = None
    quote: str = ""


COLUMNS = (
    report.c.id,
    report.c.room,
    report.c.node,
    report.c.level,
    report.c.subject,
    report.c.event_id,
    report.c.quote,
    report.c.state,
    report.c.opened_at,
)


async def write(
    db: AsyncConnection,
    organisation: Organisation,
    said: Said,
    reporter: MemberId,
    words: str,
    now: datetime,
    portal: str,
) -> int:
    """Write a report and let those know who can judge it; a second one of the same message joins the first.

    Raises:
        KamarError: ``measure_self``: nobody reports himself.
    """
    if said.subject == reporter:
        raise KamarError("measure_self")
    key = said.event_id or f"{reporter}:{said.room.id}:{now.timestamp():.0f}"
    values = {
        "key": key,
        "room": said.room.id,
        "node": said.room.key.node,
        "level": said.room.key.node,
        "subject": said.subject,
        "event_id": said.event_id,
        "quote": said.quote[:QUOTE_MOST],
        "state": OPEN,
        "opened_at": now,
    }
    insert = _insert(db, report).values(values).on_conflict_do_nothing(index_elements=["key"])
    made = (await db.execute(insert.returning(report.c.id))).scalar_one_or_none()
    number = made or (await db.execute(select(report.c.id).where(report.c.key == key))).scalar_one()
    mine = _insert(db, report_by).values(report=number, member=reporter, words=words[:QUOTE_MOST], at=now)
    await db.execute(mine.on_conflict_do_nothing(index_elements=["report", "member"]))
    if made is not None:
        await _notify(db, organisation, number, now, portal)
    return int(number)


async def hint(
    db: AsyncConnection,
    organisation: Organisation,
    room_row: int | None,
    node: NodePath,
    about: MemberId,
    words: str,
    now: datetime,
    portal: str,
) -> None:
    """Write a case that nobody reported: something officers should know of a newcomer, once."""
    values = {
        "key": f"hint:{about}",
        "room": room_row,
        "node": node,
        "level": node,
        "subject": about,
        "quote": words,
        "state": OPEN,
        "opened_at": now,
    }
    insert = _insert(db, report).values(values).on_conflict_do_nothing(index_elements=["key"])
    made = (await db.execute(insert.returning(report.c.id))).scalar_one_or_none()
    if made is not None:
        await _notify(db, organisation, made, now, portal)


async def get(db: AsyncConnection, number: int) -> Report | None:
    """Return one case."""
    row = (await db.execute(select(*COLUMNS).where(report.c.id == number))).one_or_none()
    return None if row is None else _report(row)


async def reporters(db: AsyncConnection, number: int) -> list[tuple[MemberId, str, str]]:
    """Return member, display name and words of those who reported, first come first."""
    found = await db.execute(
        select(report_by.c.member, member.c.display_name, report_by.c.words)
        .join(member, member.c.id == report_by.c.member)
        .where(report_by.c.report == number)
        .order_by(report_by.c.at)
    )
    return [(MemberId(who), name, words) for who, name, words in found]


async def judges(db: AsyncConnection, organisation: Organisation, case: Report, now: datetime) -> tuple[MemberId, ...]:
    """Return who may judge a case: nobody whom it concerns."""
    involved = {who for who, _, _ in await reporters(db, case.id)} | ({case.subject} if case.subject else set())
    officers = await moderators_over(db, organisation, case.node, now)
    return recipients(case.level, officers, await admins(db), involved)


async def visible(db: AsyncConnection, organisation: Organisation, case: Report, who: MemberId, now: datetime) -> bool:
    """Tell whether a member may open a case: a judge of it, or an administrator whom it does not concern."""
    involved = {each for each, _, _ in await reporters(db, case.id)} | {case.subject}
    return who not in involved and (who in await judges(db, organisation, case, now) or who in await admins(db))


async def open_for(
    db: AsyncConnection, organisation: Organisation, who: MemberId, nodes: Collection[NodePath], now: datetime
) -> list[Report]:
    """Return the open cases that a member may judge, oldest first; ``nodes`` are those of his offices."""
    found = await db.execute(select(*COLUMNS).where(report.c.state == OPEN).order_by(report.c.id).limit(MOST * 10))
    admin = who in await admins(db)
    near = [_report(row) for row in found]
    near = [case for case in near if admin or set(levels(case.node)) & set(nodes)]
    return [case for case in near if await visible(db, organisation, case, who, now)][:MOST]


async def pass_up(db: AsyncConnection, organisation: Organisation, case: Report, now: datetime, portal: str) -> None:
    """Hand a case to the next level."""
    chain = levels(case.node)
    officers = {officer.node for officer in await moderators_over(db, organisation, case.node, now)}
    here = next((place for place in chain[chain.index(case.level) :] if place in officers), chain[-1])
    above = chain[min(chain.index(here) + 1, len(chain) - 1)]
    await db.execute(update(report).where(report.c.id == case.id).values(level=above))
    await _notify(db, organisation, case.id, now, portal)


async def close(db: AsyncConnection, case: Report, by: MemberId, now: datetime) -> bool:
    """Close a case, forget the quote and thank the reporters; False when somebody else did so before."""
    changes = {"state": CLOSED, "quote": "", "closed_at": now, "closed_by": by}
    statement = update(report).where(report.c.id == case.id, report.c.state == OPEN).values(changes)
    if (await db.execute(statement.returning(report.c.id))).one_or_none() is None:
        return False
    await db.execute(update(report_by).where(report_by.c.report == case.id).values(words=""))
    text = CHECKED.format(room=await room_words(db, case.room, case.node))
    for who, _name, _words in await reporters(db, case.id):
        await tell(db, who, text, f"report:{case.id}:thanks", now)
    return True


async def tell(db: AsyncConnection, who: MemberId, text: str, key: str, now: datetime, *, always: bool = False) -> None:
    """Tell a member something alone. Without ``always`` only where the bot and he talk already."""
    payload = {"member": who, "text": text, "always": always}
    await outbox.put(db, "tell", f"tell:{key}:{who}", payload, now, lane=f"tell:{who}")


async def officers_over(db: AsyncConnection, node: NodePath, now: datetime) -> list[Officer]:
    """Return who holds an office at a place or around it."""
    return [Officer(holder.id, at) for at, _office, holder in await mandates.officers(db, levels(node), now)]


async def moderators_over(
    db: AsyncConnection, organisation: Organisation, node: NodePath, now: datetime
) -> list[Officer]:
    """Return who may moderate at a place by an office there or around it; other officers judge nobody."""
    found = await mandates.officers(db, levels(node), now)
    return [Officer(holder.id, at) for at, office, holder in found if organisation.has(Right.MODERATE, [office])]


async def admins(db: AsyncConnection) -> list[MemberId]:
    """Return the administrators of the server."""
    found = await db.execute(select(member.c.id).where(member.c.admin, member.c.left_at.is_(None)))
    return [MemberId(number) for (number,) in found]


async def room_words(db: AsyncConnection, number: int | None, node: NodePath) -> str:
    """Return the name of a room in words; of one that is no more, that of its place."""
    found = await seating.room_by_row(db, number) if number is not None else None
    base = await cover.said(db, node)
    return base.name if found is None else room_name(found.key, base.name, base.kind)


async def person_in(db: AsyncConnection, room_row: int, name: str) -> MemberId:
    """Return the only member of a room who bears a display name.

    Raises:
        KamarError: ``report_person``: nobody bears it, or several.
    """
    from kamar_store.tables import seat

    found = await db.execute(
        select(member.c.id)
        .join(seat, seat.c.member == member.c.id)
        .where(seat.c.room == room_row, member.c.left_at.is_(None), member.c.display_name == " ".join(name.split()))
        .limit(2)
    )
    rows: Sequence[int] = found.scalars().all()
    if len(rows) != 1:
        raise KamarError("report_person")
    return MemberId(rows[0])


async def room_ids(db: AsyncConnection, numbers: Collection[int]) -> dict[int, RoomId]:
    """Return the Matrix ids of open rooms by their row."""
    found = await db.execute(select(room.c.id, room.c.room_id).where(room.c.id.in_(numbers)))
    return {number: RoomId(room_id) for number, room_id in found if room_id}


async def _notify(db: AsyncConnection, organisation: Organisation, number: int, now: datetime, portal: str) -> None:
    case = await get(db, number)
    assert case is not None
    text = REPORTED.format(room=await room_words(db, case.room, case.node), link=f"{portal}/kasus/{number}")
    for who in await judges(db, organisation, case, now):
        await tell(db, who, text, f"report:{number}:{case.level}", now)


def _report(row: Any) -> Report:
    number, room_row, node, level, subject, *rest = row
    return Report(
        number, room_row, NodePath(node), NodePath(level), None if subject is None else MemberId(subject), *rest
    )


def _insert(db: AsyncConnection, table: Any) -> Any:
    return (postgresql if db.dialect.name == "postgresql" else sqlite).insert(table)
