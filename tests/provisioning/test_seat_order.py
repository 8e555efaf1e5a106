"""Who is seated again because of a plan waits for the plan's last step."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import insert

from kamar.restructure import PlanState
from kamar.settings import Settings
from kamar.state import State
from kamar_bridges.homeserver import Homeserver
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix
from kamar_provisioning.jobs import Desk, Later
from kamar_provisioning.seating import seat
from kamar_store.outbox import Row
from kamar_store.site import Site
from kamar_store.tables import plan
from tests.servers.registry import SQLITE, registry
from tests.store.officers import NOW, person


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with registry(SQLITE, tmp_path) as store, Homeserver("http://127.0.0.1:9") as nobody:
        site = Site(Settings(), State(tmp_path), store)
        yield Desk(site, Matrix(nobody, ""), KamarModule(nobody, ""), clock=lambda: NOW)


@pytest.mark.parametrize(
    ("state", "key", "waits"),
    [
        (PlanState.APPLYING, "plan:1:2:do:seat:1", True),
        (PlanState.UNDOING, "plan:1:2:undo:seat:1", True),
        (PlanState.APPLIED, "plan:1:2:do:seat:1", False),
        (PlanState.APPLYING, "seat:1:join", False),
    ],
)
async def test_a_seat_that_a_plan_ordered_waits_for_its_last_step(
    state: PlanState, key: str, waits: bool, desk: Desk
) -> None:
    async with desk.site.store.write() as db:
        who = await person(db, "Budi")
        values = {"title": "", "text": "", "hash": "", "diff": {}, "proposed_at": NOW}
        await db.execute(insert(plan).values(id=1, state=state, **values))
    row = Row(1, "seat", key, {"member": who.id}, 1)
    if waits:
        with pytest.raises(Later):
            await seat(desk, row)
    else:
        await seat(desk, row)
