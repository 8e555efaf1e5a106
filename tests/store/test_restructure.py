"""Plans in the registry: who may propose and approve, what each step does, how it is undone, what keeps it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath, RoomId, UserId
from kamar.organisation import profile
from kamar.restructure import PlanError, PlanState
from kamar.structure import OpenRules, RoomKey, RoomKind
from kamar.wilayah import official_name
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store import node, node_path, restructure, restructure_step, seating, tables, wilayah
from kamar_store.member import Member
from kamar_store.store import Db, Store
from kamar_store.wilayah_import import OfficialNode, index, insert_official

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
PARTY = profile()
RULES = OpenRules(rt=5, rw=8, kelurahan=8, perintis=5)
KECAMATAN = NodePath("32.16.19")
DESA = NodePath(f"{KECAMATAN}.2005")
RW5, RW6, RW12 = (NodePath(f"{DESA}/RW{number:03d}") for number in (5, 6, 12))
PLACES = (("Desa", "Sukaresmi"), ("Kecamatan", "Cikarang Selatan"), ("Kabupaten", "Bekasi"), ("Provinsi", "Jawa Barat"))
SPLIT = f"judul Pemekaran\nsk 12/SK\npecah {RW5} {RW12} RT002\n"
MERGE = f"judul Gabung\npindah {RW6}/RT001 {RW6}/RT009\ngabung {RW6} {RW5}\n"


class People:
    """The people of the village, by a short name."""

    def __init__(self, db: Db) -> None:
        self.db = db
        self.numbers: dict[str, MemberId] = {}

    async def add(self, name: str, home: str, *, admin: bool = False) -> Member:
        number = await members.create(
            self.db, UserId(f"@{name}:x"), name.title(), NodePath(home), None, None, NOW, admin=admin, vouched=True
        )
        self.numbers[name] = number
        found = await members.by_id(self.db, number)
        assert found is not None
        return found


@pytest.fixture
async def village(empty: Store) -> AsyncIterator[Db]:
    """Give a village with RW 005 (RT 001, 002) and RW 006 (RT 001), open chats, two officers of the kecamatan."""
    async with empty.write() as db:
        root = OfficialNode(NodePath("ID"), "", "Indonesia", "Indonesia", "", "SK 1", date(2025, 4, 25))
        chain = (DESA, KECAMATAN, "32.16", "32")
        places = [
            OfficialNode(NodePath(path), *PLACES[depth], official_name(PLACES[depth:]), "", "SK 1", date(2025, 4, 25))
            for depth, path in enumerate(chain)
        ]
        await insert_official(db, [root, *places])
        await index(db)
        people = People(db)
        for path in (f"{RW5}/RT001", f"{RW5}/RT002", f"{RW6}/RT001"):
            await wilayah.declare(db, path)
        homes = {"ani": f"{RW5}/RT001", "budi": f"{RW5}/RT002", "citra": f"{RW6}/RT001", "dodi": RW6}
        for name, home in homes.items():
            await people.add(name, home)
        await people.add("ketua", DESA)
        await people.add("sekretaris", DESA)
        await people.add("admin", DESA, admin=True)
        await people.add("admin2", DESA, admin=True)
        for name in ("ketua", "sekretaris"):
            await mandates.appoint(db, people.numbers[name], KECAMATAN, name, "SK", NOW)
        await mandates.appoint(db, people.numbers["dodi"], RW6, "koordinator", "SK", NOW)
        keys = [RoomKey(path, RoomKind.OBROLAN) for path in (DESA, RW5, RW6, NodePath(f"{RW5}/RT002"))]
        await seating.want_rooms(db, [RoomKey(DESA, RoomKind.SPACE), *keys], NOW)
        for found in await seating.rooms_at(db, [DESA, RW5, RW6, NodePath(f"{RW5}/RT002")]):
            await seating.opened(db, found, RoomId(f"!{found.id}"), NOW)
        for name in ("citra", "dodi"):
            rooms = [found.id for found in await seating.rooms_at(db, [RW6])]
            await seating.want_seats(db, people.numbers[name], rooms, NOW)
            await seating.seated(db, people.numbers[name], rooms, NOW)
        yield db


async def who(db: Db, name: str) -> Member:
    found = await members.by_user(db, f"@{name}:x")
    assert found is not None
    return found


async def proposed(db: Db, text: str, by: str = "ketua") -> restructure.Kept:
    return await restructure.get(db, await restructure.propose(db, PARTY, RULES, await who(db, by), text, NOW))


async def applied(db: Db, text: str) -> restructure.Kept:
    kept = await proposed(db, text)
    await restructure.approve(db, PARTY, RULES, await who(db, "sekretaris"), kept.id, kept.hash, NOW)
    await restructure.begin(db, PARTY, RULES, await who(db, "ketua"), kept.id, NOW)
    while await restructure.advance(db, PARTY, kept.id, NOW):
        pass
    return await restructure.get(db, kept.id)


async def undone(db: Db, kept: restructure.Kept) -> None:
    await restructure.undo(db, PARTY, await who(db, "ketua"), kept.id, LATER)
    while await restructure.advance(db, PARTY, kept.id, LATER):
        pass


async def refused(doing: Awaitable[object]) -> str | None:
    try:
        await doing
    except KamarError as error:
        return error.code
    return None


async def registry(db: Db) -> dict[str, list[tuple[object, ...]]]:
    """Return what a plan may change and undoing must bring back."""
    place, mandate, room, member = tables.node.c, tables.mandate.c, tables.room.c, tables.member.c
    columns = {
        "node": (place.path, place.parent, place.name, place.full_name, place.valid_to, place.decree, place.valid_from),
        "member": (member.id, member.home),
        "room": (room.id, room.node, room.kind, room.number, room.state),
        "mandate": (mandate.id, mandate.member, mandate.node, mandate.revoked_at),
    }
    return {
        name: sorted((tuple(row) for row in await db.execute(select(*each))), key=repr)
        for name, each in columns.items()
    }


@pytest.mark.parametrize(
    ("by", "text", "code"),
    [
        ("ketua", SPLIT, None),
        ("admin", SPLIT, None),
        ("dodi", SPLIT, "plan_not_allowed"),
        ("ani", SPLIT, "plan_not_allowed"),
        ("ketua", "nama 32.16 Bekasi Baru", "plan_not_allowed"),
        ("ketua", f"kode {KECAMATAN} 32.16.24", "plan_not_allowed"),
    ],
)
async def test_a_plan_is_proposed_by_an_officer_above_all_it_touches(
    village: Db, by: str, text: str, code: str | None
) -> None:
    assert await refused(proposed(village, text, by)) == code


@pytest.mark.parametrize(
    ("by", "code"),
    [("sekretaris", None), ("admin", None), ("ketua", "plan_own"), ("dodi", "plan_not_allowed")],
)
async def test_a_second_officer_approves(village: Db, by: str, code: str | None) -> None:
    kept = await proposed(village, SPLIT)
    doing = restructure.approve(village, PARTY, RULES, await who(village, by), kept.id, kept.hash, NOW)
    assert await refused(doing) == code
    assert (await restructure.get(village, kept.id)).state is (PlanState.PROPOSED if code else PlanState.APPROVED)


async def test_only_the_very_diff_that_was_seen_is_approved(village: Db) -> None:
    kept = await proposed(village, SPLIT)
    other = restructure.approve(village, PARTY, RULES, await who(village, "sekretaris"), kept.id, "0" * 64, NOW)
    assert await refused(other) == "plan_changed"


async def test_a_plan_made_against_an_older_tree_is_refused_with_what_changed(village: Db) -> None:
    kept = await proposed(village, SPLIT)
    await mandates.appoint(village, (await who(village, "ani")).id, RW5, "koordinator", "SK", NOW)
    with pytest.raises(KamarError) as error:
        await restructure.approve(village, PARTY, RULES, await who(village, "sekretaris"), kept.id, kept.hash, NOW)
    assert (error.value.code, error.value.detail["changed"]) == ("plan_outdated", RW5)


async def test_an_approved_plan_that_changes_loses_its_approval(village: Db) -> None:
    kept = await proposed(village, SPLIT)
    await restructure.approve(village, PARTY, RULES, await who(village, "sekretaris"), kept.id, kept.hash, NOW)
    await mandates.appoint(village, (await who(village, "ani")).id, RW5, "koordinator", "SK", NOW)
    begin = restructure.begin(village, PARTY, RULES, await who(village, "ketua"), kept.id, NOW)
    assert await refused(begin) == "plan_outdated"
    await restructure.refresh(village, PARTY, RULES, kept.id, NOW)
    assert (await restructure.get(village, kept.id)).state is PlanState.PROPOSED


async def test_newcomers_do_not_take_an_approval_away(village: Db) -> None:
    kept = await proposed(village, SPLIT)
    await People(village).add("baru", f"{RW5}/RT002")
    doing = restructure.approve(village, PARTY, RULES, await who(village, "sekretaris"), kept.id, kept.hash, NOW)
    assert await refused(doing) is None


async def test_nothing_is_carried_out_without_approval(village: Db) -> None:
    kept = await proposed(village, SPLIT)
    begin = restructure.begin(village, PARTY, RULES, await who(village, "ketua"), kept.id, NOW)
    assert await refused(begin) == "plan_state"
    assert await restructure.advance(village, PARTY, kept.id, NOW) is False


@pytest.mark.parametrize(("by", "code"), [("admin", "plan_own"), ("ketua", "plan_not_allowed"), ("admin2", None)])
async def test_at_the_root_two_administrators_agree(village: Db, by: str, code: str | None) -> None:
    kept = await proposed(village, "nama ID Nusantara", "admin")
    doing = restructure.approve(village, PARTY, RULES, await who(village, by), kept.id, kept.hash, NOW)
    assert await refused(doing) == code


async def test_nobody_appoints_himself_by_a_plan_nor_above_his_right(village: Db) -> None:
    board = f"pengurus {KECAMATAN} ketua sekretaris SK2 2026-11-21\n"
    kept = await proposed(village, board)
    doing = restructure.approve(village, PARTY, RULES, await who(village, "sekretaris"), kept.id, kept.hash, NOW)
    assert await refused(doing) == "appoint_not_allowed"
    await mandates.appoint(village, (await who(village, "budi")).id, NodePath("32.16"), "ketua", "SK", NOW)
    doing = restructure.approve(village, PARTY, RULES, await who(village, "budi"), kept.id, kept.hash, NOW)
    assert await refused(doing) is None


async def test_a_split_moves_the_rt_its_people_and_its_room(village: Db) -> None:
    await applied(village, SPLIT)
    assert (await who(village, "budi")).home == f"{RW12}/RT002"
    assert (await who(village, "ani")).home == f"{RW5}/RT001"
    (room,) = await seating.rooms_at(village, [NodePath(f"{RW12}/RT002")])
    assert room.room_id is not None
    assert await refused(node.in_force_here(village, f"{RW5}/RT002")) == "node_closed"
    kinds = await village.scalars(select(tables.outbox.c.kind).where(tables.outbox.c.key.startswith("plan:")))
    assert set(kinds.all()) == {"alias", "send", "seat", "tell", "restructure"}


async def test_a_merge_archives_the_room_and_ends_the_office(village: Db) -> None:
    await applied(village, MERGE)
    assert (await who(village, "dodi")).home == RW5
    assert (await who(village, "citra")).home == f"{RW5}/RT009"
    assert await mandates.held_by(village, (await who(village, "dodi")).id, LATER) == []
    assert await seating.rooms_at(village, [RW6]) == []
    payload = await village.scalar(select(tables.outbox.c.payload).where(tables.outbox.c.kind == "archive"))
    assert payload is not None
    assert payload["name"] == "Arsip Kamar RW 006 Sukaresmi"


async def test_who_sat_in_an_archived_room_keeps_the_seat_and_a_new_room_can_open_there(village: Db) -> None:
    await applied(village, MERGE)
    dodi = (await who(village, "dodi")).id
    await seating.want_seats(village, dodi, [], LATER)
    states = await village.scalars(select(tables.seat.c.state).where(tables.seat.c.member == dodi))
    assert states.all() == ["seated"]
    await node.create(village, PARTY, RW6, "", LATER)
    await seating.want_rooms(village, [RoomKey(RW6, RoomKind.OBROLAN)], LATER)
    assert len(await seating.rooms_at(village, [RW6])) == 1


@pytest.mark.parametrize(
    "text",
    [
        SPLIT,
        MERGE,
        f"nama {DESA} Sukamaju",
        f"buat {KECAMATAN}.2011 Sukabaru\npecah {DESA} {KECAMATAN}.2011 RW006=RW001",
        f"tutup {RW5}/RT001",
        f"pengurus {RW6} koordinator ani SK9 2026-11-21",
        f"pindah {RW5} {DESA}/RW020\npindah {RW6} {RW5}",
        "buat jaringan/tani Tani\nbuat jaringan/tani/padi Padi\nnama jaringan/tani Petani",
    ],
    ids=["split", "merge", "rename", "split village", "close", "board", "renumber", "network"],
)
async def test_undoing_brings_the_registry_back(village: Db, text: str) -> None:
    before = await registry(village)
    kept = await proposed(village, text, "admin")
    await restructure.approve(village, PARTY, RULES, await who(village, "admin2"), kept.id, kept.hash, NOW, alone=True)
    await restructure.begin(village, PARTY, RULES, None, kept.id, NOW)
    while await restructure.advance(village, PARTY, kept.id, NOW):
        pass
    assert await registry(village) != before
    await restructure.undo(village, PARTY, None, kept.id, LATER)
    while await restructure.advance(village, PARTY, kept.id, LATER):
        pass
    after = await registry(village)
    if "RW020" in text:
        after["node"] = [row for row in after["node"] if row[0] in {each[0] for each in before["node"]}]
    if "board" in text or "pengurus" in text:
        after["mandate"] = [row for row in after["mandate"] if row[3] is None]
    if "jaringan" in text:
        after["node"] = [row for row in after["node"] if row[0] != "jaringan"]
    assert after == before
    assert (await restructure.get(village, kept.id)).state is PlanState.UNDONE


async def test_a_plan_that_a_newer_one_builds_on_is_not_undone(village: Db) -> None:
    first = await applied(village, SPLIT)
    second = await applied(village, f"judul Nomor baru\npindah {RW12}/RT002 {RW12}/RT001")
    with pytest.raises(KamarError) as error:
        await restructure.undo(village, PARTY, await who(village, "ketua"), first.id, LATER)
    assert (error.value.code, error.value.detail["what"].split("; ")[0]) == ("plan_needed", "Nomor baru")
    await undone(village, second)
    await undone(village, first)
    assert (await who(village, "budi")).home == f"{RW5}/RT002"


async def test_people_who_came_since_keep_a_plan_from_being_undone(village: Db) -> None:
    kept = await applied(village, SPLIT)
    await People(village).add("baru", RW12)
    with pytest.raises(KamarError) as error:
        await restructure.undo(village, PARTY, await who(village, "ketua"), kept.id, LATER)
    assert error.value.detail["what"] == f"{RW12}: 1 anggota"


async def test_who_moved_on_since_a_merge_is_not_brought_back(village: Db) -> None:
    kept = await applied(village, MERGE)
    dodi = (await who(village, "dodi")).id
    await village.execute(update(tables.member).where(tables.member.c.id == dodi).values(home=DESA))
    await undone(village, kept)
    assert (await who(village, "dodi")).home == DESA
    assert (await who(village, "citra")).home == f"{RW6}/RT001"


async def test_a_merge_into_a_descendant_is_refused_at_its_line(village: Db) -> None:
    with pytest.raises(PlanError) as error:
        await proposed(village, f"judul x\ngabung {RW5} {RW5}/RT001")
    assert [(line, problem.code) for line, problem in error.value.problems] == [(2, "node_cycle")]


async def test_no_message_and_no_room_of_a_workplace_bears_its_name(village: Db) -> None:
    pair = ("kerja/maju/satu", "kerja/maju/dua")
    await node.create(village, PARTY, "kerja/maju", "PT Maju", NOW)
    for path in pair:
        await node.create(village, PARTY, path, f"Pabrik {path}", NOW)
        await seating.want_rooms(village, [RoomKey(NodePath(path), RoomKind.OBROLAN)], NOW)
    for found in await seating.rooms_at(village, [NodePath(path) for path in pair]):
        await seating.opened(village, found, RoomId(f"!{found.id}"), NOW)
    number = await restructure.propose(
        village, PARTY, RULES, None, f"nama {pair[1]} Lama\ngabung {pair[0]} {pair[1]}", NOW
    )
    kept = await restructure.get(village, number)
    await restructure.approve(village, PARTY, RULES, None, number, kept.hash, NOW, alone=True)
    await restructure.begin(village, PARTY, RULES, None, number, NOW)
    while await restructure.advance(village, PARTY, number, NOW):
        pass
    said = await village.scalars(select(tables.outbox.c.payload).where(tables.outbox.c.key.startswith("plan:")))
    text = repr(said.all())
    assert "Arsip" in text
    assert "Maju" not in text
    assert "Pabrik" not in text
    assert "Maju" not in repr(kept.diff.rooms)


async def test_a_step_is_done_once(village: Db) -> None:
    """Asked again after the end, nothing is done twice; progress says so."""
    kept = await applied(village, SPLIT)
    count = await village.scalar(select(func.count()).select_from(tables.outbox))
    assert await restructure.advance(village, PARTY, kept.id, LATER) is False
    assert await village.scalar(select(func.count()).select_from(tables.outbox)) == count
    progress = await restructure.progress(village, kept.id)
    assert (progress.done, progress.steps) == (2, 2)


def test_every_path_is_thought_of_when_a_node_ends() -> None:
    found = {f"{column.table.name}.{column.name}" for column in node_path.columns()} | {"plan_touch.node"}
    assert found - restructure_step.CARRIED - restructure_step.STAYS == set()
    assert set() == restructure_step.CARRIED & restructure_step.STAYS
