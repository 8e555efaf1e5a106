"""Nodes that gather people of other nodes: teams, rooms of officers side by side; and guests, until a treaty ends.

A gathering follows its sources: who takes an office there is seated, who loses it is taken out, again and again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from random import SystemRandom

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.account import new_localpart
from kamar.belonging import BESIDE, Belonging, Gathered
from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath
from kamar.node import Axis, axis_of, child_of, is_hidden, root_of
from kamar.officers import arranges
from kamar.organisation import Organisation
from kamar.policy import Held
from kamar_store import belonging, cover, outbox
from kamar_store import mandate_find as mandates
from kamar_store import member as members
from kamar_store import node as nodes
from kamar_store.member import Member
from kamar_store.tables import gathering


@dataclass(frozen=True, slots=True)
class Source:
    """One node whose people are gathered; not ``agreed`` while its officers have not said yes."""

    node: NodePath
    source: NodePath
    who: Gathered
    agreed: bool


async def sources(db: AsyncConnection, node: NodePath) -> list[Source]:
    """Return what a node gathers from."""
    rows = await db.execute(select(gathering).where(gathering.c.node == node).order_by(gathering.c.source))
    return [Source(row.node, row.source, Gathered(row.who), row.agreed_at is not None) for row in rows]


async def set_sources(
    db: AsyncConnection, node: NodePath, wanted: Iterable[tuple[NodePath, Gathered]], now: datetime
) -> None:
    """Let a team gather people of nodes, over what was said before; its officers decided, so nobody is asked."""
    chosen = dict(wanted)
    for source, who in chosen.items():
        if is_hidden(source) or source == node:
            raise KamarError("belonging_unknown")
        await _put(db, node, source, who, None, now, agreed=True)
    for old in await sources(db, node):
        if old.source not in chosen:
            await db.execute(gathering.delete().where(gathering.c.node == node, gathering.c.source == old.source))
    await order(db, [node], now)


async def add(
    db: AsyncConnection,
    organisation: Organisation,
    who: tuple[Member, Held],
    node: NodePath,
    source: NodePath,
    kind: Gathered,
    now: datetime,
) -> bool:
    """Let a team gather people of one wilayah more; False: an officer there is asked first, on *Kamar lain*.

    Raises:
        KamarError: ``not_allowed`` for who does not give the offices of the team, ``belonging_unknown``.
    """
    member, held = who
    if axis_of(node) is not Axis.TIM or not arranges(organisation, held, node):
        raise KamarError("not_allowed")
    there = await nodes.by_path(db, source)
    if there is None or not there.is_open or axis_of(source) is not Axis.WILAYAH:
        raise KamarError("belonging_unknown")
    before = next((each for each in await sources(db, node) if (each.source, each.who) == (source, kind)), None)
    if before is not None:
        return before.agreed
    agreed = arranges(organisation, held, source)
    await _put(db, node, source, kind, member.id, now, agreed=agreed)
    await order(db, [node], now)
    return agreed


async def drop(
    db: AsyncConnection, organisation: Organisation, held: Held, node: NodePath, source: NodePath, now: datetime
) -> None:
    """Let a team gather a wilayah's people no more; who sits there for its sake is taken out.

    Raises:
        KamarError: ``not_allowed``.
    """
    if axis_of(node) is not Axis.TIM or not arranges(organisation, held, node):
        raise KamarError("not_allowed")
    await db.execute(gathering.delete().where(gathering.c.node == node, gathering.c.source == source))
    await order(db, [node], now)


async def propose(
    db: AsyncConnection, organisation: Organisation, who: Member, own: NodePath, other: NodePath, now: datetime
) -> NodePath:
    """Offer the officers of a neighbouring region a common room; it opens when one of them agrees.

    Raises:
        KamarError: ``not_allowed`` for who holds no office at ``own``, ``gathering_alone``, ``belonging_unknown``.
    """
    if own not in [node for node, _office in await mandates.held_by(db, who.id, now)]:
        raise KamarError("not_allowed")
    if own == other:
        raise KamarError("gathering_alone")
    there = await nodes.by_path(db, other)
    if there is None or not there.is_open or is_hidden(other):
        raise KamarError("belonging_unknown")
    node = child_of(root_of(Axis.JARINGAN), f"{BESIDE}{new_localpart(SystemRandom())}")
    here = await cover.said(db, own)
    name = f"Koordinasi {here.kind} {here.name} - {there.kind} {there.name}"
    await nodes.create(db, organisation, node, name, now, kind="Pengurus")
    await _put(db, node, own, Gathered.OFFICERS, who.id, now, agreed=True)
    await _put(db, node, other, Gathered.OFFICERS, who.id, now, agreed=False)
    return node


async def offers_for(db: AsyncConnection, who: Member, now: datetime) -> list[Source]:
    """Return the common rooms that wait for an officer's yes at the nodes where ``who`` holds an office."""
    own = [node for node, _office in await mandates.held_by(db, who.id, now)]
    rows = await db.execute(
        select(gathering).where(gathering.c.source.in_(own), gathering.c.agreed_at.is_(None)).order_by(gathering.c.at)
    )
    return [Source(row.node, row.source, Gathered(row.who), agreed=False) for row in rows]


async def agree(db: AsyncConnection, who: Member, node: NodePath, now: datetime) -> None:
    """Say yes for the officers of one's own node.

    Raises:
        KamarError: ``not_allowed``.
    """
    mine = [offer for offer in await offers_for(db, who, now) if offer.node == node]
    if not mine:
        raise KamarError("not_allowed")
    for offer in mine:
        here = (gathering.c.node == node, gathering.c.source == offer.source)
        await db.execute(update(gathering).where(*here).values(agreed_by=who.id, agreed_at=now))
    await order(db, [node], now)


async def fed_by(db: AsyncConnection, sources: Iterable[NodePath]) -> list[NodePath]:
    """Return the nodes that gather people of any of these."""
    rows = await db.execute(select(gathering.c.node).where(gathering.c.source.in_(list(sources))).distinct())
    return [NodePath(node) for node in rows.scalars()]


async def order(db: AsyncConnection, gathered: Iterable[NodePath], now: datetime) -> None:
    """Order that the people of nodes are gathered anew."""
    for node in gathered:
        await outbox.put(db, "gather", f"gather:{node}:{now.isoformat()}", {"node": node}, now, lane=f"gather:{node}")


async def order_all(db: AsyncConnection, now: datetime) -> None:
    """Order it of every gathering: offices begin and end by the calendar too."""
    await order(db, (await db.execute(select(gathering.c.node).distinct())).scalars().all(), now)


async def gather(db: AsyncConnection, node: NodePath, now: datetime) -> None:
    """Seat the officers of a node's sources and ask their members; take out whom it gathered and who is none now.

    A common room waits until two sides agreed, a team for each side alone. Repeatable.
    """
    found = await sources(db, node)
    if axis_of(node) is Axis.JARINGAN and not all(each.agreed for each in found):
        return
    officers, asked = set[MemberId](), set[MemberId]()
    for each in (source for source in found if source.agreed):
        if each.who is Gathered.OFFICERS:
            held = await mandates.officers(db, [each.source], now)
            officers |= {holder.id for _node, _office, holder in held if not holder.persona}
        else:
            asked |= set(await members.living_at(db, each.source))
    before = set(await belonging.inside(db, node, gathered=True))
    await belonging.take_out(db, before - officers, node, now)
    await belonging.seat_many(db, sorted(officers - before), node, now, gathered=True)
    known = await belonging.known_to(db, node)
    for number in sorted(asked - officers - known):
        await belonging.put(db, number, node, Belonging.WANTED, now)


async def _put(
    db: AsyncConnection,
    node: NodePath,
    source: NodePath,
    who: Gathered,
    by: MemberId | None,
    now: datetime,
    *,
    agreed: bool,
) -> None:
    values = {"who": who, "asked_by": by, "agreed_by": by if agreed else None, "agreed_at": now if agreed else None}
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(gathering).values(node=node, source=source, at=now, **values)
    await db.execute(statement.on_conflict_do_update(index_elements=["node", "source"], set_=values))
