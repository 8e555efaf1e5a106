"""Announcements and names on every axis."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kamar.errors import KamarError
from kamar.ids import NodePath, RoomId, UserId
from kamar.organisation import profile
from kamar.structure import RoomKey, RoomKind
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store import node, seating, siaran
from kamar_store.display_name import read_name
from tests.servers.registry import SQLITE, registry

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PLANT = NodePath("kerja/maju-jaya/cikarang")


async def test_a_plant_announces_to_its_own_people_and_no_wilayah_reaches_them(tmp_path: Path) -> None:
    async with registry(SQLITE, tmp_path) as store, store.write() as db:
        for path, name in (("kerja/maju-jaya", "PT Maju Jaya"), (PLANT, "Pabrik Cikarang")):
            await node.create(db, profile("serikat"), path, name, NOW)
        user = UserId("@eko:kamar.test")
        number = await members.create(db, user, "Eko", PLANT, None, None, NOW, vouched=True)
        await mandates.appoint(db, number, PLANT, "koordinator-puk", "", NOW - timedelta(days=1))
        await mandates.appoint(db, number, NodePath("32.16"), "ketua", "", NOW - timedelta(days=1))
        await seating.want_rooms(db, [RoomKey(PLANT, RoomKind.SIARAN)], NOW)
        (room,) = await seating.rooms_at(db, [PLANT])
        await seating.opened(db, room, RoomId("!plant"), NOW)
        who = await members.by_id(db, number)
        assert who is not None
        by = await siaran.signature(db, profile("serikat"), who, PLANT, NOW)
        assert by.endswith(", Pabrik Cikarang")
        assert await siaran.begin(db, profile("serikat"), who, PLANT, by, NOW) == 1
        with pytest.raises(KamarError, match="siaran_no_rooms"):
            await siaran.begin(db, profile("serikat"), who, NodePath("32.16"), by, NOW)
        with pytest.raises(KamarError, match="name_officer"):
            await read_name(db, profile("serikat"), "3ko", PLANT, NOW)
