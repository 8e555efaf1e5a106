"""The reconciler and the audit against a real Synapse: what people do in clients, and what is left of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from sqlalchemy import insert, update

from kamar.ids import NodePath, RoomId
from kamar.membership import SeatState
from kamar.reconcile import BADGE_EVENT, What
from kamar.structure import RoomKey, RoomKind
from kamar.structure_room import NODE_EVENT
from kamar_bridges.homeserver import Homeserver, MatrixError
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix
from kamar_provisioning import audit_command
from kamar_provisioning.jobs import Desk, drain
from kamar_provisioning.power import appoint
from kamar_store import outbox, seating
from kamar_store import reconcile as changed
from kamar_store.tables import mandate
from kamar_store.tables import outbox as rows
from tests.provisioning.neighbours import Neighbour, inside, newcomer, power, rooms_at, state
from tests.servers.branch import Branch, branch

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

VILLAGE = NodePath("32.16.19.2005")
RT = NodePath(f"{VILLAGE}/RW005/RT003")
DISTRICT, REGENCY = NodePath("32.16.19"), NodePath("32.16")
STREET, TALK = RoomKey(RT, RoomKind.OBROLAN), RoomKey(VILLAGE, RoomKind.OBROLAN)
SPACE, NEWS = RoomKey(VILLAGE, RoomKind.SPACE), RoomKey(VILLAGE, RoomKind.SIARAN)
BOARD = RoomKey(DISTRICT, RoomKind.PENGURUS)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    with branch(tmp_path_factory.mktemp("branch"), serve=False) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(server: Branch) -> AsyncIterator[Desk]:
    site = server.site()
    async with Homeserver(site.settings.synapse_url) as homeserver:
        token = server.homeserver.as_token
        yield Desk(site, Matrix(homeserver, token), KamarModule(homeserver, token))
    await site.store.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def people(desk: Desk) -> list[Neighbour]:
    """A village of eight, its first the coordinator of the RT, its second the chair of the kecamatan."""
    made = [await newcomer(desk, RT) for _ in range(8)]
    await drain(desk)
    await give(desk, made[0], RT, "koordinator")
    await give(desk, made[1], DISTRICT, "ketua")
    await drain(desk)
    return made


async def give(desk: Desk, who: Neighbour, node: NodePath, office: str) -> None:
    async with desk.site.store.write() as db:
        await appoint(db, who.number, node, office, "SK 1", datetime.now(UTC))


async def end(desk: Desk, who: Neighbour, node: NodePath) -> None:
    now = datetime.now(UTC)
    async with desk.site.store.write() as db:
        held = (mandate.c.member == who.number, mandate.c.node == node)
        await db.execute(update(mandate).where(*held).values(revoked_at=now))
        await changed.mark(db, [node], now)


async def board(desk: Desk, node: NodePath) -> RoomId:
    async with desk.site.store.read() as db:
        (room,) = [each for each in await seating.rooms_at(db, [node]) if each.key.kind is RoomKind.PENGURUS]
    assert room.room_id is not None
    return room.room_id


async def test_an_appointment_opens_the_officers_room_and_a_dismissal_empties_it(
    desk: Desk, people: list[Neighbour]
) -> None:
    chair, treasurer = people[1], people[2]
    room = await board(desk, DISTRICT)
    assert await inside(desk, room) == {chair.user}
    assert await power(desk, room) == {chair.user: 100}
    badge = (await state(desk, room, BADGE_EVENT))["officers"]
    assert [(each["user_id"], each["title"]) for each in badge] == [(chair.user, "Ketua Exco")]

    await give(desk, treasurer, DISTRICT, "bendahara")
    await give(desk, people[3], REGENCY, "bendahara")
    await drain(desk)
    assert await inside(desk, room) == {chair.user, treasurer.user}
    assert await inside(desk, await board(desk, REGENCY)) == {chair.user, treasurer.user, people[3].user}

    await end(desk, treasurer, DISTRICT)
    await drain(desk)
    assert await inside(desk, room) == {chair.user}
    assert await power(desk, room) == {chair.user: 100}
    assert await inside(desk, await board(desk, REGENCY)) == {chair.user, people[3].user}
    with pytest.raises(MatrixError, match="M_FORBIDDEN"):
        await treasurer.matrix.join(room)


async def test_seating_somebody_anew_leaves_him_among_the_officers(desk: Desk, people: list[Neighbour]) -> None:
    async with desk.site.store.write() as db:
        await outbox.put(db, "seat", "seat:again", {"member": people[1].number}, datetime.now(UTC))
    await drain(desk)
    assert people[1].user in await inside(desk, await board(desk, DISTRICT))


async def test_carrying_a_mark_out_again_changes_nothing(desk: Desk, people: list[Neighbour], server: Branch) -> None:
    count = "SELECT COUNT(*) FROM events"
    before = server.homeserver.sql(count)
    async with desk.site.store.write() as db:
        await changed.mark(db, [VILLAGE, DISTRICT], datetime.now(UTC))
    await drain(desk)
    assert server.homeserver.sql(count) == before


async def test_an_order_for_a_moment_is_felt_then(desk: Desk, people: list[Neighbour]) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=2)
    async with desk.site.store.write() as db:
        held = {"member": people[2].number, "node": VILLAGE, "office": "koordinator", "decree": "", "starts_at": soon}
        await db.execute(insert(mandate).values(held | {"ends_at": soon + timedelta(hours=1)}))
        for at in (soon, soon + timedelta(hours=1)):
            await outbox.put(db, "reconcile", f"reconcile:{VILLAGE}:{at}", {"node": VILLAGE}, at)
    news = (await rooms_at(desk, VILLAGE))[NEWS]
    await drain(desk)
    assert people[2].user not in await power(desk, news)
    for later, powerful in ((timedelta(seconds=2), True), (timedelta(hours=2), False)):
        moment = soon + later
        await drain(replace(desk, clock=lambda moment=moment: moment))  # type: ignore[misc]
        assert (people[2].user in await power(desk, news)) is powerful
    await end(desk, people[2], VILLAGE)
    await drain(desk)


async def test_marks_of_one_village_are_worked_on_together(desk: Desk, people: list[Neighbour]) -> None:
    calls = []
    have = desk.module.have

    async def counted(*arguments: object) -> object:
        calls.append(arguments)
        return await have(*arguments)  # type: ignore[arg-type]

    desk.module.have = counted  # type: ignore[assignment, method-assign]
    try:
        async with desk.site.store.write() as db:
            for number in range(5):
                await changed.mark(db, [RT, VILLAGE], datetime(2026, 1, 1, number, tzinfo=UTC))
        await drain(desk, ("reconcile",))
    finally:
        desk.module.have = have  # type: ignore[method-assign]
    assert len(calls) <= 2, "one for the village, one for the kecamatan above it"


@pytest.mark.parametrize("place", ["street", "board"])
async def test_an_officer_can_raise_nobody_open_no_door_and_write_no_badge(
    desk: Desk, people: list[Neighbour], place: str
) -> None:
    who = people[0] if place == "street" else people[1]  # with power 50, with power 100
    room = (await rooms_at(desk, VILLAGE))[STREET] if place == "street" else await board(desk, DISTRICT)
    assert (await power(desk, room))[who.user] == (50 if place == "street" else 100)
    stranger = await newcomer(desk, f"{VILLAGE}/RW001")
    levels = dict(await desk.matrix.get_state(room, "m.room.power_levels"))
    raised = {**levels, "users": {**levels["users"], who.user: 100, stranger.user: 50}}
    for kind, content in (
        ("m.room.power_levels", raised),
        ("m.room.power_levels", {**levels, "invite": 0}),
        ("m.room.join_rules", {"join_rule": "public"}),
        ("m.room.name", {"name": "Kamar Saya"}),
        ("m.room.history_visibility", {"history_visibility": "world_readable"}),
        (NODE_EVENT, {"axis": "wilayah", "path": "31", "kind": "space", "number": 1}),
        (BADGE_EVENT, {"officers": [{"user_id": stranger.user, "title": "Ketua Umum"}]}),
        ("m.room.tombstone", {"body": "x", "replacement_room": "!x"}),
    ):
        with pytest.raises(MatrixError, match="M_FORBIDDEN"):
            await who.matrix.put_state(room, kind, content)
    with pytest.raises(MatrixError, match="M_FORBIDDEN"):
        await who.matrix.invite(room, stranger.user)
    with pytest.raises(MatrixError, match="M_FORBIDDEN"):
        await stranger.matrix.join(room)
    await drain(desk)


async def plant(desk: Desk, people: list[Neighbour], rooms: dict[RoomKey, RoomId], officers: RoomId) -> set[What]:
    """Change everything that can be changed behind the registry's back; return what that is."""
    street, space, matrix = rooms[STREET], rooms[SPACE], desk.matrix
    levels = dict(await matrix.get_state(street, "m.room.power_levels"))
    loose = {**levels, "users": {**levels["users"], people[5].user: 100}, "state_default": 0, "events": {}, "invite": 0}
    await people[0].matrix.kick(street, people[6].user, "x")  # an officer, in a client
    await people[0].matrix.ban(street, people[7].user, "x")
    await matrix.put_state(street, "m.room.power_levels", loose)
    await people[5].matrix.put_state(street, "m.room.name", {"name": "Kamar Curian"})
    await people[5].matrix.put_state(street, "m.room.topic", {"topic": "Curian"})
    await people[5].matrix.put_state(street, BADGE_EVENT, {"officers": [{"user_id": people[5].user}]})
    await people[5].matrix.put_state(street, NODE_EVENT, {"axis": "wilayah", "path": "31"})
    await people[5].matrix.put_state(street, "m.room.join_rules", {"join_rule": "public"})
    await people[5].matrix.put_state(street, "m.room.history_visibility", {"history_visibility": "shared"})
    await people[5].matrix.put_state(street, "m.space.parent", {}, space)
    await matrix.put_state(space, "m.space.child", {}, street)
    await desk.module.seat(people[4].user, None, [officers])  # in a room without a seat in the registry
    return set(What) - {What.GONE, What.CROWDED, What.PAPER}


async def test_an_audit_finds_and_repairs_every_change_and_touches_nothing_else(
    desk: Desk, people: list[Neighbour], server: Branch
) -> None:
    rooms, officers = await rooms_at(desk, VILLAGE), await board(desk, DISTRICT)
    private = await people[5].matrix.create_room({"name": "Keluarga", "invite": [people[6].user]})
    assert (await audit_command.looked(desk))["found"] == []
    words = {kind: dict(await state(desk, rooms[STREET], kind)) for kind in ("m.room.name", "m.room.topic", NODE_EVENT)}
    planted = await plant(desk, people, rooms, officers)

    seen = await audit_command.looked(desk)
    assert {What(each["what"]) for each in seen["found"]} == planted
    assert dict(await state(desk, rooms[STREET], "m.room.name")) == {"name": "Kamar Curian"}, "a look changes nothing"

    report = await audit_command.repaired(desk)
    assert {What(each["what"]) for each in report["found"]} == planted
    assert [each for each in report["found"] if each["repaired_at"] is None] == []
    assert (await audit_command.looked(desk))["found"] == []
    assert await power(desk, rooms[STREET]) == {people[0].user: 50}
    assert {kind: dict(await state(desk, rooms[STREET], kind)) for kind in words} == words
    assert await inside(desk, rooms[STREET]) == {each.user for each in people}
    assert people[4].user not in await inside(desk, officers)
    assert (await state(desk, rooms[STREET], "m.room.join_rules"))["join_rule"] == "restricted"
    assert dict(await people[5].matrix.get_state(private, "m.room.name")) == {"name": "Keluarga"}
    assert set(await people[5].matrix.joined_members(private)) == {people[5].user}


async def test_a_room_that_an_administrator_deleted_is_made_anew_with_everybody_in_it(
    desk: Desk, people: list[Neighbour], server: Branch
) -> None:
    old = (await rooms_at(desk, VILLAGE))[STREET]
    await delete_as_administrator(desk, server, old)
    report = await audit_command.repaired(desk)
    assert [(each["what"], each["room_id"]) for each in report["found"] if each["repaired_at"]] == [("gone", old)]
    await drain(desk)
    new = (await rooms_at(desk, VILLAGE))[STREET]
    assert new != old
    assert await inside(desk, new) == {each.user for each in people}
    assert await power(desk, new) == {people[0].user: 50}
    assert (await audit_command.looked(desk))["found"] == []


async def delete_as_administrator(desk: Desk, server: Branch, room: RoomId) -> None:
    boss = await newcomer(desk, f"{VILLAGE}/RW001")
    server.homeserver.sql("UPDATE users SET admin = 1 WHERE name = ?", boss.user)
    await drain(desk)
    answer = await desk.matrix.homeserver.request(
        "DELETE",
        f"/_synapse/admin/v1/rooms/{room}",
        token=boss.matrix._token,
        body={"block": False, "purge": True},
    )
    assert answer["kicked_users"]
    server.homeserver.sql("UPDATE users SET admin = 0 WHERE name = ?", boss.user)


async def test_who_left_by_the_own_wish_is_not_brought_back_and_has_no_power_there(
    desk: Desk, people: list[Neighbour]
) -> None:
    street = (await rooms_at(desk, VILLAGE))[STREET]
    await people[0].matrix.leave(street)
    async with desk.site.store.write() as db:
        await seating.left(db, people[0].user, street, datetime.now(UTC))
    report = await audit_command.repaired(desk)
    assert {(each["what"], each["repaired_at"] is None) for each in report["found"]} == {
        ("paper", True),
        ("power", False),
    }
    assert people[0].user not in await inside(desk, street)
    assert await power(desk, street) == {}
    async with desk.site.store.read() as db:
        states = {room.key: kept for room, kept in await seating.seats_of(db, people[0].number)}
    assert states[STREET] is SeatState.LEFT


async def test_an_officer_whose_account_is_closed_has_no_power(desk: Desk, people: list[Neighbour]) -> None:
    await give(desk, people[4], VILLAGE, "koordinator")
    await drain(desk)
    news = (await rooms_at(desk, VILLAGE))[NEWS]
    assert (await power(desk, news))[people[4].user] == 50
    await desk.module.deactivate(people[4].user)
    report = await audit_command.repaired(desk)
    assert [each for each in report["found"] if each["repaired_at"] is None and each["what"] != "paper"] == []
    assert people[4].user not in await power(desk, news)
    assert people[4].user not in str(await state(desk, news, BADGE_EVENT))
    again = await audit_command.looked(desk)
    assert [each for each in again["found"] if each["what"] != "paper"] == []


async def test_a_homeserver_that_is_down_in_the_middle_is_waited_for(
    desk: Desk, people: list[Neighbour], server: Branch
) -> None:
    rooms = await rooms_at(desk, VILLAGE)
    for room in rooms.values():
        await desk.matrix.put_state(room, "m.room.topic", {"topic": "Curian"})
    put = desk.matrix.put_state
    done = 0

    async def dying(*arguments: object, **more: object) -> object:
        nonlocal done
        done += 1
        if done == 3:
            server.homeserver.kill()
            raise MatrixError(0, "M_UNREACHABLE")
        return await put(*arguments, **more)  # type: ignore[arg-type]

    desk.matrix.put_state = dying  # type: ignore[assignment, method-assign]
    try:
        async with desk.site.store.write() as db:
            await changed.mark(db, [VILLAGE], datetime.now(UTC))
        await drain(desk, ("reconcile",))
    finally:
        desk.matrix.put_state = put  # type: ignore[method-assign]
    server.homeserver.start()
    async with desk.site.store.write() as db:
        await db.execute(update(rows).where(rows.c.state == "ready").values(due_at=datetime.now(UTC)))
    await drain(desk)
    assert {each["what"] for each in (await audit_command.looked(desk))["found"]} <= {"paper"}


async def test_a_report_reads_as_sentences() -> None:
    found = {"node": "32.16", "kind": "pengurus", "room_id": "!x", "about": "@x:y", "found_at": "2026-11-21"}
    rows_ = [{**found, "what": what.value, "repaired_at": None if what is What.PAPER else "x"} for what in What]
    text = audit_command.readable({"looked": 3, "dry_run": False, "found": rows_})
    assert text.startswith("3 kamar resmi diperiksa, 15 perbedaan, 14 sudah diperbaiki.")
    assert "Sisanya" not in text
    assert json.dumps(rows_)
    assert "Tidak ada yang diubah" in audit_command.readable({"looked": 3, "dry_run": True, "found": rows_})
