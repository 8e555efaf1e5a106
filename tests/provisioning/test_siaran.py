"""Announcements against a real Synapse: every room once whatever dies, corrected, recalled, and cheap."""

from __future__ import annotations

import asyncio
import dataclasses
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import uuid4

import pytest
from sqlalchemy import func, insert, select

from kamar.ids import NodePath, RoomId
from kamar.organisation import profile
from kamar.siaran import MARK
from kamar.structure import RoomKey, RoomKind, RoomState
from kamar.structure_room import create_content
from kamar_bridges.homeserver import Homeserver
from kamar_provisioning.jobs import Desk, drain
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store import siaran as store
from kamar_store.member import Member
from kamar_store.site import Site
from kamar_store.tables import outbox, room
from tests.bots.neighbours import desk
from tests.servers.branch import Branch, branch
from tests.servers.newcomers import until_idle

pytestmark = pytest.mark.integration

KABUPATEN = NodePath("32.16")
VILLAGE = NodePath("32.16.19.2005")  # where officers live
ROOMS = 12
MANY = 1000  # rooms from which a second officer is needed
PEOPLE = 24
KB = 1024
_numbers = count(1)
NOON = datetime(2026, 11, 21, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    with branch(tmp_path_factory.mktemp("siaran"), serve=False) as made:
        yield made


@pytest.fixture
async def site(server: Branch) -> AsyncIterator[Site]:
    found = server.site()
    yield found
    await found.store.close()


@pytest.fixture
async def at(server: Branch, site: Site) -> AsyncIterator[Desk]:
    await asyncio.to_thread(server.homeserver.start)
    async with Homeserver(server.homeserver.url) as homeserver:
        yield desk(site, homeserver, server.homeserver.as_token)


async def district(at: Desk, rooms: int, around: NodePath = KABUPATEN) -> tuple[NodePath, list[RoomId], Member]:
    """Make a kecamatan with pengumuman rooms, and its chair."""
    place = NodePath(f"{around}.{next(_numbers):02d}")
    made = []
    for number in range(rooms):
        key, row_key = RoomKey(NodePath(f"{place}.2{number:03d}"), RoomKind.SIARAN), uuid4().hex
        settings = at.site.settings
        content = create_content(key, row_key, settings.rooms.version, settings.bot, None, settings.server.name)
        made.append(await at.matrix.create_room({**content, "name": "Pengumuman"}))
        values = {"key": row_key, "node": key.node, "kind": key.kind, "number": 1}
        async with at.site.store.write() as db:
            values |= {"room_id": made[-1], "state": RoomState.OPEN, "created_at": NOON}
            await db.execute(insert(room).values(values))
    return place, made, await officer(at, place)


async def officer(at: Desk, place: NodePath, name: str = "Wati") -> Member:
    async with at.site.store.write() as db:
        session = await at.module.register(
            f"wati{uuid4().hex[:8]}".translate(str.maketrans("0189", "2345")), None, name, uuid4().hex
        )
        number = await members.create(db, session.user_id, name, VILLAGE, None, None, NOON, vouched=True)
        await mandates.appoint(db, number, place, "ketua", "SK 1", NOON - timedelta(days=400))
        found = await members.by_id(db, number)
    assert found is not None
    return found


async def announced(
    at: Desk, place: NodePath, who: Member, text: str = "Kerja bakti hari Minggu", *, urgent: bool = True
) -> int:
    """Write an announcement and let it go."""
    now = datetime.now(UTC)
    async with at.site.store.write() as db:
        number = await store.begin(db, profile(), who, place, "Ketua Exco, Kec. Uji", now)
        draft = await store.draft_of(db, who.id)
        assert draft is not None
        await store.write(db, draft, text)
        draft = await store.draft_of(db, who.id)
        assert draft is not None
        assert await store.submit(db, profile(), draft, who, now, MANY, urgent=urgent)
    return number


def texts(server: Branch, rooms: list[RoomId]) -> list[list[str]]:
    """Return what stands in each room of announcements, oldest first, corrections too."""
    found = []
    for room_id in rooms:
        rows = server.homeserver.sql(
            "SELECT json_extract(json, '$.content.body') FROM events JOIN event_json USING (event_id)"
            " LEFT JOIN redactions ON redacts = events.event_id"
            " WHERE events.room_id = ? AND type = 'm.room.message' AND redactions.event_id IS NULL"
            f" AND json_extract(json, '$.content.\"{MARK}\".key') IS NOT NULL ORDER BY stream_ordering",
            room_id,
        )
        found.append([str(body).split("\n")[0] for (body,) in rows])
    return found


async def test_every_room_hears_it_once_and_then_the_correction_and_then_nothing(server: Branch, at: Desk) -> None:
    place, rooms, who = await district(at, ROOMS)
    number = await announced(at, place, who)
    await drain(at)
    assert texts(server, rooms) == [["Kerja bakti hari Minggu"]] * ROOMS
    called = await _called(at)
    assert called >= ROOMS  # the members of each room, by our own push

    now = datetime.now(UTC)
    async with at.site.store.write() as db:
        await store.correct(db, profile(), number, who, now)
        draft = await store.draft_of(db, who.id)
        assert draft is not None
        await store.write(db, draft, "Kerja bakti hari Sabtu")
        draft = await store.draft_of(db, who.id)
        assert draft is not None
        await store.submit(db, profile(), draft, who, now, MANY)
    await drain(at)
    assert texts(server, rooms) == [["Kerja bakti hari Minggu", "* Kerja bakti hari Sabtu"]] * ROOMS
    shown = (
        await at.matrix.homeserver.request(
            "GET",
            f"/_matrix/client/v3/rooms/{rooms[0]}/messages",
            token=server.homeserver.as_token,
            params={"dir": "b", "limit": "5"},
        )
    )["chunk"]
    first = next(event for event in shown if event["content"].get("body", "").startswith("Kerja bakti hari Minggu"))
    assert first["unsigned"]["m.relations"]["m.replace"]["content"]["m.new_content"]["body"].startswith(
        "Kerja bakti hari Sabtu"
    )

    assert await _called(at) == called  # once, not for a correction
    async with at.site.store.write() as db:
        await store.recall(db, profile(), number, who, now)
    await drain(at)
    assert texts(server, rooms) == [[]] * ROOMS
    async with at.site.store.read() as db:
        item = await store.get(db, number)
        assert item is not None
        assert (await store.progress(db, item)).left == 0


async def test_rooms_that_sleep_hear_it_in_their_own_morning(server: Branch, at: Desk) -> None:
    _, west, _ = await district(at, 2)
    _, east, _ = await district(at, 2, NodePath("81.01"))
    who = await officer(at, NodePath("ID"), "Dewi")
    dawn = datetime(2026, 11, 22, 20, 30, tzinfo=UTC)  # 03.30 WIB, 05.30 WIT
    await announced(at, NodePath("ID"), who, "Selamat pagi", urgent=False)
    await drain(dataclasses.replace(at, clock=lambda: dawn))
    assert (texts(server, west), texts(server, east)) == ([[]] * 2, [["Selamat pagi"]] * 2)
    await drain(dataclasses.replace(at, clock=lambda: dawn + timedelta(minutes=89)))
    assert texts(server, west) == [[]] * 2
    await drain(dataclasses.replace(at, clock=lambda: dawn + timedelta(minutes=90)))
    assert (texts(server, west), texts(server, east)) == ([["Selamat pagi"]] * 2, [["Selamat pagi"]] * 2)


CUTS = {
    "rooms were told, nobody wrote it down, and Synapse died too": ("kamar_store.siaran_room:brought:before", "both"),
    "the first room was told": ("kamar_provisioning.siaran:_bring:after", "serve"),
}


@pytest.mark.parametrize(("step", "victim"), CUTS.values(), ids=CUTS.keys())
async def test_a_power_cut_when(step: str, victim: str, server: Branch, at: Desk) -> None:
    place, rooms, who = await district(at, ROOMS)
    await announced(at, place, who)
    await asyncio.to_thread(_cut, server, step, victim)
    await until_idle(server)
    await asyncio.to_thread(server.stop_serve)
    assert texts(server, rooms) == [["Kerja bakti hari Minggu"]] * ROOMS


async def test_an_announcement_writes_nothing_for_each_member_and_a_picture_neither(server: Branch, at: Desk) -> None:
    place, rooms, who = await district(at, 1)
    people = [await officer(at, NodePath("32.16.90"), f"Warga {number}") for number in range(PEOPLE)]
    await _seat(at, rooms[0], people)
    before = _pushes(server, rooms[0])
    text = {"msgtype": "m.text", "body": "pesan biasa", "m.mentions": {}}
    await at.matrix.send(rooms[0], "m.room.message", text, uuid4().hex)
    plain = _pushes(server, rooms[0]) - before
    async with at.site.store.write() as db:
        number = await store.begin(db, profile(), who, place, "Ketua Exco", datetime.now(UTC))
        draft = await store.draft_of(db, who.id)
        assert draft is not None
        address = await at.matrix.upload(b"\x89PNG\r\n\x1a\n", "image/png", "a.png")
        await store.write(db, draft, "Lihat gambar", {"url": address, "mimetype": "image/png", "w": 9, "h": 9})
        draft = await store.draft_of(db, who.id)
        assert draft is not None
        await store.submit(db, profile(), draft, who, datetime.now(UTC), MANY, urgent=True)
    size = _bytes(server)
    await drain(at)
    assert plain >= PEOPLE
    assert _pushes(server, rooms[0]) - before - plain == 0
    assert (_bytes(server) - size) <= 2 * 20 * KB  # one room, text and picture: two events
    events = (await at.matrix.messages(rooms[0])).events
    assert [event.type for event in events if MARK in event.content] == ["m.sticker", "m.room.message"]
    assert number


async def _called(at: Desk) -> int:
    async with at.site.store.read() as db:
        rows = select(func.count()).select_from(outbox).where(outbox.c.kind == "push_room")
        return int((await db.execute(rows)).scalar_one())


def _pushes(server: Branch, room_id: RoomId) -> int:
    ((found,),) = server.homeserver.sql("SELECT count(*) FROM event_push_actions WHERE room_id = ?", room_id)
    return int(found)


def _bytes(server: Branch) -> int:
    ((pages,),) = server.homeserver.sql("PRAGMA page_count")
    ((free,),) = server.homeserver.sql("PRAGMA freelist_count")
    ((size,),) = server.homeserver.sql("PRAGMA page_size")
    return (int(pages) - int(free)) * int(size)


async def _seat(at: Desk, room_id: RoomId, people: list[Member]) -> None:
    for each in people:
        seated = await at.module.seat(each.user_id, None, [room_id])
        assert (list(seated.joined), dict(seated.failed)) == ([room_id], {})


def _cut(server: Branch, step: str, victim: str) -> None:
    synapse = server.homeserver.running["synapse"].pid
    victims = "0" if victim == "serve" else f"0,{synapse}"
    argv = (sys.executable, "-m", "tests.servers.crashing", step, victims, str(server.homeserver.state.root))
    with server.log.open("ab") as log:
        serve = subprocess.Popen(argv, stdout=log, stderr=log)
    serve.wait(timeout=120)
    if victim == "both":
        server.homeserver.running.pop("synapse").wait(timeout=120)
        server.homeserver.start()
    server.start_serve(only="jobs", wait=False)
