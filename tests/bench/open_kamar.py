"""``open-kamar``: a kelurahan's space, chat and announcements, made by our job and by plain client calls."""

from __future__ import annotations

import argparse
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kamar.ids import NodePath, RoomId
from kamar.structure import RoomKey, RoomKind
from kamar.structure_room import create_content, room_name, room_topic
from kamar_bridges.homeserver import Homeserver
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix
from kamar_provisioning.jobs import Desk, drain
from kamar_store import seating, wilayah
from tests.bench.measure import Cost, Meter
from tests.bench.plain import Plain, make_token, plain
from tests.bench.report import Result
from tests.servers.branch import Branch, branch
from tests.servers.postgres import postgres

ROUNDS = 12
KINDS = (RoomKind.SPACE, RoomKind.OBROLAN, RoomKind.SIARAN)


async def run(options: argparse.Namespace) -> list[Result]:
    """Open ``ROUNDS`` villages on each side, in turn."""
    del options
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
        root = Path(directory)
        root.chmod(0o755)
        ours_pg = stack.enter_context(postgres(root / "pg-ours"))
        plain_pg = stack.enter_context(postgres(root / "pg-plain"))
        server = stack.enter_context(plain(root / "plain", plain_pg, root / "pg-plain"))
        branched = stack.enter_context(branch(root / "branch", database=ours_pg, serve=False))
        return await _compare(server, branched, root / "pg-ours")


async def _compare(server: Plain, branched: Branch, cluster: Path) -> list[Result]:
    await make_token(server)
    site = branched.site()
    pids = tuple(process.pid for process in branched.homeserver.running.values())
    meter = Meter(branched.homeserver.metrics_url, pids, cluster)
    ours, theirs = Cost(), Cost()
    async with Homeserver(site.settings.synapse_url) as homeserver:
        token = branched.homeserver.as_token
        desk = Desk(site, Matrix(homeserver, token), KamarModule(homeserver, token))
        async with site.store.read() as db:
            villages = [place.path for place in await wilayah.children(db, "32.16.19")]
            villages += [place.path for place in await wilayah.children(db, "32.16.18")]
        for order, village in enumerate(villages[: ROUNDS + 1]):
            async with site.store.write() as db:
                await seating.want_rooms(db, [RoomKey(village, kind) for kind in KINDS], datetime.now(UTC))
            counted = (ours, theirs) if order else (Cost(), Cost())  # the first of each warms the caches
            async with meter.around(counted[0]):
                await drain(desk)
            async with server.meter.around(counted[1]):
                await _by_client(server, village)
    await site.store.close()
    return [
        _row("SQL transactions", "", ours.each(ours.transactions), theirs.each(theirs.transactions), 0.75),
        _row("SQL queries", "", ours.each(ours.queries), theirs.each(theirs.queries)),
        _row("CPU of Synapse and PostgreSQL", "ms", ours.each(ours.cpu) * 1000, theirs.each(theirs.cpu) * 1000),
    ]


async def _by_client(server: Plain, village: NodePath) -> None:
    """Make the same rooms as a careful person's script would: createRoom with everything in it, then the links."""
    made: dict[RoomKind, str] = {}
    for kind in KINDS:
        key = RoomKey(village, kind)
        space = RoomId(made[RoomKind.SPACE]) if made else None
        body: dict[str, Any] = create_content(key, "plain", "11", "@admin:plain.test", space, "plain.test")  # type: ignore[arg-type]
        body |= {
            "preset": "private_chat",
            "room_version": "12",
            "name": room_name(key, "Desa", "Desa"),
            "topic": room_topic(key, "Desa"),
        }
        body["power_level_content_override"]["users"] = {}
        body["creation_content"].pop("id.sosialkamar.key")
        body["initial_state"].append({"type": "m.room.avatar", "state_key": "", "content": {"url": "mxc://x/y"}})
        made[kind] = (await server.call("POST", "/_matrix/client/v3/createRoom", server.admin, body))["room_id"]
    for kind in KINDS[1:]:
        path = f"/_matrix/client/v3/rooms/{made[RoomKind.SPACE]}/state/m.space.child/{made[kind]}"
        await server.call("PUT", path, server.admin, {"via": ["plain.test"], "suggested": True})


def _row(name: str, unit: str, value: float, baseline: float, goal: float | None = None) -> Result:
    reached = None if goal is None else value / baseline <= goal
    return Result(f"open-kamar: {name}", value, unit, baseline, "" if goal is None else f"<= {goal} x", reached)
