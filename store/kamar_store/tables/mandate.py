"""Who leads what, until when, by which decision."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, Table, Text

from kamar_store.tables.base import PATH, Utc, metadata

# A mandate is in force from ``starts_at`` to ``ends_at`` unless it is revoked or frozen: nothing has to be switched.
mandate = Table(
    "mandate",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("member", Integer, ForeignKey("member.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("node", PATH, nullable=False, index=True),
    Column("office", String(32), nullable=False),  # key of kamar.organisation.Office
    Column("decree", Text, nullable=False, default=""),
    Column("starts_at", Utc, nullable=False),
    Column("ends_at", Utc),
    Column("acting", Boolean, nullable=False, default=False),  # for the time being, until somebody is appointed
    Column("revoked_at", Utc),
    Column("frozen_at", Utc),  # two claims to one seat: in force for nobody until the level above decides
    Column("appointed_by", Integer, ForeignKey("member.id", ondelete="SET NULL")),  # none: the server itself
)
