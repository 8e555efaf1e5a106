"""A table that an officer uploaded, between its preview and the word that carries it out; an hour at most."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Integer, String, Table

from kamar_store.tables.base import Utc, metadata

officers_draft = Table(
    "officers_draft",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("member", Integer, ForeignKey("member.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("lines", JSON, nullable=False),  # as they were written, names among them: hence the hour
    Column("at", Utc, nullable=False, index=True),
)
