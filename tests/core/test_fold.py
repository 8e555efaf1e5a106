"""When a kamar counts as silent, and when it is folded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kamar.fold import ANSWER, SILENT, is_folded, is_silent

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LONG_AGO = NOW - 3 * SILENT


@pytest.mark.parametrize(
    ("last_word", "opened_at", "silent"),
    [
        (NOW - SILENT, LONG_AGO, True),
        (NOW - SILENT + SECOND, LONG_AGO, False),
        (None, LONG_AGO, True),
        (None, NOW - SILENT + SECOND, False),
        (LONG_AGO, NOW, False),
    ],
    ids=["sixty days", "a second less", "never a word", "just opened", "opened again"],
)
def test_silence_is_sixty_days_without_a_word(last_word: datetime | None, opened_at: datetime, silent: bool) -> None:
    assert is_silent(last_word, opened_at, NOW) is silent


@pytest.mark.parametrize(
    ("asked_at", "kept", "folded"),
    [(NOW - ANSWER, False, True), (NOW - ANSWER + SECOND, False, False), (NOW - ANSWER, True, False)],
    ids=["nobody minds", "there is still time", "somebody wants it"],
)
def test_one_voice_keeps_a_kamar(asked_at: datetime, kept: bool, folded: bool) -> None:
    assert is_folded(asked_at, NOW, kept=kept) is folded
