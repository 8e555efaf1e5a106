"""In the demonstration the first administrator holds an office, so that everything can be tried."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from kamar.mandate import Status, status
from kamar_store import demo
from kamar_store import mandate as mandates
from kamar_store.store import Store
from kamar_store.tables import member
from tests.store.officers import KECAMATAN, KETUA, KOORDINATOR, NOW, PARTY, RT, person, wanted


@pytest.mark.parametrize("invented", [True, False], ids=["with the demonstration", "without"])
async def test_the_first_administrator_of_a_demonstration_leads_its_kecamatan_until_it_is_removed(
    empty: Store, invented: bool
) -> None:
    async with empty.write() as db:
        eko, admin = await person(db, "Eko"), await person(db, "Admin", admin=True)
        await db.execute(update(member).where(member.c.id == eko.id).values(demo=invented))
        for _ in range(2):
            await demo.let_lead(db, PARTY, admin.id, NOW)
        held = await mandates.held_by(db, admin.id, NOW)
        assert held == ([(KECAMATAN, KETUA)] if invented else [])
        if not invented:
            return
        number = await mandates.appoint_by(db, PARTY, admin, wanted(eko, KOORDINATOR, RT), NOW)
        assert status(await mandates.get(db, number), NOW) is Status.IN_FORCE
        await demo.end_mandates(db, NOW)
        assert await mandates.held_by(db, admin.id, NOW) == []
