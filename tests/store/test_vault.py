"""The vault: nothing readable without the key file, nothing read without a row, nothing linkable after erasure."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath, UserId
from kamar.state import State
from kamar_provisioning.vault import change_key
from kamar_store import member as members
from kamar_store import vault, vault_access, vault_key
from kamar_store.store import Store
from kamar_store.tables import member as member_table
from kamar_store.tables import vault_access as log
from kamar_store.tables import vault_contact as rows
from kamar_store.vault import ContactKind
from kamar_store.vault_key import Keys

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
EMAIL, PHONE = "kenari.canary@contoh.id", "+6281298765432"
NUMBERS = count()


@pytest.fixture
def state(tmp_path: Path) -> State:
    made = State(tmp_path / "state")
    vault_key.ensure(made)
    return made


@pytest.fixture
def keys(state: State) -> Keys:
    return vault_key.load(state)


@pytest.fixture
async def dewi(empty: Store) -> MemberId:
    return await somebody(empty)


async def somebody(store: Store) -> MemberId:
    """Write a member and return the number."""
    async with store.write() as db:
        user = UserId(f"@orang{next(NUMBERS)}:kamar.test")
        return await members.create(db, user, "Dewi", NodePath("32.16.19.2005"), None, None, NOW)


async def keep(store: Store, keys: Keys, who: MemberId, kind: ContactKind = ContactKind.EMAIL, *, proved: bool) -> None:
    """Keep the canary of a kind."""
    async with store.write() as db:
        await vault.keep(db, keys, who, kind, EMAIL if kind is ContactKind.EMAIL else PHONE, NOW)
        if proved:
            await vault.verify(db, who, kind, NOW)


async def read(store: Store, keys: Keys, who: MemberId, actor: MemberId | None = None) -> str | None:
    """Read the e-mail address."""
    async with store.write() as db:
        return await vault.read(db, keys, who, ContactKind.EMAIL, actor=actor, purpose="test", now=NOW)


async def test_a_value_comes_back_and_no_table_holds_it(empty: Store, keys: Keys, dewi: MemberId) -> None:
    await keep(empty, keys, dewi, proved=True)
    await keep(empty, keys, dewi, ContactKind.PHONE, proved=False)
    assert await read(empty, keys, dewi) == EMAIL
    async with empty.read() as db:
        kept = (await db.execute(select(rows))).all()
    assert EMAIL not in str(kept)
    assert not any(secret.encode() in row.sealed for row in kept for secret in (EMAIL, PHONE, "kenari"))
    with pytest.raises(KamarError, match="vault_key_missing"):
        await read(empty, Keys({"other": os.urandom(32)}), dewi)
    with pytest.raises(InvalidTag):
        await read(empty, Keys({keys.newest: os.urandom(32)}), dewi)


async def test_a_row_moved_to_somebody_else_opens_nothing(empty: Store, keys: Keys, dewi: MemberId) -> None:
    await keep(empty, keys, dewi, proved=False)
    thief = await somebody(empty)
    async with empty.write() as db:
        await db.execute(update(rows).where(rows.c.member == dewi).values(member=thief))
    with pytest.raises(InvalidTag):
        await read(empty, keys, thief)


async def test_equal_values_are_found_and_no_hash_without_the_key_is(empty: Store, keys: Keys, dewi: MemberId) -> None:
    await keep(empty, keys, dewi, proved=True)
    async with empty.read() as db:
        assert await vault.owner(db, keys, ContactKind.EMAIL, EMAIL) == dewi
        assert await vault.owner(db, keys, ContactKind.PHONE, EMAIL) is None
        assert await vault.owner(db, Keys({"x": os.urandom(32)}), ContactKind.EMAIL, EMAIL) is None


async def test_what_somebody_only_claims_opens_no_door_and_blocks_nobody(
    empty: Store, keys: Keys, dewi: MemberId
) -> None:
    squatter = await somebody(empty)
    await keep(empty, keys, squatter, proved=False)
    async with empty.read() as db:
        assert await vault.owner(db, keys, ContactKind.EMAIL, EMAIL) is None
    await keep(empty, keys, dewi, proved=True)
    with pytest.raises(KamarError, match="contact_taken"):
        await keep(empty, keys, squatter, proved=True)
    async with empty.read() as db:
        assert await vault.owner(db, keys, ContactKind.EMAIL, EMAIL) == dewi


async def test_another_value_is_no_longer_verified(empty: Store, keys: Keys, dewi: MemberId) -> None:
    await keep(empty, keys, dewi, proved=True)
    async with empty.write() as db:
        await vault.keep(db, keys, dewi, ContactKind.EMAIL, "lain@contoh.id", NOW)
    async with empty.read() as db:
        assert [contact.verified for contact in await vault.contacts(db, dewi)] == [False]


async def test_every_read_is_a_row_and_the_chain_is_whole(empty: Store, keys: Keys, dewi: MemberId) -> None:
    officer = await somebody(empty)
    await keep(empty, keys, dewi, proved=True)
    for actor in (None, officer, dewi):
        await read(empty, keys, dewi, actor)
    async with empty.write() as db:
        found = await vault_access.about(db, dewi)
        assert [row.actor for row in found] == [
            vault_access.SERVER,
            await vault_access.pseudonym(db, officer),
            await vault_access.pseudonym(db, dewi),
        ]
        assert await vault_access.first_broken(db) is None


async def test_the_log_can_only_grow(empty: Store, keys: Keys, dewi: MemberId) -> None:
    await keep(empty, keys, dewi, proved=True)
    await read(empty, keys, dewi)
    for statement in (update(log).values(actor="nobody"), delete(log)):
        with pytest.raises(DBAPIError):
            async with empty.write() as db:
                await db.execute(statement)


@pytest.mark.parametrize("forgery", ["change", "remove"])
async def test_whoever_gets_around_that_is_found_out(empty: Store, keys: Keys, dewi: MemberId, forgery: str) -> None:
    await keep(empty, keys, dewi, proved=True)
    for _ in range(3):
        await read(empty, keys, dewi)
    async with empty.write() as db:
        drop = "DROP TRIGGER vault_access_no_{}" if not empty.postgresql else "DROP TRIGGER {} ON vault_access"
        for name in ("UPDATE", "DELETE") if not empty.postgresql else ("vault_access_append_only",):
            await db.execute(text(drop.format(name)))
        second = (await db.execute(select(log.c.id).order_by(log.c.id))).scalars().all()[1]
        change = update(log).values(purpose="innocent") if forgery == "change" else delete(log)
        await db.execute(change.where(log.c.id == second))
        assert await vault_access.first_broken(db) == second + (forgery == "remove")


async def test_erasing_a_member_makes_the_log_nobodys_and_keeps_it_whole(
    empty: Store, keys: Keys, dewi: MemberId
) -> None:
    await keep(empty, keys, dewi, proved=True)
    await read(empty, keys, dewi)
    async with empty.write() as db:
        before = await vault_access.pseudonym(db, dewi)
        await db.execute(delete(member_table).where(member_table.c.id == dewi))
        assert (await db.execute(select(rows))).all() == []
        assert await vault_access.first_broken(db) is None
    again = await somebody(empty)
    async with empty.write() as db:
        assert await vault_access.pseudonym(db, again) != before


async def test_keys_change_without_losing_anything(empty: Store, state: State, dewi: MemberId) -> None:
    old = vault_key.load(state)
    await keep(empty, old, dewi, proved=True)
    sent = old.code("a letter on its way")
    new = vault_key.add(state)
    async with empty.read() as db:
        assert await vault.owner(db, new, ContactKind.EMAIL, EMAIL) == dewi
    assert await vault.rotate(empty, new, NOW) == 1
    assert await vault.rotate(empty, new, NOW) == 0
    assert new.is_code(sent, "a letter on its way")
    with pytest.raises(KamarError, match="vault_key_missing"):
        await read(empty, old, dewi)
    assert await change_key(state, empty) == 1
    assert old.newest not in vault_key.load(state).by_id
    assert await read(empty, vault_key.load(state), dewi) == EMAIL
    async with empty.read() as db:
        assert await vault.owner(db, vault_key.load(state), ContactKind.EMAIL, EMAIL) == dewi


async def test_a_change_of_keys_that_was_broken_off_loses_nothing(empty: Store, state: State, dewi: MemberId) -> None:
    await keep(empty, vault_key.load(state), dewi, proved=True)
    vault_key.add(state)  # and then the power went
    assert await change_key(state, empty) == 1
    assert await read(empty, vault_key.load(state), dewi) == EMAIL


async def test_an_address_proved_twice_while_keys_change_stays_one_members(
    empty: Store, state: State, dewi: MemberId
) -> None:
    await keep(empty, vault_key.load(state), dewi, proved=True)
    other = await somebody(empty)
    new = vault_key.add(state)
    await keep(empty, new, other, proved=True)
    assert await vault.rotate(empty, new, NOW) == 1
    async with empty.read() as db:
        assert await vault.owner(db, new, ContactKind.EMAIL, EMAIL) == other


def test_the_key_file_is_its_owners_alone_and_is_made_once(state: State) -> None:
    assert state.secret(vault_key.NAME).stat().st_mode & 0o077 == 0
    first = vault_key.load(state).newest
    vault_key.ensure(state)
    assert vault_key.load(state).newest == first
    assert vault_key.load(state).by_id[first].hex() not in repr(vault_key.load(state))
