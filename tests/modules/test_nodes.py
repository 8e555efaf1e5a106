"""What a member sees of the tree."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from kamar.structure import NODE_EVENT
from kamar_bridges.homeserver import Homeserver, MatrixError
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix
from tests.modules.village import Person, make_person, open_village

pytestmark = pytest.mark.integration

FLOOR = 10


async def node(pool: Homeserver, person: Person, path: str) -> dict[str, Any]:
    """Ask about a node as a member."""
    quoted = path.replace("/", "%2F")
    return await pool.request("GET", f"/_synapse/client/kamar/v1/nodes/{quoted}", token=person.session.access_token)


async def test_a_member_sees_the_own_rooms_and_a_stranger_none(
    kamar: Matrix, module: KamarModule, worker_pool: Homeserver
) -> None:
    village = await open_village(kamar)
    member, stranger = await make_person(module), await make_person(module)
    await module.seat(member.user_id, village.space, village.rooms)
    seen = await node(worker_pool, member, village.path)
    assert [(room["room_id"], room["kind"], room["joined"]) for room in seen["rooms"]] == [
        (village.obrolan, "obrolan", True),
        (village.space, "space", True),
    ]
    assert seen["rooms"][0]["name"] == f"Kamar {village.path}"
    assert (await node(worker_pool, stranger, village.path))["rooms"] == []


@pytest.mark.parametrize(("people", "told"), [(FLOOR - 1, None), (FLOOR, FLOOR)], ids=["few", "enough"])
async def test_few_people_are_not_counted(
    people: int, told: int | None, kamar: Matrix, module: KamarModule, worker_pool: Homeserver
) -> None:
    village = await open_village(kamar)
    persons = [await make_person(module) for _ in range(people)]
    await asyncio.gather(*(module.seat(one.user_id, None, [village.rt]) for one in persons))
    seen = await node(worker_pool, persons[0], village.path)
    assert seen["children"] == [{"path": f"{village.path}/RW005", "rooms": 1, "members": told}]


async def test_a_workplace_an_unknown_node_and_nonsense_look_alike(
    kamar: Matrix, module: KamarModule, worker_pool: Homeserver
) -> None:
    content = {"axis": "kerja", "path": "kerja:pabrik-1", "kind": "obrolan", "number": 1, "version": 1}
    state = [{"type": NODE_EVENT, "state_key": "", "content": content}]
    room = await kamar.create_room({"initial_state": state})
    worker, stranger = await make_person(module), await make_person(module)
    await module.seat(worker.user_id, None, [room])
    assert len((await node(worker_pool, worker, "kerja:pabrik-1"))["rooms"]) == 1
    for path in ("kerja:pabrik-1", "kerja:pabrik-2", "99.99.99.9999", "%%"):
        answer = await worker_pool.request(
            "GET",
            f"/_synapse/client/kamar/v1/nodes/{path.replace('%', '%25')}",
            token=stranger.session.access_token,
        )
        assert answer == {"path": path, "rooms": [], "children": []}


async def test_a_stranger_without_account_sees_nothing(worker_pool: Homeserver) -> None:
    with pytest.raises(MatrixError) as refused:
        await worker_pool.request("GET", "/_synapse/client/kamar/v1/nodes/ID")
    assert refused.value.status == 401


async def test_every_listener_tells_that_the_modules_run(module: KamarModule, worker_pool: Homeserver) -> None:
    for asked in (module, KamarModule(worker_pool, "")):
        assert {"registration", "structure"} <= set(await asked.health())
