"""The greeter hears of a newcomer whom nobody answered; in a real Synapse, with a clock that is turned."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kamar.ids import EventId, NodePath
from kamar_bridges.homeserver import Homeserver
from kamar_provisioning.jobs import Desk, by_the_clock, drain
from kamar_store import greeter
from tests.bots.neighbours import desk as desk_of
from tests.bots.neighbours import neighbours
from tests.servers.branch import Branch, branch

pytestmark = pytest.mark.integration

HOMES = iter([NodePath(f"32.16.19.2005/RW{number:03d}/RT001") for number in range(1, 9)])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    with branch(tmp_path_factory.mktemp("greeter"), serve=False) as made:
        yield made


@pytest.fixture
async def desk(server: Branch) -> AsyncIterator[Desk]:
    site = server.site()
    async with Homeserver(server.homeserver.url) as homeserver:
        yield desk_of(site, homeserver, server.homeserver.as_token)
    await site.store.close()


@pytest.mark.parametrize(
    ("later", "speaks", "reminded"),
    [
        (timedelta(hours=23), "", 0),
        (timedelta(hours=25), "", 1),
        (timedelta(hours=25), "newcomer", 1),
        (timedelta(hours=25), "neighbour", 0),
    ],
    ids=["too early", "nobody wrote", "only the newcomer wrote", "a neighbour wrote"],
)
async def test_the_greeter_is_reminded_once_when_nobody_answered(
    later: timedelta, speaks: str, reminded: int, desk: Desk
) -> None:
    room, people = await neighbours(desk, next(HOMES), ["Siti", "Budi", "Citra", "Dewi", "Eko"])
    siti, newcomer = people[0], people[4]
    now = datetime.now(UTC)
    async with desk.site.store.write() as db:
        await greeter.greeted(db, EventId(f"$join{newcomer.number}"), room, newcomer.number, siti.number, now)
    if speaks:
        speaker = newcomer if speaks == "newcomer" else people[1]
        await speaker.matrix.send(room, "m.room.message", {"msgtype": "m.text", "body": "Halo!"}, "t1")
    turned = replace(desk, clock=lambda: now + later)
    for _ in range(2):
        await by_the_clock(turned)
        await drain(turned)
    events = (await siti.matrix.messages(room)).events
    found = [event for event in events if "belum ada yang menyapa" in str(event.content.get("body"))]
    assert len(found) == reminded
    assert all(event.content["m.mentions"] == {"user_ids": [siti.user]} for event in found)
