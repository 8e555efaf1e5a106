"""A member whose telephone encrypts: nio as a client of its own, with a store in a directory of the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from nio import AsyncClient, AsyncClientConfig, MegolmEvent

from kamar_bridges.matrix import Session

WHOLE = {"room": {"timeline": {"limit": 200}}}  # by itself Synapse leaves out all but the last ten between two looks
PATIENCE = 60.0  # seconds; a starved machine needs them
ALGORITHM = {"algorithm": "m.megolm.v1.aes-sha2"}


@dataclass(frozen=True)
class Heard:
    """Something the other side said: opened, and how it stood on the server."""

    event_id: str
    type: str
    content: dict[str, Any]
    encrypted: bool


@dataclass
class Phone:
    """One device of a member."""

    client: AsyncClient
    heard: list[tuple[str, str, Heard]] = field(default_factory=list)  # room, sender
    invited: dict[str, str] = field(default_factory=dict)  # room, by whom

    async def look(self) -> None:
        """Fetch what is new, and do what a client does in between."""
        client = self.client
        answer = await client.sync(timeout=1000, sync_filter=WHOLE)
        assert hasattr(answer, "rooms"), answer
        for room, invite in answer.rooms.invite.items():
            self.invited[room] = next(
                state.sender for state in invite.invite_state if getattr(state, "state_key", "") == client.user_id
            )
        for room, info in answer.rooms.join.items():
            for event in info.timeline.events:
                kind = "m.room.encrypted" if isinstance(event, MegolmEvent) else event.source.get("type", "")
                content = dict(event.source.get("content", {}))
                found = Heard(event.event_id, kind, content, bool(getattr(event, "decrypted", False)))
                self.heard.append((room, event.sender, found))
        if client.should_upload_keys:
            await client.keys_upload()
        if client.should_query_keys:
            await client.keys_query()
        await client.send_to_device_messages()

    async def talk_to(self, bot: str, *, encrypted: bool = True, power: bool = True) -> str:
        """Begin a direct talk, and return its room when the bot is there."""
        state = [{"type": "m.room.encryption", "state_key": "", "content": ALGORITHM}] if encrypted else []
        answer = await self.client.room_create(
            is_direct=True,
            invite=[bot],
            initial_state=state,
            preset=None,
            power_level_override={"users": {bot: 100}} if power else None,
        )
        room: str = answer.room_id
        await self.until(lambda: bot in (self.client.rooms[room].users if room in self.client.rooms else ()))
        async with asyncio.timeout(PATIENCE):
            while bot not in [member.user_id for member in (await self.client.joined_members(room)).members]:
                await self.look()
        return room

    async def say(self, room: str, text: str, **more: Any) -> str:
        """Write a message; encrypted where the room is."""
        return await self.send(room, "m.room.message", {"msgtype": "m.text", "body": text, **more})

    async def tap(self, room: str, event: str, key: str) -> str:
        """React to a message."""
        return await self.send(
            room, "m.reaction", {"m.relates_to": {"rel_type": "m.annotation", "event_id": event, "key": key}}
        )

    async def send(self, room: str, kind: str, content: dict[str, Any]) -> str:
        """Send an event."""
        answer = await self.client.room_send(room, kind, content, uuid4().hex, ignore_unverified_devices=True)
        assert hasattr(answer, "event_id"), answer
        return str(answer.event_id)

    async def hears(self, room: str, bot: str, word: str, after: int = 0) -> Heard:
        """Wait until the bot says ``word`` in a room; the first ``after`` of them do not count."""
        await self.until(lambda: len(self.said(room, bot, word)) > after)
        return self.said(room, bot, word)[after]

    def said(self, room: str, bot: str, word: str = "") -> list[Heard]:
        """Return what the bot has said so far that holds ``word``."""
        return [
            heard
            for place, sender, heard in self.heard
            if (place, sender, heard.type) == (room, bot, "m.room.message")
            and word in str(heard.content.get("body", ""))
        ]

    async def until(self, happened: Any) -> None:
        """Look until something has happened."""
        async with asyncio.timeout(PATIENCE):
            while not happened():
                await self.look()


@asynccontextmanager
async def phone(url: str, session: Session, directory: Path) -> AsyncIterator[Phone]:
    """Switch a member's telephone on."""
    directory.mkdir(parents=True, exist_ok=True)
    config = AsyncClientConfig(max_timeouts=10)
    client = AsyncClient(url, session.user_id, session.device_id, str(directory), config)
    client.restore_login(session.user_id, session.device_id, session.access_token)
    made = Phone(client)
    try:
        await made.look()
        yield made
    finally:
        await client.close()
