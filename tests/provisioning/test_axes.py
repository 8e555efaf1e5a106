"""Rooms and seats on every axis, against a real Synapse."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from random import SystemRandom

import pytest
from sqlalchemy import func, select, update

from kamar.account import new_localpart
from kamar.belonging import Belonging, Gathered
from kamar.ids import MemberId, NodePath, RoomId, UserId
from kamar.organisation import profile
from kamar.structure_room import NODE_EVENT, alias_of
from kamar_bridges.homeserver import Homeserver, MatrixError
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix
from kamar_provisioning import audit
from kamar_provisioning.jobs import Desk, drain
from kamar_provisioning.power import appoint
from kamar_store import (
    account,
    belonging,
    cover,
    gathering,
    mandate_find,
    member,
    node,
    outbox,
    persona,
    reconcile,
    seating,
    vault_key,
    vouch,
    wilayah,
    workplace,
)
from kamar_store import mandate as mandates
from kamar_store.tables import mandate, vault_persona
from kamar_store.tables import member as members
from kamar_store.tables import outbox as orders
from tests.servers.branch import Branch, branch

pytestmark = pytest.mark.integration

OJOL, BEKASI = NodePath("jaringan/ojol"), NodePath("jaringan/ojol/bekasi")
TEAM = NodePath("tim/dapil-1")
NOW = datetime.now(UTC)
ORGANISATION = profile()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    with branch(tmp_path_factory.mktemp("axes"), serve=False) as made:
        yield made


@pytest.fixture
async def desk(server: Branch) -> AsyncIterator[Desk]:
    site = server.site()
    async with Homeserver(site.settings.synapse_url) as homeserver:
        token = server.homeserver.as_token
        yield Desk(site, Matrix(homeserver, token), KamarModule(homeserver, token))
    await site.store.close()


@dataclasses.dataclass
class Person:
    """A member with an account."""

    number: MemberId
    user: UserId
    matrix: Matrix

    async def rooms(self, desk: Desk) -> list[tuple[str, str]]:
        """Return kind and node of the rooms he really is in."""
        found = [await desk.matrix.get_state(room, NODE_EVENT) for room in await self.matrix.joined_rooms()]
        return sorted((str(content["kind"]), str(content["path"])) for content in found)


async def arrive(desk: Desk, home: str, *, persona: bool = False) -> Person:
    """Make a member, seated nowhere yet."""
    session = await desk.module.register(new_localpart(SystemRandom()), None, "Warga", f"key-{SystemRandom().random()}")
    async with desk.site.store.write() as db:
        if not persona:
            await wilayah.declare(db, home)
        number = await member.create(
            db, session.user_id, "Warga", NodePath(home), None, None, NOW, vouched=True, persona=persona
        )
    return Person(number, session.user_id, Matrix(desk.matrix.homeserver, session.access_token))


async def seat(desk: Desk, who: Person, *paths: NodePath, state: Belonging = Belonging.IN) -> None:
    """Write what somebody is to nodes, and let the jobs follow."""
    now = datetime.now(UTC)
    async with desk.site.store.write() as db:
        for path in paths:
            await belonging.put(db, who.number, path, state, now)
        await outbox.put(db, "seat", f"seat:{who.number}:{now.isoformat()}", {"member": who.number}, now)
    await drain(desk)


async def test_a_network_has_a_space_of_its_own_beside_that_of_the_village(desk: Desk) -> None:
    async with desk.site.store.write() as db:
        await node.create(db, ORGANISATION, OJOL, "Ojek Daring", NOW)
        await node.create(db, ORGANISATION, BEKASI, "Bekasi", NOW)
    village = "32.16.19.2005"
    people = [await arrive(desk, village) for _ in range(8)]
    await seat(desk, people[0], BEKASI)
    for each in people:
        await seat(desk, each)
    at_home = [("obrolan", village), ("siaran", village), ("space", village)]
    there = [("obrolan", BEKASI), ("obrolan", OJOL), ("siaran", OJOL), ("space", OJOL)]
    assert await people[0].rooms(desk) == sorted([*at_home, *there])
    assert await people[1].rooms(desk) == at_home
    async with desk.site.store.read() as db:
        rooms = {(row.key.kind.value, row.key.node): row.room_id for row in await seating.rooms_below(db, OJOL)}
    names = {}
    for key, room in rooms.items():
        assert room is not None
        names[key] = (await desk.matrix.get_state(room, "m.room.name"))["name"]
        with pytest.raises(MatrixError, match="M_FORBIDDEN"):
            await people[1].matrix.join(room)
    assert names["obrolan", BEKASI] == "Kamar Bekasi"
    assert names["siaran", OJOL] == "Pengumuman Ojek Daring"

    async with desk.site.store.write() as db:
        await belonging.leave(db, people[0].number, BEKASI, datetime.now(UTC))
    await drain(desk)
    assert await people[0].rooms(desk) == at_home


async def test_a_workplace_opens_with_its_first_and_nothing_in_matrix_names_it(desk: Desk) -> None:
    path = workplace.new_path(ORGANISATION, SystemRandom())
    first, second = await arrive(desk, path, persona=True), await arrive(desk, path, persona=True)
    outsider = await arrive(desk, "32.16.19.2001")
    async with desk.site.store.write() as db:
        await workplace.found(db, path, first.number, datetime.now(UTC))
    await seat(desk, second, path, state=Belonging.ASKED)
    assert await first.rooms(desk) == [("obrolan", path), ("siaran", path), ("space", path)]
    assert await second.rooms(desk) == []
    await seat(desk, second, path)
    assert await second.rooms(desk) == await first.rooms(desk)
    async with desk.site.store.read() as db:
        rows = await seating.rooms_at(db, [path])
        neutral = (await cover.said(db, path)).name
    for row in rows:
        room = RoomId(str(row.room_id))
        name = str((await desk.matrix.get_state(room, "m.room.name"))["name"])
        topic = str((await desk.matrix.get_state(room, "m.room.topic"))["topic"])
        assert neutral in name
        assert path.split("/")[1] not in name + topic
        assert alias_of(row.key) == ""
        with pytest.raises(MatrixError, match="M_NOT_FOUND"):
            await desk.matrix.get_state(room, "m.room.canonical_alias")
        with pytest.raises(MatrixError, match="M_FORBIDDEN"):
            await outsider.matrix.join(room)
        history = await desk.matrix.get_state(room, "m.room.history_visibility")
        assert history["history_visibility"] == "joined"


async def test_a_team_follows_its_officers(desk: Desk) -> None:
    place = NodePath("51.71.01.1001")
    old, new = await arrive(desk, place), await arrive(desk, place)
    async with desk.site.store.write() as db:
        await node.create(db, ORGANISATION, TEAM, "Dapil 1", NOW)
        await gathering.set_sources(db, TEAM, [(place, Gathered.OFFICERS)], NOW)
        await appoint(db, old.number, place, "koordinator", "SK 1", NOW)
        await vouch.confirm(db, new.number, NOW)
    await drain(desk)
    team = [("obrolan", TEAM), ("siaran", TEAM), ("space", TEAM)]
    assert set(team) <= set(await old.rooms(desk))
    assert not set(team) & set(await new.rooms(desk))

    async with desk.site.store.write() as db:
        now = datetime.now(UTC)
        await db.execute(update(mandate).where(mandate.c.member == old.number).values(revoked_at=now))
        await appoint(db, new.number, place, "koordinator", "SK 2", now)
        await reconcile.mark(db, [place], now)
    await drain(desk)
    assert not set(team) & set(await old.rooms(desk))
    assert set(team) <= set(await new.rooms(desk))


async def test_a_union_seats_people_at_their_workplace_and_nowhere_in_the_territory(desk: Desk) -> None:
    union = profile("serikat")
    theirs = dataclasses.replace(desk, site=dataclasses.replace(desk.site, organisation=union))
    path = workplace.new_path(union, SystemRandom())
    people = [await arrive(theirs, path, persona=True) for _ in range(2)]
    async with theirs.site.store.write() as db:
        await workplace.found(db, path, people[0].number, datetime.now(UTC), union)
    await seat(theirs, people[1], path)
    for each in people:
        assert await each.rooms(theirs) == [("obrolan", path), ("siaran", path), ("space", path)]


async def test_an_account_closed_in_matrix_alone_frees_offices_seats_and_the_team(desk: Desk) -> None:
    place = NodePath("51.71.01.1002")
    leader, other = await arrive(desk, place), await arrive(desk, place)
    async with desk.site.store.write() as db:
        await node.create(db, ORGANISATION, NodePath("tim/dapil-2"), "Dapil 2", NOW)
        await gathering.set_sources(db, NodePath("tim/dapil-2"), [(place, Gathered.OFFICERS)], NOW)
        for each in (leader, other):
            await appoint(db, each.number, place, "koordinator", "SK 1", NOW)
    await drain(desk)
    await desk.module.deactivate(leader.user)
    async with desk.site.store.write() as db:
        await account.order_all(db, "malam", 0, datetime.now(UTC))
    await drain(desk)
    async with desk.site.store.read() as db:
        assert await mandate_find.held_by(db, other.number, datetime.now(UTC))
        ended = [each.member for each in await mandates.at_node(db, place, datetime.now(UTC)) if each.revoked_at]
        assert ended == [leader.number]
        assert await member.by_id(db, leader.number) is None
        assert await seating.seats_of(db, leader.number) == []
        assert await belonging.nodes_of(db, leader.number) == []
        assert await belonging.nodes_of(db, other.number) == ["tim/dapil-2"]


async def test_a_second_account_closed_in_matrix_alone_leaves_nothing(desk: Desk) -> None:
    path = workplace.new_path(ORGANISATION, SystemRandom())
    first, second = await arrive(desk, "51.71.01.1003"), await arrive(desk, path, persona=True)
    keys = vault_key.load(desk.site.state)
    async with desk.site.store.write() as db:
        await workplace.found(db, path, second.number, NOW)
        await persona.link(db, keys, first.number, second.number)
    await drain(desk)
    await desk.module.deactivate(second.user)
    async with desk.site.store.write() as db:
        await account.order(db, second.user, "$leave", NOW)
    await drain(desk)
    async with desk.site.store.write() as db:
        assert await persona.of(db, keys, first.number, purpose="test", now=NOW) == []
        assert (await db.execute(select(func.count()).where(members.c.id == second.number))).scalar_one() == 0
        assert (await db.execute(select(func.count()).select_from(vault_persona))).scalar_one() == 0
        assert await member.by_id(db, first.number) is not None


async def test_every_night_looks_at_every_account(desk: Desk) -> None:
    night = datetime(2031, 3, 1, 19, 0, tzinfo=UTC)  # two o'clock in Jakarta
    async with desk.site.store.write() as db:
        await audit.by_night(db, night)
        await audit.by_night(db, night)
        ordered = await db.execute(select(orders.c.payload).where(orders.c.kind == "account", orders.c.due_at == night))
        assert list(ordered.scalars()) == [{"night": "20310301", "after": 0}]
