"""What officers' pages ask: whom an officer may see, what an office opens, which duties wait."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.account import is_localpart
from kamar.ids import MemberId, NodePath
from kamar.membership import SeatState
from kamar.node import below
from kamar.organisation import Office, Organisation
from kamar.structure import RoomKind, RoomState
from kamar_store import mandate_find as mandates
from kamar_store import peace, seating, tree
from kamar_store.mandate_find import in_force
from kamar_store.member import COLUMNS, Member, read
from kamar_store.tables import delegation, greeting, mandate, member, report, seat

MOST = 10  # people to choose from
SHORTEST = 3  # letters of a name


@dataclass(frozen=True, slots=True)
class RoomPower:
    """One room, and the power that an office gives in it; ``open`` is false for a room still to be made."""

    name: str
    power: int
    open: bool


@dataclass(frozen=True, slots=True)
class Duties:
    """What waits for somebody to do it."""

    cases: int
    greetings: int


async def is_officer(db: AsyncConnection, number: MemberId, now: datetime) -> bool:
    """Tell whether a member holds an office or a lent right now."""
    office = exists(select(mandate.c.id).where(mandate.c.member == number, in_force(now)))
    lent = exists(
        select(delegation.c.id).where(
            delegation.c.member == number,
            delegation.c.starts_at <= now,
            delegation.c.ends_at > now,
            delegation.c.revoked_at.is_(None),
        )
    )
    return bool(await db.scalar(select(or_(office, lent))))


async def people(
    db: AsyncConnection, who: Member, areas: Collection[NodePath], typed: str, server: str, now: datetime
) -> list[Member]:
    """Return the members that an officer may mean by a user name or a display name.

    By user name: who lives in the areas, shares a room with him, or holds an office in the areas. By display name only
    the latter two: nobody reads the members of an area by trying names.
    """
    shares = exists(
        select(seat.c.member).where(
            seat.c.member == member.c.id,
            seat.c.state == SeatState.SEATED,
            seat.c.room.in_(select(seat.c.room).where(seat.c.member == who.id, seat.c.state == SeatState.SEATED)),
        )
    )
    leads = exists(
        select(mandate.c.id).where(mandate.c.member == member.c.id, in_force(now), _inside(mandate.c.node, areas))
    )
    name = " ".join(typed.split())
    localpart = name.lower().removeprefix("@").removesuffix(f":{server}")
    asked = select(*COLUMNS).where(member.c.left_at.is_(None))
    if is_localpart(localpart):
        seen = or_(_inside(member.c.home, areas), shares, leads)
        found = await db.execute(asked.where(member.c.user_id == f"@{localpart}:{server}", seen))
        if row := found.one_or_none():
            return [read(row)]
    if len(name) < SHORTEST:
        return []
    begins = func.lower(member.c.display_name).startswith(name.lower(), autoescape=True)
    found = await db.execute(asked.where(begins, or_(shares, leads)).order_by(member.c.display_name).limit(MOST))
    return [read(row) for row in found]


async def seen_one(
    db: AsyncConnection, who: Member, areas: Collection[NodePath], localpart: str, server: str, now: datetime
) -> Member | None:
    """Return the member with exactly this user name, when an officer may see him."""
    found = await people(db, who, areas, f"@{localpart}:{server}", server, now)
    return next((each for each in found if each.user_id == f"@{localpart}:{server}"), None)


async def opened_by(db: AsyncConnection, organisation: Organisation, office: Office, node: NodePath) -> list[RoomPower]:
    """Return the rooms in which an office at a node has power, the node's own first."""
    rooms = [each for each in await seating.rooms_below(db, node) if each.key.kind.value in office.power]
    found = [
        RoomPower(await peace.room_words(db, each.id, each.key.node), office.power[each.key.kind.value], open=True)
        for each in sorted(rooms, key=lambda each: (len(each.key.node), each.key.node, each.key.kind.value))
    ]
    there = {each.key.kind.value for each in rooms if each.key.node == node}
    if "pengurus" in office.power and "pengurus" in organisation.rooms_at(node) and "pengurus" not in there:
        place = await tree.places(db, [node])
        title = place[node].title if node in place else node
        found.append(RoomPower(f"Pengurus {title}", office.power["pengurus"], open=False))
    return found


async def rooms_of(db: AsyncConnection, node: NodePath) -> list[tuple[str, bool]]:
    """Return the rooms of a node in words, and whether they are open."""
    rooms = [each for each in await seating.rooms_at(db, [node]) if each.key.kind is not RoomKind.SPACE]
    return [(await peace.room_words(db, each.id, node), each.state is RoomState.OPEN) for each in rooms]


async def duties_at(db: AsyncConnection, node: NodePath, holders: Collection[MemberId]) -> Duties:
    """Return the open cases that are to be judged at a node, and the greetings that its officers have not done."""
    cases = select(func.count()).select_from(report).where(report.c.level == node, report.c.state == peace.OPEN)
    waiting = select(func.count()).select_from(greeting)
    waiting = waiting.where(greeting.c.greeter.in_(list(holders)), greeting.c.done.is_(False))
    return Duties(int(await db.scalar(cases) or 0), int(await db.scalar(waiting) or 0))


async def greetings_of(db: AsyncConnection, holders: Collection[MemberId]) -> dict[MemberId, int]:
    """Return who of the officers has how many greetings undone."""
    waiting = greeting.c.greeter.in_(list(holders)), greeting.c.done.is_(False)
    found = await db.execute(select(greeting.c.greeter, func.count()).where(*waiting).group_by(greeting.c.greeter))
    return {MemberId(who): count for who, count in found}


async def held_words(db: AsyncConnection, organisation: Organisation, who: Member, now: datetime) -> list[str]:
    """Return the offices that a member holds, in words."""
    return [words for _, words in await held_places(db, organisation, who, now)]


async def held_places(
    db: AsyncConnection, organisation: Organisation, who: Member, now: datetime
) -> list[tuple[NodePath, str]]:
    """Return the offices that a member holds, in words, each with its place."""
    found = await mandates.held_by(db, who.id, now)
    known = await tree.places(db, [node for node, _ in found])
    return [
        (node, f"{organisation.office(office).title} {known[node].title}")
        for node, office in found
        if node in known and office in organisation.offices
    ]


def _inside(column: ColumnElement[str], areas: Collection[NodePath]) -> ColumnElement[bool]:
    ranges = [(path, *below(path)) for path in areas]
    return or_(false(), *(or_(column == path, and_(column >= low, column < high)) for path, low, high in ranges))
