"""The outbox: effects are carried out once, in the order of their lane, and never forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kamar_store import outbox
from kamar_store.store import Store
from tests.servers.postgres import postgres
from tests.servers.registry import SQLITE, registry

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgres(tmp_path_factory.mktemp("postgres")) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.integration)])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    url = SQLITE if request.param == "sqlite" else request.getfixturevalue("cluster")
    async with registry(url, tmp_path) as made:
        yield made


async def put(store: Store, *keys: str, lane: str | None = None) -> None:
    async with store.write() as db:
        for key in keys:
            await outbox.put(db, "send", key, {"key": key}, NOW, lane)


async def claim(store: Store, now: datetime = NOW, most: int = 10) -> list[outbox.Row]:
    async with store.write() as db:
        return await outbox.claim(db, now, most)


async def keys(store: Store, now: datetime = NOW) -> list[str]:
    return [row.key for row in await claim(store, now)]


async def test_the_same_key_is_one_effect_for_ever(store: Store) -> None:
    await put(store, "a", "a")
    (row,) = await claim(store)
    async with store.write() as db:
        await outbox.done(db, row)
    await put(store, "a")
    assert await keys(store) == []


async def test_a_claimed_row_belongs_to_one_worker_until_the_claim_runs_out(store: Store) -> None:
    await put(store, "a")
    assert await keys(store) == ["a"]
    assert await keys(store, NOW + outbox.CLAIM - timedelta(seconds=1)) == []
    assert await keys(store, NOW + outbox.CLAIM + timedelta(seconds=1)) == ["a"]


async def test_rows_of_one_lane_follow_each_other(store: Store) -> None:
    await put(store, "a1", "a2", lane="a")
    await put(store, "b1", lane="b")
    first, second = await claim(store)
    assert [first.key, second.key] == ["a1", "b1"]
    async with store.write() as db:
        await outbox.done(db, first)
    assert await keys(store) == ["a2"]


async def test_a_lane_waits_for_its_failed_row_and_goes_on_when_that_is_parked(store: Store) -> None:
    await put(store, "a1", "a2", lane="a")
    now = NOW
    for _attempt in range(outbox.PARKED_AFTER):
        (row,) = await claim(store, now)
        assert row.key == "a1"
        async with store.write() as db:
            await outbox.later(db, row, now, "M_UNKNOWN")
        now += outbox.LONGEST
    assert await keys(store, now) == ["a2"]
    async with store.read() as db:
        assert await outbox.waiting(db) == {"ready": 1, "parked": 1}


async def test_patience_grows_but_waiting_for_another_row_costs_none(store: Store) -> None:
    await put(store, "a")
    (row,) = await claim(store)
    async with store.write() as db:
        await outbox.later(db, row, NOW, "later", wait=timedelta(seconds=2))
    assert await keys(store, NOW + timedelta(seconds=1)) == []
    (row,) = await claim(store, NOW + timedelta(seconds=2))
    assert row.attempts == 1
    async with store.write() as db:
        await outbox.later(db, row, NOW, "M_UNKNOWN")
    (row,) = await claim(store, NOW + outbox.BACKOFF)
    assert row.attempts == 2


async def test_an_effect_of_a_cause_that_failed_never_was(store: Store) -> None:
    async def fail() -> None:
        async with store.write() as db:
            await outbox.put(db, "send", "a", {}, NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await keys(store) == []


async def test_many_workers_at_once_take_each_row_once(store: Store) -> None:
    names = [f"k{number}" for number in range(60)]
    for number, name in enumerate(names):
        await put(store, name, lane=f"lane{number % 7}")
    taken: list[str] = []

    async def worker() -> None:
        while rows := await claim(store, most=3):
            for row in rows:
                taken.append(row.key)
                async with store.write() as db:
                    await outbox.done(db, row)

    for _round in range(len(names)):
        await asyncio.gather(*(worker() for _ in range(6)))
        if len(taken) >= len(names):
            break
    assert sorted(taken) == sorted(names)


async def test_after_a_kill_the_only_worker_gets_its_rows_back(store: Store) -> None:
    await put(store, "a")
    await claim(store)
    async with store.write() as db:
        await outbox.release(db)
    assert await keys(store) == ["a"]


async def test_an_administrator_tries_a_parked_row_again(store: Store) -> None:
    await put(store, "a")
    now = NOW
    for _attempt in range(outbox.PARKED_AFTER):
        (row,) = await claim(store, now)
        async with store.write() as db:
            await outbox.later(db, row, now, "M_UNKNOWN")
        now += outbox.LONGEST
    async with store.write() as db:
        await outbox.unpark(db, row.id, now)
    assert await keys(store, now) == ["a"]


async def test_what_was_done_long_ago_is_forgotten_and_what_waits_is_not(store: Store) -> None:
    await put(store, "a", "b")
    first, _second = await claim(store)
    async with store.write() as db:
        await outbox.done(db, first)
        await outbox.forget_done(db, NOW + timedelta(days=30))
    assert await keys(store, NOW + outbox.CLAIM * 2) == ["b"]
    await put(store, "a")
    assert await keys(store, NOW + outbox.CLAIM * 2) == ["a"]  # its key is free again
