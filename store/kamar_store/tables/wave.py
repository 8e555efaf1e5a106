"""The wave brake: where newcomers of a tree of codes were let in, who is held, which codes are open for a campaign."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, String, Table

from kamar_store.tables.base import PATH, Utc, metadata

trail = Table(
    "trail",
    metadata,
    Column("member", Integer, ForeignKey("member.id", ondelete="CASCADE"), primary_key=True),
    Column("room", Integer, primary_key=True),  # row of the room, which may be gone
    Column("tree", String(10), nullable=False, index=True),
    Column("village", PATH, nullable=False),
    Column("met", Integer, nullable=False),  # people there who are not of the tree
    Column("at", Utc, nullable=False),
)

hold = Table(
    "hold",
    metadata,
    Column("member", Integer, ForeignKey("member.id", ondelete="CASCADE"), primary_key=True),
    Column("tree", String(10), nullable=False, index=True),
    Column("at", Utc, nullable=False),
    Column("released_at", Utc),  # let in all the same, by an administrator
)

campaign = Table(
    "campaign",
    metadata,
    Column("code", String(10), primary_key=True),
    Column("until", Utc, nullable=False),
)
