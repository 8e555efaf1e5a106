"""Peace in the kamar: who hears of a report, which measure an officer may take and how long, who decides an appeal.

Three principles. Nobody judges what concerns himself. Every measure has a reason, an end and an appeal one level up.
When nobody else is left, the server's administrators decide.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath
from kamar.node import chain_of

SHORTEST = timedelta(minutes=5)
REASON_LEAST, REASON_MOST = 5, 500  # characters of a reason and of an appeal
APPEAL_WITHIN = timedelta(days=30)  # after the measure began


class MeasureKind(StrEnum):
    """What an officer can do."""

    MUTE = "mute"
    SLOW = "slow"
    HIDE = "hide"  # remove one message
    REMOVE = "remove"  # take a member out of this kamar
    BAN = "ban"  # out of every kamar of this server


class Rank(IntEnum):
    """How near an officer stands to a room."""

    OWN = 1  # holds an office at the very place
    ABOVE = 2  # holds one at a place around it
    ADMIN = 3


class Appeal(StrEnum):
    """Life of an appeal."""

    NONE = "none"
    OPEN = "open"
    KEPT = "kept"
    LIFTED = "lifted"


class Step(StrEnum):
    """What the log says happened."""

    TAKEN = "taken"
    TOLD = "told"
    APPEALED = "appealed"
    LIFTED = "lifted"
    KEPT = "kept"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Officer:
    """A member with an office at a node; administrators of the server have none."""

    member: MemberId
    node: NodePath


LONGEST: dict[tuple[Rank, MeasureKind], timedelta] = {
    (Rank.OWN, MeasureKind.MUTE): timedelta(days=7),
    (Rank.OWN, MeasureKind.SLOW): timedelta(days=7),
    (Rank.OWN, MeasureKind.REMOVE): timedelta(days=30),
    (Rank.ABOVE, MeasureKind.MUTE): timedelta(days=30),
    (Rank.ABOVE, MeasureKind.SLOW): timedelta(days=30),
    (Rank.ABOVE, MeasureKind.REMOVE): timedelta(days=90),
    (Rank.ABOVE, MeasureKind.BAN): timedelta(days=365),
    (Rank.ADMIN, MeasureKind.MUTE): timedelta(days=30),
    (Rank.ADMIN, MeasureKind.SLOW): timedelta(days=30),
    (Rank.ADMIN, MeasureKind.REMOVE): timedelta(days=365),
    (Rank.ADMIN, MeasureKind.BAN): timedelta(days=730),
}
"""How long each may last; what is absent may not be taken. Removing a message happens once and lasts."""


def levels(node: NodePath) -> tuple[NodePath, ...]:
    """Return the places whose officers are responsible for a room at ``node``, nearest first."""
    return chain_of(node)


def recipients(
    node: NodePath, officers: Collection[Officer], admins: Collection[MemberId], involved: Collection[MemberId]
) -> tuple[MemberId, ...]:
    """Return who hears of a report from a room at ``node``: the officers of the nearest place that can judge it.

    A place where one of the ``involved`` (reported or reporting) holds an office is passed over whole: a colleague does
    not judge a colleague. Empty when not even an uninvolved administrator is left.
    """
    return _nearest(levels(node), officers, admins, involved)


def appeal_to(
    node: NodePath,
    rank: Rank,
    held: Collection[NodePath],
    officers: Collection[Officer],
    admins: Collection[MemberId],
    involved: Collection[MemberId],
) -> tuple[MemberId, ...]:
    """Return who decides the appeal against a measure: the level above the one that took it.

    ``held`` are the nodes where its taker holds offices, ``involved`` that person, the concerned and the reporters.
    """
    chain = levels(node)
    if rank is Rank.ADMIN:
        return _nearest((), officers, admins, involved)
    taken_at = max((chain.index(own) for own in held if own in chain), default=0)
    return _nearest(chain[taken_at + 1 :], officers, admins, involved)


def rank_over(node: NodePath, held: Collection[NodePath], *, admin: bool) -> Rank | None:
    """Return how a person stands to a room at ``node``, by the nodes where he holds offices; none: not at all."""
    if admin:
        return Rank.ADMIN
    chain = levels(node)
    if any(own in chain[1:] for own in held):
        return Rank.ABOVE
    return Rank.OWN if node in held else None


def allow_measure(kind: MeasureKind, rank: Rank | None, lasts: timedelta, reason: str) -> str:
    """Return the reason, tidied, when somebody of ``rank`` may take this measure for so long.

    Raises:
        KamarError: ``measure_not_allowed``, ``measure_above`` (a level up may), ``measure_long`` (``days``),
            ``measure_short``, ``reason_short``, ``reason_long``.
    """
    if rank is None:
        raise KamarError("measure_not_allowed")
    if kind is not MeasureKind.HIDE:
        longest = LONGEST.get((rank, kind))
        if longest is None:
            raise KamarError("measure_above")
        if lasts > longest:
            raise KamarError("measure_long", days=longest.days)
        if lasts < SHORTEST:
            raise KamarError("measure_short")
    return read_reason(reason)


def read_reason(text: str) -> str:
    """Return a reason or an appeal, tidied.

    Raises:
        KamarError: ``reason_short`` (``least``), ``reason_long`` (``most``).
    """
    tidy = " ".join(text.split())
    if len(tidy) < REASON_LEAST:
        raise KamarError("reason_short", least=REASON_LEAST)
    if len(tidy) > REASON_MOST:
        raise KamarError("reason_long", most=REASON_MOST)
    return tidy


def refuse_target(taker: MemberId, subject: MemberId | None, node: NodePath, officers: Collection[Officer]) -> None:
    """Refuse a measure against oneself, and against an officer of the same or a wider place.

    Raises:
        KamarError: ``measure_self``, ``measure_officer``.
    """
    if subject is None:
        return
    if subject == taker:
        raise KamarError("measure_self")
    chain = levels(node)
    reach = {officer.member: chain.index(officer.node) for officer in officers if officer.node in chain}
    if subject in reach and reach[subject] >= reach.get(taker, len(chain)):
        raise KamarError("measure_officer")


def allow_appeal(appeal: Appeal, began: datetime, now: datetime) -> None:
    """Refuse a second appeal, and one that comes too late.

    Raises:
        KamarError: ``appeal_twice``, ``appeal_late`` (``days``).
    """
    if appeal is not Appeal.NONE:
        raise KamarError("appeal_twice")
    if now > began + APPEAL_WITHIN:
        raise KamarError("appeal_late", days=APPEAL_WITHIN.days)


def read_lasting(text: str) -> timedelta | None:
    """Return "2 jam", "30 menit", "3 hari", "1 minggu" as a duration; none for what is no duration."""
    found = re.fullmatch(r"(\d{1,4})\s*(menit|mnt|m|jam|j|hari|h|minggu)", text.strip().lower())
    if found is None:
        return None
    unit = {"m": 1, "j": 60, "h": 60 * 24}.get(found[2][0], 1)
    if found[2] == "minggu":
        unit = 60 * 24 * 7
    return timedelta(minutes=int(found[1]) * unit)


def ban_key(kind: str, value: str, secret: bytes) -> str:
    """Return the keyed hash under which a ban is remembered. Kinds: ``device``, ``phone``, ``email``, ``address``.

    The value itself can't be had back, and without the secret nobody can try values out.
    """
    return hmac.new(secret, f"{kind}\0{value.strip().casefold()}".encode(), hashlib.sha256).hexdigest()


def address_prefix(address: str) -> str:
    """Return what neighbours on one line share: /24 of IPv4, /48 of IPv6. A hint for officers, never proof."""
    parts = address.split(":")
    return ":".join(parts[:3]) if len(parts) > 2 else ".".join(address.split(".")[:3])


def _nearest(
    chain: Iterable[NodePath],
    officers: Collection[Officer],
    admins: Collection[MemberId],
    involved: Collection[MemberId],
) -> tuple[MemberId, ...]:
    for place in chain:
        here = [officer.member for officer in officers if officer.node == place]
        if here and not any(member in involved for member in here):
            return tuple(dict.fromkeys(here))
    return tuple(dict.fromkeys(member for member in admins if member not in involved))
