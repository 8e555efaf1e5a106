"""What a member sees of the tree."""

from __future__ import annotations

import asyncio
from random import SystemRandom
from typing import Any

import pytest

from kamar.account import new_localpart
from kamar.ids import NodePath, RoomId
from kamar.structure_room import NODE_EVENT
from kamar_bridges.homeserver import Homeserver, MatrixError
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix
from kamar_modules.nodes import children_of, rooms_at
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


async def test_the_map_follows_a_room_whose_node_is_another_now(
    kamar: Matrix, module: KamarModule, pool: Homeserver
) -> None:
    village, elsewhere = await open_village(kamar), "32.99.99.2001"
    member = await make_person(module)
    await module.seat(member.user_id, village.space, village.rooms)
    content = {"axis": "wilayah", "path": elsewhere, "kind": "obrolan", "number": 1, "version": 1}
    await kamar.put_state(village.obrolan, NODE_EVENT, content)
    assert (await node(pool, member, elsewhere))["rooms"] == []
    await module.map_again(village.obrolan)
    assert [room["room_id"] for room in (await node(pool, member, elsewhere))["rooms"]] == [village.obrolan]
    own = await member.at(pool).create_room({"preset": "private_chat"})
    await member.at(pool).put_state(own, NODE_EVENT, content)  # anybody may claim that in a room of his own
    await module.map_again(own)
    assert len((await node(pool, member, elsewhere))["rooms"]) == 1


@pytest.mark.parametrize(("people", "told"), [(FLOOR - 1, None), (FLOOR, FLOOR)], ids=["few", "enough"])
async def test_few_people_are_not_counted(
    people: int, told: int | None, kamar: Matrix, module: KamarModule, worker_pool: Homeserver
) -> None:
    village = await open_village(kamar)
    persons = [await make_person(module) for _ in range(people)]
    await asyncio.gather(*(module.seat(one.user_id, None, [village.rt]) for one in persons))
    seen = await node(worker_pool, persons[0], village.path)
    assert seen["children"] == [{"path": f"{village.path}/RW005", "rooms": 1, "members": told}]


async def open_node(kamar: Matrix, axis: str, path: str) -> RoomId:
    """Make a room of a node of any axis."""
    content = {"axis": axis, "path": path, "kind": "obrolan", "number": 1, "version": 1}
    return await kamar.create_room({"initial_state": [{"type": NODE_EVENT, "state_key": "", "content": content}]})


async def test_a_workplace_an_unknown_node_and_nonsense_look_alike(
    kamar: Matrix, module: KamarModule, worker_pool: Homeserver
) -> None:
    own = new_localpart(SystemRandom())
    plant, company = f"kerja/{own}/pabrik", f"kerja/{own}"
    room = await open_node(kamar, "kerja", plant)
    worker, stranger = await make_person(module), await make_person(module)
    await module.seat(worker.user_id, None, [room])
    assert len((await node(worker_pool, worker, plant))["rooms"]) == 1
    assert (await node(worker_pool, worker, company))["children"] == [{"path": plant, "rooms": 1, "members": None}]
    for path in (plant, company, "kerja", "kerja/tidak-ada", "99.99.99.9999", "%%"):
        answer = await node(worker_pool, stranger, path.replace("%", "%25"))
        assert answer == {"path": path, "rooms": [], "children": []}


async def test_a_network_shows_its_groups_and_counts_no_few(
    kamar: Matrix, module: KamarModule, worker_pool: Homeserver
) -> None:
    network = f"jaringan/{new_localpart(SystemRandom())}"
    room = await open_node(kamar, "jaringan", f"{network}/bekasi")
    member, stranger = await make_person(module), await make_person(module)
    await module.seat(member.user_id, None, [room])
    group = {"path": f"{network}/bekasi", "rooms": 1, "members": None}
    assert (await node(worker_pool, stranger, network))["children"] == [group]


class Questions:
    """A transaction that counts what it is asked, and finds what a test says."""

    def __init__(self, found: list[tuple[str, int]]) -> None:
        self.asked: list[str] = []
        self._found = found

    def execute(self, statement: str, values: tuple[object, ...] = ()) -> None:
        """Note a statement."""
        self.asked.append(statement)

    def fetchall(self) -> list[tuple[str, int]]:
        """Return what there is to find; at a workplace nothing, for who has no seat."""
        return self._found


@pytest.mark.parametrize("path", ["kerja/ada/pabrik", "kerja/tidak/ada", "kerja"])
def test_a_workplace_is_asked_for_with_the_same_questions_as_what_is_not_there(path: str) -> None:
    seen = []
    for each in (path, "kerja/apa-saja"):
        txn = Questions([])
        assert rooms_at(txn, each, "@x:y") == []  # type: ignore[arg-type]  # asked nothing but this
        assert children_of(txn, NodePath(each), "@x:y") == []  # type: ignore[arg-type]
        seen.append(txn.asked)
    assert seen[0] == seen[1]
    assert len(seen[0]) == 2


async def test_a_stranger_without_account_sees_nothing(worker_pool: Homeserver) -> None:
    with pytest.raises(MatrixError) as refused:
        await worker_pool.request("GET", "/_synapse/client/kamar/v1/nodes/ID")
    assert refused.value.status == 401


async def test_every_listener_tells_that_the_modules_run(module: KamarModule, worker_pool: Homeserver) -> None:
    for asked in (module, KamarModule(worker_pool, "")):
        assert {"registration", "structure"} <= set(await asked.health())
