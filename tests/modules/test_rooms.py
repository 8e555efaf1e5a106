"""Rooms found again by their key, and rooms removed."""

from __future__ import annotations

import asyncio

import pytest

from kamar.ids import NodePath, RoomId
from kamar.structure import RoomKey, RoomKind
from kamar.structure_room import KEY_FIELD
from kamar_bridges.homeserver import MatrixError
from kamar_bridges.kamar_module import FoundRoom, KamarModule
from kamar_bridges.matrix import Matrix
from tests.modules.village import make_person, open_room, open_village, row_key_of

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("version", ["11", "12"])
async def test_a_room_is_found_by_its_key(version: str, kamar: Matrix, module: KamarModule) -> None:
    key = RoomKey(NodePath(f"32.16.18.10{version}"), RoomKind.OBROLAN)
    room = await open_room(kamar, key, None, version)
    assert await module.room(row_key_of(key)) == FoundRoom(room, True)
    assert await module.room("no such key") is None


async def test_a_room_whose_making_broke_off_is_found_as_incomplete(kamar: Matrix, module: KamarModule) -> None:
    room = await kamar.create_room({"creation_content": {KEY_FIELD: "half-made"}, "preset": "private_chat"})
    assert await module.room("half-made") == FoundRoom(room, False)
    await module.shut(room)
    assert await module.room("half-made") is None


async def test_a_member_cannot_pass_a_room_off_as_made_for_a_key(module: KamarModule, kamar: Matrix) -> None:
    person = await make_person(module)
    await person.at(kamar.homeserver).create_room({"creation_content": {KEY_FIELD: "forged"}})
    assert await module.room("forged") is None


@pytest.mark.parametrize("version", ["11", "12"])
async def test_a_shut_room_is_gone_with_its_seats_and_its_alias_is_free(
    version: str, kamar: Matrix, module: KamarModule
) -> None:
    village = await open_village(kamar, version)
    person = await make_person(module)
    await module.seat(person.user_id, village.space, village.rooms)
    await module.shut(village.rt)
    await module.shut(village.rt)
    key = RoomKey(NodePath(f"{village.path}/RW005/RT003"), RoomKind.OBROLAN)
    assert await module.room(row_key_of(key)) is None
    again = await open_room(kamar, key, village.space, version)
    assert await module.room(row_key_of(key)) == FoundRoom(again, True)
    assert village.rt not in (await module.seats(person.user_id)).rooms
    await everybody_out(person.at(kamar.homeserver), village.rt)
    await module.shut(village.rt)


async def test_only_official_rooms_can_be_shut(kamar: Matrix, module: KamarModule) -> None:
    person = await make_person(module)
    private = await person.at(kamar.homeserver).create_room({})
    with pytest.raises(MatrixError, match="M_FORBIDDEN"):
        await module.shut(private)
    await module.shut(RoomId("!nowhere"))


async def everybody_out(member: Matrix, room: RoomId) -> None:
    """Wait until Synapse has taken a member out, which it does in the background."""
    for _ in range(600):
        if room not in await member.joined_rooms():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"still in {room}")
