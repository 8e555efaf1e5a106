"""The registry's tables, one file for each theme, so that what we keep about people can be read at a glance.

No row holds a password, a token, or a telephone number. Times are aware UTC.
"""

from kamar_store.tables.access import attempt, login_link, session
from kamar_store.tables.base import PATH, Utc, metadata
from kamar_store.tables.direct import direct_reply, direct_talk
from kamar_store.tables.effects import cursor, event, outbox, question, transaction
from kamar_store.tables.people import consent, invitation, mandate, member, recovery, signup
from kamar_store.tables.push import push_kind, push_subscription
from kamar_store.tables.rooms import room, seat
from kamar_store.tables.wilayah import node

__all__ = [
    "PATH",
    "Utc",
    "attempt",
    "consent",
    "cursor",
    "direct_reply",
    "direct_talk",
    "event",
    "invitation",
    "login_link",
    "mandate",
    "member",
    "metadata",
    "node",
    "outbox",
    "push_kind",
    "push_subscription",
    "question",
    "recovery",
    "room",
    "seat",
    "session",
    "signup",
    "transaction",
]
