"""Restructuring plans: what was proposed, who approved which diff, how far it is, how it is undone."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Integer, String, Table, Text

from kamar_store.tables.base import PATH, Utc, metadata

plan = Table(
    "plan",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),  # the file, as it was given
    Column("hash", String(64), nullable=False),  # of the diff that is approved
    Column("diff", JSON, nullable=False),  # for people: kamar.restructure.to_json
    Column("state", String(16), nullable=False, index=True),  # value of kamar.restructure.PlanState
    Column("proposed_by", Integer, ForeignKey("member.id", ondelete="SET NULL")),  # none: who operates the server
    Column("proposed_at", Utc, nullable=False),
    Column("approved_by", Integer, ForeignKey("member.id", ondelete="SET NULL")),
    Column("approved_at", Utc),
    Column("alone", Boolean, nullable=False, default=False),  # by who operates the server, without a second one
    Column("applied_at", Utc),
    Column("undone_at", Utc),
)

# One step of an approved diff, and what undoes it. Written in the transaction of its effect: it is done once.
plan_step = Table(
    "plan_step",
    metadata,
    Column("plan", Integer, ForeignKey("plan.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("step", JSON, nullable=False),
    Column("state", String(8), nullable=False),  # todo, done, undone
    Column("inverse", JSON),
    Column("at", Utc),
)

# Which nodes a plan touched, as they were called then: history, so these paths stay.
plan_touch = Table(
    "plan_touch",
    metadata,
    Column("plan", Integer, ForeignKey("plan.id", ondelete="CASCADE"), primary_key=True),
    Column("node", PATH, primary_key=True, index=True, info={"follows": False}),
)
