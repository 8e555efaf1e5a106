"""When a measure ends, in words: "Sabtu, 21 November 2026 pukul 19.30 WIB"."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
MONTHS = (
    "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember".split()
)  # both are proper names here: the same in every language we speak
ZONES = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}
HOME_ZONE = "Asia/Jakarta"


def spoken_time(moment: datetime, zone: str = HOME_ZONE) -> str:
    """Return a time in words, in the zone of the place."""
    here = moment.astimezone(ZoneInfo(zone))
    day = f"{DAYS[here.weekday()]}, {here.day} {MONTHS[here.month - 1]} {here.year}"
    return f"{day} pukul {here:%H.%M} {ZONES.get(zone, '')}".strip()
