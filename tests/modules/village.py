"""A village for one test: a space with two rooms, and people who may or may not sit there."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass

from kamar.account import new_localpart
from kamar.ids import NodePath, RoomId, UserId
from kamar.structure import RoomKey, RoomKind
from kamar.structure_room import create_content
from kamar_bridges.homeserver import Homeserver
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix, Session

_numbers = itertools.count(2000)
_dice = random.SystemRandom()


@dataclass(frozen=True)
class Village:
    """The official rooms of one desa."""

    path: NodePath
    space: RoomId
    obrolan: RoomId
    rt: RoomId

    @property
    def rooms(self) -> list[RoomId]:
        """Return the rooms of the space."""
        return [self.obrolan, self.rt]


async def open_village(kamar: Matrix, version: str = "12") -> Village:
    """Make the rooms of a village nobody has used yet, as ``@kamar`` makes them."""
    path = NodePath(f"32.16.19.{next(_numbers)}")
    space = await open_room(kamar, RoomKey(path, RoomKind.SPACE), None, version)
    obrolan = await open_room(kamar, RoomKey(path, RoomKind.OBROLAN), space, version)
    rt = await open_room(kamar, RoomKey(NodePath(f"{path}/RW005/RT003"), RoomKind.OBROLAN), space, version)
    return Village(path, space, obrolan, rt)


async def open_room(kamar: Matrix, key: RoomKey, space: RoomId | None, version: str = "12") -> RoomId:
    """Make one official room."""
    me = await kamar.whoami()
    content = create_content(key, row_key_of(key), version, me, space, server=me.split(":", 1)[1])
    return await kamar.create_room({**content, "name": f"Kamar {key.node}"})


def row_key_of(key: RoomKey) -> str:
    """Return the key that the room's creation content holds."""
    return f"{key.node}-{key.kind.value}-{key.number}"


@dataclass(frozen=True)
class Person:
    """Somebody with an account and a device."""

    user_id: UserId
    session: Session

    def at(self, pool: Homeserver) -> Matrix:
        """Speak Matrix as this person."""
        return Matrix(pool, self.session.access_token)


async def make_person(module: KamarModule, name: str = "Siti", password: str | None = None) -> Person:
    """Make an account as the portal does; without a password it is made faster."""
    localpart = new_localpart(_dice)
    session = await module.register(localpart, password, name, key=f"signup-{localpart}")
    return Person(session.user_id, session)
