"""The vault: telephone numbers and e-mail addresses, encrypted, and the log of everybody who read one.

The key that opens them lies in a file outside the database. The log can be proved (each row carries the hash of the one
before) and can be erased (it names people by a pseudonym, whose key goes with the member).
"""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
)

from kamar_store.tables.base import Utc, metadata

vault_contact = Table(
    "vault_contact",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("member", Integer, ForeignKey("member.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(8), nullable=False),  # phone, email
    Column("key_id", String(8), nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # AES-256-GCM: nonce, ciphertext, tag
    Column("lookup", String(64), nullable=False, index=True),  # HMAC-SHA-256 of the value
    Column("verified", Boolean, nullable=False, default=False),
    Column("verified_at", Utc),
    Column("created_at", Utc, nullable=False),
    UniqueConstraint("member", "kind"),
)
Index(
    "uq_vault_contact_verified",  # what was proved to be somebody's is nobody else's
    vault_contact.c.kind,
    vault_contact.c.lookup,
    unique=True,
    sqlite_where=vault_contact.c.verified,
    postgresql_where=vault_contact.c.verified,
)

vault_person = Table(
    "vault_person",
    metadata,
    Column("member", Integer, ForeignKey("member.id", ondelete="CASCADE"), primary_key=True),
    Column("key", LargeBinary, nullable=False),  # 32 random bytes; without them the pseudonym is nobody's
)

vault_access = Table(
    "vault_access",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("actor", String(64), nullable=False),  # a pseudonym, or "server"
    Column("purpose", String(32), nullable=False),
    Column("subject", String(64), nullable=False),  # a pseudonym
    Column("at", Text, nullable=False),  # ISO 8601, exactly as it was hashed
    Column("hash", String(64), nullable=False, unique=True),  # SHA-256 over the row before and this one
)

_SQLITE = """CREATE TRIGGER vault_access_no_{verb} BEFORE {verb} ON vault_access
BEGIN SELECT RAISE(ABORT, 'vault_access is append-only'); END"""
_FUNCTION = """CREATE OR REPLACE FUNCTION vault_access_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'vault_access is append-only'; END $$"""
_POSTGRESQL = """CREATE TRIGGER vault_access_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON vault_access
EXECUTE FUNCTION vault_access_append_only()"""
_TRIGGERS = [("sqlite", _SQLITE.format(verb=verb)) for verb in ("UPDATE", "DELETE")]
_TRIGGERS += [("postgresql", statement) for statement in (_FUNCTION, _POSTGRESQL)]
for _dialect, _statement in _TRIGGERS:
    _ddl = DDL(_statement).execute_if(dialect=_dialect)  # type: ignore[no-untyped-call]  # SQLAlchemy's own gap
    event.listen(vault_access, "after_create", _ddl)
