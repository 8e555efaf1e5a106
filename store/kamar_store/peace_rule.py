"""Rules of rooms, blocks between members, keys of bans, and where the bot talks with a member alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import MemberId, NodePath, RoomId, UserId
from kamar.peace import MeasureKind
from kamar.peace_message import Flood
from kamar_store import outbox
from kamar_store.tables import ban_key, block, known_key, measure, member, room_rule, talk_room

KNOWN_FOR = timedelta(days=365)  # a browser's key is forgotten after that


@dataclass(frozen=True, slots=True)
class RoomRule:
    """What officers set for one room."""

    words: tuple[str, ...] = ()
    flood: Flood = field(default_factory=Flood)
    text_only_hours: int = 0


async def rule_of(db: AsyncConnection, room: int) -> RoomRule:
    """Return the rules of a room, those of every room where none were set."""
    found = await db.execute(
        select(
            room_rule.c.words, room_rule.c.flood_count, room_rule.c.flood_seconds, room_rule.c.text_only_hours
        ).where(room_rule.c.room == room)
    )
    row = found.one_or_none()
    return RoomRule() if row is None else RoomRule(tuple(row[0]), Flood(row[1], row[2]), row[3])


async def set_rule(db: AsyncConnection, room: int, rule: RoomRule, by: MemberId, now: datetime) -> None:
    """Write the rules of a room, with the order to make them felt."""
    values = {
        "words": list(rule.words),
        "flood_count": rule.flood.count,
        "flood_seconds": rule.flood.seconds,
        "text_only_hours": rule.text_only_hours,
        "by": by,
        "at": now,
    }
    statement = _insert(db, room_rule).values(room=room, **values)
    await db.execute(statement.on_conflict_do_update(index_elements=["room"], set_=values))
    await order_rules(db, room, now)


async def order_rules(db: AsyncConnection, room: int, now: datetime) -> None:
    """Write the order to tell Synapse what holds in a room."""
    key = f"peace:{room}:{now.timestamp():.6f}"
    await outbox.put(db, "peace", key, {"room": room}, now, lane=f"peace:{room}")


async def set_block(db: AsyncConnection, who: MemberId, other: MemberId, now: datetime, *, blocked: bool) -> None:
    """Let a member block another, or no more."""
    if blocked:
        statement = _insert(db, block).values(member=who, other=other, at=now)
        await db.execute(statement.on_conflict_do_nothing(index_elements=["member", "other"]))
    else:
        await db.execute(delete(block).where(block.c.member == who, block.c.other == other))
    payload = {"member": who, "other": other}
    key = f"block:{who}:{other}:{now.timestamp():.6f}"
    await outbox.put(db, "block", key, payload, now, lane=f"block:{who}")


async def is_blocked(db: AsyncConnection, who: MemberId, other: MemberId) -> bool:
    """Tell whether a member blocks another."""
    found = await db.execute(select(block.c.at).where(block.c.member == who, block.c.other == other))
    return found.one_or_none() is not None


async def blocked_by(db: AsyncConnection, who: MemberId) -> list[tuple[MemberId, str]]:
    """Return whom a member blocks; nobody else may ask."""
    found = await db.execute(
        select(member.c.id, member.c.display_name)
        .join(block, block.c.other == member.c.id)
        .where(block.c.member == who)
        .order_by(member.c.display_name)
    )
    return [(MemberId(number), name) for number, name in found]


async def note_key(db: AsyncConnection, who: MemberId, kind: str, digest: str, now: datetime) -> None:
    """Remember the keyed hash of what a member came with."""
    statement = _insert(db, known_key).values(member=who, kind=kind, hash=digest, at=now)
    await db.execute(
        statement.on_conflict_do_update(index_elements=["member", "kind", "hash"], set_={"at": statement.excluded.at})
    )
    await db.execute(delete(known_key).where(known_key.c.at < now - KNOWN_FOR))


async def ban_keys(db: AsyncConnection, number: int, who: MemberId) -> None:
    """Copy what is known of a banned member to the ban."""
    found = (await db.execute(select(known_key.c.kind, known_key.c.hash).where(known_key.c.member == who))).all()
    for kind, digest in found:
        statement = _insert(db, ban_key).values(measure=number, kind=kind, hash=digest)
        await db.execute(statement.on_conflict_do_nothing(index_elements=["measure", "kind", "hash"]))


async def add_ban_key(db: AsyncConnection, number: int, kind: str, digest: str) -> None:
    """Add one key to a ban (a telephone number's, from the vault)."""
    await db.execute(insert(ban_key).values(measure=number, kind=kind, hash=digest))


async def bans_with(
    db: AsyncConnection, keys: Iterable[tuple[str, str]], now: datetime
) -> list[tuple[str, int, NodePath]]:
    """Return kind of key, measure and place of the bans in force that one of the keys belongs to."""
    wanted = set(keys)
    found = await db.execute(
        select(ban_key.c.kind, ban_key.c.hash, measure.c.id, measure.c.node)
        .join(measure, measure.c.id == ban_key.c.measure)
        .where(
            ban_key.c.hash.in_([digest for _, digest in wanted]),
            measure.c.kind == MeasureKind.BAN,
            measure.c.lifted_at.is_(None),
            measure.c.ends_at > now,
        )
    )
    return [(kind, number, NodePath(node)) for kind, digest, number, node in found if (kind, digest) in wanted]


async def note_direct(db: AsyncConnection, user: UserId, room: RoomId, now: datetime) -> None:
    """Remember where the bot and somebody talk alone."""
    values = {"room_id": room, "at": now}
    statement = _insert(db, talk_room).values(user_id=user, **values)
    await db.execute(statement.on_conflict_do_update(index_elements=["user_id"], set_=values))


async def direct_of(db: AsyncConnection, user: UserId) -> RoomId | None:
    """Return where the bot and somebody talk alone."""
    found = await db.execute(select(talk_room.c.room_id).where(talk_room.c.user_id == user))
    room = found.scalar_one_or_none()
    return None if room is None else RoomId(room)


async def forget_direct(db: AsyncConnection, user: UserId) -> None:
    """Forget a direct talk that is no more."""
    await db.execute(delete(talk_room).where(talk_room.c.user_id == user))


def _insert(db: AsyncConnection, table: Any) -> Any:
    return (postgresql if db.dialect.name == "postgresql" else sqlite).insert(table)
