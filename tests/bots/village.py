"""A registry with one village and people who live there, and a homeserver that only pretends; no server."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count
from random import Random
from typing import Any
from urllib.parse import unquote

import httpx
from sqlalchemy import insert, select

from kamar.ids import MemberId, NodePath, RoomId, UserId
from kamar.settings import Ports, Server, Settings
from kamar.state import State
from kamar.structure import RoomKey, RoomKind
from kamar_bots.serve import Bot
from kamar_bots.talk import Ask, Registry
from kamar_bridges.homeserver import Homeserver
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix
from kamar_store import member as members
from kamar_store import seating
from kamar_store.site import Site
from kamar_store.store import Db, Store
from kamar_store.tables import node, outbox

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SETTINGS = Settings(server=Server(name="kamar.test", public_url="https://kamar.example"), ports=Ports(portal=8080))
VILLAGE = NodePath("32.16.19.2005")
KECAMATAN = NodePath("32.16.19")
RW = NodePath(f"{VILLAGE}/RW005")
RT = NodePath(f"{RW}/RT003")
BOT = UserId("@kamar:kamar.test")
_numbers = count(1)

_PLACES = (
    ("ID", "", "negara", "", "Indonesia", "Indonesia"),
    ("32", "ID", "provinsi", "Provinsi", "Jawa Barat", "Jawa Barat"),
    ("32.16", "32", "kota", "Kabupaten", "Bekasi", "Kab. Bekasi, Jawa Barat"),
    (
        KECAMATAN, "32.16", "kecamatan", "Kecamatan", "Cikarang Selatan",
        "Kec. Cikarang Selatan, Kab. Bekasi, Jawa Barat",
    ),
    (
        VILLAGE, KECAMATAN, "kelurahan", "Desa", "Sukaresmi",
        "Desa Sukaresmi, Kec. Cikarang Selatan, Kab. Bekasi, Jawa Barat",
    ),
)  # fmt: skip


async def settle(store: Store) -> None:
    """Write the village and the places around it."""
    fields = ("path", "parent", "level", "kind", "name", "full_name")
    rest = {"axis": "wilayah", "postcode": "17530", "decree": "", "valid_from": date(2025, 1, 1)}
    async with store.write() as db:
        await db.execute(insert(node), [dict(zip(fields, place, strict=True)) | rest for place in _PLACES])


async def live(db: Db, name: str = "Siti", home: NodePath = RT) -> tuple[UserId, MemberId]:
    """Write a member."""
    user = UserId(f"@warga{next(_numbers)}:kamar.test")
    return user, await members.create(db, user, name, home, None, None, NOW)


async def opened(db: Db, key: RoomKey) -> RoomId:
    """Write an official room that is open."""
    await seating.want_rooms(db, [key], NOW)
    (row,) = [room for room in await seating.rooms_at(db, [key.node]) if room.key == key]
    room_id = row.room_id or RoomId(f"!room{row.id}")
    if row.room_id is None:
        await seating.opened(db, row, room_id, NOW)
    return room_id


def asked(text: str, user: UserId, room: RoomKey | None = None, *, direct: bool = False, called: bool = False) -> Ask:
    """Return something said by ``user``."""
    return Ask(user, RoomId("!somewhere"), text, room, direct, "id", NOW, called)


def registry(db: Db) -> Registry:
    """Return what commands work with."""
    return Registry(db, SETTINGS, Random(7))


CHAT = RoomKey(RT, RoomKind.OBROLAN)
"""The kamar of RT 003/RW 005."""
STARTER = RoomKey(KECAMATAN, RoomKind.PERINTIS)
"""The starter kamar of the kecamatan."""


async def rows(store: Store, lane: str = "room:") -> list[tuple[str, dict[str, Any]]]:
    """Return kind and payload of what the bot wants done in rooms, in its order."""
    async with store.read() as db:
        found = await db.execute(
            select(outbox.c.kind, outbox.c.payload).where(outbox.c.lane.startswith(lane)).order_by(outbox.c.id)
        )
        return [(kind, payload) for kind, payload in found]


async def bodies(store: Store) -> list[str]:
    """Return the first lines of what the bot wants to say, in their order."""
    return [str(payload["content"]["body"]).split("\n")[0] for kind, payload in await rows(store) if kind != "join"]


def message(text: str, user: str, room: str, event_id: str, **more: Any) -> dict[str, Any]:
    """Return a message as Synapse pushes it."""
    rest = {"origin_server_ts": more.pop("sent")} if "sent" in more else {}
    content = {"msgtype": "m.text", "body": text, **more}
    return {"event_id": event_id, "room_id": room, "type": "m.room.message", "sender": user, "content": content, **rest}


def member_event(user: str, room: str, event_id: str, membership: str, **more: Any) -> dict[str, Any]:
    """Return a membership event as Synapse pushes it; ``sender``, ``before`` and ``sent`` may be named."""
    return {
        "origin_server_ts": more.pop("sent", 0),
        "event_id": event_id,
        "room_id": room,
        "type": "m.room.member",
        "sender": more.pop("sender", user),
        "state_key": user,
        "unsigned": {"prev_content": {"membership": more.pop("before")}} if "before" in more else {},
        "content": {"membership": membership, **more},
    }


@dataclass
class Homestead:
    """A homeserver that only knows who is in which room, and what the bot missed."""

    members: dict[str, set[str]] = field(default_factory=dict)
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    down: bool = False

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        path = unquote(request.url.path)
        self.calls.append(path)
        if self.down:
            raise httpx.ConnectError("down")
        if path.endswith("/joined_members"):
            room = path.split("/rooms/")[1].split("/")[0]
            if room not in self.members:
                return httpx.Response(403, json={"errcode": "M_FORBIDDEN", "error": ""})
            return httpx.Response(200, json={"joined": {user: {} for user in self.members[room]}})
        if path.endswith("/missed"):
            return self._missed(request.url.params["after"])
        if "/event/" in path:
            found = self.events.get(path.rpartition("/")[2])
            return httpx.Response(200, json=found) if found else httpx.Response(404, json={"errcode": "M_NOT_FOUND"})
        return httpx.Response(200, json={"duration_ms": 1})

    def _missed(self, after: str) -> httpx.Response:
        first = len(self.missed) if after == "now" else int(after)
        events = [
            {"event_id": name, "room_id": "!missed", "stream": number}
            for number, name in list(enumerate(self.missed, 1))[first:]
        ]
        return httpx.Response(200, json={"events": events, "next": len(self.missed)})


async def no_sleep(seconds: float) -> None:
    """Return at once."""


def bot_of(store: Store, homestead: Homestead, state: State) -> Bot:
    """Return a bot whose homeserver is ``homestead``."""
    transport = httpx.MockTransport(homestead.answer)
    homeserver = Homeserver("http://synapse.test", sleep=no_sleep, transport=transport)
    return Bot(Site(SETTINGS, state, store), Matrix(homeserver, "as"), KamarModule(homeserver, "as"))
