"""The jobs that speak: ``send``, ``image``, ``ask``, ``login``, ``join``; and ``code``, told to Synapse."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from typing import Any

from kamar.ids import RoomId, UserId
from kamar_bridges.homeserver import MatrixError
from kamar_provisioning.jobs import Desk
from kamar_store import cursor, session
from kamar_store.outbox import Row

LOGIN_LASTS = timedelta(minutes=10)
GONE = frozenset({"M_FORBIDDEN", "M_NOT_FOUND"})  # the room is no more, or the bot is not in it: nobody to speak to


def txn_id(row: Row, part: str = "") -> str:
    """Return the transaction id of a row's send: the same at each repetition, so that Synapse sends once."""
    return hashlib.sha256(f"{row.key}:{part}".encode()).hexdigest()[:40]


async def send(desk: Desk, row: Row) -> None:
    """Send one event: ``{room_id, type, content}``."""
    await _send(desk, row, row.payload["type"], row.payload["content"])


async def send_notice(desk: Desk, row: Row, room: RoomId, text: str, mention: UserId) -> None:
    """Send one sentence of the bot's, by which ``mention`` is called."""
    content = {"msgtype": "m.notice", "body": text, "m.mentions": {"user_ids": [mention]}}
    try:
        await desk.matrix.send(room, "m.room.message", content, txn_id(row))
    except MatrixError as error:
        if error.errcode not in GONE:
            raise


async def join(desk: Desk, row: Row) -> None:
    """Accept an invitation: ``{room_id}``."""
    try:
        await desk.matrix.join(RoomId(row.payload["room_id"]))
    except MatrixError as error:
        if error.errcode not in GONE:
            raise


async def image(desk: Desk, row: Row) -> None:
    """Upload a picture, the same one only once, and send it: ``{room_id, png_base64, content}``."""
    name = f"image:{hashlib.sha256(row.payload['png_base64'].encode()).hexdigest()[:40]}"
    async with desk.site.store.read() as db:
        address = await cursor.get(db, name)
    if address is None:
        picture = base64.b64decode(row.payload["png_base64"])
        address = await desk.matrix.upload(picture, "image/png", "undangan.png")
        async with desk.site.store.write() as db:
            await cursor.put(db, name, address)
    await _send(desk, row, "m.room.message", {**row.payload["content"], "url": address})


async def ask(desk: Desk, row: Row) -> None:
    """Ask a question and put its choices below it as reactions: ``{room_id, content, asker, choices}``."""
    from kamar_store import appservice

    event_id = await _send(desk, row, "m.room.message", row.payload["content"])
    if event_id is None:
        return
    choices = list(row.payload["choices"])
    async with desk.site.store.write() as db:
        await appservice.remember_question(
            db, event_id, row.payload["room_id"], row.payload["asker"], choices, desk.now()
        )
    for number in range(len(choices)):
        relation = {"rel_type": "m.annotation", "event_id": event_id, "key": f"{number + 1}\ufe0f\u20e3"}
        await _send(desk, row, "m.reaction", {"m.relates_to": relation}, f"choice{number}")


async def login(desk: Desk, row: Row) -> None:
    """Send a one-time link to the portal in place of ``{link}``: ``{room_id, user_id, content}``.

    The link is made only now, because no row may hold a secret. Repeated, one is sent and the others expire unseen.
    """
    async with desk.site.store.write() as db:
        token = await session.new_link(db, "login", UserId(row.payload["user_id"]), desk.now(), LOGIN_LASTS)
    content = dict(row.payload["content"])
    content["body"] = content["body"].replace("{link}", f"{desk.site.settings.portal_url}/masuk/{token}")
    await _send(desk, row, "m.room.message", content)


async def code(desk: Desk, row: Row) -> None:
    """Tell Synapse of a code: ``{code, revoked}``."""
    if row.payload["revoked"]:
        await desk.module.revoke_code(row.payload["code"])
    else:
        await desk.module.open_code(row.payload["code"])


async def _send(desk: Desk, row: Row, kind: str, content: dict[str, Any], part: str = "") -> str | None:
    try:
        return await desk.matrix.send(RoomId(row.payload["room_id"]), kind, content, txn_id(row, part))
    except MatrixError as error:
        if error.errcode in GONE:
            return None
        raise
