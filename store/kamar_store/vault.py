"""The vault: a member's telephone number and e-mail address. Every read writes a row of the log first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.errors import KamarError
from kamar.ids import MemberId
from kamar_store import vault_access
from kamar_store.store import Store
from kamar_store.tables import vault_contact
from kamar_store.vault_key import Keys

BATCH = 200  # rows sealed anew in one transaction


class ContactKind(StrEnum):
    """What can be kept."""

    PHONE = "phone"  # E.164
    EMAIL = "email"  # lower case


@dataclass(frozen=True, slots=True)
class Contact:
    """That something is kept, not what."""

    kind: ContactKind
    verified: bool


async def keep(db: AsyncConnection, keys: Keys, member: MemberId, kind: ContactKind, value: str, now: datetime) -> None:
    """Keep a value, unverified, in the place of an older one of its kind."""
    key_id, sealed = keys.seal(value, _bound(member, kind))
    values = {
        "key_id": key_id,
        "sealed": sealed,
        "lookup": keys.lookup(kind, value),
        "verified": False,
        "verified_at": None,
        "created_at": now,
    }
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(vault_contact).values(member=member, kind=kind, **values)
    await db.execute(statement.on_conflict_do_update(index_elements=["member", "kind"], set_=values))


async def remove(db: AsyncConnection, member: MemberId, kind: ContactKind) -> None:
    """Forget a value."""
    await db.execute(delete(vault_contact).where(vault_contact.c.member == member, vault_contact.c.kind == kind))


async def verify(db: AsyncConnection, member: MemberId, kind: ContactKind, now: datetime) -> None:
    """Write that a value was proved to be the member's.

    Raises:
        KamarError: ``contact_taken``, it was proved to be somebody else's before.
    """
    try:
        async with db.begin_nested():
            await db.execute(
                update(vault_contact)
                .where(vault_contact.c.member == member, vault_contact.c.kind == kind)
                .values(verified=True, verified_at=now)
            )
    except IntegrityError as error:
        raise KamarError("contact_taken") from error


async def owner(db: AsyncConnection, keys: Keys, kind: ContactKind, value: str) -> MemberId | None:
    """Return whose verified contact this is. Opens nothing."""
    found = await db.execute(
        select(vault_contact.c.member).where(
            vault_contact.c.lookup.in_(keys.lookups(kind, value)),
            vault_contact.c.kind == kind,
            vault_contact.c.verified,
        )
    )
    number = found.scalars().first()
    return None if number is None else MemberId(number)


async def contacts(db: AsyncConnection, member: MemberId) -> list[Contact]:
    """Return which kinds a member has given. Opens nothing."""
    found = await db.execute(
        select(vault_contact.c.kind, vault_contact.c.verified)
        .where(vault_contact.c.member == member)
        .order_by(vault_contact.c.kind)
    )
    return [Contact(ContactKind(kind), verified) for kind, verified in found]


async def read(
    db: AsyncConnection,
    keys: Keys,
    member: MemberId,
    kind: ContactKind,
    *,
    actor: MemberId | None,
    purpose: str,
    now: datetime,
) -> str | None:
    """Return a value; the only way to one, and it writes the log in the same transaction.

    ``db`` must be a connection to write with; ``actor`` none is the server itself.
    """
    found = await db.execute(
        select(vault_contact.c.key_id, vault_contact.c.sealed).where(
            vault_contact.c.member == member, vault_contact.c.kind == kind
        )
    )
    row = found.one_or_none()
    if row is None:
        return None
    await vault_access.note(db, actor, purpose, member, now)
    return keys.open(row.key_id, row.sealed, _bound(member, kind))


async def rotate(store: Store, keys: Keys, now: datetime) -> int:
    """Seal everything with the newest key; return how many rows were moved. Broken off, it is simply called again."""
    moved = 0
    while batch := await _rotate_batch(store, keys, now):
        moved += batch
    return moved


async def _rotate_batch(store: Store, keys: Keys, now: datetime) -> int:
    async with store.write() as db:
        found = await db.execute(
            select(vault_contact.c.id, vault_contact.c.member, vault_contact.c.kind)
            .where(vault_contact.c.key_id != keys.newest)
            .order_by(vault_contact.c.id)
            .limit(BATCH)
        )
        rows = found.all()
        for number, member, kind in rows:
            value = await read(db, keys, MemberId(member), ContactKind(kind), actor=None, purpose="rotate", now=now)
            assert value is not None
            key_id, sealed = keys.seal(value, _bound(member, kind))
            values = {"key_id": key_id, "sealed": sealed, "lookup": keys.lookup(kind, value)}
            moving = update(vault_contact).where(vault_contact.c.id == number)
            try:
                async with db.begin_nested():
                    await db.execute(moving.values(values))
            except IntegrityError:  # proved twice, under two keys, while the keys were changing: the newer proof stands
                await db.execute(moving.values(verified=False, verified_at=None, **values))
        return len(rows)


def mask(kind: ContactKind, value: str) -> str:
    """Return a value as its owner recognises it and nobody else learns it: ``+62 ••• 89``, ``b•••@contoh.id``."""
    if kind is ContactKind.PHONE:
        return f"{value[:3]} ••• {value[-2:]}"
    name, _, domain = value.partition("@")
    return f"{name[:1]}•••@{domain}"


def _bound(member: int, kind: str) -> str:
    return f"vault_contact\0{member}\0{kind}"
