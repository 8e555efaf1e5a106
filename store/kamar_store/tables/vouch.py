"""Who vouched for whom, who greets newcomers, and who was greeted by whom."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, Table, Text

from kamar_store.tables.base import Utc, metadata

vouch = Table(
    "vouch",
    metadata,
    Column("newcomer", Integer, ForeignKey("member.id", ondelete="CASCADE"), primary_key=True),
    Column("voucher", Integer, ForeignKey("member.id", ondelete="CASCADE"), primary_key=True),
    Column("word", String(16), nullable=False),  # value of kamar.vouch.Word
    Column("at", Utc, nullable=False),
)

# Neighbours who agreed to greet newcomers.
greeter = Table(
    "greeter",
    metadata,
    Column("member", Integer, ForeignKey("member.id", ondelete="CASCADE"), primary_key=True),
    Column("at", Utc, nullable=False),
)

# A greeting that waits for somebody to answer the newcomer; forgotten once looked after.
greeting = Table(
    "greeting",
    metadata,
    Column("event_id", Text, primary_key=True),  # the newcomer's join
    Column("room_id", Text, nullable=False),
    Column("newcomer", Integer, ForeignKey("member.id", ondelete="CASCADE"), nullable=False),
    Column("greeter", Integer, ForeignKey("member.id", ondelete="CASCADE")),
    Column("at", Utc, nullable=False, index=True),
    Column("done", Boolean, nullable=False, default=False),
)
