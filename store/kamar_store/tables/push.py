"""Whom to call back, and where."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, Table, Text

from kamar_store.tables.base import Utc, metadata

# One browser that may be called. It lives no longer than the login that made it: logging out anywhere removes it.
push_subscription = Table(
    "push_subscription",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("member", Integer, ForeignKey("member.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("session", String(64), ForeignKey("session.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("mark", String(64), nullable=False, unique=True),  # keyed hash of the address: finds it, tells nothing
    Column("sealed", Text, nullable=False),  # address and keys, encrypted: whoever has the address may call
    Column("created_at", Utc, nullable=False),
)

# What a member wants to be called for, where it is not the default (everything), and when that was last done.
push_kind = Table(
    "push_kind",
    metadata,
    Column("member", Integer, ForeignKey("member.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", String(16), primary_key=True),  # value of kamar.push.PushKind
    Column("wanted", Boolean, nullable=False, default=True),
    Column("called_at", Utc),
)
