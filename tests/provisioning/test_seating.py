"""Seating against a real Synapse: who lives where sits where, once, whatever is repeated or killed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from itertools import count
from random import SystemRandom

import httpx
import pytest

from kamar.account import new_localpart
from kamar.ids import MemberId, NodePath, RoomId, UserId
from kamar.membership import Office
from kamar.organisation import profile
from kamar.structure import RoomKind
from kamar.structure_room import NODE_EVENT
from kamar_bridges.homeserver import Homeserver, MatrixError
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix
from kamar_provisioning.jobs import Desk, drain
from kamar_provisioning.power import appoint
from kamar_store import member as members
from kamar_store import outbox, seating, vouch, wilayah
from kamar_store.store import Db
from tests.servers.branch import Branch, branch

pytestmark = pytest.mark.integration

VILLAGES = iter(
    [
        "32.16.19.2005",
        "32.16.19.2001",
        "32.16.18.2001",
        "31.71.06.1001",
        "33.74.01.1001",
        "51.71.01.1001",
        "51.71.01.1002",
        "51.71.01.1003",
    ]
)
NOW = datetime.now(UTC)
LIMITS = count(50)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    with branch(tmp_path_factory.mktemp("branch"), serve=False) as made:
        yield made


@pytest.fixture
async def desk(server: Branch) -> AsyncIterator[Desk]:
    site = server.site()
    async with Homeserver(site.settings.synapse_url) as homeserver:
        token = server.homeserver.as_token
        yield Desk(site, Matrix(homeserver, token), KamarModule(homeserver, token))
    await site.store.close()


class Neighbour:
    """A member with an account, as the sign-up leaves him."""

    def __init__(self, number: MemberId, user: UserId, matrix: Matrix) -> None:
        self.number, self.user, self.matrix = number, user, matrix

    async def rooms(self, desk: Desk) -> list[tuple[str, str]]:
        """Return kind and node of the rooms he really is in, in Synapse."""
        found = []
        for room in await self.matrix.joined_rooms():
            content = await desk.matrix.get_state(room, NODE_EVENT)
            found.append((str(content["kind"]), str(content["path"])))
        return sorted(found)


async def newcomer(desk: Desk, home: str, *, seat: bool = True, vouched: bool = True) -> Neighbour:
    async with desk.site.store.write() as db:
        await wilayah.declare(db, home)
        number = await members.create(
            db, UserId(f"@x{id(db)}:x"), "x", NodePath(home), None, None, NOW, vouched=vouched
        )
    session = await desk.module.register(new_localpart(SystemRandom()), None, f"Warga {number}", f"key{number}")
    async with desk.site.store.write() as db:
        await _account(db, number, session.user_id)
        if seat:
            await outbox.put(db, "seat", f"seat:{number}:join", {"member": number}, NOW, lane=f"member:{number}")
    return Neighbour(number, session.user_id, Matrix(desk.matrix.homeserver, session.access_token))


async def _account(db: Db, number: MemberId, user: UserId) -> None:
    from sqlalchemy import update

    from kamar_store.tables import member

    await db.execute(update(member).where(member.c.id == number).values(user_id=user))


async def test_a_street_moves_from_the_starter_kamar_into_its_own(desk: Desk) -> None:
    village = next(VILLAGES)
    home = f"{village}/RW005/RT003"
    people = [await newcomer(desk, home) for _ in range(4)]
    await drain(desk)
    regency = village[:5]
    assert [await each.rooms(desk) for each in people] == [[("perintis", regency)]] * 4

    people.append(await newcomer(desk, home))
    await drain(desk)
    assert [await each.rooms(desk) for each in people] == [[("obrolan", home), ("space", village)]] * 5

    people += [await newcomer(desk, home) for _ in range(3)]
    await drain(desk)
    five = sorted(
        [
            ("obrolan", home),
            ("obrolan", f"{village}/RW005"),
            ("obrolan", village),
            ("siaran", village),
            ("space", village),
        ]
    )
    assert [await each.rooms(desk) for each in people] == [five] * 8


async def test_a_newcomer_sits_with_the_rt_alone_until_a_coordinator_vouches(desk: Desk) -> None:
    village = next(VILLAGES)
    home = NodePath(f"{village}/RW005/RT003")
    people = [await newcomer(desk, home) for _ in range(8)]
    await drain(desk)
    dewi = await newcomer(desk, home, vouched=False)
    await drain(desk)
    assert await dewi.rooms(desk) == [("obrolan", home)]
    for room in await people[0].matrix.joined_rooms():
        kind = await _kind(desk, room)
        if kind in ("space", "siaran") or await _node(desk, room) != home:
            with pytest.raises(MatrixError, match="M_FORBIDDEN"):
                await dewi.matrix.joined_members(room)
            with pytest.raises(MatrixError, match="M_FORBIDDEN"):
                await dewi.matrix.join(room)

    async with desk.site.store.write() as db:
        await appoint(db, people[0].number, home, Office.KOORDINATOR, "SK 1", NOW)
        siti, newbie = await members.by_id(db, people[0].number), await members.by_id(db, dewi.number)
        assert siti is not None
        assert newbie is not None
        assert (await vouch.say(db, await vouch.voucher(db, profile(), siti, datetime.now(UTC)), newbie, NOW)).vouched
    await drain(desk)
    assert len(await dewi.rooms(desk)) == 5


async def test_the_name_of_who_left_can_t_be_read_in_the_room_any_more(desk: Desk) -> None:
    home = NodePath(f"{next(VILLAGES)}/RW005/RT003")
    people = [await newcomer(desk, home) for _ in range(5)]
    gone = await newcomer(desk, home, vouched=False)
    await drain(desk)
    name = f"Warga {gone.number}"
    (room,) = [room for room in await people[0].matrix.joined_rooms() if await _kind(desk, room) == "obrolan"]
    assert name in await _everything(people[0], room)
    await gone.matrix.leave(room)
    assert name in await _everything(people[0], room)
    async with desk.site.store.write() as db:
        await outbox.put(db, "unname", f"unname:{room}", {"room_id": room, "user_id": gone.user}, NOW)
    await drain(desk)
    told = await _everything(people[0], room)
    assert name not in told
    assert gone.user in told
    assert f"Warga {people[1].number}" in told
    assert gone.user not in await people[0].matrix.joined_members(room)
    assert await desk.module.named(room, gone.user) == ()


async def _everything(who: Neighbour, room: RoomId) -> str:
    """Return all that a plain member can read of a room's people, as raw text."""
    async with httpx.AsyncClient(base_url=who.matrix.homeserver.url, trust_env=False, timeout=60) as client:
        client.headers["Authorization"] = f"Bearer {who.matrix._token}"
        found = []
        paths = [f"rooms/{room}/{what}" for what in ("members", "joined_members", "state", "messages?dir=b&limit=200")]
        # Synapse keeps the answer to a first sync for two minutes; another filter is another question.
        limit = {"room": {"timeline": {"limit": next(LIMITS)}}}
        for path in (*paths, f"sync?full_state=true&filter={json.dumps(limit)}"):
            answer = await client.get(f"/_matrix/client/v3/{path}")
            assert answer.status_code == 200
            found.append(answer.text)
    return "".join(found)


async def test_seating_again_changes_nothing_in_matrix(desk: Desk) -> None:
    home = f"{next(VILLAGES)}/RW001/RT001"
    people = [await newcomer(desk, home) for _ in range(5)]
    await drain(desk)
    (room,) = [room for room in await people[0].matrix.joined_rooms() if await _kind(desk, room) == "obrolan"]
    before = [event.event_id for event in (await desk.matrix.messages(room)).events]
    async with desk.site.store.write() as db:
        for each in people:
            await outbox.put(db, "seat", f"seat:{each.number}:again", {"member": each.number}, NOW)
    await drain(desk)
    assert [event.event_id for event in (await desk.matrix.messages(room)).events] == before


async def test_fifty_first_touches_at_once_make_one_room_each(desk: Desk) -> None:
    village = next(VILLAGES)
    people = [await newcomer(desk, f"{village}/RW002/RT00{1 + number % 2}") for number in range(50)]
    await asyncio.gather(*(drain(desk) for _ in range(8)))
    await drain(desk)
    async with desk.site.store.read() as db:
        rows = await seating.rooms_below(db, NodePath(village))
    keys = [row.key for row in rows]
    assert len(keys) == len(set(keys)) == 6  # space, chat, announcements, one RW, two RT
    ours = [room for room in await desk.matrix.joined_rooms() if await _village(desk, room) == village]
    assert sorted(ours) == sorted(row.room_id for row in rows if row.room_id)
    assert [len(await each.rooms(desk)) for each in people] == [5] * 50


async def test_a_room_half_made_at_a_crash_is_found_and_not_made_twice(desk: Desk) -> None:
    village = next(VILLAGES)
    people = [await newcomer(desk, f"{village}/RW001/RT001") for _ in range(5)]
    made: list[RoomId] = []
    create = desk.matrix.create_room

    async def lost(content: dict[str, object]) -> RoomId:
        made.append(await create(content))
        raise MatrixError(0, "M_CONNECTION")  # the answer never arrives

    desk.matrix.create_room = lost  # type: ignore[method-assign,assignment]  # the wire that breaks
    await drain(desk)
    desk.matrix.create_room = create  # type: ignore[method-assign]
    for _attempt in range(8):
        await asyncio.sleep(1.1)
        await drain(desk)
    assert [len(await each.rooms(desk)) for each in people] == [2] * 5
    ours = [room for room in await desk.matrix.joined_rooms() if await _village(desk, room) == village]
    async with desk.site.store.read() as db:
        rows = await seating.rooms_below(db, NodePath(village))
    assert sorted(ours) == sorted(row.room_id for row in rows if row.room_id)
    assert set(made) <= set(ours)


async def test_a_coordinator_writes_announcements_and_a_neighbour_does_not(desk: Desk) -> None:
    village = next(VILLAGES)
    people = [await newcomer(desk, village) for _ in range(8)]
    await drain(desk)
    async with desk.site.store.write() as db:
        await appoint(db, people[0].number, NodePath(village), Office.KOORDINATOR, "SK 1", NOW)
        rooms = await seating.rooms_below(db, NodePath(village))
    await drain(desk)
    (siaran,) = [row.room_id for row in rooms if row.key.kind is RoomKind.SIARAN and row.room_id]
    words = {"msgtype": "m.text", "body": "Besok kerja bakti."}
    assert await people[0].matrix.send(siaran, "m.room.message", words, "t1")
    with pytest.raises(MatrixError, match="M_FORBIDDEN"):
        await people[1].matrix.send(siaran, "m.room.message", words, "t1")
    with pytest.raises(MatrixError, match="M_FORBIDDEN"):
        await people[0].matrix.put_state(siaran, "m.room.power_levels", {"users": {people[0].user: 100}})


async def _kind(desk: Desk, room: RoomId) -> str:
    return str((await desk.matrix.get_state(room, NODE_EVENT))["kind"])


async def _node(desk: Desk, room: RoomId) -> str:
    return str((await desk.matrix.get_state(room, NODE_EVENT))["path"])


async def _village(desk: Desk, room: RoomId) -> str:
    try:
        return str((await desk.matrix.get_state(room, NODE_EVENT))["path"]).split("/")[0]
    except MatrixError:
        return ""
