"""Mandates: who holds which office where, until when, by which decision; and who may give and take one.

A mandate is in force from its start to its end by the calendar alone; nothing has to be switched. Intervals are half
open, so that one who follows begins in the very moment in which the other ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NewType

from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath
from kamar.node import axis_of, depth_of, is_below, is_within, root_of
from kamar.organisation import Office, OfficeCode, Organisation, Right
from kamar.when import zone_of

MandateId = NewType("MandateId", int)
"""The number of a mandate."""

DECREE_MOST = 200  # characters of a decree's number
MONTHS = 12
SLACK_DAYS = 31  # a term may end at the close of its last month
WARNED_BEFORE = (30, 7)  # days before the end


class Status(StrEnum):
    """Where a mandate stands in its life."""

    PROPOSED = "proposed"  # by one administrator; a second one has to agree
    PLANNED = "planned"
    IN_FORCE = "in_force"
    ENDED = "ended"
    REVOKED = "revoked"
    FROZEN = "frozen"  # two claims to one seat: in force for nobody until the level above decides


@dataclass(frozen=True, slots=True)
class Appointment:
    """What somebody wants to decide; without ``ends_at`` the term of the office counts."""

    member: MemberId
    office: OfficeCode
    node: NodePath
    decree: str
    starts_at: datetime
    ends_at: datetime | None = None
    acting: bool = False


@dataclass(frozen=True, slots=True)
class Mandate:
    """One mandate as it stands in the registry."""

    id: MandateId
    member: MemberId
    node: NodePath
    office: OfficeCode
    decree: str
    starts_at: datetime
    ends_at: datetime | None
    acting: bool  # for the time being: gives way to whoever is appointed
    revoked_at: datetime | None
    frozen_at: datetime | None
    appointed_by: MemberId | None  # none: the server itself, or a member who is no more
    appointed_at: NodePath | None = None  # where that person's office stands; none: an administrator or the server
    proposed: bool = False
    dispute: MandateId | None = None  # the elder of two claims to one seat
    reason: str = ""  # why it was revoked

    @property
    def over_at(self) -> datetime | None:
        """Return when it ends, by its term or because it was revoked; none: open."""
        ends = [at for at in (self.ends_at, self.revoked_at) if at is not None]
        return min(ends, default=None)


def status(mandate: Mandate, now: datetime) -> Status:
    """Return where a mandate stands at ``now``."""
    if mandate.revoked_at is not None and mandate.revoked_at <= now:
        return Status.REVOKED
    if mandate.ends_at is not None and mandate.ends_at <= now:
        return Status.ENDED
    if mandate.proposed:
        return Status.PROPOSED
    if mandate.frozen_at is not None:
        return Status.FROZEN
    return Status.PLANNED if mandate.starts_at > now else Status.IN_FORCE


def may_appoint(
    organisation: Organisation, held: Iterable[tuple[NodePath, OfficeCode]], office: Office, node: NodePath
) -> NodePath | None:
    """Return where the widest office stands by which somebody may give and take ``office`` at ``node``; none: may not.

    An office gives those it names, at its own node and below; its own kind only below, so that nobody prolongs himself
    and no colleague ousts another. On another axis only the offices at the root of theirs reach.
    """
    reaching = [own for own, code in held if _reaches(organisation, own, code, office, node)]
    return min(reaching, key=depth_of, default=None)


def _reaches(organisation: Organisation, own: NodePath, code: OfficeCode, office: Office, node: NodePath) -> bool:
    found = organisation.offices.get(code)
    if found is None or Right.APPOINT not in found.rights or office.code not in found.appoints:
        return False
    if axis_of(own) is not axis_of(node):
        return own == root_of(axis_of(own))
    return is_below(node, own) if code == office.code else is_within(node, own)


def complete(organisation: Organisation, wanted: Appointment, now: datetime, *, recorded: bool = False) -> Appointment:
    """Return an appointment with its decree tidied and its end filled in from the term of the office.

    ``recorded``: it was decided before and is only entered now, so it may have begun.

    Raises:
        KamarError: ``office_unknown``, ``office_not_here``, ``decree_long``, ``mandate_past``, ``mandate_order``,
            ``mandate_long``.
    """
    office = organisation.office(wanted.office)
    if office not in organisation.offices_at(wanted.node):
        raise KamarError("office_not_here", office=office.title, node=wanted.node)
    decree = " ".join(wanted.decree.split())
    if len(decree) > DECREE_MOST:
        raise KamarError("decree_long", most=DECREE_MOST)
    if wanted.starts_at < start_of_day(now, wanted.node) and not recorded:
        raise KamarError("mandate_past")
    longest = add_months(wanted.starts_at, office.term_months) if office.term_months else None
    ends_at = wanted.ends_at or longest
    if ends_at is not None and ends_at <= wanted.starts_at:
        raise KamarError("mandate_order")
    if ends_at is not None and ends_at <= now:
        raise KamarError("mandate_past")
    if longest is not None and ends_at is not None and (ends_at - longest).days > SLACK_DAYS:
        raise KamarError("mandate_long", months=office.term_months)
    return replace(wanted, decree=decree, ends_at=ends_at)


def check_seat(office: Office, wanted: Appointment, there: Sequence[Mandate]) -> tuple[Mandate, ...]:
    """Return the acting mandates that give way to ``wanted`` when it begins.

    ``there`` are the mandates of this office at this node that are neither over nor revoked.

    Raises:
        KamarError: ``mandate_overlaps``: the same person holds it then; ``seat_taken``: no seat is free all the time.
    """
    beside = [each for each in there if _overlap(wanted, each)]
    if any(each.member == wanted.member and (wanted.acting or not each.acting) for each in beside):
        raise KamarError("mandate_overlaps")
    giving_way = () if wanted.acting else tuple(each for each in beside if each.acting)
    firm = [each for each in beside if each not in giving_way]
    moments = [wanted.starts_at, *(each.starts_at for each in firm if each.starts_at > wanted.starts_at)]
    if any(sum(_covers(each, moment) for each in firm) >= office.seats for moment in moments):
        raise KamarError("seat_taken", office=office.title, seats=office.seats)
    return giving_way


def add_months(moment: datetime, months: int) -> datetime:
    """Return the same day and time so many months later; the last day of a shorter month."""
    year, month = divmod(moment.month - 1 + months, MONTHS)
    for day in range(moment.day, 0, -1):
        try:
            return moment.replace(year=moment.year + year, month=month + 1, day=day)
        except ValueError:
            continue
    raise AssertionError("a month without days")


def start_of_day(now: datetime, node: NodePath) -> datetime:
    """Return when the day of ``now`` began at a place."""
    return now.astimezone(zone_of(node)).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(now.tzinfo)


def warning_due(mandate: Mandate, warned: int | None, now: datetime) -> int | None:
    """Return the days before the end whose warning is due now; ``warned`` is the smallest that was sent."""
    if status(mandate, now) is not Status.IN_FORCE or mandate.ends_at is None:
        return None
    left = mandate.ends_at - now
    due = [days for days in WARNED_BEFORE if left.total_seconds() <= days * 86400]
    nearest = min(due, default=None)
    return nearest if nearest is not None and (warned is None or nearest < warned) else None


def _overlap(wanted: Appointment, other: Mandate) -> bool:
    ends = other.over_at
    return (wanted.ends_at is None or other.starts_at < wanted.ends_at) and (ends is None or wanted.starts_at < ends)


def _covers(mandate: Mandate, moment: datetime) -> bool:
    ends = mandate.over_at
    return mandate.starts_at <= moment and (ends is None or moment < ends)
