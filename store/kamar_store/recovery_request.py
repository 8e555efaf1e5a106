"""Requests to get back in that a coordinator and a neighbour confirm face to face.

Every step is one conditional UPDATE: of two who confirm at once one is first, and the other is told so.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, false, func, insert, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import MemberId, NodePath, UserId
from kamar.membership import SeatState
from kamar.recovery import KEPT, MEET_LASTS, Request
from kamar.structure import RoomKind
from kamar.wilayah import below
from kamar_store.mandate_find import in_force
from kamar_store.recovery import hash_of_token
from kamar_store.tables import mandate, member, recovery_request, room, seat

TALKING = (RoomKind.OBROLAN, RoomKind.PERINTIS)  # where people know each other from
CANDIDATES = 10  # people of one name in one village


@dataclass(frozen=True, slots=True)
class Found:
    """A request with its row's id."""

    id: str
    request: Request


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody whom a request may be about."""

    member: MemberId
    display_name: str
    home: NodePath
    user_id: UserId


COLUMNS = (
    recovery_request.c.typed,
    recovery_request.c.expires_at,
    recovery_request.c.subject,
    recovery_request.c.coordinator,
    recovery_request.c.neighbour,
    recovery_request.c.ready_at,
    recovery_request.c.cancelled_at,
    recovery_request.c.used_at,
    recovery_request.c.administrator,
)


async def begin(db: AsyncConnection, token: str, scan: str, typed: str, now: datetime) -> None:
    """Write a request of the telephone that holds ``token``; ``scan`` is what its first QR carries.

    Nothing is looked up: the answer can't depend on whether there is such a member.
    """
    values = {
        "id": hash_of_token(token),
        "scan": hash_of_token(scan),
        "typed": typed,
        "created_at": now,
        "expires_at": now + MEET_LASTS,
    }
    await db.execute(insert(recovery_request).values(values))


async def find(db: AsyncConnection, token: str) -> Found | None:
    """Return the request of a telephone."""
    return await _one(db, recovery_request.c.id == hash_of_token(token))


async def scanned(db: AsyncConnection, scan: str, now: datetime) -> Found | None:
    """Return the request whose present QR was scanned, while it can be confirmed."""
    return await _one(db, and_(recovery_request.c.scan == hash_of_token(scan), _open(now)))


async def candidates(
    db: AsyncConnection, nodes: Collection[NodePath] | None, typed: str, server: str
) -> list[Candidate]:
    """Return the members at or below ``nodes`` (none: everywhere) with this display name or account name."""
    account = "@" + typed.removeprefix("@").split(":")[0].strip().lower() + f":{server}"
    places = [
        or_(member.c.home == node, and_(member.c.home >= low, member.c.home < high))
        for node, low, high in ((node, *below(node)) for node in nodes or ())
    ]
    if nodes is not None and not places:
        return []
    found = await db.execute(
        select(member.c.id, member.c.display_name, member.c.home, member.c.user_id)
        .where(
            or_(true() if nodes is None else false(), *places),
            member.c.left_at.is_(None),
            member.c.persona.is_(False),  # nobody is told of these; their owners open them from the first account
            or_(func.lower(member.c.display_name) == typed.lower(), member.c.user_id == account),
        )
        .order_by(member.c.id)
        .limit(CANDIDATES)
    )
    return [Candidate(*row) for row in found]


async def first_confirmed(
    db: AsyncConnection, found: Found, subject: MemberId, coordinator: MemberId, scan: str, now: datetime
) -> bool:
    """Write whom the coordinator met; the QR changes to ``scan``. False when it was too late or done before."""
    answer = await db.execute(
        update(recovery_request)
        .where(recovery_request.c.id == found.id, recovery_request.c.coordinator.is_(None), _open(now))
        .values(subject=subject, coordinator=coordinator, scan=hash_of_token(scan))
        .returning(recovery_request.c.id)
    )
    return answer.one_or_none() is not None


async def second_confirmed(
    db: AsyncConnection, found: Found, neighbour: MemberId, scan: str, door: tuple[datetime, datetime], now: datetime
) -> bool:
    """Write who met the person too; the password may be chosen within ``door``. ``scan`` makes the QR good for nothing.

    False when it was too late or done before. Subject, coordinator and neighbour are three people and somebody
    vouches for the last, whatever the caller believed.
    """
    opens, closes = door
    vouched = select(member.c.id).where(member.c.id == neighbour, member.c.vouched_at.is_not(None))
    answer = await db.execute(
        update(recovery_request)
        .where(
            recovery_request.c.id == found.id,
            recovery_request.c.coordinator.is_not(None),
            recovery_request.c.coordinator != neighbour,
            recovery_request.c.subject != neighbour,
            recovery_request.c.neighbour.is_(None),
            vouched.exists(),
            _open(now),
        )
        .values(neighbour=neighbour, scan=hash_of_token(scan), ready_at=opens, expires_at=closes, officer=opens > now)
        .returning(recovery_request.c.id)
    )
    return answer.one_or_none() is not None


async def open_by_administrator(
    db: AsyncConnection,
    token: str,
    subject: MemberId,
    administrator: MemberId,
    door: tuple[datetime, datetime],
    now: datetime,
) -> None:
    """Write that an administrator lets somebody in with the link that carries ``token``; nobody else need confirm."""
    opens, closes = door
    values = {
        "id": hash_of_token(token),
        "scan": hash_of_token(f"link {token}"),  # there is no QR to scan
        "typed": "",
        "subject": subject,
        "administrator": administrator,
        "officer": opens > now,
        "created_at": now,
        "ready_at": opens,
        "expires_at": closes,
    }
    await db.execute(insert(recovery_request).values(values))


async def use(db: AsyncConnection, found: Found, now: datetime) -> UserId | None:
    """Use a confirmed request up and return whose account it opens; none when that is not, or no longer, possible."""
    answer = await db.execute(
        update(recovery_request)
        .where(
            recovery_request.c.id == found.id,
            or_(recovery_request.c.neighbour.is_not(None), recovery_request.c.administrator.is_not(None)),
            recovery_request.c.ready_at <= now,
            _open(now),
        )
        .values(used_at=now, typed="")
        .returning(recovery_request.c.subject)
    )
    subject = answer.scalar_one_or_none()
    if subject is None:
        return None
    whose = select(member.c.user_id).where(member.c.id == subject, member.c.left_at.is_(None))
    return (await db.execute(whose)).scalar_one_or_none()


async def unuse(db: AsyncConnection, found: Found) -> None:
    """Make a request good again, when choosing the password failed."""
    await db.execute(update(recovery_request).where(recovery_request.c.id == found.id).values(used_at=None))


async def against(db: AsyncConnection, number: MemberId, now: datetime) -> Request | None:
    """Return the request that would open a member's account, for the notice on the old devices."""
    found = await _one(db, and_(recovery_request.c.subject == number, _open(now)))
    return None if found is None else found.request


async def cancel(db: AsyncConnection, number: MemberId, now: datetime) -> bool:
    """Cancel every open request about a member, from an old device; False when there was none."""
    answer = await db.execute(
        update(recovery_request)
        .where(recovery_request.c.subject == number, _open(now))
        .values(cancelled_at=now, typed="")
        .returning(recovery_request.c.id)
    )
    return answer.first() is not None


async def is_officer(db: AsyncConnection, number: MemberId, now: datetime) -> bool:
    """Tell whether a member speaks for others: holds a mandate in force, or administers the server."""
    held = select(mandate.c.id).where(mandate.c.member == number, in_force(now))
    found = await db.execute(select(member.c.id).where(member.c.id == number, or_(member.c.admin, held.exists())))
    return found.one_or_none() is not None


async def share_kamar(db: AsyncConnection, one: MemberId, other: MemberId) -> bool:
    """Tell whether two members sit in one room where people talk."""
    seats = select(seat.c.room).where(seat.c.state == SeatState.SEATED)
    shared = (
        select(room.c.id)
        .where(room.c.kind.in_(TALKING))
        .where(room.c.id.in_(seats.where(seat.c.member == one)), room.c.id.in_(seats.where(seat.c.member == other)))
        .limit(1)
    )
    return (await db.execute(shared)).one_or_none() is not None


async def forget_expired(db: AsyncConnection, now: datetime) -> None:
    """Delete what was never confirmed as soon as it is over, the rest after ninety days."""
    over = recovery_request.c.expires_at < now
    unconfirmed = and_(recovery_request.c.coordinator.is_(None), recovery_request.c.administrator.is_(None))
    await db.execute(delete(recovery_request).where(over, unconfirmed))
    await db.execute(delete(recovery_request).where(recovery_request.c.expires_at < now - KEPT))
    await db.execute(update(recovery_request).where(over).values(typed=""))


def _open(now: datetime) -> ColumnElement[bool]:
    return and_(
        recovery_request.c.expires_at > now,
        recovery_request.c.cancelled_at.is_(None),
        recovery_request.c.used_at.is_(None),
    )


async def _one(db: AsyncConnection, which: ColumnElement[bool]) -> Found | None:
    found = await db.execute(select(recovery_request.c.id, *COLUMNS).where(which).limit(1))
    row = found.one_or_none()
    return None if row is None else Found(row[0], Request(*list(row)[1:]))
