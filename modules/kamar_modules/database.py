"""Our tables inside Synapse's own database, and the only way to them.

``kamar_room`` is a map that can be rebuilt from room state; ``kamar_seat`` says who may enter which official room;
``kamar_account`` says which sign-up or code an account came from; the others belong to *peace*. Every process makes
them where they are missing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from synapse.module_api import ModuleApi

P = ParamSpec("P")
T = TypeVar("T")

TABLES = (
    "CREATE TABLE IF NOT EXISTS kamar_room ("
    "room_id TEXT PRIMARY KEY, axis TEXT NOT NULL, path TEXT NOT NULL, kind TEXT NOT NULL, number INTEGER NOT NULL)",
    "CREATE INDEX IF NOT EXISTS kamar_room_path ON kamar_room (path)",
    "CREATE TABLE IF NOT EXISTS kamar_seat ("
    "user_id TEXT NOT NULL, room_id TEXT NOT NULL, PRIMARY KEY (user_id, room_id))",
    "CREATE INDEX IF NOT EXISTS kamar_seat_room ON kamar_seat (room_id)",
    "CREATE TABLE IF NOT EXISTS kamar_account (user_id TEXT PRIMARY KEY, signup_key TEXT, code TEXT)",
    # peace: see peace_store.py
    "CREATE TABLE IF NOT EXISTS kamar_peace_rule (room_id TEXT PRIMARY KEY, rules TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS kamar_peace_spoke ("
    "room_id TEXT NOT NULL, user_id TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (room_id, user_id))",
    "CREATE TABLE IF NOT EXISTS kamar_removed_media (sha256 TEXT PRIMARY KEY)",
    "CREATE TABLE IF NOT EXISTS kamar_block (user_id TEXT NOT NULL, other TEXT NOT NULL, PRIMARY KEY (user_id, other))",
)
LOCK = 0x6B616D6172  # "kamar": PostgreSQL's CREATE IF NOT EXISTS is not safe against itself


class Transaction(Protocol):
    """What we use of Synapse's cursor. ``?`` stands for a parameter on every database."""

    rowcount: int

    def execute(self, sql: str, parameters: Sequence[object] = (), /) -> None:
        """Run one statement."""
        ...

    def execute_batch(self, sql: str, parameters: Sequence[Sequence[object]], /) -> None:
        """Run one statement many times."""
        ...

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the next row."""
        ...

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return every row left."""
        ...


class Database:
    """Runs functions in transactions of Synapse's database."""

    def __init__(self, api: ModuleApi) -> None:
        self._api = api
        self._made = False

    async def run(
        self, name: str, work: Callable[Concatenate[Transaction, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Return what ``work`` returns; ``name`` appears in Synapse's metrics. ``work`` may run more than once."""
        if not self._made:
            await self._api.run_db_interaction("kamar_tables", _make_tables)
            self._made = True
        result: T = await self._api.run_db_interaction(f"kamar_{name}", work, *args, **kwargs)
        return result


def listed(sql: str, *values: Collection[object]) -> str:
    """Return the statement with each ``(*)`` in turn as ``(?, ?, ?)``, one for each value of a list."""
    for items in values:
        sql = sql.replace("(*)", f"({', '.join('?' * len(items))})", 1)
    return sql


def _make_tables(txn: Any) -> None:
    # The engine's name, because its class lies in a package of Synapse's that modules must not import.
    if type(txn.database_engine).__name__ == "PostgresEngine":
        txn.execute("SELECT pg_advisory_xact_lock(?)", (LOCK,))
    for statement in TABLES:
        txn.execute(statement)
