"""Official rooms and the seats in them."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text, UniqueConstraint

from kamar_store.tables.base import PATH, Utc, metadata

# An official Matrix room and the row that wanted it.
room = Table(
    "room",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(32), nullable=False, unique=True),  # stands in the room's creation_content
    Column("node", PATH, nullable=False),
    Column("kind", String(16), nullable=False),  # value of kamar.structure.RoomKind
    Column("number", Integer, nullable=False, default=1),  # the second kamar perintis of a place is 2
    Column("room_id", Text, unique=True),
    Column("state", String(16), nullable=False, index=True),  # value of kamar.structure.RoomState
    Column("created_at", Utc, nullable=False),
    Column("opened_at", Utc),
    UniqueConstraint("node", "kind", "number"),
)

seat = Table(
    "seat",
    metadata,
    Column("member", Integer, ForeignKey("member.id", ondelete="CASCADE"), primary_key=True),
    Column("room", Integer, ForeignKey("room.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("state", String(16), nullable=False),  # value of kamar.membership.SeatState
    Column("at", Utc, nullable=False),
)
