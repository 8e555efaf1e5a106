"""Trees of codes: a newcomer's own code counts to the code that brought him."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kamar.ids import MemberId, NodePath, UserId
from kamar.wave import WINDOW, Step
from kamar_store import member as members
from kamar_store import outbox, referral, vouch, wave
from kamar_store.store import Db, Store

NOW = datetime(2026, 11, 21, tzinfo=UTC)
HOME = NodePath("32.16.19.2005/RW005/RT003")
SERVER = "K2AAAAAAAA"


@pytest.fixture
async def store(empty: Store) -> Store:
    async with empty.write() as db:
        await referral.create(db, SERVER, None, None, NOW)
    return empty


async def arrive(db: Db, name: str, code: str) -> tuple[MemberId, str]:
    """Let somebody come by a code; return number and own code."""
    invitation = await referral.find(db, code)
    tree = await wave.tree_of(db, invitation)
    user = UserId(f"@{name}:x")
    number = await members.create(db, user, name, HOME, code, invitation.owner, NOW, tree=tree)
    await referral.create(db, f"K2{name.upper():A<8}", number, HOME, NOW)
    return number, f"K2{name.upper():A<8}"


async def test_a_chain_of_newcomers_counts_to_the_first_code(store: Store) -> None:
    async with store.write() as db:
        code = SERVER
        for name in ("a1", "b2", "c3"):
            number, code = await arrive(db, name, code)
            brought = await wave.brought(db, number)
            assert brought is not None
            assert brought.tree == SERVER


async def test_behind_a_neighbour_a_new_tree_begins(store: Store) -> None:
    async with store.write() as db:
        first, code = await arrive(db, "a1", SERVER)
        await vouch.confirm(db, first, NOW)
        number, _ = await arrive(db, "b2", code)
        brought = await wave.brought(db, number)
        assert brought is not None
        assert (brought.tree, brought.owner_vouched) == (code, True)


async def test_a_step_counts_for_a_week_and_only_until_somebody_is_vouched_for(store: Store) -> None:
    async with store.write() as db:
        number, _ = await arrive(db, "a1", SERVER)
        other, _ = await arrive(db, "b2", SERVER)
        taken = Step(NodePath("32.16.19.2005"), 1, 15)
        for who in (number, other, other):
            await wave.step(db, who, SERVER, taken, NOW)
        assert await wave.steps(db, SERVER, NOW) == [taken] * 2
        assert await wave.steps(db, SERVER, NOW + WINDOW) == []
        await vouch.confirm(db, other, NOW)
        assert await wave.steps(db, SERVER, NOW) == [taken]


@pytest.mark.parametrize(
    ("after", "asked"), [(WINDOW - timedelta(seconds=1), 0), (WINDOW, 1)], ids=["a second early", "in time"]
)
async def test_who_waited_a_week_is_asked_for_again(after: timedelta, asked: int, store: Store) -> None:
    async with store.write() as db:
        number, _ = await arrive(db, "a1", SERVER)
        await wave.put_on_hold(db, number, SERVER, NOW)
        await wave.try_again(db, NOW + after)
        rows = await outbox.claim(db, NOW + after, 10)
    assert len([row for row in rows if row.kind == "seat"]) == asked
