"""Two neighbours with the web client and nothing of the portal, and what they send each other."""

from __future__ import annotations

import io
import itertools
import wave
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser

from kamar.ids import NodePath, RoomId
from kamar.structure import RoomKey, RoomKind
from kamar_bridges.homeserver import Homeserver
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix
from tests.browser.chat_driver import chat_link
from tests.modules.village import Person, make_person, open_room
from tests.servers.synapse import SynapseServer

PASSWORD = "tikar-rotan-hijau-77"
_numbers = itertools.count(1)


@dataclass
class Site:
    """A homeserver, the chat served beside it, a browser."""

    server: SynapseServer
    pool: Homeserver
    url: str
    served: list[int]
    browser: Browser
    homeserver_url: str

    @property
    def module(self) -> KamarModule:
        return KamarModule(self.pool, self.server.as_token)

    @property
    def kamar(self) -> Matrix:
        return Matrix(self.pool, self.server.as_token)


@dataclass
class Neighbourhood:
    """Two neighbours, seated in two rooms of one space."""

    site: Site
    siti: Person
    budi: Person
    space: RoomId
    rt: RoomId
    rw: RoomId
    sent: Iterator[int] = field(default_factory=itertools.count)

    async def link(self, who: Person, room: RoomId | None = None) -> str:
        """Return the address by which somebody opens the chat without typing."""
        token = await self.site.module.login_token(who.session.access_token)
        return chat_link(self.site.url, token=token.token, user=who.user_id, room=room or "")

    async def write(self, who: Person, room: RoomId, text: str) -> None:
        """Send a message from another client."""
        content = {"msgtype": "m.text", "body": text}
        await who.at(self.site.pool).send(room, "m.room.message", content, f"t{next(self.sent)}")


async def move_in(site: Site, version: str) -> Neighbourhood:
    """Seat two neighbours in two rooms of one space."""
    number = next(_numbers)
    siti, budi = [await make_person(site.module, name, PASSWORD) for name in ("Siti Aminah", "Budi Santoso")]
    creator = site.kamar
    space, rt, rw = [
        await creator.create_room(
            {
                "name": name,
                "preset": "private_chat",
                "room_version": version,
                **({"creation_content": {"type": "m.space"}} if name.startswith("Kota") else {}),
                "invite": [siti.user_id, budi.user_id],
            }
        )
        for name in (f"Kota {number}", f"RT {number:03} Sukaresmi", f"RW {number:03} Sukaresmi")
    ]
    for who in (siti, budi):
        for room in (space, rt, rw):
            await who.at(site.pool).join(room)
    return Neighbourhood(site, siti, budi, space, rt, rw)


async def share_kamar(street: Neighbourhood) -> None:
    """Seat both in one official room."""
    key = RoomKey(NodePath(f"32.16.{next(_numbers) + 60}"), RoomKind.PERINTIS)
    kamar = await open_room(street.site.kamar, key, None)
    for who in (street.siti, street.budi):
        await street.site.module.seat(who.user_id, None, [kamar])


def voice_note() -> bytes:
    """Return a second of silence."""
    sound = io.BytesIO()
    with wave.open(sound, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(16_000))
    return sound.getvalue()


def photo_with_place(path: Path) -> Path:
    """Write a photo that says where in Sukaresmi it was taken."""
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "S", 2: (6.0, 20.0, 0.0), 3: "E", 4: (107.0, 8.0, 0.0)})
    exif[0x8825] = exif.get_ifd(0x8825)
    Image.effect_noise((2400, 1800), 40).convert("RGB").save(path, exif=exif)
    return path
