"""Calling members back: what a call may say, and when a telephone may ring. Pure.

A call names no person, no room and no word of what was said: a lock screen is read by others, and so is the way there.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from kamar.wilayah import zone_of
from kamar.words import mark as _

EVERY = timedelta(minutes=15)  # at most one call to a member of each kind
LATE = timedelta(hours=12)  # a call that could not be brought for so long is dropped
QUIET_FROM = time(21)  # on the clock of the place where the member lives
QUIET_TO = time(6)
HOURS = {"Asia/Jakarta": 7, "Asia/Makassar": 8, "Asia/Jayapura": 9}  # ahead of UTC; Indonesia has no summer time

TITLE = "Sosial Kamar"  # never the organisation's name: who is a member of what is nobody's business


class PushKind(StrEnum):
    """Why somebody is called."""

    MENTION = "mention"  # named in a kamar, or answered to
    SIARAN = "siaran"  # an announcement in one's village
    GREETING = "greeting"  # welcomed in one's kamar


SAYS = {
    PushKind.MENTION: _("Ada pesan baru untuk Anda."),
    PushKind.SIARAN: _("Ada pengumuman baru."),
    PushKind.GREETING: _("Ada sapaan untuk Anda."),
}


def due(kind: PushKind, home: str, now: datetime) -> datetime:
    """Return when somebody who lives at ``home`` may be called: now, or when the quiet of the night is over.

    A mention is one neighbour calling another by name; it alone does not wait.
    """
    if kind is PushKind.MENTION:
        return now
    local = now + timedelta(hours=HOURS[zone_of(home)])
    if QUIET_TO <= local.time() < QUIET_FROM:
        return now
    wait = datetime.combine(local.date(), QUIET_TO, UTC) - local
    return now + (wait if wait > timedelta(0) else wait + timedelta(days=1))
