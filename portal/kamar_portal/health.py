"""``GET /healthz``: how the portal and what it stands on do; answers at once, also while Synapse starts."""

from __future__ import annotations

import asyncio

from aiohttp import ClientError, ClientTimeout, web

from kamar_portal.portal import portal_of
from kamar_portal.proxy import UPSTREAM
from kamar_store.referral import server_code

PATIENCE = ClientTimeout(total=1.0)  # seconds
VERSIONS = "/_matrix/client/versions"


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [web.get("/healthz", tell)]


async def tell(request: web.Request) -> web.Response:
    """Answer 200 while pages can be served, with each part's state in words."""
    database, synapse = await asyncio.gather(_database(request), _synapse(request))
    parts = {"database": "ok" if database else "error", "synapse": "ok" if synapse else "starting"}
    body = {"healthy": database and synapse, "parts": parts}
    return web.json_response(body, status=200 if database else 503, headers={"Cache-Control": "no-store"})


async def _database(request: web.Request) -> bool:
    try:
        async with portal_of(request).store.read() as db:
            await server_code(db)
    except Exception:  # noqa: BLE001  # whatever it is, it is not healthy
        return False
    return True


async def _synapse(request: web.Request) -> bool:
    try:
        async with request.config_dict[UPSTREAM].get(VERSIONS, timeout=PATIENCE) as answer:
            return answer.status == 200
    except (TimeoutError, ClientError):
        return False
