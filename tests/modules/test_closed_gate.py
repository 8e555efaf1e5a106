"""What the gate does when its tables are gone, empty or unreadable."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kamar_bridges.homeserver import Homeserver, MatrixError
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix
from tests.modules.village import Person, Village, make_person, open_village
from tests.servers.synapse import SynapseServer

pytestmark = pytest.mark.integration

TRIES = 200


@contextmanager
def unreadable(server: SynapseServer, table: str) -> Iterator[None]:
    """Take a table away from under Synapse's feet."""
    server.sql(f"ALTER TABLE {table} RENAME TO {table}_away")
    try:
        yield
    finally:
        server.sql(f"ALTER TABLE {table}_away RENAME TO {table}")


async def outside_with_seat(module: KamarModule, kamar: Matrix, door: Homeserver) -> tuple[Person, Village]:
    """Return somebody who has a seat in the RT's room and stands before its door, which has been opened once."""
    village = await open_village(kamar)
    person = await make_person(module)
    await module.seat(person.user_id, village.space, [village.rt])
    await person.at(kamar.homeserver).leave(village.rt)
    await person.at(door).join(village.rt)
    await person.at(door).leave(village.rt)
    return person, village


@pytest.mark.parametrize("table", ["kamar_seat", "kamar_room"])
async def test_nobody_enters_while_a_table_cannot_be_read(
    table: str, homeserver: SynapseServer, module: KamarModule, kamar: Matrix, worker_pool: Homeserver
) -> None:
    person, village = await outside_with_seat(module, kamar, worker_pool)
    with unreadable(homeserver, table), pytest.raises(MatrixError) as refused:
        await person.at(worker_pool).join(village.rt)
    assert refused.value.errcode == "M_FORBIDDEN"
    await person.at(worker_pool).join(village.rt)


async def test_nobody_enters_by_an_empty_seat_table(
    homeserver: SynapseServer, module: KamarModule, kamar: Matrix, worker_pool: Homeserver
) -> None:
    person, village = await outside_with_seat(module, kamar, worker_pool)
    homeserver.sql("DELETE FROM kamar_seat WHERE user_id = ?", person.user_id)
    with pytest.raises(MatrixError, match="M_FORBIDDEN"):
        await person.at(worker_pool).join(village.rt)


async def test_a_room_that_the_map_forgot_is_still_official_and_comes_back_into_it(
    homeserver: SynapseServer, module: KamarModule, kamar: Matrix, worker_pool: Homeserver
) -> None:
    person, village = await outside_with_seat(module, kamar, worker_pool)
    stranger = await make_person(module)
    homeserver.sql("DELETE FROM kamar_room WHERE room_id = ?", village.rt)
    with pytest.raises(MatrixError, match="M_FORBIDDEN"):
        await stranger.at(worker_pool).join(village.rt)
    assert homeserver.sql("SELECT kind FROM kamar_room WHERE room_id = ?", village.rt) == [("obrolan",)]
    await person.at(worker_pool).join(village.rt)


async def test_the_map_is_rebuilt_from_room_state_at_the_start(
    homeserver: SynapseServer, module: KamarModule, kamar: Matrix, worker_pool: Homeserver
) -> None:
    person, village = await outside_with_seat(module, kamar, worker_pool)
    homeserver.sql("DELETE FROM kamar_room")
    homeserver.kill()
    homeserver.start()
    wanted = {village.space, village.obrolan, village.rt}
    for _ in range(TRIES):
        found = {room for (room,) in homeserver.sql("SELECT room_id FROM kamar_room")}
        if wanted <= found:
            break
        await asyncio.sleep(0.05)
    assert wanted <= found
    assert village.rt in (await module.seats(person.user_id)).rooms
