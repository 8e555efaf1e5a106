"""The job ``vote`` and the hourly clock, on a real registry; Matrix is not asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from kamar.settings import Settings
from kamar.state import State
from kamar_bridges.homeserver import Homeserver
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix
from kamar_provisioning.jobs import Desk, by_the_clock, handlers
from kamar_store import mandate as mandates
from kamar_store import outbox, vacancy, vacancy_vote
from kamar_store.site import Site
from kamar_store.tables import outbox as outbox_table
from tests.servers.registry import SQLITE, registry
from tests.store.officers import DAY, KETUA, KOORDINATOR, NOW, PARTY, RT, person


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with registry(SQLITE, tmp_path) as store, Homeserver("http://127.0.0.1:9") as nobody:
        site = Site(Settings(), State(tmp_path), store)
        yield Desk(site, Matrix(nobody, ""), KamarModule(nobody, ""), clock=lambda: NOW)


async def test_a_vote_is_counted_by_its_job_when_its_time_is_over_and_not_before(desk: Desk) -> None:
    async with desk.site.store.write() as db:
        boss, people = await person(db, "Boss", KETUA), [await person(db, f"Warga{number}") for number in range(4)]
        offer = await vacancy.offer(db, PARTY, people[0], RT, KOORDINATOR, "", NOW)
        number = await vacancy_vote.open_vote(db, PARTY, boss, RT, KOORDINATOR, 3 * DAY, NOW)
        for who in people[1:]:
            await vacancy_vote.cast(db, who, number, offer, NOW)
    for at, leading in ((NOW + 2 * DAY, []), (NOW + 3 * DAY, [people[0].id])):
        turned = replace(desk, clock=lambda at=at: at)
        await by_the_clock(turned)
        async with desk.site.store.write() as db:
            rows = [row for row in await outbox.claim(db, at, 50) if row.kind == "vote"]
        for row in rows:
            await handlers()[row.kind](turned, row)
        async with desk.site.store.read() as db:
            assert [who.id for _, _, who in await mandates.officers(db, [RT], at)] == leading
    async with desk.site.store.read() as db:
        orders = (await db.execute(select(outbox_table.c.payload).where(outbox_table.c.kind == "reconcile"))).scalars()
        assert RT in [order["node"] for order in orders]
