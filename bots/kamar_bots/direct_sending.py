"""Send what the second account has to say: encrypted, each answer once. The rows are those of ``docs/bots.md``."""

from __future__ import annotations

import base64
import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from kamar.errors import KamarError
from kamar.ids import EventId, RoomId, UserId
from kamar.structure_room import KEY_FIELD
from kamar_bots.answer import notice
from kamar_bots.direct_device import NAME, Device, is_lost
from kamar_bots.encrypted import HELLO, NOT_ENCRYPTED
from kamar_bridges.encrypted import ALGORITHM, encrypted_file
from kamar_bridges.homeserver import MatrixError
from kamar_store import appservice, direct, session
from kamar_store.direct import Row
from kamar_store.site import Site

logger = logging.getLogger(__name__)

LOGIN_LASTS = timedelta(minutes=10)
GONE = frozenset({"M_FORBIDDEN", "M_NOT_FOUND"})  # the room is no more, or we are not in it: nobody to speak to
MESSAGE = "m.room.message"


@dataclass(frozen=True, slots=True)
class Sender:
    """Carries out the answers of one device."""

    site: Site
    device: Device

    async def drain(self) -> None:
        """Send everything that is due, oldest first.

        Raises:
            MatrixError: the homeserver does not answer, or knows the device no more; what waits stays.
        """
        while (row := await self._next()) is not None:
            try:
                await self._carry_out(row)
            except KamarError as error:
                if is_lost(error) or (isinstance(error, MatrixError) and error.status == 0):
                    raise
                await self._later(row, str(error.detail.get("errcode") or error.code))
            except Exception as bug:  # one answer that trips us must not silence the account for ever
                logger.exception("%s row %s failed", row.kind, row.id)
                await self._later(row, type(bug).__name__)
            else:
                async with self.site.store.write() as db:
                    await direct.sent(db, row)

    async def _next(self) -> Row | None:
        now = datetime.now(UTC)
        async with self.site.store.read() as db:
            if await direct.due(db, now) is None:
                return None
        async with self.site.store.write() as db:
            row = await direct.due(db, now)
            if row is not None:
                await direct.attempt(db, row)
        return row

    async def _later(self, row: Row, error: str) -> None:
        async with self.site.store.write() as db:
            waits = await direct.later(db, row, datetime.now(UTC))
        logger.warning("%s row %s: %s, %s", row.kind, row.id, error, "later" if waits else "given up")

    async def _carry_out(self, row: Row) -> None:
        if row.kind == "talk":
            await self._talk(row)
        elif row.kind == "join":
            await self._join(RoomId(row.payload["room_id"]))
        elif row.kind == "ask":
            await self._ask(row)
        elif row.kind == "image":
            await self._image(row)
        elif row.kind == "login":
            await self._send(row, await self._login(row))
        else:
            await self._send(row, row.payload["content"], kind=row.payload["type"])

    async def _send(
        self, row: Row, content: Mapping[str, Any], part: str = "", *, kind: str = MESSAGE
    ) -> EventId | None:
        room = RoomId(row.payload["room_id"])
        try:
            if await self._is_encrypted(room):
                return await self.device.encrypted.send(room, kind, content, _txn_id(row, part))
            today = f"plain:{room}:{datetime.now(UTC).date()}"  # said once a day, and nothing else
            text = notice(NOT_ENCRYPTED.format(bot=self.site.settings.bot))
            await self.device.matrix.send(room, MESSAGE, text, hashlib.sha256(today.encode()).hexdigest()[:40])
        except MatrixError as error:
            if error.errcode not in GONE:
                raise
        return None

    async def _is_encrypted(self, room: RoomId) -> bool:
        """Tell whether a room is encrypted, which is for ever; where it is not, try to switch that on."""
        if self.device.encrypted.knows(room):
            return True
        try:
            await self.device.matrix.get_state(room, "m.room.encryption")
        except MatrixError as error:
            if error.errcode != "M_NOT_FOUND":
                raise
            try:
                await self.device.matrix.put_state(room, "m.room.encryption", ALGORITHM)
            except MatrixError as refused:
                if refused.errcode != "M_FORBIDDEN":
                    raise
                return False
        return True

    async def _join(self, room: RoomId) -> None:
        try:
            await self.device.matrix.join(room)
        except MatrixError as error:
            if error.errcode not in GONE:
                raise

    async def _ask(self, row: Row) -> None:
        event_id = await self._send(row, row.payload["content"])
        if event_id is None:
            return
        choices = list(row.payload["choices"])
        async with self.site.store.write() as db:
            await appservice.remember_question(
                db, event_id, row.payload["room_id"], row.payload["asker"], choices, datetime.now(UTC)
            )
        for number in range(len(choices)):
            relation = {"rel_type": "m.annotation", "event_id": event_id, "key": f"{number + 1}\ufe0f\u20e3"}
            await self._send(row, {"m.relates_to": relation}, f"choice{number}", kind="m.reaction")

    async def _image(self, row: Row) -> None:
        sealed, file = encrypted_file(base64.b64decode(row.payload["png_base64"]))
        address = await self.device.matrix.upload(sealed, "application/octet-stream", "")
        await self._send(row, {**row.payload["content"], "file": {**file, "url": address}})

    async def _login(self, row: Row) -> Mapping[str, Any]:
        async with self.site.store.write() as db:
            token = await session.new_link(db, "login", UserId(row.payload["user_id"]), datetime.now(UTC), LOGIN_LASTS)
        content = dict(row.payload["content"])
        content["body"] = content["body"].replace("{link}", f"{self.site.settings.portal_url}/masuk/{token}")
        return content

    async def _talk(self, row: Row) -> None:
        """Invite somebody to an encrypted direct room, the one made earlier where it can still be used."""
        user = UserId(row.payload["user_id"])
        async with self.site.store.read() as db:
            room = await direct.talk(db, user, encrypted=True)
        if room is not None and await self._invited(row, room, user):
            return
        room = await self._made(row) if row.attempts else None
        if room is None:
            room = await self.device.matrix.create_room(self._room(row, user))
        async with self.site.store.write() as db:
            await direct.made(db, user, room, encrypted=True)

    async def _invited(self, row: Row, room: RoomId, user: UserId) -> bool:
        try:
            if user in await self.device.matrix.joined_members(room):
                await self.device.encrypted.send(room, MESSAGE, notice(HELLO, mention=user), _txn_id(row, "hello"))
            else:
                await self.device.matrix.invite(room, user)
        except MatrixError as error:
            if error.status == 0 or is_lost(error):
                raise
            return False
        return True

    async def _made(self, row: Row) -> RoomId | None:
        """Return the room that was made for a row before a crash; asked after one only, as it looks at every room."""
        for room in await self.device.matrix.joined_rooms():
            try:
                created = await self.device.matrix.get_state(room, "m.room.create")
            except MatrixError as error:
                if error.errcode not in GONE:
                    raise
                continue
            if created.get(KEY_FIELD) == row.key:
                return room
        return None

    def _room(self, row: Row, user: UserId) -> dict[str, Any]:
        return {
            "preset": "private_chat",
            "room_version": self.site.settings.rooms.version,
            "is_direct": True,
            "invite": [user],
            "name": NAME,
            "creation_content": {KEY_FIELD: row.key, "m.federate": False},
            "initial_state": [{"type": "m.room.encryption", "state_key": "", "content": ALGORITHM}],
        }


def _txn_id(row: Row, part: str = "") -> str:
    """Return the transaction id of a row's send: the same at each repetition, so that Synapse keeps one."""
    return hashlib.sha256(f"direct:{row.key}:{part}".encode()).hexdigest()[:40]
