"""Getting back in after a lost telephone: how long things last, who may vouch for whom, and when the door opens."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath
from kamar.node import below, level_of
from kamar.wilayah import Level

LETTER_LASTS = timedelta(minutes=15)
LETTER_TRIES = 5  # of eight digits: one guesser in twenty million gets in
MEET_LASTS = timedelta(minutes=30)  # to be confirmed by two neighbours, and then to choose a password
OFFICER_WAITS = timedelta(hours=24)  # whoever speaks for others is worth stealing: the old devices get a day to object
LINK_LASTS = timedelta(hours=24)  # an administrator's link: it has to be carried to the person
KEPT = timedelta(days=90)  # a confirmed request, for the day somebody asks who did this


class Witness(StrEnum):
    """Who confirms, in this order."""

    COORDINATOR = "coordinator"
    NEIGHBOUR = "neighbour"


class Stage(StrEnum):
    """Where a request stands, as the new telephone sees it."""

    COORDINATOR = "coordinator"  # waits for the coordinator
    NEIGHBOUR = "neighbour"  # waits for the neighbour
    WAITING = "waiting"  # confirmed, but an officer's: waits a day
    OPEN = "open"  # a new password may be chosen
    CANCELLED = "cancelled"  # by the old device
    OVER = "over"  # used, or too late


@dataclass(frozen=True, slots=True)
class Request:
    """One wish to get back in. ``subject`` is known once the coordinator has said who it is."""

    typed: str
    expires_at: datetime
    subject: MemberId | None = None
    coordinator: MemberId | None = None
    neighbour: MemberId | None = None
    ready_at: datetime | None = None
    cancelled_at: datetime | None = None
    used_at: datetime | None = None
    administrator: MemberId | None = None  # who opened the way, instead of the two

    def stage(self, now: datetime) -> Stage:
        """Return where the request stands."""
        if self.cancelled_at is not None:
            return Stage.CANCELLED
        if self.used_at is not None or self.expires_at <= now:
            return Stage.OVER
        if self.administrator is None and self.coordinator is None:
            return Stage.COORDINATOR
        if (self.administrator is None and self.neighbour is None) or self.ready_at is None:
            return Stage.NEIGHBOUR
        return Stage.WAITING if now < self.ready_at else Stage.OPEN


def coordinates(nodes: Collection[NodePath], home: NodePath) -> bool:
    """Tell whether whoever holds mandates at ``nodes`` is coordinator of the RT, RW or village of ``home``."""
    return any(home == node or below(node)[0] <= home < below(node)[1] for node in near(nodes))


def near(nodes: Collection[NodePath]) -> list[NodePath]:
    """Return the nodes whose coordinator knows people by face: RT, RW, village. A province's does not."""
    return [node for node in nodes if level_of(node) in (Level.RT, Level.RW, Level.UNIT, Level.KELURAHAN)]


def refuse_neighbour(request: Request, witness: MemberId, *, vouched: bool, shares: bool) -> None:
    """Refuse who may not be the second witness; ``shares``: sits in a kamar with the person.

    Whoever is not ``vouched`` for may be the thief's other account, however long it has been here.

    Raises:
        KamarError: ``witness_self``, ``witness_twice``, ``witness_new``, ``witness_stranger``.
    """
    if witness == request.subject:
        raise KamarError("witness_self")
    if witness == request.coordinator:
        raise KamarError("witness_twice")
    if not shares:
        raise KamarError("witness_stranger")
    if not vouched:
        raise KamarError("witness_new")


def door(now: datetime, *, officer: bool, lasts: timedelta = MEET_LASTS) -> tuple[datetime, datetime]:
    """Return from when until when a confirmed person may choose a password."""
    opens = now + OFFICER_WAITS if officer else now
    return opens, opens + lasts
