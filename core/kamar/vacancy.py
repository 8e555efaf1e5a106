"""Vacant offices: which seats nobody holds, who offers himself, and what a vote of the members decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.mandate import Mandate, Status
from kamar.organisation import Office, Organisation

WORDS_MOST = 500  # characters with which somebody offers himself
VOTE_SHORTEST, VOTE_LONGEST = timedelta(days=1), timedelta(days=14)
QUORUM_LEAST = 3  # voters; fewer decide nothing
QUORUM_SHARE = 4  # one member in so many has to vote


class OfferState(StrEnum):
    """Life of an offer."""

    OPEN = "open"
    TAKEN = "taken"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class VoteState(StrEnum):
    """Life of a vote."""

    OPEN = "open"
    WON = "won"
    UNDECIDED = "undecided"  # a tie, or too few voters: the level above decides
    VOID = "void"  # the seat was given otherwise meanwhile


@dataclass(frozen=True, slots=True)
class Vacancy:
    """An office with seats that nobody holds."""

    node: NodePath
    office: Office
    missing: int


def vacancies(
    organisation: Organisation, node: NodePath, there: Iterable[tuple[Mandate, Status]]
) -> tuple[Vacancy, ...]:
    """Return the offices of a node with a seat free now; one that is disputed is not free."""
    taken = [mandate.office for mandate, status in there if status in (Status.IN_FORCE, Status.FROZEN)]
    gaps = [(office, office.seats - taken.count(office.code)) for office in organisation.offices_at(node)]
    return tuple(Vacancy(node, office, missing) for office, missing in gaps if missing > 0)


def quorum_of(members: int) -> int:
    """Return how many of a node's members have to vote."""
    return max(QUORUM_LEAST, -(-members // QUORUM_SHARE))


def check_vote(lasts: timedelta, candidates: int) -> None:
    """Refuse a vote that is too short or too long, or without a choice.

    Raises:
        KamarError: ``vote_lasting`` (``least``, ``most`` days), ``vote_candidates``.
    """
    if not VOTE_SHORTEST <= lasts <= VOTE_LONGEST:
        raise KamarError("vote_lasting", least=VOTE_SHORTEST.days, most=VOTE_LONGEST.days)
    if candidates == 0:
        raise KamarError("vote_candidates")


def winner(votes: Mapping[int, int], quorum: int) -> int | None:
    """Return the offer with the most votes; none where two are equal or fewer than ``quorum`` voted."""
    best = max(votes.values(), default=0)
    first = [offer for offer, count in votes.items() if count == best]
    return first[0] if len(first) == 1 and best > 0 and sum(votes.values()) >= quorum else None
