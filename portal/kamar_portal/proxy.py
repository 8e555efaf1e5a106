"""Hands Matrix on to Synapse, for servers with one public address: streams both ways, nothing of an administrator's.

Only what clients need passes: ``/_matrix/`` and ``/_synapse/client/``. Of our own endpoints only those for members.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, web
from multidict import CIMultiDict

from kamar_portal.portal import PORTAL, portal_of
from kamar_portal.security import client_address

PASSES = re.compile(
    r"/_matrix/(client|media|static)/.*|/_synapse/client/(?!kamar(/|$)).*|/_synapse/client/kamar/v1/nodes/.*"
)
HOP_BY_HOP = frozenset(
    "connection keep-alive proxy-authenticate proxy-authorization te trailer transfer-encoding upgrade host".split()
)
FORWARDED = frozenset("x-forwarded-for x-forwarded-proto x-forwarded-host forwarded".split())
CHUNK = 64 * 1024  # bytes
CONNECT_SECONDS = 5
CONNECTIONS = 1000  # every telephone holds one open while it waits for messages
CORS = {"Access-Control-Allow-Origin": "*"}
UNANSWERED = {"errcode": "M_UNKNOWN", "error": "Obrolan sedang disiapkan. Coba lagi sebentar."}

UPSTREAM: web.AppKey[ClientSession] = web.AppKey("upstream", ClientSession)


def routes(*, public: bool) -> list[web.RouteDef]:
    """Return the addresses handed on; without a public address clients speak to Synapse themselves."""
    known = [
        web.get("/.well-known/matrix/client", well_known_client),
        web.get("/.well-known/matrix/server", well_known_server),
    ]
    if not public:
        return known
    return [*known, web.route("*", "/_matrix/{rest:.*}", hand_on), web.route("*", "/_synapse/{rest:.*}", hand_on)]


async def upstream(app: web.Application) -> AsyncIterator[None]:
    """Keep connections to Synapse while the app runs."""
    connector = TCPConnector(limit=CONNECTIONS)
    timeout = ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
    async with ClientSession(
        app[PORTAL].settings.synapse_url,
        connector=connector,
        timeout=timeout,
        auto_decompress=False,
        cookie_jar=DummyCookieJar(),
    ) as session:
        app[UPSTREAM] = session
        yield


async def hand_on(request: web.Request) -> web.StreamResponse:
    """Hand one request on and stream the answer back."""
    if not PASSES.fullmatch(request.path) or "//" in request.path or "/.." in request.path:
        raise web.HTTPNotFound
    session = request.config_dict[UPSTREAM]
    body = request.content.iter_chunked(CHUNK) if request.can_read_body else None
    try:
        async with session.request(
            request.method, request.rel_url, headers=_headers(request), data=body, allow_redirects=False
        ) as answer:
            headers = CIMultiDict(
                (name, value) for name, value in answer.headers.items() if name.lower() not in HOP_BY_HOP
            )
            response = web.StreamResponse(status=answer.status, headers=headers)
            await response.prepare(request)
            async for chunk in answer.content.iter_chunked(CHUNK):
                await response.write(chunk)
            await response.write_eof()
            return response
    except (TimeoutError, ClientError):
        return web.json_response(UNANSWERED, status=502, headers=CORS)


async def well_known_client(request: web.Request) -> web.Response:
    """Tell clients where the homeserver is."""
    body = {"m.homeserver": {"base_url": portal_of(request).settings.homeserver_url}}
    return web.json_response(body, headers=CORS)


async def well_known_server(request: web.Request) -> web.Response:
    """Tell other servers where the homeserver is."""
    url = urlsplit(portal_of(request).settings.homeserver_url)
    return web.json_response({"m.server": f"{url.hostname}:{url.port or 443}"}, headers=CORS)


def _headers(request: web.Request) -> CIMultiDict[str]:
    """Return the caller's headers for Synapse, with the caller's address as we know it, and without our cookies."""
    dropped = HOP_BY_HOP | FORWARDED | {"cookie"}
    headers = CIMultiDict((name, value) for name, value in request.headers.items() if name.lower() not in dropped)
    headers["X-Forwarded-For"] = client_address(request)
    headers["X-Forwarded-Proto"] = "https"
    headers["Host"] = request.host
    return headers
