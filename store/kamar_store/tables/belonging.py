"""To which nodes besides the home a member belongs; guests' treaties; nodes that gather people of others.

A workplace's rows name the second account only. Who stands behind it is in ``vault_persona``, sealed, and nowhere else:
rows there have no number and no time, so that nobody can lay the two tables side by side.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from kamar_store.tables.base import PATH, Utc, metadata

belonging = Table(
    "belonging",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("member", Integer, ForeignKey("member.id", ondelete="CASCADE"), nullable=False),
    Column("node", PATH, nullable=False, index=True),
    Column("state", String(8), nullable=False),  # value of kamar.belonging.Belonging
    Column("since", Utc, nullable=False),
    Column("gathered", Boolean, nullable=False, default=False),  # by a gathering, which also takes it away
    UniqueConstraint("member", "node"),
)

# Who let whom in: a coordinator alone, or two members of a workplace.
belonging_word = Table(
    "belonging_word",
    metadata,
    Column("belonging", Integer, ForeignKey("belonging.id", ondelete="CASCADE"), primary_key=True),
    Column("by", Integer, ForeignKey("member.id", ondelete="CASCADE"), primary_key=True),
    Column("at", Utc, nullable=False),
)

# Two words by which a workplace's rooms go: they say nothing, and are drawn by chance.
cover = Table("cover", metadata, Column("node", PATH, primary_key=True), Column("name", Text, nullable=False))

vault_persona = Table(
    "vault_persona",
    metadata,
    Column("back", String(64), primary_key=True),  # HMAC of the second account's number
    Column("lookup", String(64), nullable=False),  # HMAC of the first account's number
    Column("key_id", String(8), nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # AES-256-GCM: the second account's number
    sqlite_with_rowid=False,
)
Index("ix_vault_persona_lookup", vault_persona.c.lookup)

gathering = Table(
    "gathering",
    metadata,
    Column("node", PATH, primary_key=True),  # a team, or a room of officers side by side
    Column("source", PATH, primary_key=True, index=True),  # whose people it gathers
    Column("who", String(8), nullable=False),  # value of kamar.belonging.Gathered
    Column("asked_by", Integer, ForeignKey("member.id", ondelete="SET NULL")),
    Column("agreed_by", Integer, ForeignKey("member.id", ondelete="SET NULL")),
    Column("agreed_at", Utc),  # none: an officer of ``source`` has not agreed yet
    Column("at", Utc, nullable=False),
)

treaty = Table(
    "treaty",
    metadata,
    Column("node", PATH, primary_key=True),
    Column("organisation", Text, nullable=False),  # whose people are guests there
    Column("until", Utc, nullable=False),
    Column("warned_at", Utc),
    Column("ended_at", Utc),
)
