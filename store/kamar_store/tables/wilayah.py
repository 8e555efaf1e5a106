"""Places of the organisation."""

from __future__ import annotations

from sqlalchemy import Column, Date, String, Table, Text

from kamar_store.tables.base import PATH, metadata

# The organisation: official wilayah (91,599), then our own units, RW and RT on demand.
node = Table(
    "node",
    metadata,
    Column("path", PATH, primary_key=True),
    Column("parent", PATH, nullable=False, index=True),  # "" for ID, the root
    Column("axis", String(16), nullable=False),
    Column("level", String(16), nullable=False),  # value of kamar.wilayah.Level
    Column("kind", String(32), nullable=False),  # the word people use: "Desa", "Kelurahan", "Distrik", "Kota", "Dusun"
    Column("name", Text, nullable=False),
    Column("full_name", Text, nullable=False),  # the whole path in words, smallest place first
    Column("postcode", String(5), nullable=False, default=""),
    Column("decree", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("superseded_by", PATH),
)
