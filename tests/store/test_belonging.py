"""Asking, letting in, gathering, and guests until a day."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from kamar.belonging import Belonging, Gathered
from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath, RoomId
from kamar.node import Axis, axis_of
from kamar.organisation import profile
from kamar.structure import RoomKey, RoomKind
from kamar_store import belonging, fold, gathering, member, node, referral, seating, treaty
from kamar_store import reconcile as changed
from kamar_store.member import Member
from kamar_store.store import Db, Store
from kamar_store.tables import mandate
from kamar_store.tables import member as member_table
from kamar_store.tables import outbox as outbox_table
from tests.bots.village import KECAMATAN, NOW, RT, RW, VILLAGE, live, settle
from tests.servers.registry import SQLITE, registry

OJOL = NodePath("jaringan/ojol")
SCHOOL = NodePath("sekolah/sma-1")
TEAM = NodePath("tim/dapil-1")
WALHI = NodePath("aliansi/walhi")
ORGANISATION = profile()
DAY = timedelta(days=1)
OFFICES = {Axis.JARINGAN: "koordinator-jaringan", Axis.SEKOLAH: "koordinator-sekolah"}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with registry(SQLITE, tmp_path) as made:
        await settle(made)
        async with made.write() as db:
            for path, name in ((OJOL, "Ojek Daring"), (SCHOOL, "SMA 1"), (TEAM, "Dapil 1"), (WALHI, "Walhi")):
                await node.create(db, ORGANISATION, path, name, NOW)
        yield made


async def somebody(store: Store, home: NodePath = RT, office_at: NodePath | None = None) -> Member:
    """Write a member, who may hold an office."""
    async with store.write() as db:
        _user, number = await live(db, home=home)
        if office_at is not None:
            await hold(db, number, office_at)
        found = await member.by_id(db, number)
    assert found is not None
    return found


async def hold(db: Db, number: MemberId, at: NodePath) -> None:
    values = {
        "member": number,
        "node": at,
        "office": OFFICES.get(axis_of(at), "koordinator"),
        "decree": "SK",
        "starts_at": NOW,
    }
    await db.execute(insert(mandate).values(values))


async def state(store: Store, who: Member, path: NodePath) -> Belonging | None:
    async with store.read() as db:
        return (await belonging.states_of(db, who.id)).get(path)


@pytest.mark.parametrize("path", [OJOL, SCHOOL])
async def test_a_coordinator_lets_in_who_asked_and_nobody_else_does(path: NodePath, store: Store) -> None:
    who, stranger = await somebody(store), await somebody(store)
    coordinator = await somebody(store, office_at=path)
    async with store.write() as db:
        await belonging.ask(db, who, path, NOW)
        (asked,) = await belonging.asked_of(db, ORGANISATION, coordinator, NOW)
        assert await belonging.asked_of(db, ORGANISATION, stranger, NOW) == []
        with pytest.raises(KamarError, match="not_allowed"):
            await belonging.answer(db, ORGANISATION, stranger, asked.id, NOW, agree=True)
        await belonging.answer(db, ORGANISATION, coordinator, asked.id, NOW, agree=True)
    assert await state(store, who, path) is Belonging.IN


@pytest.mark.parametrize("path", ["kerja", "kerja/tidak/ada", "jaringan/tidak-ada", "jaringan", TEAM, WALHI, VILLAGE])
async def test_what_may_not_be_found_cannot_be_asked_for(path: str, store: Store) -> None:
    who = await somebody(store)
    async with store.write() as db:
        with pytest.raises(KamarError, match="belonging_unknown"):
            await belonging.ask(db, who, NodePath(path), NOW)


async def test_the_list_has_networks_professions_and_schools_by_a_part_of_their_name(store: Store) -> None:
    who = await somebody(store)
    async with store.write() as db:
        await node.create(db, ORGANISATION, "kerja/ojek", "Ojek Pabrik", NOW)
        assert {each.path for each in await belonging.to_find(db, who, "")} == {OJOL, SCHOOL}
        assert [each.path for each in await belonging.to_find(db, who, "ojek")] == [OJOL]


async def test_a_code_that_carries_a_network_lets_in_at_once(store: Store) -> None:
    who = await somebody(store)
    async with store.write() as db:
        await referral.create(db, "K2AAAAAAAA", None, OJOL, NOW)
        await belonging.enter(db, who.id, await referral.find(db, "K2AAAAAAAA"), OJOL, NOW)
    assert await state(store, who, OJOL) is Belonging.IN


async def test_who_left_is_not_gathered_again(store: Store) -> None:
    officer = await somebody(store, office_at=VILLAGE)
    async with store.write() as db:
        await gathering.set_sources(db, TEAM, [(VILLAGE, Gathered.OFFICERS)], NOW)
        await gathering.gather(db, TEAM, NOW)
        await belonging.leave(db, officer.id, TEAM, NOW)
        await gathering.gather(db, TEAM, NOW)
    assert await state(store, officer, TEAM) is Belonging.LEFT


async def test_a_team_seats_officers_asks_members_and_follows_changes(store: Store) -> None:
    officer, neighbour = await somebody(store, home=VILLAGE, office_at=RW), await somebody(store)
    elsewhere = await somebody(store, home=VILLAGE)
    async with store.write() as db:
        await gathering.set_sources(db, TEAM, [(RW, Gathered.OFFICERS), (RT, Gathered.MEMBERS)], NOW)
        await gathering.gather(db, TEAM, NOW)
    found = [await state(store, each, TEAM) for each in (officer, neighbour, elsewhere)]
    assert found == [Belonging.IN, Belonging.WANTED, None]
    async with store.write() as db:
        assert await belonging.ask(db, neighbour, TEAM, NOW) is Belonging.IN
        await db.execute(update(mandate).values(ends_at=NOW))
        await hold(db, elsewhere.id, RW)
        await gathering.gather(db, TEAM, NOW)
        await gathering.gather(db, TEAM, NOW)
    found = [await state(store, each, TEAM) for each in (officer, neighbour, elsewhere)]
    assert found == [None, Belonging.IN, Belonging.IN]


async def test_a_change_of_office_orders_the_team_anew(store: Store) -> None:
    async with store.write() as db:
        await gathering.set_sources(db, TEAM, [(RW, Gathered.OFFICERS)], NOW)
        await db.execute(outbox_table.delete())
        await changed.mark(db, [RW], NOW + DAY)
        await changed.mark(db, [KECAMATAN], NOW + DAY)
        rows = await db.execute(select(outbox_table.c.payload).where(outbox_table.c.kind == "gather"))
        assert [payload["node"] for payload in rows.scalars()] == [TEAM]


async def test_two_officers_make_a_room_side_by_side_and_one_alone_does_not(store: Store) -> None:
    here, there = await somebody(store, office_at=VILLAGE), await somebody(store, office_at=KECAMATAN)
    stranger = await somebody(store)
    async with store.write() as db:
        with pytest.raises(KamarError, match="not_allowed"):
            await gathering.propose(db, ORGANISATION, stranger, VILLAGE, KECAMATAN, NOW)
        made = await gathering.propose(db, ORGANISATION, here, VILLAGE, KECAMATAN, NOW)
        await gathering.gather(db, made, NOW)
        assert await belonging.count_in(db, made) == 0
        with pytest.raises(KamarError, match="not_allowed"):
            await gathering.agree(db, here, made, NOW)
        await gathering.agree(db, there, made, NOW)
        await gathering.gather(db, made, NOW)
        assert sorted(await belonging.inside(db, made)) == sorted([here.id, there.id])
        assert made not in {each.path for each in await belonging.to_find(db, stranger, "")}


async def guest(store: Store) -> Member:
    """Write somebody of another organisation."""
    who = await somebody(store, home=WALHI)
    async with store.write() as db:
        await belonging.put(db, who.id, WALHI, Belonging.IN, NOW)
    return who


async def test_guests_are_warned_and_leave_with_the_treaty(store: Store) -> None:
    visitor, host = await guest(store), await somebody(store)
    until = NOW + 30 * DAY
    async with store.write() as db:
        await belonging.put(db, host.id, WALHI, Belonging.IN, NOW)
        await treaty.conclude(db, WALHI, "Walhi Jawa Barat", until)
        await referral.create(db, "K2BBBBBBBB", None, WALHI, NOW)
        await seating.want_rooms(db, [RoomKey(WALHI, RoomKind.OBROLAN)], NOW)
        (room,) = await seating.rooms_at(db, [WALHI])
        await seating.opened(db, room, RoomId("!walhi"), NOW)
        for now in (NOW, until - 8 * DAY):
            await treaty.by_the_clock(db, now)
            assert await said(db) == []
        for _again in range(2):
            await treaty.by_the_clock(db, until - 6 * DAY)
        assert len(await said(db)) == 1
        assert "6 hari" in (await said(db))[0]
        assert await belonging.is_in(db, visitor.id, WALHI)
        await treaty.refuse_ended(db, WALHI, until - DAY)
        await treaty.by_the_clock(db, until)
        assert not await belonging.is_in(db, visitor.id, WALHI)
        assert await belonging.is_in(db, host.id, WALHI)
        assert (await referral.find(db, "K2BBBBBBBB")).revoked_at is not None
        with pytest.raises(KamarError, match="code_revoked"):
            await treaty.refuse_ended(db, WALHI, until)


async def said(db: Db) -> list[str]:
    rows = await db.execute(select(outbox_table.c.payload).where(outbox_table.c.kind == "send"))
    return [payload["content"]["body"] for payload in rows.scalars()]


async def test_a_persona_is_in_no_count_of_the_territory(store: Store) -> None:
    who = await somebody(store)
    async with store.write() as db:
        before = await member.counts(db, [RT, VILLAGE, NodePath("32"), NodePath("ID")])
        await db.execute(update(member_table).where(member_table.c.id == who.id).values(home="kerja/a/b", persona=True))
        after = await member.counts(db, [RT, VILLAGE, NodePath("32"), NodePath("ID")])
    assert set(before.values()) == {1}
    assert set(after.values()) == {0}


async def test_a_silent_workplace_is_never_asked_to_fold(store: Store) -> None:
    async with store.write() as db:
        for path in (RT, NodePath("kerja/abcdefgh/r2bcdefg")):
            await seating.want_rooms(db, [RoomKey(path, RoomKind.OBROLAN)], NOW - 90 * DAY)
            (room,) = await seating.rooms_at(db, [path])
            await seating.opened(db, room, RoomId(f"!{room.id}"), NOW - 90 * DAY)
        await fold.look(db, NOW)
        rows = await db.execute(select(outbox_table.c.payload).where(outbox_table.c.kind == "silence"))
        asked = [payload["room"] for payload in rows.scalars()]
        assert [row.id for row in await seating.rooms_at(db, [RT])] == asked
