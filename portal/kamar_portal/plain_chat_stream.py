"""New messages on an open plain page: server-sent events, fed by one waiting call to the homeserver for that room.

A page that is full of such streams, or a browser without JavaScript, has the link "Perbarui".
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from aiohttp import web

from kamar.ids import EventId
from kamar.plain_chat import EVENTS, REACTIONS, Message, conversation
from kamar_bridges.homeserver import MatrixError
from kamar_bridges.plain_chat import News, RoomView
from kamar_portal.page import render_text
from kamar_portal.plain_chat import EVENT, line_of
from kamar_portal.plain_chat_room import (
    MEMORY,
    NO_TOKEN,
    STREAMS_MAX,
    Memory,
    OwnRoom,
    asking,
    is_encrypted,
    mark_read,
    own_room,
)
from kamar_portal.portal import portal_of

WAIT_SECONDS = 25  # of one call; afterwards a sign of life goes to the browser
IDLE_SECONDS = 20 * 60  # without a message; then the page is asked to be renewed by hand
OWN_MAX = 3  # streams of one member
RETRY = b"retry: 5000\n\n"  # milliseconds until a browser that lost us comes back
ALIVE = b": ada\n\n"
HEADERS = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [web.get("/kamar/{kamar}/aliran", stream)]


async def stream(request: web.Request) -> web.StreamResponse:
    """``GET /kamar/<kamar>/aliran``: what is said after the message ``sejak``; 204 when there is no place."""
    room = await own_room(request)
    memory = request.config_dict[MEMORY]
    with _place(memory, room) as free:
        if not free or await is_encrypted(request, room):
            return web.Response(status=204)
        seen = request.headers.get("Last-Event-ID", request.query.get("sejak", ""))
        return await _tell(request, room, memory, seen if EVENT.fullmatch(seen) else "")


@contextmanager
def _place(memory: Memory, room: OwnRoom) -> Iterator[bool]:
    """Take one of the places; false when all are taken, or all of one's own."""
    user = room.member.user_id
    own = memory.streams.get(user, 0)
    if own >= OWN_MAX or sum(memory.streams.values()) >= STREAMS_MAX:
        yield False
        return
    memory.streams[user] = own + 1
    try:
        yield True
    finally:
        memory.streams[user] -= 1
        if not memory.streams[user]:
            del memory.streams[user]


async def _tell(request: web.Request, room: OwnRoom, memory: Memory, seen: str) -> web.StreamResponse:
    view = room.view(memory.waiting)
    async with asking(request):
        first = await view.wait(EVENTS, "", 0)
    response = web.StreamResponse(headers=HEADERS)
    await response.prepare(request)
    await response.write(RETRY)
    try:
        async for news in _news(view, unseen(first, seen)):
            await response.write(await _pieces(request, room, news) or ALIVE)
        await response.write(_piece("selesai", {}))
    except MatrixError as error:
        if error.errcode in NO_TOKEN or error.errcode == "M_FORBIDDEN":
            await response.write(_piece("selesai", {}))
    except ConnectionResetError:
        pass  # the page was closed
    return response


def unseen(news: News, seen: str) -> News:
    """Return what came after the last message that stood on the page; a page without a message has seen nothing."""
    ids = [event["event_id"] for event in news.events]
    if not seen:
        return News(news.events, news.names, news.since)
    if seen in ids:
        return News(news.events[ids.index(seen) + 1 :], news.names, news.since)
    return News((), news.names, news.since, gap=bool(ids))


async def _news(view: RoomView, first: News) -> AsyncIterator[News]:
    """Give what happens, as it happens, until nothing has happened for long."""
    loop = asyncio.get_running_loop()
    news, quiet_since = first, loop.time()
    while not news.left and loop.time() - quiet_since < IDLE_SECONDS:
        yield news
        news = await view.wait(EVENTS, news.since, WAIT_SECONDS)
        quiet_since = loop.time() if news.events else quiet_since


async def _pieces(request: web.Request, room: OwnRoom, news: News) -> bytes:
    """Return what the browser gets of some news."""
    if news.gap:
        return _piece("muat", {})
    said = conversation(news.events, await room.reader(portal_of(request), news.names))
    gone = [_redacted(event) for event in news.events if event.get("type") == "m.room.redaction"]
    if said:
        await mark_read(request, room, EventId(str(news.events[-1]["event_id"])))
    return b"".join(
        [_message(request, room, message) for message in said] + [_piece("hapus", {"id": event}) for event in gone]
    )


def _message(request: web.Request, room: OwnRoom, message: Message) -> bytes:
    line = line_of(room, message)
    shown = {"line": line, "room": room, "saving": room.member.data_saving, "is_last": False, "signs_words": REACTIONS}
    html = render_text(request, "part/plain_line.html", **shown)
    said = render_text(request, "part/plain_said.html", line=line)
    data = {"id": message.event_id, "html": html, "said": "" if message.own else said}
    return _piece("pesan", data, message.event_id)


def _redacted(event: Mapping[str, Any]) -> str:
    """Return which event was emptied; room version 11 moved the word into the content."""
    return str(event.get("content", {}).get("redacts") or event.get("redacts", ""))


def _piece(kind: str, data: Mapping[str, str], number: str = "") -> bytes:
    name = f"id: {number}\n" if number else ""
    return f"{name}event: {kind}\ndata: {json.dumps(data)}\n\n".encode()
