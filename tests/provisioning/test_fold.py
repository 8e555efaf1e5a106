"""A silent kamar is asked, kept by one voice or folded back; in a real Synapse, with a clock that is turned."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kamar.fold import ANSWER, SILENT
from kamar.ids import NodePath, RoomId
from kamar_bridges.homeserver import Homeserver
from kamar_provisioning.jobs import Desk, by_the_clock, drain
from kamar_store import fold, seating
from tests.bots.neighbours import desk as desk_of
from tests.bots.neighbours import neighbours
from tests.servers.branch import Branch, branch

pytestmark = pytest.mark.integration

VILLAGES = iter(["32.16.19.2005", "32.16.19.2001"])
FIVE = ["Siti", "Budi", "Citra", "Dewi", "Eko"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    with branch(tmp_path_factory.mktemp("fold"), serve=False) as made:
        yield made


@pytest.fixture
async def desk(server: Branch) -> AsyncIterator[Desk]:
    site = server.site()
    async with Homeserver(server.homeserver.url) as homeserver:
        yield desk_of(site, homeserver, server.homeserver.as_token)
    await site.store.close()


@pytest.mark.parametrize("kept", [True, False], ids=["somebody wants it", "nobody minds"])
async def test_a_silent_kamar_is_asked_and_folded_when_nobody_minds(kept: bool, desk: Desk) -> None:
    home = NodePath(f"{next(VILLAGES)}/RW001/RT001")
    room, people = await neighbours(desk, home, FIVE)
    now = datetime.now(UTC)
    await _turn(desk, now + SILENT - timedelta(days=1))
    assert not await _asked(desk, room)
    later = now + SILENT + ANSWER
    await _turn(desk, later)
    assert await _asked(desk, room)
    if kept:
        async with desk.site.store.write() as db:
            assert await fold.keep(db, home)
    await _turn(desk, later + ANSWER)
    sitting = [room in await each.matrix.joined_rooms() for each in people]
    assert sitting == [kept] * len(people)
    async with desk.site.store.read() as db:
        seats = [[(each.key.kind, state) for each, state in await seating.seats_of(db, one.number)] for one in people]
    wanted = [("obrolan", "seated"), ("space", "seated")] if kept else [("perintis", "seated")]
    assert seats == [wanted] * len(people)


async def _turn(desk: Desk, now: datetime) -> None:
    """Let the jobs work at another time, and finish what they began."""
    turned = replace(desk, clock=lambda: now)
    for _ in range(2):
        await by_the_clock(turned)
        await drain(turned)


async def _asked(desk: Desk, room: RoomId) -> list[str]:
    events = (await desk.matrix.messages(room)).events
    return [event.event_id for event in events if "60 hari sepi" in str(event.content.get("body"))]
