"""Mandates as they stand in the registry: who leads what now, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath
from kamar.mandate import Mandate, MandateId, Status, may_appoint, status
from kamar.node import axis_of, chain_of, is_below, is_within, root_of
from kamar.organisation import Office, OfficeCode, Organisation, Right
from kamar.policy import Held, nodes_with
from kamar_store.member import COLUMNS, Member, read
from kamar_store.tables import delegation, mandate, member

MANDATE = (
    mandate.c.id,
    mandate.c.member,
    mandate.c.node,
    mandate.c.office,
    mandate.c.decree,
    mandate.c.starts_at,
    mandate.c.ends_at,
    mandate.c.acting,
    mandate.c.revoked_at,
    mandate.c.frozen_at,
    mandate.c.appointed_by,
    mandate.c.appointed_at,
    mandate.c.proposed,
    mandate.c.dispute,
    mandate.c.reason,
)


def in_force(now: datetime) -> ColumnElement[bool]:
    """Select the mandates in force at ``now``: begun, not over, neither revoked, frozen nor only proposed."""
    return and_(
        mandate.c.starts_at <= now,
        or_(mandate.c.ends_at.is_(None), mandate.c.ends_at > now),
        or_(mandate.c.revoked_at.is_(None), mandate.c.revoked_at > now),
        mandate.c.frozen_at.is_(None),
        mandate.c.proposed.is_(False),
    )


async def officers(db: AsyncConnection, nodes: Iterable[NodePath], now: datetime) -> list[tuple[NodePath, str, Member]]:
    """Return node, office and holder of each mandate in force at the nodes, eldest first."""
    found = await db.execute(
        select(mandate.c.node, mandate.c.office, *COLUMNS)
        .join(member, member.c.id == mandate.c.member)
        .where(mandate.c.node.in_(list(nodes)), in_force(now), member.c.left_at.is_(None))
        .order_by(mandate.c.id)
    )
    return [(NodePath(node), office, read(row)) for node, office, *row in found]


async def held_by(db: AsyncConnection, number: MemberId, now: datetime) -> list[tuple[NodePath, OfficeCode]]:
    """Return node and office of each mandate that a member holds now."""
    found = await db.execute(
        select(mandate.c.node, mandate.c.office)
        .join(member, member.c.id == mandate.c.member)
        .where(mandate.c.member == number, in_force(now), member.c.left_at.is_(None))
        .order_by(mandate.c.id)
    )
    return [(NodePath(node), OfficeCode(office)) for node, office in found]


async def held(db: AsyncConnection, who: Member, now: datetime) -> Held:
    """Return all that a member holds now; a loan counts while its giver's mandate is in force."""
    lent = await db.execute(
        select(delegation.c.node, delegation.c.right)
        .join(mandate, mandate.c.id == delegation.c.mandate)
        .where(
            delegation.c.member == who.id,
            delegation.c.starts_at <= now,
            delegation.c.ends_at > now,
            delegation.c.revoked_at.is_(None),
            in_force(now),
        )
        .order_by(delegation.c.id)
    )
    loans = tuple((NodePath(node), Right(right)) for node, right in lent)
    return Held(tuple(await held_by(db, who.id, now)), loans, who.admin)


async def where_may(
    db: AsyncConnection, organisation: Organisation, who: Member, right: Right, now: datetime
) -> list[NodePath]:
    """Return the nodes at and below which a member has a right now, by an office or a loan."""
    return nodes_with(organisation, await held(db, who, now), right)


async def get(db: AsyncConnection, number: MandateId) -> Mandate:
    """Return one mandate.

    Raises:
        KamarError: ``mandate_unknown``.
    """
    row = (await db.execute(select(*MANDATE).where(mandate.c.id == number))).one_or_none()
    if row is None:
        raise KamarError("mandate_unknown")
    return Mandate(*row)


async def at_node(db: AsyncConnection, node: NodePath, now: datetime) -> list[Mandate]:
    """Return the mandates at a node, also those that are over or only planned, newest first."""
    del now  # what each is now, :func:`kamar.mandate.status` says
    found = await db.execute(
        select(*MANDATE).where(mandate.c.node == node).order_by(mandate.c.starts_at.desc(), mandate.c.id.desc())
    )
    return [Mandate(*row) for row in found]


async def of_member(db: AsyncConnection, number: MemberId) -> list[Mandate]:
    """Return every mandate a member has or had, newest first."""
    found = await db.execute(select(*MANDATE).where(mandate.c.member == number).order_by(mandate.c.id.desc()))
    return [Mandate(*row) for row in found]


async def standing(db: AsyncConnection, office: OfficeCode, node: NodePath, now: datetime) -> list[Mandate]:
    """Return the mandates of an office at a node that are neither over nor revoked, eldest first."""
    found = await db.execute(
        select(*MANDATE)
        .where(
            mandate.c.node == node,
            mandate.c.office == office,
            or_(mandate.c.ends_at.is_(None), mandate.c.ends_at > now),
            or_(mandate.c.revoked_at.is_(None), mandate.c.revoked_at > now),
        )
        .order_by(mandate.c.id)
    )
    return [Mandate(*row) for row in found]


async def claims(db: AsyncConnection, dispute: MandateId, now: datetime) -> list[Mandate]:
    """Return the frozen mandates of one dispute, eldest first."""
    found = await db.execute(select(*MANDATE).where(mandate.c.dispute == dispute).order_by(mandate.c.id))
    return [each for each in (Mandate(*row) for row in found) if status(each, now) is Status.FROZEN]


async def outranked(
    db: AsyncConnection, organisation: Organisation, found: Mandate, by: NodePath | None, now: datetime
) -> bool:
    """Tell whether a mandate was given further above than ``by``, and somebody up there is in office to be asked."""
    if found.appointed_at is None or by is None or not is_below(by, found.appointed_at):
        return False
    office = organisation.office(found.office)
    above = [own for own, _who in await appointers(db, organisation, office, found.node, now)]
    return any(is_within(found.appointed_at, own) for own in above)


async def appointers(
    db: AsyncConnection, organisation: Organisation, office: Office, node: NodePath, now: datetime
) -> list[tuple[NodePath, Member]]:
    """Return who may give and take an office at a node by an office of his own, nearest first."""
    chain = [*chain_of(node)]
    chain += [root_of(axis) for axis in organisation.axes if axis is not axis_of(node)]
    there = await officers(db, chain, now)
    able = [
        (own, who) for own, code, who in there if may_appoint(organisation, [(own, OfficeCode(code))], office, node)
    ]
    return sorted(able, key=lambda item: chain.index(item[0]))


def nearest(able: list[tuple[NodePath, Member]]) -> list[Member]:
    """Return those of the nearest node alone."""
    return list({who.id: who for own, who in able if own == able[0][0]}.values())
