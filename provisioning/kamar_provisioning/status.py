"""``kamar status``: where a server is, how to get in, and whether it is healthy right now."""

from __future__ import annotations

import argparse
import asyncio
import json
from datetime import UTC, datetime
from typing import Any

from kamar.state import State
from kamar_provisioning import links, run_file, sentences
from kamar_provisioning.command import add_state
from kamar_provisioning.health import Check, check
from kamar_provisioning.settings_file import load
from kamar_provisioning.site import open_site
from kamar_provisioning.terminal import addresses, table
from kamar_store.ready import is_ready
from kamar_store.site import Site


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_state(parser)
    parser.add_argument("--json", action="store_true", help="sebagai JSON, untuk program lain")


def run(arguments: argparse.Namespace) -> int:
    """Show the status; the exit code is 0 only for a healthy server."""
    state = State(arguments.state.resolve())
    settings = load(state)
    status = asyncio.run(status_of(open_site(state, settings)))
    if arguments.json:
        print(json.dumps(status, indent=2, ensure_ascii=False))
    else:
        print(_readable(status, addresses(settings, status["admin_link"], status["invite_link"])))
    return 0 if status["healthy"] else 1


async def status_of(site: Site) -> dict[str, Any]:
    """Return the status as it is printed with ``--json``."""
    settings, state = site.settings, site.state
    run = run_file.running(state)
    admin = invitation = None
    checks = list(await check(settings, state)) if run or run_file.by_systemd(state) else []
    running = any(not each.problem for each in checks) if run_file.by_systemd(state) else run is not None
    try:
        if await is_ready(site.store):
            admin = await links.admin_link(site, datetime.now(UTC))
            invitation = await links.invite_link(site)
        else:
            checks.append(Check(sentences.REGISTRY, sentences.SILENT))
    finally:
        await site.store.close()
    return {
        "server_name": settings.server.name,
        "homeserver": settings.homeserver_url,
        "portal": settings.portal_url,
        "chat": settings.chat_url,
        "admin_link": admin,
        "invite_link": invitation,
        "local_only": settings.local_only,
        "running": running,
        "healthy": bool(checks) and not any(each.problem for each in checks),
        "checks": {each.name: each.problem or "ok" for each in checks},
        "pid": run.pid if run else None,
        "started_at": run.started_at.isoformat() if run else None,
        "processes": [
            {"name": child.name, "pid": child.pid, "restarts": child.restarts}
            for child in (run.children if run else ())
        ],
        "state": str(state.root),
        "log": str(state.log),
    }


def _readable(status: dict[str, Any], ways_in: str) -> str:
    verdict = sentences.HEALTHY if status["healthy"] else sentences.UNHEALTHY
    head = f"{status['server_name']}: {verdict if status['running'] else sentences.NOT_RUNNING}"
    processes = {
        child["name"]: sentences.PROCESS.format(pid=child["pid"] or "-", restarts=child["restarts"])
        for child in status["processes"]
    }
    return "\n\n".join(part for part in (head, ways_in, table(processes), table(status["checks"])) if part)
