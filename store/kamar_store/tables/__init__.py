"""The registry's tables, one file for each theme, so that what we keep about people can be read at a glance.

No row holds a password, a token, or a telephone number. Times are aware UTC.
"""

from kamar_store.tables.access import attempt, login_link, session
from kamar_store.tables.base import PATH, Utc, metadata
from kamar_store.tables.effects import cursor, event, outbox, question, transaction
from kamar_store.tables.peace import (
    ban_key,
    block,
    direct_talk,
    known_key,
    measure,
    measure_log,
    report,
    report_by,
    room_rule,
)
from kamar_store.tables.people import consent, invitation, mandate, member, recovery, signup
from kamar_store.tables.rooms import room, seat
from kamar_store.tables.wilayah import node

__all__ = [
    "PATH",
    "Utc",
    "attempt",
    "ban_key",
    "block",
    "consent",
    "cursor",
    "direct_talk",
    "event",
    "invitation",
    "known_key",
    "login_link",
    "mandate",
    "measure",
    "measure_log",
    "member",
    "metadata",
    "node",
    "outbox",
    "question",
    "recovery",
    "report",
    "report_by",
    "room",
    "room_rule",
    "seat",
    "session",
    "signup",
    "transaction",
]
