"""The wave brake in the registry: trees of codes, the trail they left, who is held, campaigns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import MemberId, NodePath
from kamar.wave import WINDOW, Brought, Step
from kamar_store import outbox
from kamar_store.member import COLUMNS, Member
from kamar_store.referral import Invitation
from kamar_store.tables import campaign, hold, invitation, member, trail

MOST = 50  # held newcomers on one page


@dataclass(frozen=True, slots=True)
class Held:
    """A newcomer who waits, and the code his tree began with."""

    who: Member
    tree: str
    at: datetime


async def tree_of(db: AsyncConnection, brought_by: Invitation) -> str:
    """Return the code that a newcomer with this invitation counts to: a newcomer's code counts to his own tree."""
    if brought_by.owner is None:
        return brought_by.code
    owner = select(member.c.tree, member.c.vouched_at).where(member.c.id == brought_by.owner)
    row = (await db.execute(owner)).one_or_none()
    if row is None or row.vouched_at is not None or row.tree is None:
        return brought_by.code
    return str(row.tree)


async def brought(db: AsyncConnection, number: MemberId) -> Brought | None:
    """Return the code that brought a newcomer; none for who came without one."""
    owner = member.alias("owner")
    found = await db.execute(
        select(member.c.tree, invitation.c.node, owner.c.home, owner.c.vouched_at)
        .join(invitation, invitation.c.code == member.c.code)
        .outerjoin(owner, owner.c.id == invitation.c.owner)
        .where(member.c.id == number, member.c.tree.is_not(None))
    )
    row = found.one_or_none()
    if row is None:
        return None
    tree, place, home, vouched_at = row
    return Brought(
        tree,
        NodePath(place) if place else None,
        NodePath(home) if home else None,
        owner_vouched=vouched_at is not None,
    )


async def is_free(db: AsyncConnection, number: MemberId, tree: str, now: datetime) -> bool:
    """Tell whether the brake leaves a newcomer alone: released by an administrator, or his tree is a campaign's."""
    found = await db.execute(
        select(hold.c.member)
        .where(hold.c.member == number, hold.c.released_at.is_not(None))
        .union_all(select(func.length(campaign.c.code)).where(campaign.c.code == tree, campaign.c.until > now))
    )
    return bool(found.all())


async def steps(db: AsyncConnection, tree: str, now: datetime) -> list[Step]:
    """Return where newcomers of a tree were let in within the window."""
    found = await db.execute(
        select(trail.c.village, trail.c.room, trail.c.met).where(trail.c.tree == tree, trail.c.at > now - WINDOW)
    )
    return [Step(NodePath(village), room, met) for village, room, met in found]


async def step(db: AsyncConnection, number: MemberId, tree: str, taken: Step, now: datetime) -> None:
    """Write that a newcomer is let in, or comes back."""
    values = {"member": number, "room": taken.room, "tree": tree, "village": taken.village, "met": taken.met, "at": now}
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(trail).values(values)
    await db.execute(statement.on_conflict_do_update(index_elements=["member", "room"], set_=values))


async def put_on_hold(db: AsyncConnection, number: MemberId, tree: str, now: datetime) -> None:
    """Write that a newcomer waits. Repeatable."""
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    values = {"member": number, "tree": tree, "at": now}
    await db.execute(dialect.insert(hold).values(values).on_conflict_do_nothing(index_elements=["member"]))


async def let_go(db: AsyncConnection, number: MemberId) -> None:
    """Forget that a newcomer waited, who is let in now."""
    await db.execute(delete(hold).where(hold.c.member == number, hold.c.released_at.is_(None)))


async def is_held(db: AsyncConnection, number: MemberId) -> bool:
    """Tell whether a newcomer waits."""
    found = await db.execute(select(hold.c.member).where(hold.c.member == number, hold.c.released_at.is_(None)))
    return found.one_or_none() is not None


async def held(db: AsyncConnection) -> list[Held]:
    """Return who waits, oldest first."""
    found = await db.execute(
        select(*COLUMNS, hold.c.tree, hold.c.at)
        .join(hold, hold.c.member == member.c.id)
        .where(hold.c.released_at.is_(None), member.c.left_at.is_(None))
        .order_by(hold.c.at)
        .limit(MOST)
    )
    return [Held(Member(*row[:-2]), row[-2], row[-1]) for row in found]


async def release(db: AsyncConnection, number: MemberId, now: datetime) -> None:
    """Let a newcomer in all the same; the brake leaves him alone from now on."""
    await db.execute(update(hold).where(hold.c.member == number).values(released_at=now))
    await _seat(db, number, now)


async def open_campaign(db: AsyncConnection, code: str, lasts: timedelta, now: datetime) -> None:
    """Let everybody in who comes by a tree of codes, for a while, beginning with those who wait."""
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(campaign).values(code=code, until=now + lasts)
    await db.execute(statement.on_conflict_do_update(index_elements=["code"], set_={"until": now + lasts}))
    waiting = await db.execute(select(hold.c.member).where(hold.c.tree == code, hold.c.released_at.is_(None)))
    for (number,) in waiting.all():
        await _seat(db, MemberId(number), now)


async def try_again(db: AsyncConnection, now: datetime) -> None:
    """Ask once more for those who have waited a whole window: there may be room for them now."""
    late = and_(hold.c.released_at.is_(None), hold.c.at <= now - WINDOW)
    for (number,) in (await db.execute(select(hold.c.member).where(late).limit(MOST))).all():
        await db.execute(update(hold).where(hold.c.member == number).values(at=now))
        await _seat(db, MemberId(number), now)


async def _seat(db: AsyncConnection, number: MemberId, now: datetime) -> None:
    key = f"seat:{number}:wave:{now.isoformat()}"
    await outbox.put(db, "seat", key, {"member": number}, now, lane=f"member:{number}")
