"""Scripted newcomers, who do not give up, and what Synapse's own database says of them afterwards."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from tests.servers.branch import Branch

PATIENCE = 240.0  # seconds until a newcomer gives up: a test server restarts many times
AGAIN = 0.4
PASSING = frozenset({429, 500, 502, 503, 504})
LETTERS = str.maketrans("0123456789-_", "ghjlmnqvxzbf")
PASSWORD = "becak-langit-7-sungai"


async def join(portal: str, code: str, key: str, village: str, rw: int, rt: int) -> dict[str, Any]:
    """Sign up over the JSON API, repeating the same request until it is answered."""
    body = {"code": code, "village": village, "rw": rw, "rt": rt, "adult": True, "consent": ["account", "messages"]}
    body |= {"display_name": f"Warga {_name(key)}", "password": PASSWORD}
    deadline = asyncio.get_running_loop().time() + PATIENCE
    async with httpx.AsyncClient(base_url=portal, trust_env=False, timeout=60) as client:
        while True:
            try:
                answer = await client.post("/api/v1/join", json=body, headers={"Idempotency-Key": key})
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code not in PASSING:
                assert answer.status_code == 201, answer.text
                found: dict[str, Any] = answer.json()
                return found
            assert asyncio.get_running_loop().time() < deadline, "the server never came back"
            await asyncio.sleep(AGAIN)


def _name(key: str) -> str:
    """Return the end of a key, written so that it spells no office and no institution ("d35a" would read desa)."""
    end = key[-4:]
    return end if end.isalpha() and end[1:].islower() else end.lower().translate(LETTERS)


async def until_idle(branch: Branch) -> None:
    """Wait until the outbox is empty; a parked row fails the test."""
    from kamar_store import outbox

    site = branch.site()
    deadline = asyncio.get_running_loop().time() + PATIENCE
    try:
        while True:
            async with site.store.read() as db:
                waiting = await outbox.waiting(db)
            assert waiting["parked"] == 0
            if waiting["ready"] == 0:
                return
            assert asyncio.get_running_loop().time() < deadline, f"{waiting} rows are left"
            await asyncio.sleep(AGAIN)
    finally:
        await site.store.close()


async def vouch_for_everybody(branch: Branch) -> None:
    """Let somebody have vouched for every newcomer there is."""
    from sqlalchemy import select

    from kamar_store import vouch
    from kamar_store.tables import member

    site, now = branch.site(), datetime.now(UTC)
    async with site.store.write() as db:
        for number in (await db.execute(select(member.c.id).where(member.c.vouched_at.is_(None)))).scalars().all():
            await vouch.confirm(db, number, now)
    await site.store.close()


@dataclass(frozen=True)
class Truth:
    """What Synapse's SQLite database holds, read while Synapse runs or not."""

    file: Path

    def rooms(self) -> dict[str, tuple[str, str, int]]:
        """Return path, kind and number of each official room by its id."""
        query = (
            "SELECT room_id, json_extract(json, '$.content.path'), json_extract(json, '$.content.kind'),"
            " json_extract(json, '$.content.number')"
            " FROM current_state_events JOIN event_json USING (event_id, room_id)"
            " WHERE type = 'id.sosialkamar.node'"
        )
        return {room: (path, kind, number) for room, path, kind, number in self._ask(query)}

    def joined(self, user: str) -> list[tuple[str, str, int]]:
        """Return the official rooms a member is in, sorted."""
        query = "SELECT room_id FROM local_current_membership WHERE user_id = ? AND membership = 'join'"
        rooms = self.rooms()
        return sorted(rooms[room] for (room,) in self._ask(query, user))

    def created(self) -> list[str]:
        """Return the keys of all official rooms ever created that still have members, whole or half made."""
        query = (
            "SELECT json_extract(json, '$.content.\"id.sosialkamar.key\"') FROM events JOIN event_json USING (event_id)"
            " WHERE type = 'm.room.create' AND events.room_id IN"
            " (SELECT room_id FROM local_current_membership WHERE membership = 'join')"
        )
        return [key for (key,) in self._ask(query) if key]

    def said(self, user: str) -> list[str]:
        """Return the bodies of all messages of somebody, oldest first."""
        query = (
            "SELECT json_extract(json, '$.content.body') FROM events JOIN event_json USING (event_id)"
            " WHERE type = 'm.room.message' AND sender = ? ORDER BY stream_ordering"
        )
        return [body for (body,) in self._ask(query, user)]

    def _ask(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True, timeout=30)) as db:
            return db.execute(query, values).fetchall()


def truth(branch: Branch) -> Truth:
    """Return Synapse's database of a branch on SQLite."""
    (file,) = branch.homeserver.state.synapse.glob("*.db")
    return Truth(file)
