"""Members, how they came, what they agreed to."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Integer, String, Table, Text

from kamar_store.tables.base import PATH, Utc, metadata

member = Table(
    "member",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user_id", Text, nullable=False, unique=True),
    Column("display_name", Text, nullable=False),
    Column("level", String(16), nullable=False),  # value of kamar.membership.MemberLevel
    Column("home", PATH, nullable=False, index=True),  # domisili: the smallest known node
    Column("code", String(10)),  # the invitation that brought the member
    Column("tree", String(10)),  # the code at the root of the newcomer's tree of codes; none: not brought by a code
    Column("vouched_at", Utc),  # since when neighbours vouch for the member; none: a newcomer
    Column("referrer", Integer, ForeignKey("member.id", ondelete="SET NULL"), index=True),
    Column("admin", Boolean, nullable=False, default=False),
    Column("demo", Boolean, nullable=False, default=False),
    Column("data_saving", Boolean),  # none: the browser decides
    Column("plain_chat", Boolean, nullable=False, default=False),  # rooms open as plain pages
    Column("persona", Boolean, nullable=False, default=False),  # a workplace's second account: see vault_persona
    Column("joined_at", Utc, nullable=False),
    Column("left_at", Utc),
)

invitation = Table(
    "invitation",
    metadata,
    Column("code", String(10), primary_key=True),
    Column("owner", Integer, ForeignKey("member.id", ondelete="CASCADE"), index=True),  # none: the server's own
    Column("node", PATH),  # seats the newcomer's search there
    Column("demo", Boolean, nullable=False, default=False),
    Column("created_at", Utc, nullable=False),
    Column("revoked_at", Utc),
)

signup = Table(
    "signup",
    metadata,
    Column("id", String(64), primary_key=True),  # SHA-256 of the token in the newcomer's link
    Column("code", String(10), nullable=False),
    Column("localpart", String(32), nullable=False, unique=True),
    Column("answers", JSON, nullable=False),  # village, rw, rt, age, consents: never a name or password
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False, index=True),
    Column("user_id", Text),  # an account that already exists (stock client)
    Column("member", Integer, ForeignKey("member.id", ondelete="CASCADE")),
)

consent = Table(
    "consent",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("member", Integer, ForeignKey("member.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("purpose", String(32), nullable=False),
    Column("given", Boolean, nullable=False),
    Column("version", String(16), nullable=False),
    Column("text_hash", String(64), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("at", Utc, nullable=False),
)
