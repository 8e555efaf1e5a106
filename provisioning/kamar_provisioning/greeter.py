"""The job ``remind``: nobody said a word since a newcomer was greeted, so the greeter hears of it, once."""

from __future__ import annotations

from kamar.ids import RoomId, UserId
from kamar.words import mark as _
from kamar_bridges.homeserver import MatrixError
from kamar_provisioning.jobs import Desk
from kamar_provisioning.sending import GONE, send_notice
from kamar_store import greeter
from kamar_store.greeter import Greeting
from kamar_store.outbox import Row

LOOKED_AT = 50  # newest events of the room; more than that is life enough

REMINDER = _("{greeter}, {name} baru di sini dan belum ada yang menyapa. Yuk, sapa dulu!")


async def remind(desk: Desk, row: Row) -> None:
    """Remind the greeter of one newcomer: ``{greeting}``."""
    async with desk.site.store.read() as db:
        found = await greeter.find(db, row.payload["greeting"])
    if found is not None and not found.done and not await _somebody_wrote(desk, found):
        text = REMINDER.format(greeter=found.greeter.display_name, name=found.newcomer.display_name)
        await send_notice(desk, row, found.room_id, text, mention=found.greeter.user_id)
    async with desk.site.store.write() as db:
        await greeter.done(db, row.payload["greeting"])


async def _somebody_wrote(desk: Desk, found: Greeting) -> bool:
    """Tell whether a neighbour wrote in the room since; a room that can't be read counts as talking."""
    nobody: set[UserId] = {found.newcomer.user_id, desk.site.settings.bot}
    try:
        page = await desk.matrix.messages(RoomId(found.room_id), limit=LOOKED_AT)
    except MatrixError as error:
        if error.errcode in GONE:
            return True
        raise
    since = found.at.timestamp() * 1000
    return any(
        event.type == "m.room.message" and event.sender not in nobody and event.at >= since for event in page.events
    )
