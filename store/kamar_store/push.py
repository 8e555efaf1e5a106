"""Browsers that may be called back, what their members want to be called for, and the calls to make."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Exists, Table, and_, delete, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import EventId, MemberId, RoomId, UserId
from kamar.membership import SeatState
from kamar.push import EVERY, PushKind, due
from kamar_store import outbox
from kamar_store.push_seal import PushSeal, Subscription
from kamar_store.tables import block, member, push_kind, push_subscription, room, seat

DEVICES = 5  # browsers of one member; the oldest gives way


@dataclass(frozen=True, slots=True)
class Browser:
    """One browser to call: its row, and whose it is."""

    id: int
    member: MemberId
    home: str
    sealed: str


@dataclass(frozen=True, slots=True)
class Reached:
    """One chunk of a room's members: how many are to be called, and after whom to go on (None: that was all)."""

    called: int
    after: MemberId | None


async def subscribe(
    db: AsyncConnection, seal: PushSeal, subscription: Subscription, number: MemberId, token: str, now: datetime
) -> None:
    """Write a browser down for the login with this session ``token``; whoever had it before has it no more."""
    mark = seal.mark(subscription.endpoint)
    await db.execute(delete(push_subscription).where(push_subscription.c.mark == mark))
    values = {
        "member": number,
        "session": _session(token),
        "mark": mark,
        "sealed": seal.close(subscription, number),
        "created_at": now,
    }
    await db.execute(_insert(db, push_subscription).values(values))
    kept = (
        select(push_subscription.c.id)
        .where(push_subscription.c.member == number)
        .order_by(push_subscription.c.id.desc())
        .limit(DEVICES)
    )
    await db.execute(
        delete(push_subscription).where(push_subscription.c.member == number, push_subscription.c.id.not_in(kept))
    )


async def unsubscribe(db: AsyncConnection, number: MemberId, *, token: str | None = None) -> None:
    """Forget the browser of one login; without ``token`` every browser of the member."""
    which = [push_subscription.c.member == number]
    if token is not None:
        which.append(push_subscription.c.session == _session(token))
    await db.execute(delete(push_subscription).where(*which))


async def subscribed(db: AsyncConnection, number: MemberId, token: str) -> tuple[int, bool]:
    """Return how many browsers of a member may be called, and whether that of this login is one."""
    found = await db.execute(select(push_subscription.c.session).where(push_subscription.c.member == number))
    sessions = list(found.scalars())
    return len(sessions), _session(token) in sessions


async def wanted(db: AsyncConnection, number: MemberId) -> set[PushKind]:
    """Return what a member wants to be called for: everything that was not switched off."""
    found = await db.execute(select(push_kind.c.kind).where(push_kind.c.member == number, ~push_kind.c.wanted))
    return set(PushKind) - {PushKind(kind) for kind in found.scalars()}


async def choose(db: AsyncConnection, number: MemberId, kinds: Collection[PushKind]) -> None:
    """Write what a member wants to be called for."""
    for kind in PushKind:
        statement = _insert(db, push_kind).values(member=number, kind=kind, wanted=kind in kinds)
        await db.execute(
            statement.on_conflict_do_update(index_elements=["member", "kind"], set_={"wanted": kind in kinds})
        )


async def browser(db: AsyncConnection, row: int) -> Browser | None:
    """Return a browser by its row number; None once it is gone, or its member has left."""
    found = await db.execute(_browsers().where(push_subscription.c.id == row))
    one = found.one_or_none()
    return None if one is None else Browser(*one)


async def forget(db: AsyncConnection, row: int) -> None:
    """Delete a browser that is gone for good."""
    await db.execute(delete(push_subscription).where(push_subscription.c.id == row))


async def call(
    db: AsyncConnection, users: Collection[UserId], room_id: RoomId, event: EventId, kind: PushKind, now: datetime
) -> int:
    """Call those of ``users`` who sit in the room ``room_id``, may be called and want it; return how many."""
    found = await db.execute(
        _browsers()
        .join(seat, seat.c.member == member.c.id)
        .join(room, room.c.id == seat.c.room)
        .where(member.c.user_id.in_(users), room.c.room_id == room_id, seat.c.state == SeatState.SEATED)
    )
    return await _call(db, [Browser(*row) for row in found], event, kind, now)


async def willing(db: AsyncConnection, users: Collection[UserId], sender: UserId) -> list[UserId]:
    """Return those of ``users`` who have not blocked ``sender``."""
    found = await db.execute(select(member.c.user_id).where(member.c.user_id.in_(users), ~_blocks(sender)))
    return [UserId(user) for user in found.scalars()]


async def call_room(
    db: AsyncConnection, room_id: RoomId, event: EventId, but: UserId, after: MemberId, most: int, now: datetime
) -> Reached:
    """Call the next ``most`` members of a siaran room who have a browser, in the order of their numbers.

    ``but`` is who wrote: who has blocked him is not called. ``after``: number of the last member of the chunk before.
    """
    holders = (
        select(push_subscription.c.member)
        .join(seat, seat.c.member == push_subscription.c.member)
        .join(room, room.c.id == seat.c.room)
        .where(room.c.room_id == room_id, seat.c.state == SeatState.SEATED, push_subscription.c.member > after)
        .distinct()
        .order_by(push_subscription.c.member)
        .limit(most)
    )
    numbers = list((await db.execute(holders)).scalars())
    found = await db.execute(_browsers().where(member.c.id.in_(numbers), member.c.user_id != but, ~_blocks(but)))
    called = await _call(db, [Browser(*row) for row in found], event, PushKind.SIARAN, now)
    return Reached(called, MemberId(numbers[-1]) if len(numbers) == most else None)


async def reachable(db: AsyncConnection, room_id: RoomId) -> int:
    """Return how many members of a room have a browser that may be called."""
    found = await db.execute(
        select(func.count(push_subscription.c.member.distinct()))
        .select_from(push_subscription)
        .join(seat, seat.c.member == push_subscription.c.member)
        .join(room, room.c.id == seat.c.room)
        .where(room.c.room_id == room_id, seat.c.state == SeatState.SEATED)
    )
    return found.scalar_one()


async def _call(db: AsyncConnection, browsers: Sequence[Browser], event: EventId, kind: PushKind, now: datetime) -> int:
    homes = {each.member: each.home for each in browsers}
    free = await _take_turns(db, homes.items(), kind, now)
    for each in browsers:
        if each.member in free:
            payload = {"browser": each.id, "kind": kind, "since": int(now.timestamp())}
            await outbox.put(db, "push", f"push:{event}:{kind}:{each.id}", payload, now)
    return len(free)


def _blocks(sender: UserId) -> Exists:
    """Tell whether a member has blocked ``sender``."""
    other = member.alias("other")
    blocked = select(1).select_from(block.join(other, other.c.id == block.c.other))
    return blocked.where(block.c.member == member.c.id, other.c.user_id == sender).correlate(member).exists()


async def _take_turns(
    db: AsyncConnection, homes: Iterable[tuple[MemberId, str]], kind: PushKind, now: datetime
) -> set[MemberId]:
    """Return who may be called for ``kind`` and write it down; within the spacing, and asleep, it is one call."""
    free: set[MemberId] = set()
    for number, home in homes:
        values = {"member": number, "kind": kind, "wanted": True, "called_at": due(kind, home, now)}
        statement = (
            _insert(db, push_kind)
            .values(values)
            .on_conflict_do_update(
                index_elements=["member", "kind"],
                set_={"called_at": values["called_at"]},
                where=and_(
                    push_kind.c.wanted, or_(push_kind.c.called_at.is_(None), push_kind.c.called_at <= now - EVERY)
                ),
            )
            .returning(push_kind.c.member)
        )
        if (await db.execute(statement)).one_or_none() is not None:
            free.add(number)
    return free


def _browsers() -> Any:
    columns = (push_subscription.c.id, push_subscription.c.member, member.c.home, push_subscription.c.sealed)
    return (
        select(*columns)
        .select_from(push_subscription.join(member, member.c.id == push_subscription.c.member))
        .where(member.c.left_at.is_(None))
    )


def _insert(db: AsyncConnection, table: Table) -> Any:
    return (postgresql if db.dialect.name == "postgresql" else sqlite).insert(table)


def _session(token: str) -> str:
    """Return the id of the session with this cookie, as :mod:`kamar_store.session` writes it."""
    return hashlib.sha256(token.encode()).hexdigest()
