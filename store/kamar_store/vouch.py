"""Vouching in the registry: who is a newcomer, who said a word for him, and what follows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, exists, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath, RoomId, UserId
from kamar.node import below, level_of, village_of
from kamar.organisation import Organisation, Right
from kamar.policy import covers
from kamar.structure import RoomKind, RoomState
from kamar.vouch import Voucher, Word, are_neighbours, is_enough, read_word
from kamar.wilayah import Level
from kamar_store import mandate_find as mandates
from kamar_store import member as members
from kamar_store import outbox, referral
from kamar_store.member import COLUMNS, Member
from kamar_store.tables import hold, member, room, seat, trail, vouch

MOST = 50  # newcomers on one page


@dataclass(frozen=True, slots=True)
class Said:
    """What a word did: how many there are now, and whether they were enough."""

    words: int
    vouched: bool


async def voucher(db: AsyncConnection, organisation: Organisation, who: Member, now: datetime) -> Voucher:
    """Return a member as somebody who may vouch; as a coordinator, only who has the right to verify."""
    coordinated = tuple(await mandates.where_may(db, organisation, who, Right.VERIFY, now))
    return Voucher(who.id, who.home, who.vouched, who.admin, coordinated)


async def say(db: AsyncConnection, who: Voucher, newcomer: Member, now: datetime) -> Said:
    """Write the word of ``who`` for a newcomer; when it is enough, the newcomer is seated anew.

    Raises:
        KamarError: ``vouch_self``, ``vouch_newcomer``, ``vouch_stranger``, ``vouch_twice``, ``vouch_needless``.
    """
    word = read_word(who, newcomer.id, newcomer.home, rt_open=await rt_open(db, newcomer.home))
    if newcomer.vouched:
        raise KamarError("vouch_needless", name=newcomer.display_name)
    said = await words_for(db, newcomer.id)
    if who.id in said:
        raise KamarError("vouch_twice", name=newcomer.display_name)
    await db.execute(insert(vouch).values(newcomer=newcomer.id, voucher=who.id, word=word, at=now))
    words = [*said.values(), word]
    if not is_enough(words):
        return Said(len(words), vouched=False)
    await confirm(db, newcomer.id, now)
    return Said(len(words), vouched=True)


async def confirm(db: AsyncConnection, newcomer: MemberId, now: datetime) -> None:
    """Make a newcomer a neighbour, and let the job seat him in the wider rooms. Repeatable."""
    changed = await db.execute(
        update(member)
        .where(member.c.id == newcomer, member.c.vouched_at.is_(None))
        .values(vouched_at=now)
        .returning(member.c.id)
    )
    if changed.one_or_none() is None:
        return
    await db.execute(delete(trail).where(trail.c.member == newcomer))
    await db.execute(delete(hold).where(hold.c.member == newcomer))
    key = f"seat:{newcomer}:vouched:{now.isoformat()}"
    await outbox.put(db, "seat", key, {"member": newcomer}, now, lane=f"member:{newcomer}")


async def forget(db: AsyncConnection, number: MemberId) -> None:
    """Make a member a newcomer again, as one who moved to another village is."""
    await db.execute(delete(vouch).where(vouch.c.newcomer == number))
    await db.execute(update(member).where(member.c.id == number).values(vouched_at=None))


async def arrive(db: AsyncConnection, newcomer: MemberId, code: str, now: datetime) -> None:
    """Count the code of a neighbour of the same RT as one word; in the demonstration its coordinator vouches."""
    who = await members.by_id(db, newcomer)
    owner = (await referral.find(db, code)).owner
    if who is None:
        return
    for _node, _office, holder in await mandates.officers(db, [who.home], now):
        if holder.demo:
            await confirm(db, newcomer, now)
            return
    brought = await members.by_id(db, owner) if owner else None
    if brought is not None and brought.vouched and _same_rt(brought.home, who.home):
        await db.execute(insert(vouch).values(newcomer=newcomer, voucher=brought.id, word=Word.CODE, at=now))


async def words_for(db: AsyncConnection, newcomer: MemberId) -> dict[MemberId, Word]:
    """Return who said which word for a newcomer."""
    found = await db.execute(select(vouch.c.voucher, vouch.c.word).where(vouch.c.newcomer == newcomer))
    return {MemberId(number): Word(word) for number, word in found}


async def rt_open(db: AsyncConnection, home: NodePath) -> bool:
    """Tell whether the RT of a home has a kamar."""
    opened = exists().where(room.c.node == home, room.c.kind == RoomKind.OBROLAN, room.c.state == RoomState.OPEN)
    return level_of(home) is Level.RT and bool(await db.scalar(select(opened)))


async def newcomers_for(db: AsyncConnection, who: Voucher) -> list[Member]:
    """Return the newcomers that ``who`` may vouch for, oldest first; nobody for who is a newcomer himself.

    A neighbour sees those of the own RT, where it has a kamar; the names are no secret there. A coordinator sees those
    of the own area.
    """
    nodes = list(who.coordinated)
    if who.vouched:
        nodes.append(who.home if await rt_open(db, who.home) else village_of(who.home) or who.home)
    if not nodes:
        return []
    found = await db.execute(
        select(*COLUMNS)
        .where(
            or_(*(_below(node) for node in nodes)),
            member.c.vouched_at.is_(None),
            member.c.left_at.is_(None),
            member.c.id != who.id,
        )
        .order_by(member.c.id)
        .limit(MOST)
    )
    listed = [members.read(row) for row in found]
    return [each for each in listed if await _may_know(db, who, each)]


async def newcomers_among(db: AsyncConnection, users: Collection[UserId]) -> list[Member]:
    """Return which of these accounts are newcomers."""
    found = await db.execute(
        select(*COLUMNS).where(member.c.user_id.in_(users), member.c.vouched_at.is_(None), member.c.left_at.is_(None))
    )
    return [members.read(row) for row in found]


async def neighbour_sits_in(db: AsyncConnection, room_id: RoomId) -> bool:
    """Tell whether anybody sits in a room whose word would count."""
    sitting = (
        select(member.c.id)
        .join(seat, seat.c.member == member.c.id)
        .join(room, room.c.id == seat.c.room)
        .where(room.c.room_id == room_id, seat.c.state == "seated", member.c.vouched_at.is_not(None))
    )
    return (await db.execute(sitting.limit(1))).one_or_none() is not None


async def share_room(db: AsyncConnection, one: MemberId, other: MemberId) -> bool:
    """Tell whether two members sit in one room."""
    mine, theirs = seat.alias("mine"), seat.alias("theirs")
    found = await db.execute(
        select(mine.c.room)
        .join(theirs, theirs.c.room == mine.c.room)
        .where(mine.c.member == one, theirs.c.member == other, mine.c.state == "seated", theirs.c.state == "seated")
        .limit(1)
    )
    return found.one_or_none() is not None


async def _may_know(db: AsyncConnection, who: Voucher, newcomer: Member) -> bool:
    """Tell whether the name of a newcomer is known to ``who`` already, or is his business as a coordinator."""
    if covers(who.coordinated, newcomer.home):
        return True
    open_there = await rt_open(db, newcomer.home)
    return are_neighbours(who.home, newcomer.home, rt_open=open_there) and (
        newcomer.home == who.home or await share_room(db, who.id, newcomer.id)
    )


def _below(node: NodePath) -> ColumnElement[bool]:
    low, high = below(node)
    return or_(member.c.home == node, and_(member.c.home >= low, member.c.home < high))


def _same_rt(one: NodePath, other: NodePath) -> bool:
    return one == other and level_of(one) is Level.RT
