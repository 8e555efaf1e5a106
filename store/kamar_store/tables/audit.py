"""Looks at every official room, and what was found changed behind the registry's back."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text

from kamar_store.tables.base import PATH, Utc, metadata

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("started_at", Utc, nullable=False),
    Column("finished_at", Utc),
    Column("total", Integer, nullable=False),  # rooms open when it began
    Column("looked", Integer, nullable=False, default=0),
    Column("after", Integer, nullable=False, default=0),  # row number of the last room looked at
    Column("gone", Integer, nullable=False, default=0),  # rooms that Matrix has no more
)

drift = Table(
    "drift",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("audit", Integer, ForeignKey("audit.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("node", PATH, nullable=False),
    Column("kind", String(16), nullable=False),  # value of kamar.structure.RoomKind
    Column("room_id", Text, nullable=False, index=True),
    Column("what", String(16), nullable=False),  # value of kamar.reconcile.What
    Column("about", Text, nullable=False, default=""),  # an account or a listed room, never a name
    Column("found_at", Utc, nullable=False),
    Column("repaired_at", Utc),
)
