"""Members: who they are here, and where they live."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Subquery, and_, func, insert, literal, or_, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import MemberId, NodePath, UserId
from kamar.membership import MemberLevel
from kamar.node import below
from kamar_store.tables import member

CAP = 200  # no rule asks for a larger number of neighbours


@dataclass(frozen=True, slots=True)
class Member:
    """One member."""

    id: MemberId
    user_id: UserId
    display_name: str
    level: MemberLevel
    home: NodePath
    admin: bool
    demo: bool
    data_saving: bool | None  # none: never chosen, the browser decides
    plain_chat: bool
    vouched_at: datetime | None = None
    persona: bool = False  # a second account, at a workplace

    @property
    def vouched(self) -> bool:
        """Tell whether the neighbours vouch for this member."""
        return self.vouched_at is not None


COLUMNS = (
    member.c.id,
    member.c.user_id,
    member.c.display_name,
    member.c.level,
    member.c.home,
    member.c.admin,
    member.c.demo,
    member.c.data_saving,
    member.c.plain_chat,
    member.c.vouched_at,
    member.c.persona,
)


def read(row: Sequence[Any]) -> Member:
    """Return the member in a row of :data:`COLUMNS`."""
    return Member(*row)


async def by_user(db: AsyncConnection, user: str) -> Member | None:
    """Return the member with this Matrix account, who has not left."""
    found = await db.execute(select(*COLUMNS).where(member.c.user_id == user, member.c.left_at.is_(None)))
    row = found.one_or_none()
    return None if row is None else read(row)


async def by_id(db: AsyncConnection, number: int) -> Member | None:
    """Return the member with this number, who has not left."""
    found = await db.execute(select(*COLUMNS).where(member.c.id == number, member.c.left_at.is_(None)))
    row = found.one_or_none()
    return None if row is None else read(row)


async def named(db: AsyncConnection, name: str) -> list[Member]:
    """Return the members who bear a display name, capitals and small letters alike; few, because two are too many."""
    tidy = " ".join(name.split()).lower()
    same = func.lower(member.c.display_name) == tidy
    found = await db.execute(select(*COLUMNS).where(same, member.c.left_at.is_(None)).order_by(member.c.id).limit(20))
    return [read(row) for row in found]


async def create(
    db: AsyncConnection,
    user: UserId,
    display_name: str,
    home: NodePath,
    code: str | None,
    referrer: MemberId | None,
    now: datetime,
    *,
    admin: bool = False,
    demo: bool = False,
    vouched: bool = False,
    tree: str | None = None,
    persona: bool = False,
    level: MemberLevel = MemberLevel.SIMPATISAN,
) -> MemberId:
    """Write a new member, a ``simpatisan``, and return the number.

    Administrators and people of the demonstration are ``vouched`` for. ``tree``: the code at the root, see ``wave``.
    """
    values = {
        "user_id": user,
        "display_name": display_name,
        "level": level,
        "home": home,
        "code": code,
        "referrer": referrer,
        "admin": admin,
        "demo": demo,
        "vouched_at": now if vouched or admin or demo else None,
        "tree": tree,
        "persona": persona,
        "joined_at": now,
    }
    found = await db.execute(insert(member).values(values).returning(member.c.id))
    return MemberId(found.scalar_one())


async def rename(db: AsyncConnection, number: MemberId, display_name: str) -> None:
    """Write a new display name."""
    await db.execute(update(member).where(member.c.id == number).values(display_name=display_name))


async def save_data(db: AsyncConnection, number: MemberId, *, saving: bool) -> None:
    """Remember whether the member wants pictures only on tap."""
    await db.execute(update(member).where(member.c.id == number).values(data_saving=saving))


async def prefer_plain_chat(db: AsyncConnection, number: MemberId, *, preferred: bool) -> None:
    """Remember whether the member's rooms open as plain pages."""
    await db.execute(update(member).where(member.c.id == number).values(plain_chat=preferred))


async def make_admin(db: AsyncConnection, number: MemberId) -> None:
    """Make a member an administrator of the portal (never of Synapse)."""
    await db.execute(update(member).where(member.c.id == number).values(admin=True))


async def counts(db: AsyncConnection, nodes: Iterable[NodePath]) -> dict[NodePath, int]:
    """Return how many members live at or below each node, up to ``CAP``, so that the cost stays small."""
    parts = [
        select(
            literal(path).label("path"),
            select(func.count()).select_from(_at(path)).scalar_subquery().label("count"),
        )
        for path in nodes
    ]
    if not parts:
        return {}
    found = await db.execute(union_all(*parts))
    return {NodePath(path): count for path, count in found}


async def living_at(db: AsyncConnection, node: NodePath) -> list[MemberId]:
    """Return the members at or below a node. For jobs; a village has hundreds, never all members of a province."""
    found = await db.execute(select(member.c.id).where(_below(node), member.c.left_at.is_(None)))
    return [MemberId(number) for (number,) in found]


def _below(node: NodePath) -> ColumnElement[bool]:
    low, high = below(node)
    return or_(member.c.home == node, and_(member.c.home >= low, member.c.home < high))


def _at(node: NodePath) -> Subquery:
    return select(member.c.id).where(_below(node), member.c.left_at.is_(None)).limit(CAP).subquery()
