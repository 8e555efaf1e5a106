"""The last audit among the administrators' numbers."""

from __future__ import annotations

from sqlalchemy import insert

from kamar.ids import NodePath, RoomId
from kamar.reconcile import Drift, What
from kamar.structure import RoomKey, RoomKind, RoomState
from kamar_store import audit
from kamar_store import member as members
from kamar_store.seating import Room
from kamar_store.tables import room
from tests.portal.browser import Browser, sign_up
from tests.portal.conftest import House
from tests.portal.village import SUKARESMI


async def test_an_administrator_reads_what_the_last_audit_found(house: House, browser: Browser) -> None:
    await sign_up(browser, await house.code())
    now = house.clock()
    found = Room(1, "k", RoomKey(NodePath(SUKARESMI), RoomKind.OBROLAN), RoomId("!x"), RoomState.OPEN)
    async with house.store.write() as db:
        who = await members.by_user(db, next(iter(house.synapse.accounts)))
        assert who is not None
        await members.make_admin(db, who.id)
    assert "Pemeriksaan kamar" not in (await browser.visit("/kelola")).text
    async with house.store.write() as db:
        opened = {"key": "k", "node": SUKARESMI, "kind": "obrolan", "room_id": "!x", "state": "open", "created_at": now}
        await db.execute(insert(room).values(opened))
        number = await audit.begin(db, now)
    assert "Sedang berjalan: 0 dari 1 kamar." in (await browser.visit("/kelola")).text
    async with house.store.write() as db:
        await audit.note(db, number, [Drift(RoomId("!x"), What.POWER)], {RoomId("!x"): found}, now)
        await audit.step(db, number, [found], 0)
        await audit.finish(db, number, now)
    text = (await browser.visit("/kelola")).text
    assert "1 perbedaan, 0 sudah diperbaiki." in text
    assert "wewenang diubah" in text
    async with house.store.write() as db:
        await audit.repaired(db, [RoomId("!x")], now)
    assert "1 perbedaan, 1 sudah diperbaiki." in (await browser.visit("/kelola")).text
