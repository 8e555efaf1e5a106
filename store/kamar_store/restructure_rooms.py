"""Rooms, people and offices follow a restructuring: archived, named anew, seated elsewhere, told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import MemberId, NodePath
from kamar.membership import SeatState
from kamar.node import Axis, axis_of
from kamar.organisation import Organisation
from kamar.structure import RoomKind, RoomState
from kamar.wilayah import parse
from kamar_store import outbox
from kamar_store import reconcile as changed
from kamar_store.node_path import within
from kamar_store.tables import belonging, member, room, seat
from kamar_store.tables import outbox as rows

CHUNK = 5_000  # rows of one statement
IN_SEAT = (SeatState.WANTED, SeatState.SEATED)


@dataclass(frozen=True, slots=True)
class Job:
    """The step of which plan orders something: keys of the outbox begin with it. ``undo`` orders once more."""

    plan: int
    number: int
    undo: bool = False

    def key(self, what: str) -> str:
        """Return the key of one effect."""
        return f"plan:{self.plan}:{self.number}:{'undo' if self.undo else 'do'}:{what}"


@dataclass(frozen=True, slots=True)
class Work:
    """What a step is carried out with."""

    db: AsyncConnection
    organisation: Organisation
    job: Job
    decree: str
    now: datetime


async def archive(
    db: AsyncConnection, job: Job, row: int, into: int | None, words: Mapping[str, str], now: datetime
) -> dict[str, Any]:
    """End a room: nobody writes there any more, its people may read on. Return what brings it back.

    Its number becomes negative, so that a room of the same node can be opened again.
    """
    found = (await db.execute(select(room.c.number, room.c.state).where(room.c.id == row))).one()
    left = await _keep_out(db, row, into, now)
    before = {"room": row, "number": found.number, "state": found.state, "into": into, "left": left}
    await db.execute(update(room).where(room.c.id == row).values(number=-row, state=RoomState.SHUT))
    payload = {"room": row, "into": into, **words}
    await outbox.put(db, "archive", job.key(f"archive:{row}"), payload, now, lane=f"room:{row}")
    return before


async def _keep_out(db: AsyncConnection, row: int, into: int | None, now: datetime) -> list[int]:
    """Who left a room by the own wish is not brought into the one that takes its place; return who that is."""
    if into is None:
        return []
    gone = select(seat.c.member).where(seat.c.room == row, seat.c.state == SeatState.LEFT)
    there = select(seat.c.member).where(seat.c.room == into)
    numbers = [int(number) for number in await db.scalars(gone.where(seat.c.member.not_in(there)))]
    if numbers:
        values = [{"member": number, "room": into, "state": SeatState.LEFT, "at": now} for number in numbers]
        await db.execute(insert(seat), values)
    return numbers


async def restore(db: AsyncConnection, job: Job, before: Mapping[str, Any], now: datetime) -> None:
    """Bring an archived room back, as it was."""
    row = before["room"]
    kept_out = (seat.c.room == before["into"], seat.c.member.in_(before["left"]), seat.c.state == SeatState.LEFT)
    await db.execute(delete(seat).where(*kept_out))
    state = RoomState(before["state"])
    await db.execute(update(room).where(room.c.id == row).values(number=before["number"], state=state))
    await outbox.put(db, "unarchive", job.key(f"unarchive:{row}"), {"room": row}, now, lane=f"room:{row}")
    if state is not RoomState.OPEN:
        await outbox.put(db, "open", job.key(f"open:{row}"), {"room": row}, now)


async def rooms_of(db: AsyncConnection, path: NodePath) -> list[Any]:
    """Return row, kind, number and state of the rooms of exactly one node, archives left out."""
    here = select(room.c.id, room.c.kind, room.c.number, room.c.state).where(
        room.c.node == path, room.c.state != RoomState.SHUT
    )
    return list((await db.execute(here.order_by(room.c.id))).all())


async def chat_of(db: AsyncConnection, path: NodePath | None) -> int | None:
    """Return the row of the chat of a node, if it is open or wanted."""
    here = (room.c.node == path, room.c.kind == RoomKind.OBROLAN, room.c.state != RoomState.SHUT, room.c.number > 0)
    return await db.scalar(select(room.c.id).where(*here))


async def look_again(
    db: AsyncConnection, job: Job, top: NodePath, now: datetime, said: Mapping[int, str] | None = None
) -> None:
    """Order that every open room at and below a node follows: address, name, topic, space, power.

    ``said`` are sentences for rooms that bear another name now.
    """
    found = await db.execute(
        select(room.c.id, room.c.node, room.c.room_id).where(within(room.c.node, top), room.c.state == RoomState.OPEN)
    )
    nodes: set[NodePath] = set()
    for row, path, room_id in found.all():
        nodes.add(NodePath(path))
        await outbox.put(db, "alias", job.key(f"alias:{row}"), {"room": row}, now, lane=f"room:{row}")
        if said and row in said:
            content = {"msgtype": "m.notice", "body": said[row], "m.mentions": {}}
            payload = {"room_id": room_id, "type": "m.room.message", "content": content}
            await outbox.put(db, "send", job.key(f"send:{row}"), payload, now, lane=f"room:{row}")
    await mark(db, nodes, now)


async def mark(db: AsyncConnection, nodes: Iterable[NodePath], now: datetime) -> None:
    """Order a look at the rooms of nodes; in a village at all of them, because its space lists them."""
    found = set(nodes)
    villages = {path: parse(path).village for path in found if axis_of(path) is Axis.WILAYAH}
    await changed.mark(db, {villages.get(path) or path for path in found}, now)


async def seat_again(db: AsyncConnection, job: Job, top: NodePath, now: datetime) -> list[MemberId]:
    """Order that people at and below a node are seated again; return those who sit in no chat there.

    Below a village everybody: the rooms around them may be others now. Of a village or more only those in no chat of
    it: the rooms of all others went along with them.
    """
    sits = exists().where(
        seat.c.member == member.c.id,
        seat.c.state.in_(IN_SEAT),
        seat.c.room == room.c.id,
        room.c.kind == RoomKind.OBROLAN,
        room.c.state == RoomState.OPEN,
        within(room.c.node, top),
    )
    living = (within(member.c.home, top), member.c.left_at.is_(None))
    chatless = [MemberId(number) for number in await db.scalars(select(member.c.id).where(*living, ~sits))]
    everybody = axis_of(top) is not Axis.WILAYAH or "/" in top
    numbers = {MemberId(n) for n in await db.scalars(select(member.c.id).where(*living))} if everybody else {*chatless}
    numbers |= {MemberId(n) for n in await db.scalars(select(belonging.c.member).where(within(belonging.c.node, top)))}
    await order_seats(db, job, sorted(numbers), now)
    return chatless


def plan_of(key: str) -> int | None:
    """Return which plan ordered an effect, by its key in the outbox."""
    word, _, rest = key.partition(":")
    return int(rest.partition(":")[0]) if word == "plan" else None


async def order_seats(db: AsyncConnection, job: Job, numbers: Collection[MemberId], now: datetime) -> None:
    """Order that members are seated again, many at once."""
    await _put_many(db, (("seat", f"seat:{who}", {"member": who}, f"member:{who}") for who in numbers), job, now)


async def tell(db: AsyncConnection, job: Job, numbers: Iterable[MemberId], text: str, now: datetime) -> None:
    """Tell people alone what changed for them."""
    told = (("tell", f"tell:{who}", {"member": who, "text": text, "always": True}, f"tell:{who}") for who in numbers)
    await _put_many(db, told, job, now)


async def _put_many(
    db: AsyncConnection, effects: Iterable[tuple[str, str, dict[str, Any], str]], job: Job, now: datetime
) -> None:
    values = [
        {
            "kind": kind,
            "key": job.key(what),
            "lane": lane,
            "payload": payload,
            "state": "ready",
            "attempts": 0,
            "due_at": now,
            "error": "",
            "created_at": now,
        }
        for kind, what, payload, lane in effects
    ]
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(rows).on_conflict_do_nothing(index_elements=["key"])
    for start in range(0, len(values), CHUNK):
        await db.execute(statement, values[start : start + CHUNK])
