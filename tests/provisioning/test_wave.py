"""Who makes way when a kamar grows: a newcomer from elsewhere meets fifteen people in it, however they come."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from kamar.ids import MemberId, NodePath, RoomId, UserId
from kamar.membership import SeatState
from kamar.settings import Rooms, Settings
from kamar.state import State
from kamar.structure import RoomKind
from kamar.wave import MEETS
from kamar_bridges.homeserver import Homeserver
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix
from kamar_provisioning.jobs import Desk
from kamar_provisioning.seating import decide, seat
from kamar_store import member as members
from kamar_store import referral, seating, vouch, wave
from kamar_store.outbox import Row
from kamar_store.site import Site
from kamar_store.store import Db, Store
from kamar_store.tables import outbox as outbox_table
from kamar_store.tables import seat as seat_table
from tests.servers.registry import SQLITE, registry

NOW = datetime(2026, 11, 21, tzinfo=UTC)
RT = NodePath("32.16.19.2005/RW005/RT003")
POSTER = "K2AAAAAAAA"  # of everywhere
RULES = Rooms(open_at_rw=900, open_at_kelurahan=900, open_at_rt=1)


class Street:
    """One RT, in a registry without a homeserver."""

    def __init__(self, db: Db) -> None:
        self.db, self.people = db, 0

    async def moves_in(self, code: str | None = None, *, home: NodePath = RT, seated: bool = True) -> MemberId:
        """Let somebody move in: a neighbour, or a newcomer with a code."""
        self.people += 1
        user = UserId(f"@p{self.people}:kamar.test")
        tree = code and await wave.tree_of(self.db, await referral.find(self.db, code))
        number = await members.create(
            self.db, user, f"p{self.people}", home, code, None, NOW, vouched=code is None, tree=tree
        )
        await self.decide(number)
        if seated:
            await self.seated(number)
        return number

    async def decide(self, number: MemberId) -> None:
        """Decide where somebody sits."""
        who = await members.by_id(self.db, number)
        assert who
        await decide(self.db, who, RULES, NOW)

    async def seated(self, number: MemberId) -> None:
        """Let Matrix have done what was decided."""
        for room, _ in await seating.seats_of(self.db, number):
            if room.room_id is None:
                await seating.opened(self.db, room, RoomId(f"!{room.id}:kamar.test"), NOW)
            await seating.seated(self.db, number, [room.id], NOW)
            await seating.unseated(self.db, number, [room.id])

    async def leaves(self, number: MemberId) -> None:
        """Let somebody leave the organisation."""
        for room, _ in await seating.seats_of(self.db, number):
            await self.db.execute(
                seat_table.delete().where(seat_table.c.member == number, seat_table.c.room == room.id)
            )

    async def sits_in(self, number: MemberId) -> list[tuple[RoomKind, SeatState]]:
        """Return the kind of somebody's rooms, and how the seats are."""
        return [(room.key.kind, state) for room, state in await seating.seats_of(self.db, number)]

    async def sits_at_home(self, number: MemberId) -> bool:
        """Tell whether somebody sits in the kamar of the RT."""
        return (RoomKind.OBROLAN, SeatState.SEATED) in await self.sits_in(number)

    async def asked_for(self, number: MemberId) -> list[str]:
        """Return which rows of the outbox were written for somebody since he came."""
        found = await self.db.execute(select(outbox_table.c.kind, outbox_table.c.payload).order_by(outbox_table.c.id))
        return [kind for kind, payload in found if payload.get("member") == number]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with registry(SQLITE, tmp_path) as made:
        yield made


@pytest.fixture
async def street(store: Store) -> AsyncIterator[Street]:
    async with store.write() as db:
        for code in (POSTER, "K2BBBBBBBB"):
            await referral.create(db, code, None, None, NOW)
        await referral.create(db, "K2CCCCCCCC", None, RT, NOW)
        made = Street(db)
        for _ in range(10):
            await made.moves_in()
        yield made


async def test_a_guest_leaves_before_he_meets_a_sixteenth(street: Street) -> None:
    guest = await street.moves_in(POSTER)
    for _ in range(MEETS - 10):
        await street.moves_in()
    assert await street.sits_at_home(guest)
    await street.moves_in()
    assert await street.sits_in(guest) == [(RoomKind.OBROLAN, SeatState.LEAVING)]
    assert await street.asked_for(guest) == ["seat", "tell"]
    await street.decide(guest)
    assert sorted(await street.sits_in(guest)) == [
        (RoomKind.OBROLAN, SeatState.LEAVING),
        (RoomKind.PERINTIS, SeatState.WANTED),
    ]


async def test_people_who_come_and_go_count_like_those_who_stay(street: Street) -> None:
    guest = await street.moves_in(POSTER)
    for _ in range(MEETS - 10):
        await street.leaves(await street.moves_in())
    assert await street.sits_at_home(guest)
    await street.leaves(await street.moves_in())
    assert not await street.sits_at_home(guest)
    await street.seated(guest)
    await street.decide(guest)  # the kamar has eleven people now, but he knows sixteen
    assert (RoomKind.OBROLAN, SeatState.WANTED) not in await street.sits_in(guest)


@pytest.mark.parametrize("case", ["vouched for", "of the same tree", "released", "a campaign"])
async def test_others_stay(street: Street, case: str) -> None:
    guest = await street.moves_in(POSTER)
    if case == "vouched for":
        await vouch.confirm(street.db, guest, NOW)
    if case == "released":
        await wave.put_on_hold(street.db, guest, POSTER, NOW)
        await wave.release(street.db, guest, NOW)
    if case == "a campaign":
        await wave.open_campaign(street.db, POSTER, timedelta(days=7), NOW)
    local = await street.moves_in("K2CCCCCCCC")
    for _ in range(MEETS):
        await street.moves_in(POSTER if case == "of the same tree" else None)
    assert await street.sits_at_home(guest)
    assert await street.sits_at_home(local)


async def test_a_guest_who_came_while_the_kamar_was_opening_counts_each_neighbour_once(street: Street) -> None:
    home = NodePath("32.16.19.2005/RW005/RT004")
    neighbours = [await street.moves_in(home=home, seated=False) for _ in range(8)]
    guest = await street.moves_in(POSTER, home=home, seated=False)
    for each in (*neighbours, guest, *neighbours, guest):  # every one is asked for again once it is open
        await street.decide(each)
        await street.seated(each)
    assert await street.sits_at_home(guest)
    assert [step.met for step in await wave.steps(street.db, POSTER, NOW)] == [8]


async def test_of_two_trees_each_counts_for_itself(street: Street) -> None:
    first = await street.moves_in(POSTER)
    other = await street.moves_in("K2BBBBBBBB")
    for _ in range(MEETS - 10):
        await street.moves_in()
    assert not await street.sits_at_home(first)  # met the other one, too
    assert await street.sits_at_home(other) is False


async def test_who_comes_is_seated_only_when_the_guest_is_out(store: Store, tmp_path: Path) -> None:
    asked: list[tuple[str, list[str], list[str]]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        asked.append((body["user_id"], body["rooms"], body["leave"]))
        return httpx.Response(200, json={"joined": body["rooms"], "left": body["leave"], "failed": {}})

    async with store.write() as db:
        await referral.create(db, POSTER, None, None, NOW)
        street = Street(db)
        for _ in range(MEETS):
            await street.moves_in()
        guest = await street.moves_in(POSTER)
        number = await members.create(db, UserId("@new:kamar.test"), "new", RT, None, None, NOW, vouched=True)
        [home] = [room for room, _ in await seating.seats_of(db, guest)]
    async with Homeserver("http://synapse", transport=httpx.MockTransport(answer)) as homeserver:
        site = Site(Settings(rooms=RULES), State(tmp_path), store)
        desk = Desk(site, Matrix(homeserver, "t"), KamarModule(homeserver, "t"), clock=lambda: NOW)
        await seat(desk, Row(1, "seat", "seat:1", {"member": number}, 1))
    assert [(user, home.room_id in rooms, home.room_id in leave) for user, rooms, leave in asked] == [
        ("@p16:kamar.test", False, True),
        ("@new:kamar.test", True, False),
    ]
