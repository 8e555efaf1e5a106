"""The web client at ``/chat/``: built files, and the settings it reads when it starts."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from kamar_portal.chat_policy import chat_headers
from kamar_portal.portal import portal_of

PREFIX = "/chat/"


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [
        web.get("/chat", to_chat),
        web.get("/chat/", file),
        web.get("/chat/config.json", config),
        web.get("/chat/{file:.+}", file),
    ]


async def config(request: web.Request) -> web.Response:
    """``GET /chat/config.json``."""
    settings = portal_of(request).settings
    body = {
        "defaultHomeServer": settings.homeserver_url,
        "portal": "/komunitas",
        "login": "/obrolan",
        "name": settings.server.organisation,
    }
    return web.json_response(body, headers=chat_headers("config.json", settings.homeserver_url))


async def file(request: web.Request) -> web.StreamResponse:
    """Answer with one built file."""
    portal = portal_of(request)
    name = request.match_info.get("file", "")
    path = _inside(portal.site.state.chat, name or "index.html")
    if path is None:
        raise web.HTTPNotFound
    return web.FileResponse(path, headers=chat_headers(name, portal.settings.homeserver_url))


def _inside(root: Path, name: str) -> Path | None:
    path = (root / name).resolve()
    return path if path.is_relative_to(root.resolve()) and path.is_file() else None


async def to_chat(_request: web.Request) -> web.Response:
    """``GET /chat``: the address with its final slash."""
    return web.Response(status=301, headers={"Location": PREFIX})
