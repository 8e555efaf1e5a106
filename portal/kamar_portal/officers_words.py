"""How officers' pages say days, and how they read them."""

from __future__ import annotations

from datetime import date, datetime, time, timezone

from kamar.errors import KamarError
from kamar.when import MONTHS
from kamar.words import translate


def date_words(at: datetime, zone: timezone, language: str = "id") -> str:
    """Return "21 November 2026", as it is at the place."""
    day = at.astimezone(zone)
    return f"{day.day} {translate(MONTHS[day.month - 1], language)} {day.year}"


def read_day(text: str, zone: timezone) -> datetime | None:
    """Return the beginning of a day (2026-11-21) at a place; None where nothing is written.

    Raises:
        KamarError: ``day_malformed``.
    """
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time(), zone)
    except ValueError as error:
        raise KamarError("day_malformed", day=text[:20]) from error
