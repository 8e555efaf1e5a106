"""Vacant offices: which seats nobody holds, and what a vote decides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamar.ids import NodePath
from kamar.mandate import Status
from kamar.organisation import profile
from kamar.vacancy import quorum_of, vacancies, winner
from tests.core.test_mandate import mandate

BEKASI = NodePath("32.16")


@pytest.mark.parametrize(
    ("is_", "vacant"),
    [
        (Status.IN_FORCE, False),
        (Status.FROZEN, False),
        (Status.PLANNED, True),
        (Status.ENDED, True),
        (Status.REVOKED, True),
        (Status.PROPOSED, True),
    ],
)
def test_a_seat_is_vacant_when_nobody_holds_it_now(is_: Status, vacant: bool) -> None:
    found = vacancies(profile(), BEKASI, [(mandate(), is_)])
    assert ("ketua" in [gap.office.code for gap in found]) is vacant
    assert {gap.office.code: gap.missing for gap in found}["bidang"] == 8


@pytest.mark.parametrize(
    ("votes", "quorum", "chosen"),
    [
        ({1: 2, 2: 1}, 3, 1),
        ({1: 2, 2: 2}, 3, None),
        ({1: 2, 2: 0}, 3, None),
        ({1: 0, 2: 0}, 0, None),
        ({}, 0, None),
        ({1: 3}, 3, 1),
    ],
)
def test_the_most_votes_win_when_enough_vote_and_a_tie_decides_nothing(
    votes: dict[int, int], quorum: int, chosen: int | None
) -> None:
    assert winner(votes, quorum) == chosen


@given(st.dictionaries(st.integers(1, 9), st.integers(0, 9), max_size=5), st.integers(0, 30))
def test_whoever_wins_has_more_votes_than_every_other(votes: dict[int, int], quorum: int) -> None:
    chosen = winner(votes, quorum)
    if chosen is not None:
        assert sum(votes.values()) >= quorum
        assert all(votes[chosen] > count for offer, count in votes.items() if offer != chosen)


@pytest.mark.parametrize(("members", "voters"), [(0, 3), (5, 3), (12, 3), (13, 4), (400, 100)])
def test_a_quarter_of_the_members_and_at_least_three_have_to_vote(members: int, voters: int) -> None:
    assert quorum_of(members) == voters
