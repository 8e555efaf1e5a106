"""Two claims to one seat: both are frozen, in force for nobody, until the level above decides.

Asking for a taken seat is refused. Only who could appoint to that seat, and stands no lower than the one who did, may
insist that it is his decision that counts; so does an import whose rows contradict the registry.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.mandate import Appointment, Mandate, MandateId, Status, check_seat, complete, may_appoint, status
from kamar.mandate_words import DISPUTE_DECIDED, DISPUTED, TO_DECIDE
from kamar.node import axis_of, is_below, root_of
from kamar.organisation import Office, Organisation
from kamar_store import mandate as mandates
from kamar_store import mandate_log
from kamar_store import reconcile as changed
from kamar_store.mandate import authority, end, write
from kamar_store.mandate_effect import felt, tell
from kamar_store.mandate_find import MANDATE, appointers, claims, get, held_by, nearest, outranked, standing
from kamar_store.mandate_log import Action
from kamar_store.member import Member
from kamar_store.member import by_id as member_by_id
from kamar_store.tables import mandate


async def claim(
    db: AsyncConnection,
    organisation: Organisation,
    actor: Member | None,
    wanted: Appointment,
    now: datetime,
    *,
    recorded: bool = False,
) -> MandateId:
    """Write a mandate for a seat that somebody else holds, and freeze both; for a free seat, simply appoint.

    Raises:
        KamarError: as :func:`kamar_store.mandate.appoint_by`; ``appoint_not_allowed`` also where the other claim was
            decided further above.
    """
    await mandate_log.alone(db)
    wanted = complete(organisation, wanted, now, recorded=recorded)
    office = organisation.office(wanted.office)
    there = [each for each in await standing(db, wanted.office, wanted.node, now) if not each.proposed]
    other = _against(office, wanted, there)
    if other is None:
        return await mandates.appoint_by(db, organisation, actor, wanted, now, recorded=recorded)
    by = await authority(db, organisation, actor, office, wanted.node, now)
    if actor is not None and actor.id == wanted.member:
        raise KamarError("appoint_self")
    if await member_by_id(db, wanted.member) is None:
        raise KamarError("member_unknown")
    if by.second_needed or await outranked(db, organisation, other, by.node, now):
        raise KamarError("appoint_not_allowed", office=office.title)
    elder = other.dispute or other.id
    number = await write(db, wanted, actor, by, now, frozen_at=now, dispute=elder)
    await db.execute(update(mandate).where(mandate.c.id == other.id).values(frozen_at=now, dispute=elder))
    await mandate_log.note(
        db, mandates.number_of(actor), Action.DISPUTED, {"mandate": number, "against": other.id}, now
    )
    await changed.mark(db, [wanted.node], now)
    for who in (other.member, wanted.member):
        await tell(db, who, DISPUTED, number, office, wanted.node, now)
    for judge in await _judges(db, organisation, [other, await get(db, number)], now):
        await tell(db, judge.id, TO_DECIDE, number, office, wanted.node, now)
    return number


async def decide(
    db: AsyncConnection, organisation: Organisation, actor: Member | None, winner: MandateId, now: datetime
) -> None:
    """Give a disputed seat to one claim; the others are revoked.

    Decides: an officer above everybody who made one of the claims; where there is none, an administrator who made none.

    Raises:
        KamarError: ``mandate_unknown``: not disputed; ``appoint_not_allowed``.
    """
    await mandate_log.alone(db)
    found = await get(db, winner)
    if status(found, now) is not Status.FROZEN or found.dispute is None:
        raise KamarError("mandate_unknown")
    office = organisation.office(found.office)
    disputed = await claims(db, found.dispute, now)
    judges = await _judges(db, organisation, disputed, now)
    if actor is not None and actor.id not in {judge.id for judge in judges}:
        concerned = {who for each in disputed for who in (each.appointed_by, each.member)}
        if judges or not actor.admin or actor.id in concerned:
            raise KamarError("appoint_not_allowed", office=office.title)
    await mandate_log.note(
        db, mandates.number_of(actor), Action.DECIDED, {"mandate": winner, "dispute": found.dispute}, now
    )
    held = await held_by(db, actor.id, now) if actor else []
    at = may_appoint(organisation, held, office, found.node) or root_of(axis_of(found.node))
    settled = {"frozen_at": None, "dispute": None, "appointed_at": at}  # nobody below can ask again
    await db.execute(update(mandate).where(mandate.c.id == winner).values(settled))
    for each in disputed:
        if each.id != winner:
            await end(db, replace(each, dispute=None), actor, "", now)
            await tell(db, each.member, DISPUTE_DECIDED, each.id, office, each.node, now)
    await felt(db, office, winner, mandates.as_wanted(found), now)


async def disputes(db: AsyncConnection, node: NodePath, now: datetime) -> list[Mandate]:
    """Return the frozen claims at a node, eldest first."""
    found = await db.execute(
        select(*MANDATE)
        .where(mandate.c.node == node, mandate.c.frozen_at.is_not(None), mandate.c.revoked_at.is_(None))
        .order_by(mandate.c.id)
    )
    claims = [Mandate(*row) for row in found]
    return [each for each in claims if status(each, now) is Status.FROZEN]


async def _judges(
    db: AsyncConnection, organisation: Organisation, disputed: list[Mandate], now: datetime
) -> list[Member]:
    """Return the officers of the nearest node above all who made a claim, none of them concerned."""
    office = organisation.office(disputed[0].office)
    made_at = [each.appointed_at for each in disputed if each.appointed_at is not None]
    concerned = {each.member for each in disputed} | {each.appointed_by for each in disputed}
    able = [
        (own, who)
        for own, who in await appointers(db, organisation, office, disputed[0].node, now)
        if who.id not in concerned and all(is_below(node, own) for node in made_at)
    ]
    return nearest(able)


def _against(office: Office, wanted: Appointment, there: list[Mandate]) -> Mandate | None:
    """Return the newest mandate that stands in the way of ``wanted``; none: the seat is free."""
    try:
        check_seat(office, wanted, there)
    except KamarError as refused:
        if refused.code != "seat_taken":
            raise
        return max((each for each in there if not each.acting), key=lambda each: each.id, default=there[-1])
    return None
