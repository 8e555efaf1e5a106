"""Who belongs to which nodes besides the home, who asks to, and who lets them in."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.belonging import Belonging, Opening, enters, is_let_in, may_be_found
from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath
from kamar.node import Axis, axis_of, is_hidden
from kamar.organisation import Organisation, Right
from kamar.policy import covers
from kamar_store import belonging_tell, outbox, vouch
from kamar_store import mandate_find as mandates
from kamar_store import member as members
from kamar_store.member import COLUMNS, Member
from kamar_store.referral import Invitation
from kamar_store.tables import belonging, belonging_word, member, node

MOST = 50  # rows on one page


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody who waits to be let in, and how many words were said for him."""

    id: int
    who: Member
    node: NodePath
    words: int


@dataclass(frozen=True, slots=True)
class Known:
    """A node in the list of those that one may ask to join; ``state`` is the member's own."""

    path: NodePath
    name: str
    whole: str
    state: Belonging | None


async def nodes_of(db: AsyncConnection, number: MemberId) -> list[NodePath]:
    """Return the nodes that a member belongs to besides the home, oldest first."""
    found = await db.execute(
        select(belonging.c.node)
        .where(belonging.c.member == number, belonging.c.state == Belonging.IN)
        .order_by(belonging.c.id)
    )
    return [NodePath(path) for path in found.scalars()]


async def states_of(db: AsyncConnection, number: MemberId) -> dict[NodePath, Belonging]:
    """Return what a member is to which nodes."""
    found = await db.execute(select(belonging.c.node, belonging.c.state).where(belonging.c.member == number))
    return {NodePath(path): Belonging(state) for path, state in found}


async def count_in(db: AsyncConnection, path: NodePath) -> int:
    """Return how many belong to a node."""
    inside = select(func.count()).select_from(belonging)
    found = await db.scalar(inside.where(belonging.c.node == path, belonging.c.state == Belonging.IN))
    return int(found or 0)


async def is_in(db: AsyncConnection, number: MemberId, path: NodePath) -> bool:
    """Tell whether a member belongs to a node."""
    row = select(belonging.c.id).where(belonging.c.member == number, belonging.c.node == path)
    return (await db.execute(row.where(belonging.c.state == Belonging.IN))).one_or_none() is not None


async def to_find(db: AsyncConnection, who: Member, typed: str, *, below: str = "") -> list[Known]:
    """Return nodes that ``who`` may ask to join, by a part of their name; workplaces are never among them."""
    chosen: list[Any] = [node.c.axis.in_([axis.value for axis in (Axis.JARINGAN, Axis.PROFESI, Axis.SEKOLAH)])]
    chosen += [node.c.valid_to.is_(None), node.c.parent != ""]
    chosen += [func.lower(node.c.full_name).contains(word.lower(), autoescape=True) for word in typed.split()[:5]]
    if below:
        chosen.append(node.c.axis == below)
    rows = await db.execute(
        select(node.c.path, node.c.name, node.c.full_name).where(*chosen).order_by(node.c.full_name).limit(MOST)
    )
    states = await states_of(db, who.id)
    found = [(NodePath(path), name, whole) for path, name, whole in rows]
    return [Known(path, name, whole, states.get(path)) for path, name, whole in found if may_be_found(path)]


async def ask(db: AsyncConnection, who: Member, path: NodePath, now: datetime) -> Belonging:
    """Write that a member asks to join; whom the node asked is in at once. Asking twice changes nothing.

    Raises:
        KamarError: ``belonging_unknown``: no such node, or one that nobody may ask to join, alike for everybody.
    """
    state = (await states_of(db, who.id)).get(path)
    if state is Belonging.WANTED:
        await _seat(db, who.id, path, now)
        return Belonging.IN
    listed = select(node.c.path).where(node.c.path == path, node.c.valid_to.is_(None))
    known = (await db.execute(listed)).one_or_none() is not None
    if not known or not may_be_found(path) or path == axis_of(path).value or who.persona:
        raise KamarError("belonging_unknown")
    if state in (Belonging.ASKED, Belonging.IN):
        return state
    await belonging_tell.asked(db, await put(db, who.id, path, Belonging.ASKED, now), who, path, now)
    return Belonging.ASKED


async def enter(db: AsyncConnection, who: MemberId, invitation: Invitation, path: NodePath, now: datetime) -> Belonging:
    """Let a member in by a code that carries the node, or write that two who work there are asked."""
    state = (await states_of(db, who)).get(path)
    if state is Belonging.IN:
        return state
    owner = invitation.owner
    vouches = None if owner in (None, who) or not await is_in(db, owner or who, path) else owner
    opening = Opening(int(vouches is not None), owner is None, await count_in(db, path))
    if enters(path, opening):
        await _seat(db, who, path, now)
        return Belonging.IN
    number = await put(db, who, path, Belonging.ASKED, now)
    if vouches is not None:
        await _say(db, number, vouches, now)
    newcomer = await members.by_id(db, who)
    if newcomer is not None:
        await belonging_tell.asked(db, number, newcomer, path, now)
    return Belonging.ASKED


async def asked_of(db: AsyncConnection, organisation: Organisation, who: Member, now: datetime) -> list[Asked]:
    """Return who waits for a word of ``who``, oldest first; whom he spoke for already is left out."""
    said = select(belonging_word.c.belonging).where(belonging_word.c.by == who.id)
    words = select(func.count()).where(belonging_word.c.belonging == belonging.c.id).scalar_subquery()
    chosen = select(belonging.c.id, belonging.c.node, words, *COLUMNS).join(member, member.c.id == belonging.c.member)
    own = await _answers_for(db, organisation, who, now)
    if not any(own):
        return []
    rows = await db.execute(
        chosen.where(
            belonging.c.state == Belonging.ASKED,
            belonging.c.id.not_in(said),
            belonging.c.member != who.id,
            member.c.left_at.is_(None),
        ).order_by(belonging.c.id)
    )
    found = [Asked(number, members.read(rest), NodePath(path), count) for number, path, count, *rest in rows]
    return [each for each in found if _may_answer(own, each.node)][:MOST]


async def answer(
    db: AsyncConnection, organisation: Organisation, who: Member, number: int, now: datetime, *, agree: bool
) -> Belonging:
    """Say a word for somebody who waits, or send him away; return what he is to the node now.

    Raises:
        KamarError: ``not_allowed``: nobody waits there, or not for this one.
    """
    asked = next((each for each in await asked_of(db, organisation, who, now) if each.id == number), None)
    if asked is None:
        raise KamarError("not_allowed")
    if not agree:
        if is_hidden(asked.node) and asked.words:
            raise KamarError("not_allowed")  # one colleague does not undo the word of another
        await db.execute(delete(belonging).where(belonging.c.id == number))
        return Belonging.LEFT
    await _say(db, number, who.id, now)
    words = await db.scalar(select(func.count()).where(belonging_word.c.belonging == number))
    if not is_let_in(asked.node, int(words or 0)):
        return Belonging.ASKED
    await _seat(db, asked.who.id, asked.node, now)
    await belonging_tell.let_in(db, number, asked.who, asked.node, now)
    return Belonging.IN


async def leave(db: AsyncConnection, number: MemberId, path: NodePath, now: datetime) -> None:
    """Leave a node by the own wish."""
    await db.execute(
        update(belonging)
        .where(belonging.c.member == number, belonging.c.node == path)
        .values(state=Belonging.LEFT, since=now, gathered=False)
    )
    await _order_seat(db, number, path, now)


async def seat_many(
    db: AsyncConnection, numbers: Iterable[MemberId], path: NodePath, now: datetime, *, gathered: bool
) -> None:
    """Let several in at once, as those who gather them decide; who left by the own wish stays away."""
    for number in numbers:
        state = (await states_of(db, number)).get(path)
        if state not in (Belonging.LEFT, Belonging.IN):
            await _seat(db, number, path, now, gathered=gathered)


async def take_out(db: AsyncConnection, numbers: Collection[MemberId], path: NodePath, now: datetime) -> None:
    """End what was not the member's own doing: a gathering, or a treaty."""
    for number in numbers:
        await db.execute(delete(belonging).where(belonging.c.member == number, belonging.c.node == path))
        await _order_seat(db, number, path, now)


async def inside(db: AsyncConnection, path: NodePath, *, gathered: bool | None = None) -> list[MemberId]:
    """Return who belongs to a node; ``gathered``: only those whom a gathering brought, or only the others."""
    chosen = select(belonging.c.member).where(belonging.c.node == path, belonging.c.state == Belonging.IN)
    if gathered is not None:
        chosen = chosen.where(belonging.c.gathered.is_(gathered))
    return [MemberId(number) for number in (await db.execute(chosen)).scalars()]


async def known_to(db: AsyncConnection, path: NodePath) -> set[MemberId]:
    """Return who is or was anything to a node, asked ones too."""
    found = await db.execute(select(belonging.c.member).where(belonging.c.node == path))
    return {MemberId(number) for number in found.scalars()}


async def put(
    db: AsyncConnection, number: MemberId, path: NodePath, state: Belonging, now: datetime, *, gathered: bool = False
) -> int:
    """Write what a member is to a node, and return the row."""
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    when = now.replace(hour=0, minute=0, second=0, microsecond=0) if is_hidden(path) else now
    values = {"state": state, "since": when, "gathered": gathered}
    statement = dialect.insert(belonging).values(member=number, node=path, **values)
    made = statement.on_conflict_do_update(index_elements=["member", "node"], set_=values).returning(belonging.c.id)
    return int((await db.execute(made)).scalar_one())


async def _seat(
    db: AsyncConnection, number: MemberId, path: NodePath, now: datetime, *, gathered: bool = False
) -> None:
    await put(db, number, path, Belonging.IN, now, gathered=gathered)
    who = await members.by_id(db, number)
    if who is not None and axis_of(who.home) is not Axis.WILAYAH:  # colleagues' words are a neighbour's
        await vouch.confirm(db, number, now)
    await _order_seat(db, number, path, now)


async def _order_seat(db: AsyncConnection, number: MemberId, path: NodePath, now: datetime) -> None:
    key = f"seat:{number}:{path}:{now.isoformat()}"
    await outbox.put(db, "seat", key, {"member": number}, now, lane=f"member:{number}")


async def _say(db: AsyncConnection, number: int, by: MemberId, now: datetime) -> None:
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(belonging_word).values(belonging=number, by=by, at=now)
    await db.execute(statement.on_conflict_do_nothing(index_elements=["belonging", "by"]))


async def _answers_for(
    db: AsyncConnection, organisation: Organisation, who: Member, now: datetime
) -> tuple[list[NodePath], list[NodePath]]:
    """Return the nodes where ``who`` may verify members, and the workplaces where he works."""
    works = [path for path in await nodes_of(db, who.id) if is_hidden(path)]
    return await mandates.where_may(db, organisation, who, Right.VERIFY, now), works


def _may_answer(own: tuple[list[NodePath], list[NodePath]], path: NodePath) -> bool:
    """Tell whether somebody may be let into ``path``: at a workplace by its people, elsewhere by who coordinates it."""
    coordinated, works = own
    return path in works if is_hidden(path) else covers(coordinated, path)
