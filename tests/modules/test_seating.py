"""Seating: one request, all rooms, once."""

from __future__ import annotations

import asyncio

import pytest

from kamar.ids import NodePath, RoomId, UserId
from kamar.structure import RoomKey, RoomKind
from kamar_bridges.homeserver import Homeserver, MatrixError
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix
from tests.modules.village import make_person, open_room, open_village
from tests.servers.synapse import SynapseServer

pytestmark = pytest.mark.integration

NEIGHBOURS = 12  # the default limit of invitations would stop the third


@pytest.mark.parametrize("version", ["11", "12"])
async def test_one_request_brings_a_member_into_space_and_rooms(
    version: str, homeserver: SynapseServer, kamar: Matrix, module: KamarModule, worker_pool: Homeserver
) -> None:
    village = await open_village(kamar, version)
    person = await make_person(module, "Bu Yanti")
    through_worker = KamarModule(worker_pool, homeserver.as_token)
    answer = await through_worker.seat(person.user_id, village.space, village.rooms)
    assert list(answer.joined) == [village.space, *village.rooms]
    assert not answer.failed
    assert (await kamar.joined_members(village.rt))[person.user_id] == "Bu Yanti"


async def test_seating_again_changes_nothing(kamar: Matrix, module: KamarModule, homeserver: SynapseServer) -> None:
    village = await open_village(kamar)
    person = await make_person(module)
    first = await module.seat(person.user_id, village.space, village.rooms)
    count = "SELECT COUNT(*) FROM room_memberships WHERE user_id = ?"
    written = homeserver.sql(count, person.user_id)
    again = await asyncio.gather(*(module.seat(person.user_id, village.space, village.rooms) for _ in range(4)))
    assert again == [first] * 4
    assert homeserver.sql(count, person.user_id) == written


async def test_the_same_seating_asked_many_times_at_once_seats_once(
    kamar: Matrix, module: KamarModule, homeserver: SynapseServer
) -> None:
    village = await open_village(kamar)
    person = await make_person(module)
    answers = await asyncio.gather(*(module.seat(person.user_id, village.space, village.rooms) for _ in range(4)))
    assert all(not answer.failed for answer in answers)
    joins = homeserver.sql(
        "SELECT room_id, COUNT(*) FROM room_memberships WHERE user_id = ? AND membership = 'join' GROUP BY room_id",
        person.user_id,
    )
    assert sorted(joins) == sorted((room, 1) for room in (village.space, *village.rooms))


async def test_a_whole_street_is_seated_without_hitting_a_limit(kamar: Matrix, module: KamarModule) -> None:
    village = await open_village(kamar)
    people = await asyncio.gather(*(make_person(module) for _ in range(NEIGHBOURS)))
    answers = await asyncio.gather(*(module.seat(one.user_id, village.space, village.rooms) for one in people))
    assert [answer.failed for answer in answers] == [{}] * NEIGHBOURS
    assert {one.user_id for one in people} <= set(await kamar.joined_members(village.rt))


async def test_a_starter_kamar_without_a_space_is_entered_by_invitation(kamar: Matrix, module: KamarModule) -> None:
    perintis = await open_room(kamar, RoomKey(NodePath("32.16.19"), RoomKind.PERINTIS), None)
    village = await open_village(kamar)
    person = await make_person(module)
    waiting = await module.seat(person.user_id, None, [perintis])
    assert list(waiting.joined) == [perintis]
    opened = await module.seat(person.user_id, village.space, village.rooms, leave=[perintis])
    assert list(opened.left) == [perintis]
    assert perintis not in await kamar.joined_members(perintis)
    seats = await module.seats(person.user_id)
    assert set(seats.rooms) == set(seats.joined) == {village.space, *village.rooms}


async def test_what_fails_is_told_by_room_and_the_rest_is_done(kamar: Matrix, module: KamarModule) -> None:
    village = await open_village(kamar)
    person = await make_person(module)
    await kamar.homeserver.request(
        "POST",
        f"/_matrix/client/v3/rooms/{village.obrolan}/ban",
        token=kamar._token,
        body={"user_id": person.user_id},
    )
    private = await kamar.create_room({})
    answer = await module.seat(person.user_id, village.space, [*village.rooms, private, RoomId("!nowhere")])
    assert set(answer.joined) == {village.space, village.rt}
    assert answer.failed == {village.obrolan: "M_BAD_STATE", private: "M_NOT_FOUND", "!nowhere": "M_NOT_FOUND"}


async def test_nobody_is_seated_who_has_no_account(kamar: Matrix, module: KamarModule) -> None:
    village = await open_village(kamar)
    with pytest.raises(MatrixError, match="M_NOT_FOUND"):
        await module.seat(UserId("@nobody2:kamar.test"), village.space, village.rooms)


async def test_only_kamar_may_seat(kamar: Matrix, module: KamarModule, worker_pool: Homeserver) -> None:
    village = await open_village(kamar)
    person = await make_person(module)
    for token in (person.session.access_token, "", "syt_wrong"):
        with pytest.raises(MatrixError) as refused:
            await KamarModule(worker_pool, token).seat(person.user_id, village.space, village.rooms)
        assert (refused.value.status, refused.value.errcode) == (403, "M_FORBIDDEN")


async def test_a_seating_that_a_power_cut_interrupts_is_finished_by_asking_again(
    homeserver: SynapseServer, kamar: Matrix, module: KamarModule
) -> None:
    village = await open_village(kamar)
    people = [await make_person(module) for _ in range(NEIGHBOURS)]
    async with Homeserver(homeserver.url, patience=0) as hasty:
        door = KamarModule(hasty, homeserver.as_token)
        asked = [asyncio.create_task(door.seat(one.user_id, village.space, village.rooms)) for one in people]
        await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        homeserver.kill()
        await asyncio.gather(*asked, return_exceptions=True)
    homeserver.start()
    answers = await asyncio.gather(*(module.seat(one.user_id, village.space, village.rooms) for one in people))
    assert [answer.failed for answer in answers] == [{}] * NEIGHBOURS
    joins = homeserver.sql(
        "SELECT user_id, room_id FROM room_memberships WHERE membership = 'join' AND room_id IN (?, ?, ?)",
        village.space,
        *village.rooms,
    )
    wanted = {(one.user_id, room) for one in people for room in (village.space, *village.rooms)}
    me = await kamar.whoami()
    assert sorted(join for join in joins if join[0] != me) == sorted(wanted)
