"""The job ``talk``: the direct room that somebody asked the bot for."""

from __future__ import annotations

from typing import Any

from kamar.ids import RoomId, UserId
from kamar.structure_room import KEY_FIELD
from kamar.words import mark as _
from kamar_bridges.homeserver import MatrixError
from kamar_provisioning.jobs import Desk
from kamar_provisioning.sending import txn_id
from kamar_store import direct
from kamar_store.outbox import Row

NAME = "Kamar"
HERE = _("Di sini obrolan biasa kita. Tulis saja.")


async def talk(desk: Desk, row: Row) -> None:
    """Invite to a plain direct room, or hand the wish to the account that can encrypt: ``{user_id, encrypted}``."""
    user = UserId(row.payload["user_id"])
    if row.payload["encrypted"]:
        async with desk.site.store.write() as db:
            await direct.put(db, "talk", row.key, {"user_id": user}, desk.now(), f"talk:{user}")
        return
    async with desk.site.store.read() as db:
        room = await direct.talk(db, user, encrypted=False)
    if room is not None and await _invited(desk, row, room, user):
        return
    room = await _room(desk, row, user)
    await _say(desk, row, room, user)
    async with desk.site.store.write() as db:
        await direct.made(db, user, room, encrypted=False)


async def _invited(desk: Desk, row: Row, room: RoomId, user: UserId) -> bool:
    """Show somebody an earlier room again; false when it can't be used any more."""
    try:
        if user in await desk.matrix.joined_members(room):
            await _say(desk, row, room, user)
        else:
            await desk.matrix.invite(room, user)
    except MatrixError as error:
        if error.status == 0:
            raise
        return False
    return True


async def _room(desk: Desk, row: Row, user: UserId) -> RoomId:
    """Make the room; after a crash, the one that was made already."""
    if row.attempts > 1 and (found := await desk.module.room(row.key)) is not None:
        return found.room_id
    return await desk.matrix.create_room(plain_room(row.key, user, desk.site.settings.rooms.version))


async def _say(desk: Desk, row: Row, room: RoomId, user: UserId) -> None:
    content = {"msgtype": "m.notice", "body": HERE, "m.mentions": {"user_ids": [user]}}
    await desk.matrix.send(room, "m.room.message", content, txn_id(row))


def plain_room(key: str, user: UserId, version: str) -> dict[str, Any]:
    """Return what ``createRoom`` wants for a direct room without encryption."""
    return {
        "preset": "private_chat",  # nobody but @kamar could switch encryption on
        "room_version": version,
        "is_direct": True,
        "invite": [user],
        "name": NAME,
        "creation_content": {KEY_FIELD: key, "m.federate": False},
    }
