"""Days and times as people say them, in the zone of the place they live in.

Indonesia has three zones and no summer time.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

from kamar.ids import NodePath
from kamar.words import mark as _
from kamar.words import translate

WIB = timezone(timedelta(hours=7), "WIB")
WITA = timezone(timedelta(hours=8), "WITA")
WIT = timezone(timedelta(hours=9), "WIT")
# Codes of provinces (Kepmendagri 300.2.2-2138/2025); all others are in the west. Zones: Keppres 41/1987.
MIDDLE = frozenset("51 52 53 63 64 65 71 72 73 74 75 76".split())
EAST = frozenset("81 82 91 92 93 94 95 96 97".split())

DAYS = (_("Senin"), _("Selasa"), _("Rabu"), _("Kamis"), _("Jumat"), _("Sabtu"), _("Minggu"))
MONTHS = (
    _("Januari"),
    _("Februari"),
    _("Maret"),
    _("April"),
    _("Mei"),
    _("Juni"),
    _("Juli"),
    _("Agustus"),
    _("September"),
    _("Oktober"),
    _("November"),
    _("Desember"),
)
TODAY = _("Hari ini")
YESTERDAY = _("Kemarin")


def zone_of(node: NodePath) -> timezone:
    """Return the zone of a place; what is no wilayah keeps the time of the capital."""
    province = node[:2]
    return WITA if province in MIDDLE else WIT if province in EAST else WIB


def day_words(day: date, today: date, language: str = "id") -> str:
    """Return "Hari ini", "Kemarin", or "Sabtu, 21 November 2026"."""
    if day == today:
        return translate(TODAY, language)
    if day == today - timedelta(days=1):
        return translate(YESTERDAY, language)
    names = (translate(DAYS[day.weekday()], language), translate(MONTHS[day.month - 1], language))
    return f"{names[0]}, {day.day} {names[1]} {day.year}"


def clock_words(at: datetime) -> str:
    """Return "19.30", in the zone that ``at`` carries."""
    return f"{at:%H.%M}"
