"""Who a person is to the organisation, and what a seat in a room goes through."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

SIGNUP_AGE = 17  # years; Law 7/2023 and the party's rules know no younger members
MOVE_EVERY = timedelta(days=30)  # one move of home without approval


class MemberLevel(StrEnum):
    """Levels of belonging, lowest first. Offices are not levels: they follow from mandates."""

    TAMU = "tamu"
    SIMPATISAN = "simpatisan"
    ANGGOTA = "anggota"
    KADER = "kader"


class SeatState(StrEnum):
    """A member's seat in one official room."""

    WANTED = "wanted"  # decided, not yet in Matrix
    SEATED = "seated"
    LEAVING = "leaving"  # to be taken out of the room
    LEFT = "left"  # the member left by the own wish: nobody brings him back
    REMOVED = "removed"  # taken out by a measure, until it ends


class Office(StrEnum):
    """Offices known so far.

    Never "Ketua RT": officials of RT and RW may by law not belong to a party (Permendagri 18/2018 art. 8).
    """

    KOORDINATOR = "koordinator"
