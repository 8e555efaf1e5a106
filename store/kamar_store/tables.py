"""The registry's tables. One file, so that the whole of what we keep about people can be read at a glance.

No row holds a password, a token, or a telephone number. Times are aware UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.dialects import postgresql

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Utc(TypeDecorator[datetime]):
    """An aware UTC ``datetime``, also where the database forgets the zone (SQLite)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time: it would be read back wrong."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without zone")
        return value if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give SQLite's naive times their zone back."""
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


# A node's path. Ranges of paths select what lies below a node, which needs plain comparison by code point.
PATH = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")

# The organisation: official wilayah (91,599), then our own units, RW and RT on demand.
node = Table(
    "node",
    metadata,
    Column("path", PATH, primary_key=True),
    Column("parent", PATH, nullable=False, index=True),  # "" for ID, the root
    Column("axis", String(16), nullable=False),
    Column("level", String(16), nullable=False),  # value of kamar.wilayah.Level
    Column("kind", String(32), nullable=False),  # the word people use: "Desa", "Kelurahan", "Distrik", "Kota", "Dusun"
    Column("name", Text, nullable=False),
    Column("full_name", Text, nullable=False),  # the whole path in words, smallest place first
    Column("postcode", String(5), nullable=False, default=""),
    Column("decree", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("superseded_by", PATH),
)

member = Table(
    "member",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user_id", Text, nullable=False, unique=True),
    Column("display_name", Text, nullable=False),
    Column("level", String(16), nullable=False),  # value of kamar.membership.MemberLevel
    Column("home", PATH, nullable=False, index=True),  # domisili: the smallest known node
    Column("code", String(10)),  # the invitation that brought the member
    Column("referrer", Integer, ForeignKey("member.id", ondelete="SET NULL"), index=True),
    Column("admin", Boolean, nullable=False, default=False),
    Column("demo", Boolean, nullable=False, default=False),
    Column("data_saving", Boolean, nullable=False, default=False),
    Column("joined_at", Utc, nullable=False),
    Column("left_at", Utc),
)

invitation = Table(
    "invitation",
    metadata,
    Column("code", String(10), primary_key=True),
    Column("owner", Integer, ForeignKey("member.id", ondelete="CASCADE"), index=True),  # none: the server's own
    Column("node", PATH),  # seats the newcomer's search there
    Column("demo", Boolean, nullable=False, default=False),
    Column("created_at", Utc, nullable=False),
    Column("revoked_at", Utc),
)

signup = Table(
    "signup",
    metadata,
    Column("id", String(64), primary_key=True),  # SHA-256 of the token in the newcomer's link
    Column("code", String(10), nullable=False),
    Column("localpart", String(32), nullable=False, unique=True),
    Column("answers", JSON, nullable=False),  # village, rw, rt, age, consents: never a name or password
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False, index=True),
    Column("user_id", Text),  # an account that already exists (stock client)
    Column("member", Integer, ForeignKey("member.id", ondelete="CASCADE")),
)

consent = Table(
    "consent",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("member", Integer, ForeignKey("member.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("purpose", String(32), nullable=False),
    Column("given", Boolean, nullable=False),
    Column("version", String(16), nullable=False),
    Column("text_hash", String(64), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("at", Utc, nullable=False),
)

recovery = Table(
    "recovery",
    metadata,
    Column("member", Integer, ForeignKey("member.id", ondelete="CASCADE"), primary_key=True),
    Column("hash", Text, nullable=False),  # scrypt of the words
    Column("at", Utc, nullable=False),
)

# An official Matrix room and the row that wanted it.
room = Table(
    "room",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(32), nullable=False, unique=True),  # stands in the room's creation_content
    Column("node", PATH, nullable=False),
    Column("kind", String(16), nullable=False),  # value of kamar.structure.RoomKind
    Column("number", Integer, nullable=False, default=1),  # the second kamar perintis of a place is 2
    Column("room_id", Text, unique=True),
    Column("state", String(16), nullable=False, index=True),  # value of kamar.structure.RoomState
    Column("created_at", Utc, nullable=False),
    Column("opened_at", Utc),
    UniqueConstraint("node", "kind", "number"),
)

seat = Table(
    "seat",
    metadata,
    Column("member", Integer, ForeignKey("member.id", ondelete="CASCADE"), primary_key=True),
    Column("room", Integer, ForeignKey("room.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("state", String(16), nullable=False),  # value of kamar.membership.SeatState
    Column("at", Utc, nullable=False),
)

mandate = Table(
    "mandate",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("member", Integer, ForeignKey("member.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("node", PATH, nullable=False, index=True),
    Column("office", String(32), nullable=False),
    Column("decree", Text, nullable=False, default=""),
    Column("starts_at", Utc, nullable=False),
    Column("ends_at", Utc),
)

# Every effect outside the database, written in the transaction of its cause.
outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("key", Text, nullable=False, unique=True),
    Column("lane", Text),  # rows of one lane are done one after the other, in order
    Column("payload", JSON, nullable=False),
    Column("state", String(8), nullable=False, default="ready"),  # ready, done, parked
    Column("attempts", Integer, nullable=False, default=0),
    Column("due_at", Utc, nullable=False),
    Column("claimed_until", Utc),
    Column("error", Text, nullable=False, default=""),
    Column("created_at", Utc, nullable=False),
    Index("ix_outbox_state_due_at", "state", "due_at"),
    Index("ix_outbox_lane_state_id", "lane", "state", "id"),
)

# What Synapse pushed: each transaction and each event counts once.
transaction = Table(
    "appservice_transaction",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", Utc, nullable=False),
)

event = Table(
    "appservice_event",
    metadata,
    Column("event_id", Text, primary_key=True),
    Column("room_id", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("content", JSON),  # only of what is addressed to the bot; emptied once handled
    Column("state", String(8), nullable=False, index=True),  # new, done
    Column("at", Utc, nullable=False),
)

# Questions of the bot that wait for a reaction or a number.
question = Table(
    "question",
    metadata,
    Column("event_id", Text, primary_key=True),  # the bot's own message
    Column("room_id", Text, nullable=False, index=True),
    Column("asker", Text, nullable=False),
    Column("choices", JSON, nullable=False),  # list of commands, first choice first
    Column("at", Utc, nullable=False),
)

session = Table(
    "session",
    metadata,
    Column("id", String(64), primary_key=True),  # SHA-256 of the cookie
    Column("user_id", Text, nullable=False, index=True),
    Column("csrf", String(64), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False, index=True),
)

login_link = Table(
    "login_link",
    metadata,
    Column("id", String(64), primary_key=True),  # SHA-256 of the token in the link
    Column("purpose", String(16), nullable=False),  # login, admin
    Column("user_id", Text),  # whom it logs in; none for the first administrator
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("used_at", Utc),
)

# Counters of guesses, per key and window.
attempt = Table(
    "attempt",
    metadata,
    Column("key", String(128), primary_key=True),
    Column("window", Integer, primary_key=True),  # number of the window since the epoch
    Column("count", Integer, nullable=False),
)

cursor = Table(
    "cursor",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)
