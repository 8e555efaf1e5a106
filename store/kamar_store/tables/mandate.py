"""Who leads what, until when, by which decision; and the log of it that nobody can change unseen."""

from __future__ import annotations

from sqlalchemy import DDL, Boolean, Column, ForeignKey, Integer, LargeBinary, String, Table, Text, event

from kamar_store.tables.base import PATH, Utc, metadata

# A mandate is in force from ``starts_at`` to ``ends_at`` unless it is revoked or frozen: nothing has to be switched.
mandate = Table(
    "mandate",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("member", Integer, ForeignKey("member.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("node", PATH, nullable=False, index=True),
    Column("office", String(32), nullable=False),  # key of kamar.organisation.Office
    Column("decree", Text, nullable=False, default=""),
    Column("starts_at", Utc, nullable=False, index=True),
    Column("ends_at", Utc, index=True),
    Column("acting", Boolean, nullable=False, default=False),  # for the time being, until somebody is appointed
    Column("revoked_at", Utc),
    Column("frozen_at", Utc),  # two claims to one seat: in force for nobody until the level above decides
    Column("appointed_by", Integer, ForeignKey("member.id", ondelete="SET NULL")),  # none: the server itself
    Column("appointed_at", PATH),  # where that person's office stands; none: an administrator or the server
    Column("proposed", Boolean, nullable=False, default=False),  # one administrator wants it; a second has to agree
    Column("proposed_at", Utc),
    Column("dispute", Integer),  # id of the elder of two claims to one seat
    Column("reason", Text, nullable=False, default=""),  # why it was revoked
    Column("ending_by", Integer, ForeignKey("member.id", ondelete="SET NULL")),  # an administrator who wants its end
    Column("ending_at", Utc),  # since when he does
    Column("warned", Integer),  # days before the end at which the holder was told last
)

# Append-only. A row's hash covers the one before; the unique ``prev`` makes a fork impossible.
mandate_log = Table(
    "mandate_log",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Utc, nullable=False),
    Column("action", String(16), nullable=False),
    Column("payload", Text, nullable=False),  # canonical JSON; people under pseudonyms
    Column("prev", String(64), nullable=False, unique=True),
    Column("hash", String(64), nullable=False, unique=True),
)

_SQLITE = """CREATE TRIGGER mandate_log_no_{verb} BEFORE {verb} ON mandate_log
BEGIN SELECT RAISE(ABORT, 'mandate_log is append-only'); END"""
_FUNCTION = """CREATE OR REPLACE FUNCTION mandate_log_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'mandate_log is append-only'; END $$"""
_POSTGRESQL = """CREATE TRIGGER mandate_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON mandate_log
EXECUTE FUNCTION mandate_log_append_only()"""
_TRIGGERS = [("sqlite", _SQLITE.format(verb=verb)) for verb in ("UPDATE", "DELETE")]
_TRIGGERS += [("postgresql", statement) for statement in (_FUNCTION, _POSTGRESQL)]
for _dialect, _statement in _TRIGGERS:
    _ddl = DDL(_statement).execute_if(dialect=_dialect)  # type: ignore[no-untyped-call]  # SQLAlchemy's own gap
    event.listen(mandate_log, "after_create", _ddl)

# The key of a person's pseudonym in the log; thrown away on erasure, and the log is nobody's.
mandate_person = Table(
    "mandate_person",
    metadata,
    Column("member", Integer, ForeignKey("member.id", ondelete="CASCADE"), primary_key=True),
    Column("key", LargeBinary, nullable=False),
)

# One right at one node, lent by an officer to a member for a time; over with the giver's mandate.
delegation = Table(
    "delegation",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("mandate", Integer, ForeignKey("mandate.id", ondelete="CASCADE"), nullable=False, index=True),  # the giver's
    Column("member", Integer, ForeignKey("member.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("node", PATH, nullable=False),
    Column("right", String(16), nullable=False),  # value of kamar.organisation.Right
    Column("starts_at", Utc, nullable=False),
    Column("ends_at", Utc, nullable=False),
    Column("revoked_at", Utc),
)

# "Saya bersedia": a member offers himself for a vacant office.
mandate_offer = Table(
    "mandate_offer",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("member", Integer, ForeignKey("member.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("node", PATH, nullable=False, index=True),
    Column("office", String(32), nullable=False),
    Column("words", Text, nullable=False, default=""),
    Column("state", String(16), nullable=False),  # value of kamar.vacancy.OfferState
    Column("at", Utc, nullable=False),
    Column("decided_by", Integer, ForeignKey("member.id", ondelete="SET NULL")),
    Column("answer", Text, nullable=False, default=""),
    Column("vote", Integer, index=True),  # the vote that it stands in
    Column("votes", Integer, nullable=False, default=0),
)

# A vote of the members of a node about a vacant office. Who voted for whom is kept nowhere.
mandate_vote = Table(
    "mandate_vote",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("node", PATH, nullable=False, index=True),
    Column("office", String(32), nullable=False),
    Column("quorum", Integer, nullable=False),  # voters
    Column("opened_by", Integer, ForeignKey("member.id", ondelete="SET NULL")),
    Column("opened_at", Utc, nullable=False),
    Column("closes_at", Utc, nullable=False),
    Column("state", String(16), nullable=False),  # value of kamar.vacancy.VoteState
)

mandate_voter = Table(
    "mandate_voter",
    metadata,
    Column("vote", Integer, ForeignKey("mandate_vote.id", ondelete="CASCADE"), primary_key=True),
    Column("member", Integer, ForeignKey("member.id", ondelete="CASCADE"), primary_key=True),
)

# How many women sit in a board, as its officers counted; nobody's gender is kept.
board_women = Table(
    "board_women",
    metadata,
    Column("node", PATH, primary_key=True),
    Column("women", Integer, nullable=False),
    Column("people", Integer, nullable=False),
    Column("told_by", Integer, ForeignKey("member.id", ondelete="SET NULL")),
    Column("at", Utc, nullable=False),
)

__all__ = [
    "board_women",
    "delegation",
    "mandate",
    "mandate_log",
    "mandate_offer",
    "mandate_person",
    "mandate_vote",
    "mandate_voter",
]
