"""Encrypted direct talk: what the bot's second account still has to say, and the talks that the bot began."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Index, Integer, Table, Text

from kamar_store.tables.base import Utc, metadata

# Answers of the one process that holds the keys; gone once sent, because they may hold what was said in private.
direct_reply = Table(
    "direct_reply",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("lane", Text, nullable=False),  # rows of one lane keep their order
    Column("kind", Text, nullable=False),  # as in the outbox
    Column("payload", JSON, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("due_at", Utc, nullable=False),
    Index("ix_direct_reply_lane_id", "lane", "id"),
)

# The direct room that the bot made for a person, one encrypted and one plain.
direct_talk = Table(
    "direct_talk",
    metadata,
    Column("user_id", Text, primary_key=True),
    Column("encrypted", Boolean, primary_key=True),
    Column("room_id", Text, nullable=False),
)
