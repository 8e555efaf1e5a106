"""Getting back in: letters with a code, and requests that two neighbours confirm. Only hashes of secrets are kept."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, Table, Text

from kamar_store.tables.base import Utc, metadata

recovery = Table(
    "recovery",
    metadata,
    Column("member", Integer, ForeignKey("member.id", ondelete="CASCADE"), primary_key=True),
    Column("hash", Text, nullable=False),  # scrypt of the words
    Column("at", Utc, nullable=False),
)

# A code sent by e-mail. The code is computed from the vault's key and ``id``, and stands nowhere.
recovery_letter = Table(
    "recovery_letter",
    metadata,
    Column("id", String(64), primary_key=True),  # SHA-256 of the token in the browser that asked
    Column("purpose", String(8), nullable=False),  # recover, verify
    Column("member", Integer, ForeignKey("member.id", ondelete="CASCADE"), index=True),  # none: nobody has the address
    Column("tries", Integer, nullable=False, default=0),
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False, index=True),
    Column("used_at", Utc),
)

recovery_request = Table(
    "recovery_request",
    metadata,
    Column("id", String(64), primary_key=True),  # SHA-256 of the token in the new telephone
    Column("scan", String(64), nullable=False, unique=True),  # SHA-256 of the token in the QR that is good now
    Column("typed", Text, nullable=False),  # the name somebody gave; emptied when the request is over
    Column("subject", Integer, ForeignKey("member.id", ondelete="CASCADE"), index=True),
    Column("coordinator", Integer, ForeignKey("member.id", ondelete="SET NULL")),
    Column("neighbour", Integer, ForeignKey("member.id", ondelete="SET NULL")),
    Column("administrator", Integer, ForeignKey("member.id", ondelete="SET NULL")),  # opened the way, instead of both
    Column("officer", Boolean, nullable=False, default=False),
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False, index=True),
    Column("ready_at", Utc),
    Column("cancelled_at", Utc),
    Column("used_at", Utc),
)
