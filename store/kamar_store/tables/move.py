"""Moves of home, done and asked for."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, String, Table

from kamar_store.tables.base import PATH, Utc, metadata

move = Table(
    "move",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("member", Integer, ForeignKey("member.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("old", PATH, nullable=False),
    Column("new", PATH, nullable=False, index=True),
    Column("state", String(8), nullable=False),  # value of kamar.move.MoveState
    Column("at", Utc, nullable=False),
    Column("decided_by", Integer, ForeignKey("member.id", ondelete="SET NULL")),
)
