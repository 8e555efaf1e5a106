"""Reports, measures with their appeals and their log, rules of rooms, bans, blocks."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import DDL, JSON, Column, ForeignKey, Integer, String, Table, Text, event

from kamar_store.tables.base import PATH, Utc, metadata

# One case: what was reported, however many report it. The quote is emptied when the case is closed.
report = Table(
    "report",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),  # the event, or the first reporter's own key
    Column("room", Integer, ForeignKey("room.id", ondelete="SET NULL"), index=True),
    Column("node", PATH, nullable=False),
    Column("level", PATH, nullable=False),  # the place from which on somebody is looked for who can judge it
    Column("subject", Integer, ForeignKey("member.id", ondelete="CASCADE"), index=True),
    Column("event_id", Text),
    Column("quote", Text, nullable=False, default=""),
    Column("state", String(8), nullable=False, index=True),  # open, closed
    Column("opened_at", Utc, nullable=False),
    Column("closed_at", Utc),
    Column("closed_by", Integer, ForeignKey("member.id", ondelete="SET NULL")),
)

report_by = Table(
    "report_by",
    metadata,
    Column("report", Integer, ForeignKey("report.id", ondelete="CASCADE"), primary_key=True),
    Column("member", Integer, ForeignKey("member.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("words", Text, nullable=False, default=""),
    Column("at", Utc, nullable=False),
)

measure = Table(
    "measure",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),  # value of kamar.peace.MeasureKind
    Column("report", Integer, ForeignKey("report.id", ondelete="SET NULL"), index=True),
    Column("subject", Integer, ForeignKey("member.id", ondelete="CASCADE"), index=True),  # none: the whole room
    Column("room", Integer, ForeignKey("room.id", ondelete="SET NULL"), index=True),
    Column("node", PATH, nullable=False),
    Column("event_id", Text),
    Column("amount", Integer, nullable=False, default=0),  # slow: seconds between two messages
    Column("digest", String(64)),  # hide: SHA-256 of the picture
    Column("taker", Integer, ForeignKey("member.id", ondelete="SET NULL")),
    Column("rank", Integer, nullable=False),  # value of kamar.peace.Rank
    Column("reason", Text, nullable=False),
    Column("starts_at", Utc, nullable=False),
    Column("ends_at", Utc, nullable=False, index=True),
    Column("lifted_at", Utc),
    Column("appeal", String(8), nullable=False),  # value of kamar.peace.Appeal
    Column("appeal_words", Text, nullable=False, default=""),
    Column("answer", Text, nullable=False, default=""),
)

# What happened to a measure, in order; no words of people, so that it need never be changed.
measure_log = Table(
    "measure_log",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("measure", Integer, nullable=False, index=True),
    Column("what", String(16), nullable=False),  # value of kamar.peace.Step
    Column("actor", Integer),
    Column("at", Utc, nullable=False),
)

room_rule = Table(
    "room_rule",
    metadata,
    Column("room", Integer, ForeignKey("room.id", ondelete="CASCADE"), primary_key=True),
    Column("words", JSON, nullable=False),
    Column("flood_count", Integer, nullable=False),
    Column("flood_seconds", Integer, nullable=False),
    Column("text_only_hours", Integer, nullable=False),
    Column("by", Integer, ForeignKey("member.id", ondelete="SET NULL")),
    Column("at", Utc, nullable=False),
)

# Keyed hashes only: of what a banned person would bring along to a new account.
ban_key = Table(
    "ban_key",
    metadata,
    Column("measure", Integer, ForeignKey("measure.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("hash", String(64), primary_key=True, index=True),
)

# What a member's browsers are known by, as keyed hashes: moved to ban_key with a ban.
known_key = Table(
    "known_key",
    metadata,
    Column("member", Integer, ForeignKey("member.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", String(8), primary_key=True),  # device, address
    Column("hash", String(64), primary_key=True),
    Column("at", Utc, nullable=False, index=True),
)

block = Table(
    "block",
    metadata,
    Column("member", Integer, ForeignKey("member.id", ondelete="CASCADE"), primary_key=True),
    Column("other", Integer, ForeignKey("member.id", ondelete="CASCADE"), primary_key=True),
    Column("at", Utc, nullable=False),
)

# Where the bot and a member talk alone.
talk_room = Table(
    "talk_room",
    metadata,
    Column("user_id", Text, primary_key=True),
    Column("room_id", Text, nullable=False),
    Column("at", Utc, nullable=False),
)

_SQLITE = (
    "CREATE TRIGGER measure_log_{0} BEFORE {0} ON measure_log BEGIN SELECT RAISE(ABORT, 'measure_log only grows'); END"
)
_POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION measure_log_grows() RETURNS trigger LANGUAGE plpgsql AS"
    " 'BEGIN RAISE EXCEPTION ''measure_log only grows''; END'",
    "CREATE TRIGGER measure_log_grows BEFORE UPDATE OR DELETE ON measure_log"
    " FOR EACH ROW EXECUTE FUNCTION measure_log_grows()",
)


def _once_made(dialect: str, statements: Iterable[str]) -> None:
    for statement in statements:
        command = DDL(statement)  # type: ignore[no-untyped-call]  # SQLAlchemy has no types for it
        event.listen(measure_log, "after_create", command.execute_if(dialect=dialect))


_once_made("sqlite", [_SQLITE.format(verb) for verb in ("UPDATE", "DELETE")])
_once_made("postgresql", _POSTGRESQL)
