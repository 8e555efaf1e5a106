"""kill -9 at every named step of sign-up, seating and room opening: nobody is lost, nothing is made twice."""

from __future__ import annotations

import asyncio
import secrets
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator

import pytest

from kamar_store import wilayah
from tests.servers.branch import Branch, branch
from tests.servers.newcomers import join, truth, until_idle

pytestmark = [pytest.mark.integration, pytest.mark.slow]

STEPS = {
    "the account is made": "kamar_bridges.kamar_module:KamarModule.make_account:after",
    "the member is written": "kamar_store.signup:finish:before",
    "the sign-up is finished": "kamar_store.signup:finish:after",
    "a row of the outbox is claimed": "kamar_store.outbox:claim:after",
    "rooms are wanted": "kamar_store.seating:want_rooms:after",
    "a room is made": "kamar_bridges.matrix:Matrix.create_room:after",
    "a room is linked to its space": "kamar_bridges.matrix:Matrix.put_state:after",
    "a room is written down": "kamar_store.seating:opened:after",
    "a member is seated in Matrix": "kamar_bridges.kamar_module:KamarModule.seat:after",
    "a seat is written down": "kamar_store.seating:seated:after",
}
NEIGHBOURS = 5  # as many as open an RT


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    with branch(tmp_path_factory.mktemp("branch"), serve=False) as made:
        yield made


@pytest.fixture(scope="module")
def villages(server: Branch) -> Iterator[str]:
    async def ask() -> list[str]:
        site = server.site()
        async with site.store.read() as db:
            districts = await wilayah.children(db, "32.16")
            found = [village.path for each in districts for village in await wilayah.children(db, each.path)]
        await site.store.close()
        return found

    return iter(asyncio.run(ask()))


@pytest.mark.parametrize("victim", ["serve", "synapse", "both"])
@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS.keys())
async def test_a_power_cut_when(step: str, victim: str, server: Branch, villages: Iterator[str]) -> None:
    village = next(villages)
    code = server.local_code(village)
    await asyncio.to_thread(server.homeserver.start)  # whatever a test before this one left
    await asyncio.to_thread(_serve_until, server, step, victim)
    people = asyncio.gather(
        *(join(server.portal_url, code, secrets.token_urlsafe(24), village, 1, 1) for _ in range(NEIGHBOURS))
    )
    await asyncio.to_thread(_raise_the_dead, server, victim)
    users = [str(person["user_id"]) for person in await people]
    await until_idle(server)
    server.stop_serve()

    found = truth(server)
    seats = [(f"{village}/RW001/RT001", "obrolan", 1)]  # all that newcomers have
    assert [found.joined(user) for user in users] == [seats] * NEIGHBOURS
    assert len(set(users)) == NEIGHBOURS
    assert max(Counter(found.rooms().values()).values()) == 1
    assert sorted(found.created()) == sorted(await _keys(server))


def _serve_until(server: Branch, step: str, victim: str) -> None:
    synapse = server.homeserver.running["synapse"].pid
    victims = {"serve": "0", "synapse": str(synapse), "both": f"0,{synapse}"}[victim]
    argv = (sys.executable, "-m", "tests.servers.crashing", step, victims, str(server.homeserver.state.root))
    with server.log.open("ab") as log:
        server.serve = subprocess.Popen(argv, stdout=log, stderr=log)


def _raise_the_dead(server: Branch, victim: str) -> None:
    """Wait for the deaths, then start what died."""
    assert server.serve is not None
    if victim != "serve":
        server.homeserver.running.pop("synapse").wait(timeout=120)
        server.homeserver.start()
    if victim != "synapse":
        server.serve.wait(timeout=120)
        server.start_serve()


async def _keys(server: Branch) -> list[str]:
    from sqlalchemy import select

    from kamar_store.tables import room

    site = server.site()
    async with site.store.read() as db:
        keys = list((await db.execute(select(room.c.key).where(room.c.room_id.is_not(None)))).scalars())
    await site.store.close()
    return keys
