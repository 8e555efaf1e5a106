"""The portal's own static files: a style sheet, scripts, icons. Their addresses carry a hash: browsers keep them."""

from __future__ import annotations

import gzip
from functools import cache
from mimetypes import guess_type

from aiohttp import web

from kamar_portal.page import STATIC, asset

FOR_EVER = "public, max-age=31536000, immutable"


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [web.get("/static/{hash}/{name}", file), web.get("/favicon.ico", favicon), web.get("/robots.txt", robots)]


async def file(request: web.Request) -> web.Response:
    """Answer with one file, compressed for who understands it."""
    name = request.match_info["name"]
    if name not in _names() or request.path != asset(name):
        raise web.HTTPNotFound
    packed = "gzip" in request.headers.get("Accept-Encoding", "")
    headers = {
        "Cache-Control": FOR_EVER,
        "Content-Type": guess_type(name)[0] or "application/octet-stream",
        "Vary": "Accept-Encoding",
        **({"Content-Encoding": "gzip"} if packed else {}),
    }
    return web.Response(body=_body(name, packed=packed), headers=headers)


async def favicon(_request: web.Request) -> web.Response:
    """Send browsers that guess an address to the icon."""
    return web.Response(status=302, headers={"Location": asset("icon.svg")})


async def robots(_request: web.Request) -> web.Response:
    """Keep invitations out of search engines."""
    return web.Response(text="User-agent: *\nDisallow: /\n")


@cache
def _names() -> frozenset[str]:
    return frozenset(path.name for path in STATIC.iterdir())


@cache
def _body(name: str, *, packed: bool) -> bytes:
    content = (STATIC / name).read_bytes()
    return gzip.compress(content, 9) if packed else content
