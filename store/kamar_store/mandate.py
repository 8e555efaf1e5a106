"""Mandates change: how somebody is appointed, confirmed and dismissed. What stands now, ``mandate_find`` tells.

Every change is checked, written, logged and ordered to be felt in the rooms in one transaction. One decision at a time:
PostgreSQL holds a lock from the first look at a seat to the commit, SQLite has one writer anyway.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath
from kamar.mandate import Appointment, Mandate, MandateId, Status, check_seat, complete, may_appoint, status
from kamar.mandate_words import DISMISSED
from kamar.organisation import Office, OfficeCode, Organisation
from kamar_store import mandate_log
from kamar_store import reconcile as changed
from kamar_store.mandate_effect import felt, tell
from kamar_store.mandate_find import (
    appointers,
    at_node,
    claims,
    get,
    held,
    held_by,
    in_force,
    of_member,
    officers,
    outranked,
    standing,
    where_may,
)
from kamar_store.mandate_log import Action
from kamar_store.member import Member
from kamar_store.member import by_id as member_by_id
from kamar_store.tables import mandate

__all__ = [
    "appoint",
    "appoint_by",
    "appointers",
    "at_node",
    "confirm",
    "dismiss_by",
    "end",
    "get",
    "held",
    "held_by",
    "in_force",
    "of_member",
    "officers",
    "standing",
    "where_may",
]

REASON_MOST = 500  # characters


@dataclass(frozen=True, slots=True)
class Authority:
    """By what somebody decides: his office's node (none: administrator, server); must a second one agree?"""

    node: NodePath | None
    second_needed: bool = False


async def appoint(
    db: AsyncConnection, number: MemberId, node: NodePath, office: str, decree: str, now: datetime
) -> None:
    """Write a mandate that begins now and has no end, asking nobody; for the server itself."""
    await write(db, Appointment(number, OfficeCode(office), node, decree, now), None, Authority(None), now)


async def appoint_by(
    db: AsyncConnection,
    organisation: Organisation,
    actor: Member | None,
    wanted: Appointment,
    now: datetime,
    *,
    recorded: bool = False,
) -> MandateId:
    """Write a mandate in the name of ``actor`` (none: who operates the server); it is felt in the rooms at once.

    Where nobody above holds an office that may, one administrator proposes and another confirms by asking for the same.
    ``recorded``: decided before, only entered now (an import): it may have begun, and nobody is told.

    Raises:
        KamarError: ``appoint_not_allowed``, ``appoint_self``, ``office_unknown``, ``office_not_here``, ``seat_taken``,
            ``mandate_overlaps``, ``mandate_past``, ``mandate_order``, ``mandate_long``, ``decree_long``,
            ``member_unknown``, ``second_needed`` (the same administrator again).
    """
    await mandate_log.alone(db)
    wanted = complete(organisation, wanted, now, recorded=recorded)
    office = organisation.office(wanted.office)
    by = await authority(db, organisation, actor, office, wanted.node, now)
    if actor is not None and actor.id == wanted.member:
        raise KamarError("appoint_self")
    if await member_by_id(db, wanted.member) is None:
        raise KamarError("member_unknown")
    there = await standing(db, wanted.office, wanted.node, now)
    waiting = [each for each in there if each.proposed and each.member == wanted.member]
    if waiting and by.second_needed:
        await confirm(db, organisation, actor, waiting[0].id, now)
        return waiting[0].id
    await make_room(db, office, wanted, there, now)
    since = now if by.second_needed else None
    number = await write(db, wanted, actor, by, now, proposed=by.second_needed, proposed_at=since)
    if not by.second_needed:
        await felt(db, office, number, wanted, now, told=not recorded)
    return number


async def confirm(
    db: AsyncConnection, organisation: Organisation, actor: Member | None, number: MandateId, now: datetime
) -> None:
    """Let a second administrator, or an officer who may by now, agree to what an administrator proposed.

    Raises:
        KamarError: ``mandate_unknown``: nothing waits there; ``second_needed``; and as :func:`appoint_by`.
    """
    await mandate_log.alone(db)
    found = await get(db, number)
    if status(found, now) is not Status.PROPOSED:
        raise KamarError("mandate_unknown")
    office = organisation.office(found.office)
    by = await authority(db, organisation, actor, office, found.node, now)
    if actor is not None and actor.id in (found.appointed_by, found.member):
        raise KamarError("second_needed")
    wanted = as_wanted(found)
    await make_room(db, office, wanted, await standing(db, found.office, found.node, now), now)
    await db.execute(update(mandate).where(mandate.c.id == number).values(proposed=False, appointed_at=by.node))
    await mandate_log.note(db, number_of(actor), Action.CONFIRMED, {"mandate": number}, now)
    await felt(db, office, number, wanted, now)


async def dismiss_by(
    db: AsyncConnection,
    organisation: Organisation,
    actor: Member | None,
    number: MandateId,
    reason: str,
    now: datetime,
) -> bool:
    """End a mandate at once; False: a second administrator has to ask for the same.

    Whoever may appoint may dismiss, unless it was decided above him; everybody may lay the own office down. Of two
    claims to a seat each is withdrawn only by who made it, or holds it.

    Raises:
        KamarError: ``mandate_unknown``, ``mandate_over``, ``appoint_not_allowed``, ``second_needed``, ``reason_long``.
    """
    await mandate_log.alone(db)
    found = await get(db, number)
    tidy = " ".join(reason.split())
    if len(tidy) > REASON_MOST:
        raise KamarError("reason_long", most=REASON_MOST)
    if status(found, now) in (Status.ENDED, Status.REVOKED):
        raise KamarError("mandate_over")
    own = actor is not None and (actor.id == found.member or (found.proposed and actor.id == found.appointed_by))
    office = organisation.office(found.office)
    by = Authority(None) if own else await authority(db, organisation, actor, office, found.node, now)
    disputed = actor is not None and found.dispute is not None and actor.id != found.appointed_by
    if not own and (disputed or await outranked(db, organisation, found, by.node, now)):
        raise KamarError("appoint_not_allowed", office=office.title)
    if by.second_needed and not await _second(db, actor, number, now):
        return False
    await end(db, found, actor, tidy, now)
    if not (own or found.proposed):
        await tell(db, found.member, DISMISSED, found.id, office, found.node, now)
    return True


async def end(db: AsyncConnection, found: Mandate, actor: Member | None, reason: str, now: datetime) -> None:
    """Revoke a mandate, asking nobody; the last claim left of a dispute is in force again."""
    await db.execute(update(mandate).where(mandate.c.id == found.id).values(revoked_at=now, reason=reason))
    payload = {
        "mandate": found.id,
        "member": await mandate_log.pseudonym(db, found.member),
        "reason": await mandate_log.sealed(db, found.member, reason),
    }
    await mandate_log.note(db, number_of(actor), Action.REVOKED, payload, now)
    await changed.mark(db, [found.node], now)
    left = await claims(db, found.dispute, now) if found.dispute is not None else []
    if len(left) == 1:
        await db.execute(update(mandate).where(mandate.c.id == left[0].id).values(frozen_at=None, dispute=None))
        await mandate_log.note(db, number_of(actor), Action.DECIDED, {"mandate": left[0].id}, now)


async def authority(
    db: AsyncConnection,
    organisation: Organisation,
    actor: Member | None,
    office: Office,
    node: NodePath,
    now: datetime,
) -> Authority:
    """Return by what ``actor`` gives and takes an office at a node.

    Raises:
        KamarError: ``appoint_not_allowed``.
    """
    if actor is None:
        return Authority(None)
    own = may_appoint(organisation, await held_by(db, actor.id, now), office, node)
    if own is not None:
        return Authority(own)
    if actor.admin and not await appointers(db, organisation, office, node, now):
        return Authority(None, second_needed=True)
    raise KamarError("appoint_not_allowed", office=office.title)


async def make_room(
    db: AsyncConnection, office: Office, wanted: Appointment, there: list[Mandate], now: datetime
) -> None:
    """Let acting holders give way at the moment in which ``wanted`` begins.

    Raises:
        KamarError: as :func:`kamar.mandate.check_seat`.
    """
    for each in check_seat(office, wanted, [item for item in there if not item.proposed]):
        at = max(wanted.starts_at, now)
        await db.execute(update(mandate).where(mandate.c.id == each.id).values(ends_at=at))
        await mandate_log.note(db, None, Action.GAVE_WAY, {"mandate": each.id, "at": at.isoformat()}, now)


async def write(
    db: AsyncConnection,
    wanted: Appointment,
    actor: Member | None,
    by: Authority,
    now: datetime,
    **more: Any,
) -> MandateId:
    """Write a mandate as it is, and log it; ``more`` are further columns."""
    values = {
        "member": wanted.member,
        "node": wanted.node,
        "office": wanted.office,
        "decree": wanted.decree,
        "starts_at": wanted.starts_at,
        "ends_at": wanted.ends_at,
        "acting": wanted.acting,
        "appointed_by": actor.id if actor else None,
        "appointed_at": by.node,
        **more,
    }
    number = MandateId((await db.execute(insert(mandate).values(values).returning(mandate.c.id))).scalar_one())
    payload = {
        "mandate": number,
        "member": await mandate_log.pseudonym(db, wanted.member),
        "node": wanted.node,
        "office": wanted.office,
        "decree": wanted.decree,
        "starts_at": wanted.starts_at.isoformat(),
        "ends_at": wanted.ends_at and wanted.ends_at.isoformat(),
        "acting": wanted.acting,
        "by": by.node,
    }
    action = Action.PROPOSED if more.get("proposed") else Action.APPOINTED
    await mandate_log.note(db, number_of(actor), action, payload, now)
    return number


def as_wanted(found: Mandate) -> Appointment:
    """Return a mandate as what was once wanted."""
    return Appointment(
        found.member, found.office, found.node, found.decree, found.starts_at, found.ends_at, found.acting
    )


def number_of(actor: Member | None) -> MemberId | None:
    """Return who did something, as the log wants it; none: the server."""
    return None if actor is None else actor.id


async def _second(db: AsyncConnection, actor: Member | None, number: MandateId, now: datetime) -> bool:
    """Note that an administrator wants the end of a mandate; True when another one wanted it before.

    Raises:
        KamarError: ``second_needed``: it was the same.
    """
    assert actor is not None
    first = (await db.execute(select(mandate.c.ending_by).where(mandate.c.id == number))).scalar_one()
    if first is None:
        await db.execute(update(mandate).where(mandate.c.id == number).values(ending_by=actor.id, ending_at=now))
        await mandate_log.note(db, actor.id, Action.PROPOSED, {"mandate": number, "end": True}, now)
        return False
    if first == actor.id:
        raise KamarError("second_needed")
    return True
