"""Effects on the world outside, and what the world told us."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Index, Integer, String, Table, Text

from kamar_store.tables.base import Utc, metadata

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

cursor = Table(
    "cursor",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)
