"""Silent kamar: when they were looked at, asked, kept or folded back."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, Table

from kamar_store.tables.base import PATH, Utc, metadata

fold = Table(
    "fold",
    metadata,
    Column("room", Integer, primary_key=True),  # row of the room, which is gone once folded
    Column("node", PATH, nullable=False, index=True),
    Column("looked_at", Utc, nullable=False),
    Column("asked_at", Utc),
    Column("kept", Boolean, nullable=False, default=False),
    Column("folded_at", Utc),
)
