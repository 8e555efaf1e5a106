"""The second accounts of a member: the link between two people who are one, sealed in the vault.

Every look at the link writes the vault's log first. The rows carry neither a number nor a time, so that what else we
know of the two accounts can't be laid beside them; what a second account is, ``member.persona`` says, not whose.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.display_name import skeleton
from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath, UserId
from kamar_store import appservice, vault_access
from kamar_store import member as members
from kamar_store.member import Member
from kamar_store.store import Store
from kamar_store.tables import member, vault_persona
from kamar_store.vault_key import Keys

FIRST, SECOND = "persona", "persona_back"
BOUND = "vault_persona"  # what the seal is tied to: of one table only
MOST = 5  # second accounts of one member


async def create(db: AsyncConnection, user: UserId, name: str, node: NodePath, now: datetime) -> MemberId:
    """Write a second account. When, only to the day: the hour would say who was at the portal."""
    return await members.create(db, user, name, node, None, None, day_of(now), persona=True)


async def link(db: AsyncConnection, keys: Keys, first: MemberId, second: MemberId) -> None:
    """Seal whose a second account is."""
    await db.execute(insert(vault_persona).values(_sealed(keys, first, second)))


async def of(db: AsyncConnection, keys: Keys, first: MemberId, *, purpose: str, now: datetime) -> list[Member]:
    """Return a member's second accounts, to himself; ``db`` is a connection to write with, for the log.

    Asked of everybody alike, so that the log doesn't tell who has one.
    """
    await vault_access.note(db, first, purpose, first, day_of(now))
    rows = await db.execute(
        select(vault_persona.c.key_id, vault_persona.c.sealed).where(
            vault_persona.c.lookup.in_(keys.lookups(FIRST, str(first)))
        )
    )
    found = [await members.by_id(db, _opened(keys, *row)[1]) for row in rows]
    return sorted((each for each in found if each is not None), key=lambda each: each.id)


async def is_named_alike(db: AsyncConnection, keys: Keys, who: Member, name: str, now: datetime) -> bool:
    """Tell whether a name of ``who`` would be, to the eye, that of another account of the same person."""
    first = who.id
    if who.persona:
        back = vault_persona.c.back.in_(keys.lookups(SECOND, str(who.id)))
        row = (await db.execute(select(vault_persona.c.key_id, vault_persona.c.sealed).where(back))).one_or_none()
        if row is None:
            return False  # an account that is a colleague's and nothing else
        first = _opened(keys, *row)[0]
    mine = [await members.by_id(db, first), *await of(db, keys, first, purpose="persona_name", now=now)]
    return any(skeleton(each.display_name) == skeleton(name) for each in mine if each and each.id != who.id)


async def one_of(db: AsyncConnection, keys: Keys, first: MemberId, user: str, *, purpose: str, now: datetime) -> Member:
    """Return one of a member's own second accounts.

    Raises:
        KamarError: ``not_found``: it is nobody's, or somebody else's.
    """
    mine = [each for each in await of(db, keys, first, purpose=purpose, now=now) if each.user_id == user]
    if not mine:
        raise KamarError("not_found")
    return mine[0]


async def erase(db: AsyncConnection, keys: Keys, second: Member) -> None:
    """Forget a second account, with everything the registry knows of it, and the link."""
    await appservice.unsign(db, user=second.user_id)
    await db.execute(delete(vault_persona).where(vault_persona.c.back.in_(keys.lookups(SECOND, str(second.id)))))
    await db.execute(delete(member).where(member.c.id == second.id, member.c.persona))


async def rotate(store: Store, keys: Keys, now: datetime) -> int:
    """Seal every link with the newest key; return how many were moved."""
    async with store.write() as db:
        rows = (await db.execute(select(vault_persona).where(vault_persona.c.key_id != keys.newest))).all()
        for row in rows:
            first, second = _opened(keys, row.key_id, row.sealed)
            await vault_access.note(db, None, "rotate", first, now)
            moving = update(vault_persona).where(vault_persona.c.back == row.back)
            await db.execute(moving.values(_sealed(keys, first, second)))
    return len(rows)


def day_of(now: datetime) -> datetime:
    """Return the beginning of the day: all that we keep of when somebody did something with a second account."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def _sealed(keys: Keys, first: MemberId, second: MemberId) -> dict[str, object]:
    key_id, sealed = keys.seal(f"{first} {second}", BOUND)
    return {
        "back": keys.lookup(SECOND, str(second)),
        "lookup": keys.lookup(FIRST, str(first)),
        "key_id": key_id,
        "sealed": sealed,
    }


def _opened(keys: Keys, key_id: str, sealed: bytes) -> tuple[MemberId, MemberId]:
    first, second = keys.open(key_id, sealed, BOUND).split()
    return MemberId(int(first)), MemberId(int(second))
