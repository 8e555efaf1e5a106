"""The structure of an official room is out of an officer's reach, in both room versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from kamar.structure import RoomKind
from kamar.structure_room import NODE_EVENT, power_levels
from kamar_bridges.homeserver import Homeserver, MatrixError
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix
from tests.modules.village import Person, Village, make_person, open_village

pytestmark = pytest.mark.integration

OFFICER_LEVEL = 100
STRUCTURE: Mapping[str, Mapping[str, Any]] = {
    "m.room.power_levels": {"users_default": 100},
    "m.room.join_rules": {"join_rule": "public"},
    "m.room.encryption": {"algorithm": "m.megolm.v1.aes-sha2"},
    "m.room.history_visibility": {"history_visibility": "world_readable"},
    "m.room.guest_access": {"guest_access": "can_join"},
    "m.room.name": {"name": "Grup resmi RT"},
    "m.room.tombstone": {"body": "pindah", "replacement_room": "!x"},
    "m.room.server_acl": {"allow": ["*"]},
    "m.space.child": {"via": ["kamar.test"]},
    "im.vector.modular.widgets": {"url": "https://example.org"},
    NODE_EVENT: {"axis": "wilayah", "path": "31", "kind": "obrolan", "number": 1, "version": 1},
}


async def officer_in(village: Village, version: str, kamar: Matrix, module: KamarModule) -> Person:
    """Return an officer of the village's chat, with the highest level any person has."""
    officer = await make_person(module)
    await module.seat(officer.user_id, village.space, village.rooms)
    levels = power_levels(RoomKind.OBROLAN, version, await kamar.whoami())
    levels["users"] = {**levels["users"], officer.user_id: OFFICER_LEVEL}
    await kamar.put_state(village.obrolan, "m.room.power_levels", levels)
    return officer


@pytest.mark.parametrize("version", ["11", "12"])
async def test_an_officer_cannot_touch_the_structure_and_kamar_can(
    version: str, kamar: Matrix, module: KamarModule, worker_pool: Homeserver
) -> None:
    village = await open_village(kamar, version)
    officer = await officer_in(village, version, kamar, module)
    for kind, content in STRUCTURE.items():
        with pytest.raises(MatrixError) as refused:
            await officer.at(worker_pool).put_state(village.obrolan, kind, content)
        assert (kind, refused.value.errcode) == (kind, "M_FORBIDDEN")
    await kamar.put_state(village.obrolan, "m.room.name", {"name": "Obrolan Sukaresmi"})


@pytest.mark.parametrize("version", ["11", "12"])
async def test_an_officer_keeps_order_but_not_against_kamar(
    version: str, kamar: Matrix, module: KamarModule, worker_pool: Homeserver
) -> None:
    village = await open_village(kamar, version)
    officer = await officer_in(village, version, kamar, module)
    member = await make_person(module)
    await module.seat(member.user_id, village.space, village.rooms)
    await officer.at(worker_pool).kick(village.obrolan, member.user_id, "mengganggu")
    assert member.user_id not in await kamar.joined_members(village.obrolan)
    with pytest.raises(MatrixError, match="M_FORBIDDEN"):
        await officer.at(worker_pool).kick(village.obrolan, await kamar.whoami(), "coba")


async def test_an_official_room_never_federates(kamar: Matrix) -> None:
    village = await open_village(kamar)
    assert (await kamar.get_state(village.rt, "m.room.create"))["m.federate"] is False
