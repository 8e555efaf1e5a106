"""The jobs of announcements: ``siaran`` brings every room to the wanted version, ``siaran_ask`` asks a second officer.

``siaran`` looks at the registry, takes the next rooms that are behind, and comes again until none is: killed anywhere
it goes on where it was. What was begun and not written down is looked for in the room before it is said.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from kamar.ids import EventId, RoomId, UserId
from kamar.siaran import (
    ZONES,
    Step,
    awake,
    body_of,
    content_of,
    edit_of,
    picture_of,
    said_here,
    step_of,
    tenth,
    until_morning,
)
from kamar.siaran_words import APPROVE, DONE, GOING, GONE_ROOMS, KIT_TEXT, NEXT, NIGHT, NO, RECALLED, RECALLING, YES
from kamar_bridges import siaran_card
from kamar_bridges.homeserver import MatrixError
from kamar_provisioning import peace
from kamar_provisioning.jobs import Desk, Later
from kamar_provisioning.sending import GONE, txn_id
from kamar_store import cursor, outbox, peace_rule, siaran_room
from kamar_store import member as members
from kamar_store import siaran as store
from kamar_store.outbox import Row
from kamar_store.siaran import Progress, Siaran
from kamar_store.siaran_room import Brought, Place

logger = logging.getLogger(__name__)

CHUNK = 64  # rooms in one turn; then others get theirs
AT_ONCE = 8  # more is faster for us and slower for everybody who talks meanwhile
NIGHT_STEP = 99  # of progress: waiting for the morning
BACK = 50  # events of a room that are looked through for what was begun there


async def siaran(desk: Desk, row: Row) -> None:
    """Bring the next rooms of an announcement to what is wanted: ``{siaran}``."""
    now = desk.now()
    async with desk.site.store.write() as db:
        item = await store.get(db, row.payload["siaran"])
        if item is None:
            return
        text = await store.current_text(db, item.id)
        hearing = ZONES if item.urgent or item.recalled_at is not None else awake(now)
        places = await siaran_room.take(db, item, hearing, CHUNK)
    if places:
        await _carry(desk, item, body_of(text, item.by), places)
    async with desk.site.store.read() as db:
        waiting = await siaran_room.asleep(db, item)
    await _tell(desk, item, night=not places and bool(waiting))
    if places:
        raise Later(timedelta(0))
    if waiting:
        raise Later(until_morning(waiting, now))
    logger.info("announcement %d is in its rooms, version %d", item.id, item.revision)


async def ask_second(desk: Desk, row: Row) -> None:
    """Ask an officer to agree, in the direct talk: ``{siaran, number, member}``."""
    async with desk.site.store.read() as db:
        item = await store.get(db, row.payload["siaran"])
        version = await store.waiting(db, row.payload["siaran"])
        who = await members.by_id(db, row.payload["member"])
        reach = await store.reach(db, item.node) if item else None
    if item is None or version is None or who is None or reach is None or version.number != row.payload["number"]:
        return
    room = await peace.talk_with(desk, who.user_id)
    head = APPROVE.format(number=item.id, by=item.by, rooms=reach.rooms)
    body = f"{head}\n\n{version.text}\n\n1. {YES}\n2. {NO}"
    content = {"msgtype": "m.text", "body": body, "m.mentions": {"user_ids": [who.user_id]}}
    choices = [f"siaran setuju {item.id}", f"siaran tolak {item.id}"]
    payload = {"room_id": room, "content": content, "asker": who.user_id, "choices": choices}
    async with desk.site.store.write() as db:
        await outbox.put(db, "ask", f"{row.key}:ask", payload, desk.now(), lane=f"room:{room}")


async def _carry(desk: Desk, item: Siaran, body: str, places: Sequence[Place]) -> None:
    """Do what each room needs, some at once, and write down what was reached whatever failed."""
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(place: Place) -> Brought:
        async with limit:
            return await _bring(desk, item, body, place)

    outcomes = await asyncio.gather(*(one(place) for place in places), return_exceptions=True)
    async with desk.site.store.write() as db:
        reached = [outcome for outcome in outcomes if isinstance(outcome, Brought)]
        await siaran_room.brought(db, item, reached, UserId(desk.site.settings.bot), desk.now())
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome


async def _bring(desk: Desk, item: Siaran, body: str, place: Place) -> Brought:
    """Make one room what it shall be."""
    try:
        here = await _look(desk, item, place) if place.doubtful else _Here(place.event_id, place.picture_event)
        edits = tuple(dict.fromkeys((*place.edits, *here.edits)))
        match step_of(here.event, recalled=item.recalled_at is not None):
            case Step.REDACT:
                await _redact(desk, item, place, [here.event, here.picture, *edits])
                return Brought(place.room, here.event, here.picture, edits)
            case Step.SEND:
                content = content_of(item.key, item.revision, body)
                event = await _send(desk, item, place, content)
            case Step.EDIT:
                assert here.event is not None
                event = here.event
                if not here.already:
                    content = edit_of(item.key, item.revision, body, event)
                    edits = (*edits, await _send(desk, item, place, content))
        picture = here.picture or await _picture(desk, item, body, place)
        return Brought(place.room, event, picture, edits, said=place.event_id is None)
    except MatrixError as error:
        if error.errcode not in GONE:
            raise
        return Brought(place.room, None, None, gone=True)


@dataclass(frozen=True, slots=True)
class _Here:
    """What stands in a room; ``already``: the wanted version."""

    event: EventId | None
    picture: EventId | None
    edits: tuple[EventId, ...] = ()
    already: bool = False


async def _look(desk: Desk, item: Siaran, place: Place) -> _Here:
    """Return what of this announcement stands in a room, written down or not."""
    found = _Here(place.event_id, place.picture_event)
    for event in (await desk.matrix.messages(place.room_id, limit=BACK)).events:
        said = said_here(event.content)
        if said is None or said[0] != item.key or event.sender != desk.site.settings.bot:
            continue
        if event.type == "m.sticker":
            found = replace(found, picture=event.event_id)
        elif "m.new_content" in event.content:
            found = replace(found, edits=(*found.edits, event.event_id))
        else:
            found = replace(found, event=event.event_id)
        if said[1] == item.revision:
            found = replace(found, already=True)
    return found


async def _redact(desk: Desk, item: Siaran, place: Place, events: Sequence[EventId | None]) -> None:
    for event in events:
        if event is not None:
            await desk.matrix.redact(place.room_id, event, "", _txn(item, place, f"redact:{event}"))


async def _send(desk: Desk, item: Siaran, place: Place, content: Mapping[str, Any]) -> EventId:
    return await desk.matrix.send(place.room_id, "m.room.message", content, _txn(item, place, str(item.revision)))


async def _picture(desk: Desk, item: Siaran, body: str, place: Place) -> EventId | None:
    if item.picture is None:
        return None
    content = picture_of(item.key, item.picture, body)
    return await desk.matrix.send(place.room_id, "m.sticker", content, _txn(item, place, "picture"))


def _txn(item: Siaran, place: Place, part: str) -> str:
    """Return the transaction id of one send: the same at each repetition, so that Synapse sends once."""
    return hashlib.sha256(f"siaran:{item.key}:{place.room_id}:{part}".encode()).hexdigest()[:40]


async def _tell(desk: Desk, item: Siaran, *, night: bool) -> None:
    """Tell the author how far it is: one message, edited."""
    async with desk.site.store.read() as db:
        fresh = await store.get(db, item.id)
        known = await store.progress(db, item)
        room = item.talk_room
        if room is None and item.author is not None and (who := await members.by_id(db, item.author)):
            room = await peace_rule.direct_of(db, who.user_id)
    step = NIGHT_STEP if night else tenth(known.done + known.gone, known.rooms)
    if fresh is None or room is None or fresh.told == step:
        return
    content: dict[str, Any] = {"msgtype": "m.notice", "body": _words(item, known, night=night), "m.mentions": {}}
    if fresh.progress_event is not None:
        relation = {"rel_type": "m.replace", "event_id": fresh.progress_event}
        content = {**content, "m.new_content": dict(content), "m.relates_to": relation}
    name = hashlib.sha256(f"progress:{item.key}:{item.revision}:{step}".encode()).hexdigest()[:40]
    event = fresh.progress_event
    try:
        sent = await desk.matrix.send(room, "m.room.message", content, name)
        event = event or sent
    except MatrixError as error:
        if error.errcode not in GONE:
            raise
    async with desk.site.store.write() as db:
        await siaran_room.tell_in(db, item.id, event, step)


def _words(item: Siaran, known: Progress, *, night: bool) -> str:
    if item.recalled_at is not None:
        head = RECALLED if known.left == 0 else RECALLING
    else:
        head = DONE if known.left == 0 else GOING
    text = head.format(number=item.id, done=known.done, rooms=known.rooms)
    if known.gone:
        text += " " + GONE_ROOMS.format(gone=known.gone)
    if night:
        text += "\n" + NIGHT
    if known.left == 0 and item.recalled_at is None:
        text += "\n" + NEXT.format(number=item.id)
    return text


async def kit(desk: Desk, row: Row) -> None:
    """Send what is shared in WhatsApp groups: ``{room_id, siaran, link}``: a text to forward, and a picture."""
    async with desk.site.store.read() as db:
        item = await store.get(db, row.payload["siaran"])
        text = await store.current_text(db, row.payload["siaran"])
    if item is None or not text:
        return
    room, link = RoomId(row.payload["room_id"]), str(row.payload["link"])
    body = KIT_TEXT.format(text=text, by=item.by, link=link)
    png = siaran_card.draw(text, item.by, link, desk.site.organisation.name)
    name = f"siaran_kit:{hashlib.sha256(png).hexdigest()[:40]}"
    async with desk.site.store.read() as db:
        address = await cursor.get(db, name)
    if address is None:
        address = await desk.matrix.upload(png, "image/png", "pengumuman.png")
        async with desk.site.store.write() as db:
            await cursor.put(db, name, address)
    info = {"mimetype": "image/png", "w": siaran_card.SIDE, "h": siaran_card.SIDE, "size": len(png)}
    picture = {"msgtype": "m.image", "body": text[:200], "filename": "pengumuman.png", "url": address, "info": info}
    try:
        notice = {"msgtype": "m.notice", "body": body, "m.mentions": {}}
        await desk.matrix.send(room, "m.room.message", notice, txn_id(row, "text"))
        await desk.matrix.send(room, "m.room.message", {**picture, "m.mentions": {}}, txn_id(row, "card"))
    except MatrixError as error:
        if error.errcode not in GONE:
            raise
