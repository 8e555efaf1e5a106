"""The jobs ``silence`` and ``fold``: ask a silent kamar whether it should stay, and fold it back if nobody minds."""

from __future__ import annotations

from datetime import UTC, datetime

from kamar.fold import is_silent
from kamar.ids import RoomId
from kamar.structure import RoomState
from kamar.words import mark as _
from kamar_bridges.homeserver import MatrixError
from kamar_provisioning.jobs import Desk
from kamar_provisioning.sending import GONE
from kamar_store import fold, outbox, seating
from kamar_store.appservice import ANYBODY
from kamar_store.outbox import Row

PAGES = 5  # of a hundred events; a kamar with so many comings and goings is not silent

QUESTION = _(
    "Kamar ini sudah 60 hari sepi. Bila tidak ada yang keberatan, dalam 7 hari kamar ini digabung ke kamar yang lebih "
    "luas dan isinya dihapus. Sentuh angkanya:\n1. Tetap buka\n2. Gabung saja"
)


async def silence(desk: Desk, row: Row) -> None:
    """Look at one kamar, ``{room}``; when nobody has spoken for long, ask its people."""
    async with desk.site.store.read() as db:
        found = await seating.room_by_row(db, row.payload["room"])
        opened_at = await seating.opened_at(db, row.payload["room"])
    if found is None or found.room_id is None or found.state is not RoomState.OPEN or opened_at is None:
        return
    silent = is_silent(await _last_word(desk, found.room_id), opened_at, desk.now())
    async with desk.site.store.write() as db:
        await fold.looked(db, found, desk.now(), silent=silent)
        if silent:
            content = {"msgtype": "m.notice", "body": QUESTION, "m.mentions": {}}
            asked = {"room_id": found.room_id, "content": content, "asker": ANYBODY, "choices": ["tetap", "gabung"]}
            await outbox.put(db, "ask", f"ask:{row.key}", asked, desk.now(), lane=f"room:{found.room_id}")


async def fold_room(desk: Desk, row: Row) -> None:
    """Fold one kamar back: ``{room}``."""
    async with desk.site.store.write() as db:
        found = await seating.room_by_row(db, row.payload["room"])
        if found is not None:
            await fold.fold_back(db, found, desk.now())


async def _last_word(desk: Desk, room: RoomId) -> datetime | None:
    """Return when somebody other than the bot spoke last; now, when that can't be found out."""
    start = ""
    for _page in range(PAGES):
        try:
            page = await desk.matrix.messages(room, start)
        except MatrixError as error:
            if error.errcode in GONE:
                return desk.now()
            raise
        for event in page.events:
            if event.type == "m.room.message" and event.sender != desk.site.settings.bot:
                return datetime.fromtimestamp(event.at / 1000, UTC)
        if not page.end:
            return None
        start = page.end
    return desk.now()
