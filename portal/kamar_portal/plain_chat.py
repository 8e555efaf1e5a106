"""A kamar as one plain page: read, write, answer with nothing but a browser; for keyboards, screen readers, old phones.

The page is made from the room's last events, read with the member's own Matrix token, which lies in the member's cookie
and nowhere else. Photos are in :mod:`kamar_portal.plain_chat_photo`, news without reloading in
:mod:`kamar_portal.plain_chat_stream`.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import quote

from aiohttp import web

from kamar.errors import KamarError
from kamar.ids import EventId
from kamar.plain_chat import CAPTION, EVENTS, LONGEST, REACTIONS, Message, conversation
from kamar.sentences import sentence
from kamar.when import clock_words, day_words
from kamar_bridges.homeserver import MatrixError
from kamar_bridges.plain_chat import RoomPage
from kamar_portal.errors import beside_field, known, status_of
from kamar_portal.form import Form, read_form
from kamar_portal.page import language_of, render, see_other
from kamar_portal.plain_chat_room import OwnRoom, asking, is_encrypted, mark_read, own_room
from kamar_portal.portal import portal_of
from kamar_portal.session import member_of
from kamar_store import member as members

LIMIT = 40  # events of one page
TOKEN = re.compile(r"[A-Za-z0-9_.~-]{1,200}")  # where an older page begins, as Matrix names it
EVENT = re.compile(r"\$[A-Za-z0-9_/+:.-]{1,254}")
ONCE = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Line:
    """A message with its time in words."""

    message: Message
    clock: str
    iso: str
    answer: str = ""  # where one answers it


@dataclass(frozen=True, slots=True)
class Day:
    """The messages of one day."""

    name: str
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in the forms of a page, and what is wrong with it."""

    text: str = ""
    description: str = ""
    errors: Mapping[str, str] | None = None
    status: int = 200


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [
        web.get("/kamar/{kamar}", show),
        web.post("/kamar/{kamar}/pesan", write),
        web.post("/kamar/{kamar}/tanggapan", react),
        web.post("/saya/sederhana", prefer),
    ]


async def show(request: web.Request) -> web.Response:
    """``GET /kamar/<row or alias>``; ``dari`` shows what is older, ``balas`` answers a message."""
    return await page_of(request, await own_room(request))


async def write(request: web.Request) -> web.Response:
    """``POST /kamar/<kamar>/pesan``: the same form sent twice is one message."""
    room, form = await own_room(request), await read_form(request)
    text = form.raw("pesan").replace("\r\n", "\n").strip()
    try:
        content = {"msgtype": "m.text", "body": read_text(text), **await _answering(request, room, form)}
        await send(request, room, form, content)
    except KamarError as error:
        return await page_of(request, room, draft_of(request, error, Draft(text=text[: LONGEST * 2])), form)
    return see_other(f"{room.address}?terkirim=1#akhir")


async def react(request: web.Request) -> web.Response:
    """``POST /kamar/<kamar>/tanggapan``: one of the fixed signs, or the own one taken back."""
    room, form = await own_room(request), await read_form(request)
    matrix = room.matrix(portal_of(request).homeserver)
    target, sign, back = form.text("untuk"), form.text("tanda"), form.text("batal")
    async with asking(request):
        if EVENT.fullmatch(back):
            await matrix.redact(room.room_id, EventId(back), "", f"plain-{back}")
        elif EVENT.fullmatch(target) and sign in REACTIONS:
            relation = {"rel_type": "m.annotation", "event_id": target, "key": sign}
            try:
                txn = _txn(form, f"{target}{sign}")
                await matrix.send(room.room_id, "m.reaction", {"m.relates_to": relation}, txn)
            except MatrixError as error:
                if error.errcode != "M_DUPLICATE_ANNOTATION":
                    raise
        else:
            raise KamarError("body_malformed")
    return see_other(f"{room.address}?terkirim=1#{quote(target)}")


async def prefer(request: web.Request) -> web.Response:
    """``POST /saya/sederhana``: whether rooms open as plain pages."""
    member, form = member_of(request), await read_form(request)
    async with portal_of(request).store.write() as db:
        await members.prefer_plain_chat(db, member.id, preferred=form.text("sederhana") == "ya")
    return see_other("/saya?tersimpan=sederhana")


async def page_of(
    request: web.Request, room: OwnRoom, draft: Draft | None = None, form: Form | None = None
) -> web.Response:
    """Return the page of a room, and remember that it was read."""
    draft = draft or Draft()
    start = request.query.get("dari", "")
    start = start if TOKEN.fullmatch(start) else ""
    async with asking(request):
        if await is_encrypted(request, room):
            return render(request, "plain_chat_encrypted.html", room=room)
        page = await room.view(portal_of(request).homeserver).page(EVENTS, start, LIMIT)
        if page.events and not start:
            await mark_read(request, room, EventId(str(page.events[-1]["event_id"])))
        said = conversation(page.events, await room.reader(portal_of(request), page.names))
        answered = await _answered(request, room, page, said, form)
    return render(
        request,
        "plain_chat.html",
        status=draft.status,
        room=room,
        days=_days(request, room, said, start),
        older=page.older if TOKEN.fullmatch(page.older) else "",
        start=start,
        last=said[-1].event_id if said else "",
        answered=answered,
        once=secrets.token_hex(16),
        signs=REACTIONS,
        signs_words=REACTIONS,
        saving=room.member.data_saving,
        sent="terkirim" in request.query,
        draft=draft,
        longest=LONGEST,
        caption=CAPTION,
        errors=draft.errors or {},
    )


def line_of(room: OwnRoom, message: Message, start: str = "") -> Line:
    """Return a message with its time in the zone where the member lives."""
    at = message.at.astimezone(room.zone)
    back = f"dari={quote(start)}&" if start else ""
    return Line(message, clock_words(at), at.isoformat(), f"{room.address}?{back}balas={quote(message.event_id)}#tulis")


def read_text(text: str) -> str:
    """Return a message that can be sent.

    Raises:
        KamarError: ``message_empty``, ``message_long``.
    """
    if not text:
        raise KamarError("message_empty")
    if len(text) > LONGEST:
        raise KamarError("message_long", most=LONGEST)
    return text


async def send(request: web.Request, room: OwnRoom, form: Form, content: Mapping[str, object]) -> None:
    """Send a message once, however often its form arrives.

    Raises:
        KamarError: ``room_encrypted``, ``write_refused``, or Matrix not answering.
    """
    async with asking(request):
        if await is_encrypted(request, room):
            raise KamarError("room_encrypted")
        txn = _txn(form, str(sorted(content.items())) if "url" not in content else "")
        matrix = room.matrix(portal_of(request).homeserver)
        await matrix.send(room.room_id, "m.room.message", {"m.mentions": {}, **content}, txn)


def draft_of(request: web.Request, error: KamarError, draft: Draft) -> Draft:
    """Return what was typed with the error beside its field.

    Raises:
        KamarError: the error itself, when mending the form would not help.
    """
    if isinstance(error, MatrixError) and error.refusal:  # one of our modules says why, in words
        return Draft(draft.text, draft.description, {"": str(error.detail["error"])}, 422)
    if error.code in ("write_refused", "room_encrypted"):
        return Draft(draft.text, draft.description, {"": sentence(error, language_of(request))}, status_of(error))
    return Draft(draft.text, draft.description, beside_field(request, error), status_of(known(error)))


def _txn(form: Form, content: str) -> str:
    """Return the transaction id of a form: the same form with another text is another message.

    Raises:
        KamarError: ``body_malformed``.
    """
    once = form.text("kirim")
    if not ONCE.fullmatch(once):
        raise KamarError("body_malformed")
    return f"plain-{once}-{hashlib.sha256(content.encode()).hexdigest()[:16]}"


async def _answering(request: web.Request, room: OwnRoom, form: Form) -> Mapping[str, object]:
    """Return what an answer carries: whom it answers is told to the person, and nobody else."""
    target = form.text("balas")
    if not EVENT.fullmatch(target):
        return {}
    async with asking(request):
        sender = str((await room.view(portal_of(request).homeserver).event(EventId(target))).get("sender"))
    mentioned = {} if sender == room.member.user_id else {"user_ids": [sender]}
    return {"m.relates_to": {"m.in_reply_to": {"event_id": target}}, "m.mentions": mentioned}


async def _answered(
    request: web.Request, room: OwnRoom, page: RoomPage, said: Sequence[Message], form: Form | None
) -> Message | None:
    """Return the message that the form below answers."""
    target = form.text("balas") if form else request.query.get("balas", "")
    if not EVENT.fullmatch(target):
        return None
    for message in said:
        if message.event_id == target:
            return message
    try:
        found = await room.view(portal_of(request).homeserver).event(EventId(target))
    except MatrixError as error:
        if error.errcode not in ("M_NOT_FOUND", "M_FORBIDDEN"):
            raise
        return None
    reader = await room.reader(portal_of(request), page.names)
    return next(iter(conversation([found], reader)), None)


def _days(request: web.Request, room: OwnRoom, said: Sequence[Message], start: str) -> Sequence[Day]:
    today = portal_of(request).clock().astimezone(room.zone).date()
    language = language_of(request)
    return [
        Day(day_words(day, today, language), [line_of(room, message, start) for message in group])
        for day, group in groupby(said, key=lambda message: message.at.astimezone(room.zone).date())
    ]
