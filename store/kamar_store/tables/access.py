"""Who is logged in, one-time links, and the counting of guesses."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table, Text

from kamar_store.tables.base import Utc, metadata

session = Table(
    "session",
    metadata,
    Column("id", String(64), primary_key=True),  # SHA-256 of the cookie
    Column("user_id", Text, nullable=False, index=True),
    Column("csrf", String(64), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False, index=True),
)

login_link = Table(
    "login_link",
    metadata,
    Column("id", String(64), primary_key=True),  # SHA-256 of the token in the link
    Column("purpose", String(16), nullable=False),  # login, admin
    Column("user_id", Text),  # whom it logs in; none for the first administrator
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("used_at", Utc),
)

# Counters of guesses, per key and window.
attempt = Table(
    "attempt",
    metadata,
    Column("key", String(128), primary_key=True),
    Column("window", Integer, primary_key=True),  # when it ends, in seconds since 1970
    Column("count", Integer, nullable=False),
)
