"""Who may vouch for whom, when the door opens, and when it closes."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath
from kamar.recovery import (
    MEET_LASTS,
    OFFICER_WAITS,
    Request,
    Stage,
    coordinates,
    door,
    near,
    refuse_neighbour,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
VILLAGE = "32.16.19.2005"
HOME = NodePath(f"{VILLAGE}/RW005/RT003")
SUBJECT, COORDINATOR, NEIGHBOUR = MemberId(1), MemberId(2), MemberId(3)


@pytest.mark.parametrize(
    ("node", "may"),
    [
        (HOME, True),
        (f"{VILLAGE}/RW005", True),
        (VILLAGE, True),
        (f"{VILLAGE}/RW005/RT001", False),
        (f"{VILLAGE}/RW003", False),
        ("32.16.19.2001", False),
        ("32.16.19", False),
        ("32", False),
    ],
)
def test_only_the_coordinator_of_ones_own_rt_rw_or_village_confirms(node: str, may: bool) -> None:
    assert coordinates([NodePath(node)], HOME) is may


def test_a_coordinator_of_a_whole_province_knows_nobody_by_face() -> None:
    assert near([NodePath("32"), NodePath("32.16"), NodePath(VILLAGE)]) == [VILLAGE]


@pytest.mark.parametrize(
    ("witness", "shares", "vouched", "code"),
    [
        (NEIGHBOUR, True, True, None),
        (SUBJECT, True, True, "witness_self"),
        (COORDINATOR, True, True, "witness_twice"),
        (NEIGHBOUR, False, True, "witness_stranger"),
        (NEIGHBOUR, True, False, "witness_new"),
    ],
    ids=["a neighbour", "the person", "the coordinator again", "a stranger", "one nobody vouches for"],
)
def test_the_second_witness_is_another_neighbour(
    witness: MemberId, shares: bool, vouched: bool, code: str | None
) -> None:
    request = Request("Dewi", NOW, SUBJECT, COORDINATOR)
    with pytest.raises(KamarError, match=code) if code else contextlib.nullcontext():
        refuse_neighbour(request, witness, vouched=vouched, shares=shares)


@pytest.mark.parametrize("officer", [False, True])
def test_the_door_is_open_half_an_hour_and_an_officers_opens_a_day_later(officer: bool) -> None:
    opens, closes = door(NOW, officer=officer)
    request = Request("Dewi", closes, SUBJECT, COORDINATOR, NEIGHBOUR, opens)
    assert opens - NOW == (OFFICER_WAITS if officer else timedelta(0))
    assert request.stage(opens) is Stage.OPEN
    assert request.stage(opens - timedelta(seconds=1)) is Stage.WAITING
    assert request.stage(opens + MEET_LASTS) is Stage.OVER


@given(
    st.none() | st.just(COORDINATOR),
    st.none() | st.just(NEIGHBOUR),
    st.none() | st.timedeltas(timedelta(-2), timedelta(2)),
    st.timedeltas(timedelta(-2), timedelta(2)),
    st.booleans(),
    st.booleans(),
)
def test_no_password_is_chosen_without_two_witnesses_in_time(
    coordinator: MemberId | None,
    neighbour: MemberId | None,
    ready: timedelta | None,
    expires: timedelta,
    cancelled: bool,
    used: bool,
) -> None:
    request = Request(
        "Dewi",
        NOW + expires,
        SUBJECT,
        coordinator,
        neighbour,
        None if ready is None else NOW + ready,
        NOW if cancelled else None,
        NOW if used else None,
    )
    if request.stage(NOW) is Stage.OPEN:
        assert coordinator
        assert neighbour
        assert ready is not None
        assert ready <= timedelta(0) < expires
        assert not cancelled
        assert not used
