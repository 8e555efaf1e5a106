"""What an administrator is shown, and the hashes of recovery words, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kamar.ids import NodePath, UserId
from kamar.structure import RoomKey, RoomKind
from kamar_store import admin, member, outbox, recovery, referral, seating
from kamar_store.store import Store
from tests.servers.registry import SQLITE, registry

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
VILLAGE = NodePath("32.16.19.2005")


@pytest.fixture(params=[SQLITE, pytest.param("postgresql", marks=pytest.mark.integration)])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    url = SQLITE if request.param == SQLITE else request.getfixturevalue("cluster")
    async with registry(url, tmp_path) as made:
        yield made


async def test_members_and_kamar_are_counted_and_spaces_are_not(store: Store) -> None:
    keys = [RoomKey(VILLAGE, kind) for kind in (RoomKind.SPACE, RoomKind.OBROLAN, RoomKind.SIARAN)]
    async with store.write() as db:
        await member.create(db, UserId("@one:test"), "Budi", VILLAGE, None, None, NOW)
        await member.create(db, UserId("@two:test"), "Ani", VILLAGE, None, None, NOW, demo=True)
        await seating.want_rooms(db, keys, NOW)
        assert await admin.numbers(db) == admin.Numbers(members=2, demo=1, kamar_open=0, kamar_wanted=2)


async def test_parked_effects_are_listed_with_their_error_only(store: Store) -> None:
    async with store.write() as db:
        await outbox.put(db, "seat", "stuck", {"member": 1}, NOW)
        [row] = await outbox.claim(db, NOW, 1)
        tired = outbox.Row(row.id, row.kind, row.key, row.payload, outbox.PARKED_AFTER)
        await outbox.later(db, tired, NOW, "M_UNKNOWN")
        assert await admin.parked(db) == [admin.Parked(row.id, "seat", "M_UNKNOWN")]


async def test_the_server_s_own_codes_in_force_are_listed(store: Store) -> None:
    async with store.write() as db:
        owner = await member.create(db, UserId("@one:test"), "Budi", VILLAGE, None, None, NOW)
        await referral.create(db, "K2OWN", owner, VILLAGE, NOW)
        await referral.create(db, "K2KEPT", None, VILLAGE, NOW)
        await referral.create(db, "K2GONE", None, None, NOW)
        await referral.revoke(db, "K2GONE", NOW)
        assert [(item.code, item.node) for item in await admin.codes(db)] == [("K2KEPT", VILLAGE)]


async def test_nobody_has_recovery_words_who_was_given_none(store: Store) -> None:
    async with store.write() as db:
        await member.create(db, UserId("@one:test"), "Budi", VILLAGE, None, None, NOW)
        assert await recovery.hash_of(db, "@one:test") is None
