"""Nodes in the registry: made, renamed, moved with all that is theirs, closed."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Column, Text, delete, insert, select, text

from kamar.errors import KamarError
from kamar.ids import NodePath, UserId
from kamar.node import Axis
from kamar.organisation import profile
from kamar.wilayah import official_name
from kamar_store import member as members
from kamar_store import node, node_path, tables, wilayah, wilayah_search
from kamar_store.store import Db, Store
from kamar_store.wilayah_import import OfficialNode, index, insert_official

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PARTY = profile()
DESA = NodePath("32.16.19.2005")
RW5 = NodePath(f"{DESA}/RW005")
RT3 = NodePath(f"{RW5}/RT003")
UNGUARDED = {  # a row may stand alone, until the end of the transaction
    "sqlite": "PRAGMA defer_foreign_keys = ON",
    "postgresql": "SET LOCAL session_replication_role = replica",
}
NEW_KECAMATAN = NodePath("32.16.24")
PLACES = (("Desa", "Sukaresmi"), ("Kecamatan", "Cikarang Selatan"), ("Kabupaten", "Bekasi"), ("Provinsi", "Jawa Barat"))


def official(path: str, depth: int) -> OfficialNode:
    kind, name = PLACES[depth]
    return OfficialNode(NodePath(path), kind, name, official_name(PLACES[depth:]), "17530", "SK 1", date(2025, 4, 25))


@pytest.fixture
async def store(empty: Store) -> Store:
    """Give a registry with one village with an RT, and the places around it."""
    chain = (DESA, "32.16.19", "32.16", "32")
    root = OfficialNode(NodePath("ID"), "", "Indonesia", "Indonesia", "", "SK 1", date(2025, 4, 25))
    async with empty.write() as db:
        await insert_official(db, [root, *(official(path, depth) for depth, path in enumerate(chain))])
        await index(db)
        await wilayah.declare(db, RT3)
    return empty


async def full_name(db: Db, path: str) -> str:
    found = await node.by_path(db, path)
    return "" if found is None else found.full_name


async def test_a_workplace_is_made_below_its_company_and_bears_both_names(store: Store) -> None:
    async with store.write() as db:
        await node.create(db, PARTY, "kerja/maju", "PT Maju", NOW)
        made = await node.create(db, PARTY, "kerja/maju/cikarang", "Cikarang", NOW, kind="Pabrik")
        assert (made.axis, made.level, made.full_name) == (Axis.KERJA, "pabrik", "Pabrik Cikarang, PT Maju")
        assert [item.path for item in await node.children(db, "kerja/maju")] == [made.path]


async def test_what_lies_below_bears_the_new_name_of_a_village(store: Store) -> None:
    async with store.write() as db:
        await node.rename(db, DESA, "Sukamaju", NOW)
        assert (await full_name(db, RT3)).startswith("RT 003/RW 005, Desa Sukamaju, Kec. Cikarang Selatan")
        found = await wilayah_search.search(db, "sukamaju")
        assert [place.path for place in found.places] == [DESA]


async def test_a_moved_village_takes_its_people_along_and_its_old_code_leads_there(store: Store) -> None:
    new = NodePath(f"{NEW_KECAMATAN}.2001")
    async with store.write() as db:
        who = await members.create(db, UserId("@a:x"), "A", RT3, None, None, NOW)
        await node.create(db, PARTY, NEW_KECAMATAN, "Serang Baru", NOW)
        await node.move(db, PARTY, {DESA: new}, NOW)
        moved = await members.by_id(db, who)
        assert moved is not None
        assert moved.home == f"{new}/RW005/RT003"
        assert (await node.in_force(db, RT3)).path == moved.home
        assert await full_name(db, moved.home) == (
            "RT 003/RW 005, Desa Sukaresmi, Kec. Serang Baru, Kab. Bekasi, Jawa Barat"
        )
        assert [place.path for place in (await wilayah_search.search(db, "sukaresmi")).places] == [new]


async def test_two_nodes_can_change_places(store: Store) -> None:
    rw6 = NodePath(f"{DESA}/RW006")
    async with store.write() as db:
        await wilayah.declare(db, rw6)
        who = await members.create(db, UserId("@a:x"), "A", RT3, None, None, NOW)
        other = await members.create(db, UserId("@b:x"), "B", rw6, None, None, NOW)
        await node.move(db, PARTY, {RW5: rw6, rw6: RW5}, NOW)
        homes = [found.home for number in (who, other) if (found := await members.by_id(db, number))]
        assert homes == [f"{rw6}/RT003", RW5]
        assert (await node.in_force(db, rw6)).path == rw6


@pytest.mark.parametrize(
    ("moves", "code"),
    [
        ({RW5: NodePath(f"{DESA}/RW007")}, None),
        ({RW5: NodePath(f"{DESA}/RW006")}, "node_exists"),
        ({NodePath("kerja/a"): NodePath("kerja/a/b")}, "node_cycle"),
        ({NodePath(f"{DESA}/RW099"): NodePath(f"{DESA}/RW098")}, "node_unknown"),
        ({RT3: NodePath(f"{DESA}/RW050/RT001")}, "node_unknown"),
    ],
    ids=["free", "taken", "into itself", "no such node", "no such place"],
)
async def test_a_node_moves_only_to_a_free_place(store: Store, moves: dict[NodePath, NodePath], code: str) -> None:
    async with store.write() as db:
        await wilayah.declare(db, f"{DESA}/RW006")
        await node.create(db, PARTY, "kerja/a", "A", NOW)
        try:
            await node.move(db, PARTY, moves, NOW)
            refused = None
        except KamarError as error:
            refused = error.code
        assert refused == code


async def test_a_closed_node_is_no_choice_any_more_and_can_be_opened_again(store: Store) -> None:
    async with store.write() as db:
        with pytest.raises(KamarError, match="node_has_children"):
            await node.close(db, RW5, NOW)
        await node.close(db, RT3, NOW, into=RW5)
        assert await node.children(db, RW5) == []
        assert (await node.in_force(db, RT3)).path == RW5
        assert (await node.create(db, PARTY, RT3, "", NOW)).name == "RT 003"
        with pytest.raises(KamarError, match="node_exists"):
            await node.create(db, PARTY, RT3, "", NOW)


async def test_a_search_finds_places_of_the_area_and_no_workplace(store: Store) -> None:
    async with store.write() as db:
        await node.create(db, PARTY, "kerja/maju", "PT Sukaresmi", NOW)
        await node.create(db, PARTY, "jaringan/tani", "Tani Sukaresmi", NOW)
        assert [item.path for item in await node.search(db, "sukaresmi rw", top=DESA)] == [RW5, RT3]
        assert "kerja/maju" not in {item.path for item in await node.search(db, "sukaresmi")}
        assert "jaringan/tani" in {item.path for item in await node.search(db, "sukaresmi")}


def test_every_column_that_names_a_node_follows() -> None:
    """A column with a node's path is of type PATH; a text column called so would be forgotten."""
    suspects = ("node", "home", "village", "path", "place", "area", "wilayah", "level_node")
    forgotten = [
        f"{table.name}.{column.name}"
        for table in tables.metadata.sorted_tables
        for column in table.columns
        if column.name in suspects and isinstance(column.type, Text) and column.type is not tables.PATH
    ]
    assert forgotten == []
    found = {f"{column.table.name}.{column.name}" for column in node_path.columns()}
    assert {"member.home", "mandate.node", "invitation.node", "room.node", "move.new", "trail.village"} <= found
    assert "node.path" not in found


@pytest.mark.parametrize("column", list(node_path.columns()), ids=lambda column: f"{column.table.name}.{column.name}")
async def test_a_path_follows_in_every_table(column: Column[str], store: Store) -> None:
    async with store.write() as db:
        await db.execute(text(UNGUARDED[db.dialect.name]))
        await members.create(db, UserId("@owner:x"), "A", DESA, None, None, NOW)
        await db.execute(insert(column.table).values(_any_row(column, RT3)))
        await node.move(db, PARTY, {RW5: NodePath(f"{DESA}/RW009")}, NOW)
        found = await db.scalars(select(column).order_by(column.desc()))
        assert found.first() == f"{DESA}/RW009/RT003"
        await db.execute(delete(column.table))


def _any_row(column: Column[str], path: str) -> dict[str, object]:
    """Return the least that a row of the column's table needs."""
    values: dict[str, object] = {}
    for each in column.table.columns:
        if each is column or each.type is tables.PATH:
            values[each.name] = path
        elif each is not column.table.autoincrement_column and not each.nullable and each.default is None:
            kind = datetime if isinstance(each.type, tables.Utc) else each.type.python_type
            values[each.name] = {int: 1, datetime: NOW, bool: False, bytes: b"x", dict: {}}.get(kind, "x")
    return values
