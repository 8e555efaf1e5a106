"""What the account for encrypted talk lets near, without a server."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from sqlalchemy import select

from kamar.ids import EventId, RoomId, UserId
from kamar.state import State
from kamar_bots.direct import Direct
from kamar_bots.direct_device import Device
from kamar_bridges.encrypted import Batch, Invite
from kamar_store.site import Site
from kamar_store.store import Store
from kamar_store.tables import direct_reply
from tests.bots.village import SETTINGS


@pytest.fixture
def direct(store: Store, tmp_path: Path) -> Direct:
    """Give the adapter with a device that is not asked anything."""
    device = cast(Device, SimpleNamespace(encrypted=None, matrix=None))
    return Direct(Site(SETTINGS, State(tmp_path), store), device)


@pytest.mark.parametrize(
    ("sender", "as_direct", "said"),
    [
        ("@siti:kamar.test", True, ["join", "send"]),
        ("@siti:kamar.test", False, []),
        ("@siti:lain.test", True, []),
        ("@siti:lain.test:kamar.test", True, []),
    ],
    ids=["a direct talk", "a group", "another server", "a server of a similar name"],
)
async def test_only_direct_talks_with_people_of_this_server_are_accepted(
    sender: str, as_direct: bool, said: list[str], direct: Direct, store: Store
) -> None:
    invite = Invite(EventId("$i"), RoomId("!room"), UserId(sender), as_direct)
    for position in ("1", "2"):  # Synapse may tell of an invitation twice
        await direct.take(Batch(position, (), (invite,)))
    async with store.read() as db:
        kinds = (await db.execute(select(direct_reply.c.kind).order_by(direct_reply.c.id))).scalars().all()
    assert kinds == said
