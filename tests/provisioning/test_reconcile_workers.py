"""The same with a worker, Redis and PostgreSQL: what one process of Synapse writes, the other shows and guards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from kamar.ids import NodePath
from kamar.reconcile import BADGE_EVENT
from kamar.structure import RoomKey, RoomKind
from kamar_bridges.homeserver import Homeserver, MatrixError
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix
from kamar_provisioning import audit_command
from kamar_provisioning.jobs import Desk, drain
from kamar_provisioning.power import appoint
from tests.provisioning.neighbours import inside, newcomer, power, rooms_at, state
from tests.servers.branch import Branch, branch
from tests.servers.postgres import postgres
from tests.servers.redis import redis

pytestmark = pytest.mark.integration

VILLAGE = NodePath("32.16.19.2005")
RT = NodePath(f"{VILLAGE}/RW005/RT003")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    with ExitStack() as stack:
        database = stack.enter_context(postgres(Path(stack.enter_context(TemporaryDirectory()))))
        port = stack.enter_context(redis())
        directory = tmp_path_factory.mktemp("branch")
        yield stack.enter_context(branch(directory, database=database, redis_port=port, serve=False))


async def test_power_given_over_one_process_is_seen_guarded_and_repaired_over_the_other(server: Branch) -> None:
    site, token = server.site(), server.homeserver.as_token
    async with Homeserver(server.homeserver.url) as main, Homeserver(server.homeserver.worker_url) as worker:
        desk = Desk(site, Matrix(main, token), KamarModule(main, token))
        beside = Desk(site, Matrix(worker, token), KamarModule(worker, token))
        people = [await newcomer(beside, RT) for _ in range(5)]  # their clients talk with the worker
        await drain(desk)
        street = (await rooms_at(desk, VILLAGE))[RoomKey(RT, RoomKind.OBROLAN)]
        async with site.store.write() as db:
            await appoint(db, people[0].number, RT, "koordinator", "SK 1", datetime.now(UTC))
        await drain(desk)
        assert await power(beside, street) == {people[0].user: 50}

        levels = dict(await beside.matrix.get_state(street, "m.room.power_levels"))
        for kind, content in (("m.room.power_levels", {**levels, "users": {}}), (BADGE_EVENT, {"officers": []})):
            with pytest.raises(MatrixError, match="M_FORBIDDEN"):
                await people[0].matrix.put_state(street, kind, content)

        await beside.matrix.put_state(street, "m.room.power_levels", {**levels, "users": {people[1].user: 100}})
        await people[0].matrix.leave(street)
        await people[1].matrix.kick(street, people[2].user, "x")
        report = await audit_command.repaired(desk)
        assert {each["what"] for each in report["found"]} == {"power", "missing"}
        assert await power(beside, street) == {people[0].user: 50}
        assert await inside(beside, street) == {each.user for each in people}
        assert (await audit_command.looked(beside))["found"] == []
        assert people[0].user in str(await state(beside, street, BADGE_EVENT))
    await site.store.close()
