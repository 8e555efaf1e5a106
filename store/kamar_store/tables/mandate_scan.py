"""Scans of decrees, sealed. They go with their mandate, and it with its holder."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, String, Table

from kamar_store.tables.base import Utc, metadata

# The file is sealed with a key of its own, and that key with the vault's: a new key of the vault seals only keys anew.
mandate_scan = Table(
    "mandate_scan",
    metadata,
    Column("mandate", Integer, ForeignKey("mandate.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", String(32), nullable=False),  # value of kamar.mandate_scan.ScanKind
    Column("size", Integer, nullable=False),  # bytes of the file
    Column("sha256", String(64), nullable=False),  # of the file; stands in the log of mandates too
    Column("key_id", String(8), nullable=False),  # which key of the vault
    Column("file_key", LargeBinary, nullable=False),  # the file's own key, sealed
    Column("sealed", LargeBinary, nullable=False),  # AES-256-GCM: nonce, ciphertext, tag
    Column("at", Utc, nullable=False),
)

__all__ = ["mandate_scan"]
