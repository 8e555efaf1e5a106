"""Invitation codes."""

from __future__ import annotations

import random
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamar.errors import KamarError
from kamar.referral import ALPHABET, LENGTH, new_code, read_code, refuse_unusable, server_of, spoken

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
seeds = st.integers(0, 2**32)


@given(seeds)
def test_a_code_survives_being_read_aloud_and_typed_in_small_letters(seed: int) -> None:
    code = new_code("K2", random.Random(seed))
    assert len(code) == LENGTH
    assert server_of(code) == "K2"
    assert read_code(spoken(code).lower().replace("-", " ")) == code


@given(seeds, st.integers(0, LENGTH - 1), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_noticed(seed: int, place: int, char: str) -> None:
    code = new_code("K2", random.Random(seed))
    wrong = code[:place] + char + code[place + 1 :]
    if wrong == code:
        return
    with pytest.raises(KamarError, match="code_malformed"):
        read_code(wrong)


@given(seeds, st.integers(0, LENGTH - 2))
def test_two_neighbours_changed_over_are_always_noticed(seed: int, place: int) -> None:
    code = new_code("K2", random.Random(seed))
    wrong = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    if wrong == code:
        return
    with pytest.raises(KamarError, match="code_malformed"):
        read_code(wrong)


@pytest.mark.parametrize("text", ["", "K2", "K2" * 5 + "K", "K20000000O", "💥" * 10, "K2-7F3-Q2M-X", "ſ" * 10])
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(KamarError, match="code_malformed"):
        read_code(text)


@pytest.mark.parametrize(
    ("revoked_at", "refused"),
    [(None, False), (NOW + timedelta(seconds=1), False), (NOW, True), (NOW - timedelta(days=1), True)],
    ids=["never revoked", "in a moment", "just now", "yesterday"],
)
def test_a_code_counts_until_it_is_revoked(revoked_at: datetime | None, refused: bool) -> None:
    with pytest.raises(KamarError, match="code_revoked") if refused else nullcontext():
        refuse_unusable(revoked_at, NOW)
