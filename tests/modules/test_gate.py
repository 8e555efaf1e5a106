"""Who gets into an official room, asked through every listener that clients can reach."""

from __future__ import annotations

import httpx
import pytest

from kamar.ids import NodePath
from kamar.structure import RoomKey, RoomKind
from kamar.structure_room import NODE_EVENT
from kamar_bridges.homeserver import Homeserver, MatrixError
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix
from tests.modules.village import make_person, open_room, open_village
from tests.servers.synapse import SynapseServer

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("seated", [True, False], ids=["seated", "not seated"])
@pytest.mark.parametrize("version", ["11", "12"])
async def test_only_the_seated_enter_a_room_of_their_space(
    version: str, seated: bool, homeserver: SynapseServer, module: KamarModule, kamar: Matrix
) -> None:
    village = await open_village(kamar, version)
    person = await make_person(module)
    await module.seat(person.user_id, village.space, [village.rt] if seated else [])
    for url in dict.fromkeys((homeserver.url, homeserver.worker_url)):
        async with httpx.AsyncClient(base_url=url) as client:
            answer = await client.post(
                f"/_matrix/client/v3/join/{village.rt}",
                headers={"Authorization": f"Bearer {person.session.access_token}"},
                json={},
            )
        assert answer.status_code == (200 if seated else 403)
        if not seated:
            assert answer.json()["errcode"] == "M_FORBIDDEN"
            assert answer.json()["id.sosialkamar.code"] == "not_seated"


async def test_a_stranger_with_an_invitation_of_kamar_still_needs_a_seat(
    module: KamarModule, kamar: Matrix, worker_pool: Homeserver
) -> None:
    village = await open_village(kamar)
    stranger = await make_person(module)
    await kamar.invite(village.space, stranger.user_id)
    with pytest.raises(MatrixError, match="M_FORBIDDEN"):
        await stranger.at(worker_pool).join(village.space)


async def test_a_member_cannot_invite_into_an_official_room(
    module: KamarModule, kamar: Matrix, worker_pool: Homeserver
) -> None:
    village = await open_village(kamar)
    member, friend = await make_person(module), await make_person(module)
    await module.seat(member.user_id, village.space, village.rooms)
    with pytest.raises(MatrixError, match="M_FORBIDDEN"):
        await member.at(worker_pool).invite(village.rt, friend.user_id)


async def test_rooms_of_the_members_own_are_left_alone(
    module: KamarModule, kamar: Matrix, worker_pool: Homeserver
) -> None:
    host, guest = await make_person(module), await make_person(module)
    perintis = await open_room(kamar, RoomKey(NodePath("32.16.20"), RoomKind.PERINTIS), None)
    for person in (host, guest):
        await module.seat(person.user_id, None, [perintis])
    node = {"axis": "wilayah", "path": "32.16.19.1999", "kind": "obrolan", "number": 1, "version": 1}
    state = [{"type": NODE_EVENT, "state_key": "", "content": node}]
    room = await host.at(worker_pool).create_room({"invite": [guest.user_id], "initial_state": state})
    await guest.at(worker_pool).join(room)
    assert guest.user_id in await host.at(worker_pool).joined_members(room)


async def test_a_member_who_left_may_come_back_and_one_who_lost_the_seat_may_not(
    module: KamarModule, kamar: Matrix, worker_pool: Homeserver
) -> None:
    village = await open_village(kamar)
    member = await make_person(module)
    await module.seat(member.user_id, village.space, village.rooms)
    await member.at(worker_pool).leave(village.rt)
    await member.at(worker_pool).join(village.rt)
    await module.seat(member.user_id, village.space, [], leave=[village.rt])
    assert village.rt not in await member.at(worker_pool).joined_rooms()
    with pytest.raises(MatrixError, match="M_FORBIDDEN"):
        await member.at(worker_pool).join(village.rt)
