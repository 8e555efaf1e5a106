"""Moving home."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kamar.ids import NodePath
from kamar.membership import MOVE_EVERY
from kamar.move import keeps_trust, needs_approval

NOW = datetime(2026, 11, 21, tzinfo=UTC)
VILLAGE = "32.16.19.2005"


@pytest.mark.parametrize(
    ("last", "needed"),
    [(None, False), (NOW - MOVE_EVERY, False), (NOW - MOVE_EVERY + timedelta(seconds=1), True), (NOW, True)],
    ids=["never moved", "thirty days ago", "a second less", "just now"],
)
def test_one_move_in_thirty_days_needs_nobody(last: datetime | None, needed: bool) -> None:
    assert needs_approval(last, NOW) is needed


@pytest.mark.parametrize(
    ("new", "kept"),
    [(f"{VILLAGE}/RW001/RT001", True), (VILLAGE, True), ("32.16.19.2001/RW005/RT003", False)],
    ids=["another RT", "the village alone", "another village"],
)
def test_the_neighbours_word_counts_within_the_village(new: str, kept: bool) -> None:
    assert keeps_trust(NodePath(f"{VILLAGE}/RW005/RT003"), NodePath(new)) is kept
