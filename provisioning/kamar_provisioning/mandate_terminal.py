"""What the commands about mandates share: whom and which day somebody means, a trial run, and how a mandate is told.

Whoever types at the server's terminal decides in the name of the server: he could write into the database anyway. The
log says ``server``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.mandate import Mandate, start_of_day, status
from kamar.node import check
from kamar.state import State
from kamar.when import zone_of
from kamar_provisioning.command import add_state
from kamar_provisioning.site import open_site
from kamar_store import member as members
from kamar_store.member import Member
from kamar_store.site import Site
from kamar_store.store import Db

Work = Callable[[Site, Db, datetime], Awaitable[Any]]

TRIAL = "Percobaan saja: tidak ada yang diubah."
DATE = "TAHUN-BULAN-HARI"


class _Trial(Exception):  # noqa: N818  # it is no error
    """Ends a transaction without writing."""


def add_common(parser: argparse.ArgumentParser, *, changes: bool) -> None:
    """Add ``--state``, ``--json`` and, where something is changed, ``--dry-run``."""
    add_state(parser)
    parser.add_argument("--json", action="store_true", help="keluaran untuk program lain")
    if changes:
        parser.add_argument("--dry-run", action="store_true", help="periksa saja, jangan ubah apa pun")


def carry_out(state: Path, work: Work, *, write: bool, trial: bool = False) -> Any:
    """Do one piece of work in one transaction and return what it returned; a trial is taken back whole."""
    return asyncio.run(_carry_out(State(state.resolve()), work, write=write, trial=trial))


async def _carry_out(state: State, work: Work, *, write: bool, trial: bool) -> Any:
    site = open_site(state)
    result: Any = None
    try:
        async with _transaction(site, write=write) as db:
            result = await work(site, db, datetime.now(UTC))
            if trial:
                raise _Trial
    except _Trial:
        pass
    finally:
        await site.store.close()
    return result


@asynccontextmanager
async def _transaction(site: Site, *, write: bool) -> AsyncIterator[Db]:
    async with site.store.write() if write else site.store.read() as db:
        yield db


async def who(site: Site, db: Db, name: str) -> Member:
    """Return the member with an account name, with or without ``@`` and server.

    Raises:
        KamarError: ``member_unknown``.
    """
    user = name if name.startswith("@") else f"@{name}"
    found = await members.by_user(db, user if ":" in user else f"{user}:{site.settings.server.name}")
    if found is None:
        raise KamarError("member_unknown")
    return found


def node_of(text: str) -> NodePath:
    """Return the node that was typed.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    try:
        return check(text)
    except KamarError as refused:
        raise argparse.ArgumentTypeError(f"bukan simpul: {text} (contoh: 32.16, 32.16.19.2005/RW005)") from refused


def day_of(text: str) -> datetime:
    """Return a date; its zone is that of the place it is meant for (:func:`moment`)."""
    try:
        return datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007  # the zone follows from the node
    except ValueError as refused:
        raise argparse.ArgumentTypeError(f"bukan tanggal: {text} (contoh: 2026-11-21)") from refused


def moment(day: datetime | None, node: NodePath, now: datetime) -> datetime | None:
    """Return when a day begins at a place; today is now."""
    if day is None:
        return None
    begins = day.replace(tzinfo=zone_of(node)).astimezone(UTC)
    return now if begins == start_of_day(now, node) else begins


async def told(site: Site, db: Db, mandate: Mandate, now: datetime) -> dict[str, Any]:
    """Return a mandate as plain values."""
    holder = await members.by_id(db, mandate.member)
    office = site.organisation.offices.get(mandate.office)
    return {
        "id": mandate.id,
        "account": holder.user_id if holder else None,
        "name": holder.display_name if holder else None,
        "office": mandate.office,
        "title": office.title if office else mandate.office,
        "node": mandate.node,
        "decree": mandate.decree,
        "status": status(mandate, now).value,
        "acting": mandate.acting,
        "starts_at": mandate.starts_at.isoformat(),
        "ends_at": mandate.ends_at.isoformat() if mandate.ends_at else None,
        "revoked_at": mandate.revoked_at.isoformat() if mandate.revoked_at else None,
    }


def show(result: dict[str, Any] | list[dict[str, Any]], *, as_json: bool, trial: bool = False) -> None:
    """Print rows as JSON, or one line each for people."""
    if as_json:
        print(json.dumps(result, ensure_ascii=False, indent=2))
        return
    for row in result if isinstance(result, list) else [result]:
        print("  ".join(str(value) for value in row.values() if value not in (None, "", False)))
    if trial:
        print(TRIAL)
