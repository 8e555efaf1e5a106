"""``POST have``: official rooms as Synapse really has them."""

from __future__ import annotations

import pytest

from kamar.ids import NodePath, RoomId
from kamar.reconcile import BADGE_EVENT, Found
from kamar.structure import RoomKey, RoomKind
from kamar.structure_room import NODE_EVENT, power_levels
from kamar_bridges.homeserver import Homeserver, MatrixError
from kamar_bridges.kamar_module import PATH, KamarModule
from kamar_bridges.matrix import Matrix
from tests.modules.village import make_person, open_room, open_village
from tests.servers.synapse import SynapseServer

pytestmark = pytest.mark.integration
BADGE = {"officers": [], "version": 1}


async def test_a_room_is_told_with_its_state_people_and_seats(
    kamar: Matrix, module: KamarModule, worker_pool: Homeserver, homeserver: SynapseServer
) -> None:
    village = await open_village(kamar)
    inside, invited, banned = [await make_person(module) for _ in range(3)]
    await module.seat(inside.user_id, village.space, village.rooms)
    await kamar.invite(village.rt, invited.user_id)
    await kamar.ban(village.rt, banned.user_id, "x")
    await kamar.put_state(village.rt, BADGE_EVENT, BADGE)
    await kamar.put_state(village.space, "m.space.child", {"via": ["x"]}, village.rt)
    await kamar.put_state(village.space, "m.space.child", {"via": ["x"]}, "!strange")

    for process in (module, KamarModule(worker_pool, homeserver.as_token)):
        rooms = (await process.have([village.rt, village.space, RoomId("!nowhere")])).rooms
        found = rooms[village.rt]
        assert (found.held, found.version) == (True, "12")
        assert found.members == found.seats == {inside.user_id}
        assert (found.asked, found.banned) == ({invited.user_id}, {banned.user_id})
        assert found.power.users == ()
        assert '"path":' in found.state[NODE_EVENT, ""]
        assert found.state[BADGE_EVENT, ""] == '{"officers":[],"version":1}'
        assert ("m.space.parent", village.space) in found.state
        assert rooms[village.space].official == {village.rt}
        assert rooms[RoomId("!nowhere")] == Found(held=False, version="1")


@pytest.mark.parametrize("version", ["11", "12"])
async def test_a_badge_that_somebody_else_wrote_is_none(version: str, kamar: Matrix, module: KamarModule) -> None:
    person = await make_person(module)
    room = await open_room(kamar, RoomKey(NodePath(f"32.16.17.20{version}"), RoomKind.OBROLAN), None, version)
    await module.seat(person.user_id, None, [room])
    me = await kamar.whoami()
    levels = power_levels(RoomKind.OBROLAN, version, me)
    await kamar.put_state(room, "m.room.power_levels", {**levels, "state_default": 0})
    await person.at(kamar.homeserver).put_state(room, BADGE_EVENT, BADGE)
    found = (await module.have([room])).rooms[room]
    assert found.state[BADGE_EVENT, ""] == "{}"
    assert found.version == version
    assert dict(found.power.users) == ({} if version == "12" else {me: 200})


async def test_closed_accounts_and_such_as_never_were_are_told(module: KamarModule) -> None:
    living, closed = [await make_person(module) for _ in range(2)]
    await module.deactivate(closed.user_id)
    ghost = type(living.user_id)("@ghost:kamar.test")
    told = await module.have([], [living.user_id, closed.user_id, ghost])
    assert (told.closed, told.deactivated) == ({closed.user_id, ghost}, {closed.user_id})


async def test_only_kamar_may_ask_and_not_for_everything_at_once(module: KamarModule, pool: Homeserver) -> None:
    person = await make_person(module)
    for token in ("", person.session.access_token):
        with pytest.raises(MatrixError, match="M_FORBIDDEN"):
            await pool.request("POST", f"{PATH}/have", token=token, body={"rooms": []}, repeatable=True)
    with pytest.raises(MatrixError, match="M_INVALID_PARAM"):
        await module.have([RoomId(f"!{number}") for number in range(201)])
