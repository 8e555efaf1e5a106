"""Names of accounts say nothing."""

from __future__ import annotations

import random
import re

from hypothesis import given
from hypothesis import strategies as st

from kamar.account import is_localpart, new_localpart


@given(st.integers())
def test_a_new_local_part_is_valid_and_no_word_fits_into_it(seed: int) -> None:
    localpart = new_localpart(random.Random(seed))
    assert is_localpart(localpart)
    assert not re.search("[a-z]{3}", localpart)
    assert not localpart[0].isdigit()


def test_local_parts_hardly_ever_repeat() -> None:
    dice = random.Random(1)
    assert len({new_localpart(dice) for _ in range(10_000)}) == 10_000


def test_what_people_would_choose_is_no_local_part() -> None:
    for name in ("budi.santoso", "Budi", "0812345678", "budi santoso", "a2", "a" * 33, ""):
        assert not is_localpart(name)
