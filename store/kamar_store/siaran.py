"""Announcements: written, agreed to, on their way, corrected, recalled. Bot and portal share every function here."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ColumnElement, and_, case, func, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath, RoomId
from kamar.membership import SeatState
from kamar.node import Axis, axis_of, below, chain_of, is_within
from kamar.organisation import Organisation, Right
from kamar.policy import covers
from kamar.siaran import Reach, TextState, may_approve, may_change, needs_second, read_text
from kamar.structure import RoomKind, RoomState
from kamar.when import EAST, MIDDLE
from kamar.wilayah import full_name, parse
from kamar.words import mark as _
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store import node as nodes
from kamar_store import outbox, wilayah
from kamar_store.member import Member
from kamar_store.tables import room, seat, siaran, siaran_room, siaran_text

MOST = 50  # announcements in one list
LENT = _("Pengurus")


@dataclass(frozen=True, slots=True)
class Siaran:
    """One announcement; ``revision`` is the state that every room is to have, 0 before it was agreed to."""

    id: int
    key: str
    node: NodePath
    author: MemberId | None
    by: str
    picture: Mapping[str, Any] | None
    urgent: bool
    revision: int
    rooms: int
    talk_room: RoomId | None
    progress_event: str | None
    told: int
    recalled_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an announcement's text."""

    siaran: int
    number: int
    text: str
    writer: MemberId | None
    state: TextState


@dataclass(frozen=True, slots=True)
class Progress:
    """In how many rooms an announcement is what it shall be, and how many rooms are no more."""

    rooms: int
    done: int
    gone: int

    @property
    def left(self) -> int:
        """Return how many rooms are still to come."""
        return self.rooms - self.done - self.gone


COLUMNS = (
    siaran.c.id,
    siaran.c.key,
    siaran.c.node,
    siaran.c.author,
    siaran.c.by,
    siaran.c.picture,
    siaran.c.urgent,
    siaran.c.revision,
    siaran.c.rooms,
    siaran.c.talk_room,
    siaran.c.progress_event,
    siaran.c.told,
    siaran.c.recalled_at,
    siaran.c.created_at,
)
VERSION = (siaran_text.c.siaran, siaran_text.c.number, siaran_text.c.text, siaran_text.c.writer, siaran_text.c.state)


async def nodes_of(db: AsyncConnection, organisation: Organisation, who: Member, now: datetime) -> list[NodePath]:
    """Return the nodes where a member may announce, by an office or a loan in force."""
    return await mandates.where_may(db, organisation, who, Right.ANNOUNCE, now)


async def signature(db: AsyncConnection, organisation: Organisation, who: Member, node: NodePath, now: datetime) -> str:
    """Return as whom a member announces at a node: "Ketua Exco, Kec. Cikarang Selatan".

    Raises:
        KamarError: ``siaran_not_allowed``.
    """
    for held, office in await mandates.held_by(db, who.id, now):
        if organisation.has(Right.ANNOUNCE, [office]) and is_within(node, held):
            return f"{organisation.office(office).title}, {await place_words(db, held)}"
    for held in await nodes_of(db, organisation, who, now):
        if is_within(node, held):  # a right that was lent, without the office
            return f"{LENT}, {await place_words(db, held)}"
    raise KamarError("siaran_not_allowed")


async def place_words(db: AsyncConnection, node: NodePath) -> str:
    """Return the short name of a place: "Kec. Cikarang Selatan", "RT 003/RW 005, Desa Sukaresmi"."""
    found = await nodes.by_path(db, node)
    if found is not None:
        whole = found.full_name
    elif axis_of(node) is Axis.WILAYAH:
        place = parse(node)
        base = await wilayah.get(db, place.village or node)
        whole = full_name(place, base.full_name if base else node)
    else:
        return node
    parts = whole.split(", ")
    return ", ".join(parts[: 2 if parts[0].startswith(("RT ", "RW ")) else 1])


async def reach(db: AsyncConnection, node: NodePath) -> Reach:
    """Return how many rooms an announcement at ``node`` goes to, and how many people sit there."""
    rooms = await db.execute(select(func.count()).select_from(room).where(_reached(node)))
    people = await db.execute(
        select(func.count(seat.c.member.distinct()))
        .join(room, room.c.id == seat.c.room)
        .where(_reached(node), seat.c.state == SeatState.SEATED)
    )
    return Reach(rooms.scalar_one(), people.scalar_one())


async def begin(
    db: AsyncConnection,
    organisation: Organisation,
    who: Member,
    node: NodePath,
    by: str,
    now: datetime,
    talk_room: RoomId | None = None,
) -> int:
    """Write an empty announcement and return its number; an older one that is not sent yet is dropped.

    Raises:
        KamarError: ``siaran_not_allowed``, ``siaran_no_rooms``.
    """
    if not any(is_within(node, held) for held in await nodes_of(db, organisation, who, now)):
        raise KamarError("siaran_not_allowed")
    if (await reach(db, node)).rooms == 0:
        raise KamarError("siaran_no_rooms")
    await drop_drafts(db, who.id)
    values = {"key": secrets.token_hex(12), "node": node, "author": who.id, "by": by, "created_at": now}
    made = await db.execute(insert(siaran).values(**values, talk_room=talk_room).returning(siaran.c.id))
    number = int(made.scalar_one())
    await _new_version(db, number, 1, who.id, now)
    return number


async def draft_of(db: AsyncConnection, who: MemberId) -> Version | None:
    """Return the text that a member is writing."""
    statement = (
        select(*VERSION)
        .where(siaran_text.c.writer == who, siaran_text.c.state == TextState.DRAFT)
        .order_by(siaran_text.c.id.desc())
        .limit(1)
    )
    row = (await db.execute(statement)).one_or_none()
    return None if row is None else _version(row)


async def drop_drafts(db: AsyncConnection, who: MemberId) -> None:
    """Forget what a member began to write."""
    await db.execute(
        update(siaran_text)
        .where(siaran_text.c.writer == who, siaran_text.c.state == TextState.DRAFT)
        .values(state=TextState.DROPPED, text="")
    )


async def write(db: AsyncConnection, draft: Version, text: str, picture: Mapping[str, Any] | None = None) -> None:
    """Write the text of a draft, and the picture of a new announcement.

    Raises:
        KamarError: as :func:`kamar.siaran.read_text`; ``siaran_picture`` for a picture in a correction.
    """
    if picture is not None:
        if draft.number > 1:
            raise KamarError("siaran_picture")
        await db.execute(update(siaran).where(siaran.c.id == draft.siaran).values(picture=dict(picture)))
    if text or picture is None:
        await _change(db, draft, text=read_text(text))


async def clear(db: AsyncConnection, draft: Version) -> None:
    """Forget the text of a draft, to be written anew."""
    await _change(db, draft, text="")


async def correct(db: AsyncConnection, organisation: Organisation, number: int, who: Member, now: datetime) -> Siaran:
    """Begin a correction.

    Raises:
        KamarError: ``siaran_unknown``, ``siaran_recalled``.
    """
    item = await changeable(db, organisation, number, who, now)
    await drop_drafts(db, who.id)
    last = await db.execute(select(func.max(siaran_text.c.number)).where(siaran_text.c.siaran == number))
    await _new_version(db, number, int(last.scalar_one()) + 1, who.id, now)
    return item


async def submit(
    db: AsyncConnection,
    organisation: Organisation,
    draft: Version,
    who: Member,
    now: datetime,
    limit: int,
    *,
    urgent: bool = False,
) -> bool:
    """Send a draft on its way: at once (true), or to a second officer where it reaches more than ``limit`` rooms.

    Raises:
        KamarError: ``siaran_empty``, ``siaran_not_allowed``, ``siaran_nobody`` (no second officer), ``siaran_unknown``.
    """
    item = await get(db, draft.siaran)
    if item is None or draft.state is not TextState.DRAFT:
        raise KamarError("siaran_unknown")
    if not draft.text:
        raise KamarError("siaran_empty")
    nodes = await nodes_of(db, organisation, who, now)
    if not any(is_within(item.node, held) for held in nodes):
        raise KamarError("siaran_not_allowed")
    if urgent:
        await db.execute(update(siaran).where(siaran.c.id == item.id).values(urgent=True))
    if not needs_second((await reach(db, item.node)).rooms, limit):
        await _start(db, item, draft, None, now)
        return True
    seconds = await seconds_of(db, organisation, item.node, who.id, now)
    if not seconds:
        raise KamarError("siaran_nobody")
    await _change(db, draft, state=TextState.WAITING)
    for each in seconds:
        payload = {"siaran": item.id, "number": draft.number, "member": each.id}
        key = f"siaran_ask:{item.id}:{draft.number}:{each.id}"
        await outbox.put(db, "siaran_ask", key, payload, now, lane=f"tell:{each.id}")
    return False


async def seconds_of(
    db: AsyncConnection, organisation: Organisation, node: NodePath, but: MemberId, now: datetime
) -> list[Member]:
    """Return who may agree to an announcement of ``but`` at ``node``: officers there and above with the right."""
    found = {
        holder.id: holder
        for _at, office, holder in await mandates.officers(db, chain_of(node), now)
        if organisation.has(Right.ANNOUNCE, [office]) and holder.id != but
    }
    return list(found.values())


async def decide(
    db: AsyncConnection, organisation: Organisation, number: int, who: Member, now: datetime, *, agreed: bool
) -> Siaran:
    """Agree to the version that waits, or not.

    Raises:
        KamarError: ``siaran_unknown``, ``siaran_decided``, ``siaran_not_allowed`` (also of the author himself),
            ``siaran_author`` (who is no officer any more).
    """
    item, version = await get(db, number), await waiting(db, number)
    nodes = await nodes_of(db, organisation, who, now)
    if item is None or not (may_approve(nodes, item.node, own=False) or item.author == who.id):
        raise KamarError("siaran_unknown")
    if version is None:
        raise KamarError("siaran_decided")
    if not may_approve(nodes, item.node, own=who.id in (item.author, version.writer)):
        raise KamarError("siaran_not_allowed")
    if not agreed:
        await _change(db, version, state=TextState.DROPPED, approved_by=who.id)
        return item
    writer = await members.by_id(db, version.writer) if version.writer is not None else None
    if writer is None or not covers(await nodes_of(db, organisation, writer, now), item.node):
        raise KamarError("siaran_author")
    await _start(db, item, version, who.id, now)
    return item


async def recall(db: AsyncConnection, organisation: Organisation, number: int, who: Member, now: datetime) -> Siaran:
    """Take an announcement back in every room that has it.

    Raises:
        KamarError: ``siaran_unknown``, ``siaran_recalled``.
    """
    item = await changeable(db, organisation, number, who, now)
    open_states = (TextState.DRAFT, TextState.WAITING)
    await db.execute(
        update(siaran_text)
        .where(siaran_text.c.siaran == number, siaran_text.c.state.in_(open_states))
        .values(state=TextState.DROPPED)
    )
    changes = {"recalled_at": now, "recalled_by": who.id, "revision": item.revision + 1, "told": -1}
    await db.execute(update(siaran).where(siaran.c.id == number).values(changes))
    mine = and_(siaran_room.c.siaran == number, siaran_room.c.event_id.is_(None), siaran_room.c.tried == 0)
    await db.execute(update(siaran_room).where(mine).values(revision=item.revision + 1))
    await _order(db, number, item.revision + 1, now)
    return item


async def changeable(
    db: AsyncConnection, organisation: Organisation, number: int, who: Member, now: datetime
) -> Siaran:
    """Return an announcement that a member may correct or recall.

    Raises:
        KamarError: ``siaran_unknown`` (also of everybody else's), ``siaran_recalled``.
    """
    item = await get(db, number)
    nodes = await nodes_of(db, organisation, who, now)
    if item is None or item.revision == 0 or not may_change(nodes, item.node, own=item.author == who.id):
        raise KamarError("siaran_unknown")
    if item.recalled_at is not None:
        raise KamarError("siaran_recalled")
    return item


async def may_change_now(
    db: AsyncConnection, organisation: Organisation, item: Siaran, who: Member, now: datetime
) -> bool:
    """Tell whether a member may correct and recall an announcement now."""
    nodes = await nodes_of(db, organisation, who, now)
    sent = item.revision > 0 and item.recalled_at is None
    return sent and may_change(nodes, item.node, own=item.author == who.id)


async def may_decide(
    db: AsyncConnection, organisation: Organisation, item: Siaran, who: Member, now: datetime, *, own: bool
) -> bool:
    """Tell whether a member may agree to what waits; ``own``: he wrote it."""
    return may_approve(await nodes_of(db, organisation, who, now), item.node, own=own)


async def visible(db: AsyncConnection, organisation: Organisation, who: Member, now: datetime) -> list[Siaran]:
    """Return the announcements that a member wrote, or may agree to or recall, newest first; drafts only the own."""
    nodes = await nodes_of(db, organisation, who, now)
    areas = [or_(siaran.c.node == node, _below(siaran.c.node, node)) for node in nodes]
    waits = select(siaran_text.c.siaran).where(siaran_text.c.state == TextState.WAITING)
    sent = or_(siaran.c.revision > 0, siaran.c.id.in_(waits))
    found = await db.execute(
        select(*COLUMNS).where(or_(siaran.c.author == who.id, *areas), sent).order_by(siaran.c.id.desc()).limit(MOST)
    )
    return [_siaran(row) for row in found]


async def get(db: AsyncConnection, number: int) -> Siaran | None:
    """Return an announcement."""
    row = (await db.execute(select(*COLUMNS).where(siaran.c.id == number))).one_or_none()
    return None if row is None else _siaran(row)


async def waiting(db: AsyncConnection, number: int) -> Version | None:
    """Return the version that waits for a second officer."""
    statement = select(*VERSION).where(siaran_text.c.siaran == number, siaran_text.c.state == TextState.WAITING)
    row = (await db.execute(statement)).one_or_none()
    return None if row is None else _version(row)


async def current_text(db: AsyncConnection, number: int) -> str:
    """Return the newest text that was agreed to, empty where there is none."""
    found = await db.execute(
        select(siaran_text.c.text)
        .where(siaran_text.c.siaran == number, siaran_text.c.state == TextState.APPROVED)
        .order_by(siaran_text.c.number.desc())
        .limit(1)
    )
    return found.scalar_one_or_none() or ""


async def progress(db: AsyncConnection, item: Siaran) -> Progress:
    """Return how far an announcement is."""
    done = case((and_(~siaran_room.c.gone, siaran_room.c.revision >= item.revision), 1), else_=0)
    gone = case((siaran_room.c.gone, 1), else_=0)
    found = await db.execute(
        select(func.count(), func.coalesce(func.sum(done), 0), func.coalesce(func.sum(gone), 0)).where(
            siaran_room.c.siaran == item.id
        )
    )
    return Progress(*(int(value) for value in found.one()))


async def _start(db: AsyncConnection, item: Siaran, version: Version, second: MemberId | None, now: datetime) -> None:
    await _change(db, version, state=TextState.APPROVED, approved_by=second)
    if item.revision == 0:
        await _enter_rooms(db, item)
    revision = item.revision + 1
    await db.execute(update(siaran).where(siaran.c.id == item.id).values(revision=revision, told=-1))
    await _order(db, item.id, revision, now)


async def _enter_rooms(db: AsyncConnection, item: Siaran) -> None:
    """Write down the rooms of an announcement, as they are open now."""
    province = func.substr(room.c.node, 1, 2)
    zone = case((province.in_(sorted(MIDDLE)), 8), (province.in_(sorted(EAST)), 9), else_=7)
    no_edits = literal([], JSON)
    columns = (
        literal(item.id),
        room.c.id,
        room.c.room_id,
        zone,
        literal(0),
        literal(0),
        literal(value=False),
        no_edits,
    )
    names = ["siaran", "room", "room_id", "zone", "revision", "tried", "gone", "edits"]
    await db.execute(insert(siaran_room).from_select(names, select(*columns).where(_reached(item.node))))
    count = select(func.count()).select_from(siaran_room).where(siaran_room.c.siaran == item.id).scalar_subquery()
    await db.execute(update(siaran).where(siaran.c.id == item.id).values(rooms=count))


async def _order(db: AsyncConnection, number: int, revision: int, now: datetime) -> None:
    await outbox.put(db, "siaran", f"siaran:{number}:{revision}", {"siaran": number}, now, lane=f"siaran:{number}")


async def _new_version(db: AsyncConnection, number: int, order: int, writer: MemberId, now: datetime) -> None:
    values = {"siaran": number, "number": order, "text": "", "writer": writer, "state": TextState.DRAFT, "at": now}
    await db.execute(insert(siaran_text).values(values))


async def _change(db: AsyncConnection, version: Version, **changes: Any) -> None:
    mine = and_(siaran_text.c.siaran == version.siaran, siaran_text.c.number == version.number)
    await db.execute(update(siaran_text).where(mine).values(changes))


def _reached(node: NodePath) -> ColumnElement[bool]:
    """Select the rooms of an announcement: pengumuman at and below the node, and starter kamar there."""
    return and_(
        room.c.kind.in_((RoomKind.SIARAN, RoomKind.PERINTIS)),
        room.c.state == RoomState.OPEN,
        or_(room.c.node == node, _below(room.c.node, node)),
    )


def _below(column: ColumnElement[str], node: NodePath) -> ColumnElement[bool]:
    low, high = below(node)
    return and_(column >= low, column < high)


def _siaran(row: Sequence[Any]) -> Siaran:
    number, key, node, author, *rest = row
    return Siaran(number, key, NodePath(node), None if author is None else MemberId(author), *rest)


def _version(row: Sequence[Any]) -> Version:
    number, order, text, writer, state = row
    return Version(number, order, text, None if writer is None else MemberId(writer), TextState(state))
