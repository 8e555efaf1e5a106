"""Who hears of it when somebody asks to join a node, and when he is let in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import NodePath
from kamar.node import chain_of, is_hidden
from kamar.structure import RoomKind, RoomState
from kamar.words import mark as _
from kamar_store import cover, outbox, peace
from kamar_store import mandate_find as mandates
from kamar_store.appservice import ANYBODY
from kamar_store.member import Member
from kamar_store.tables import room

COLLEAGUE = _("{name} ingin masuk ke kamar ini. Dua rekan kerja mengizinkan; sentuh angkanya bila Anda kenal:")
YES = _("Saya kenal, izinkan")
COORDINATOR = _("{name} minta bergabung di {place}. Tulis !izinkan kepada saya, atau buka Kamar lain di portal.")
LET_IN = _("Anda diizinkan masuk ke {place}. Kamarnya terbuka dalam beberapa detik.")


async def asked(db: AsyncConnection, number: int, who: Member, path: NodePath, now: datetime) -> None:
    """Ask those who may let somebody in: colleagues in their kamar, a network's coordinators alone."""
    if not is_hidden(path):
        place = await cover.said(db, path)
        for _node, _office, holder in await mandates.officers(db, chain_of(path), now):
            text = COORDINATOR.format(name=who.display_name, place=place.name)
            await peace.tell(db, holder.id, text, f"belonging:{number}:{now.isoformat()}", now)
        return
    chat = (room.c.node == path, room.c.kind == RoomKind.OBROLAN, room.c.state == RoomState.OPEN)
    room_id = await db.scalar(select(room.c.room_id).where(*chat))
    if room_id is None:
        return
    body = f"{COLLEAGUE.format(name=who.display_name)}\n1. {YES}"
    content = {"msgtype": "m.notice", "body": body, "m.mentions": {}}
    asked = {"room_id": room_id, "content": content, "asker": ANYBODY, "choices": [f"izinkan {number}"]}
    await outbox.put(db, "ask", f"ask:belonging:{number}:{now.isoformat()}", asked, now, lane=f"room:{room_id}")


async def let_in(db: AsyncConnection, number: int, who: Member, path: NodePath, now: datetime) -> None:
    """Tell somebody that he was let in, where he and the bot talk already."""
    place = await cover.said(db, path)
    await peace.tell(db, who.id, LET_IN.format(place=place.name), f"belonging:{number}:in:{now.isoformat()}", now)
