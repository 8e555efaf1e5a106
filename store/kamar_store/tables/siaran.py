"""Announcements: one row each, the versions of its text, and what each room has of it."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from kamar_store.tables.base import PATH, Utc, metadata

siaran = Table(
    "siaran",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(32), nullable=False, unique=True),  # stands in each of its events
    Column("node", PATH, nullable=False, index=True),
    Column("author", Integer, ForeignKey("member.id", ondelete="SET NULL"), index=True),
    Column("by", Text, nullable=False),  # title and place of the author, as people read it
    Column("picture", JSON),  # url, mimetype, size, w, h
    Column("urgent", Boolean, nullable=False, default=False),  # also at night
    Column("revision", Integer, nullable=False, default=0),  # the state that every room is to have
    Column("rooms", Integer, nullable=False, default=0),
    Column("talk_room", Text),  # where its progress is told
    Column("progress_event", Text),
    Column("told", Integer, nullable=False, default=-1),  # the step of progress told last
    Column("recalled_at", Utc),
    Column("recalled_by", Integer, ForeignKey("member.id", ondelete="SET NULL")),
    Column("created_at", Utc, nullable=False),
)

siaran_text = Table(
    "siaran_text",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("siaran", Integer, ForeignKey("siaran.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("text", Text, nullable=False, default=""),
    Column("writer", Integer, ForeignKey("member.id", ondelete="SET NULL"), index=True),
    Column("state", String(8), nullable=False),  # value of kamar.siaran.TextState
    Column("approved_by", Integer, ForeignKey("member.id", ondelete="SET NULL")),
    Column("at", Utc, nullable=False),
    UniqueConstraint("siaran", "number"),
)

siaran_room = Table(
    "siaran_room",
    metadata,
    Column("siaran", Integer, ForeignKey("siaran.id", ondelete="CASCADE"), primary_key=True),
    Column("room", Integer, primary_key=True),  # row of the room, which may be gone since
    Column("room_id", Text, nullable=False),
    Column("zone", Integer, nullable=False),  # hours ahead of UTC
    Column("revision", Integer, nullable=False, default=0),  # what Matrix has
    Column("tried", Integer, nullable=False, default=0),  # what was begun: after a crash Matrix may have it already
    Column("event_id", Text),
    Column("picture_event", Text),
    Column("edits", JSON, nullable=False),  # events of corrections, to be emptied with a recall
    Column("gone", Boolean, nullable=False, default=False),
    Index("ix_siaran_room_siaran_revision", "siaran", "revision"),
)
