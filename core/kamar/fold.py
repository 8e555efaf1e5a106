"""Folding back: a kamar in which nobody has spoken for sixty days goes back into the wider one, if nobody minds."""

from __future__ import annotations

from datetime import datetime, timedelta

SILENT = timedelta(days=60)
ANSWER = timedelta(days=7)  # for anybody to say that the kamar should stay


def is_silent(last_word: datetime | None, opened_at: datetime, now: datetime) -> bool:
    """Tell whether a kamar opened at ``opened_at``, in which the last word was said at ``last_word``, is silent."""
    return now - max(last_word or opened_at, opened_at) >= SILENT


def is_folded(asked_at: datetime, now: datetime, *, kept: bool) -> bool:
    """Tell whether a kamar that was asked at ``asked_at`` is folded; one voice keeps it."""
    return not kept and now - asked_at >= ANSWER
