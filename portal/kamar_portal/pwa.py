"""The portal as an app on the telephone: what browsers read to install it, and what it shows without a connection."""

from __future__ import annotations

import hashlib
import json
from functools import cache

from aiohttp import web

from kamar.push import SAYS, TITLE
from kamar.words import LANGUAGES, translate
from kamar.words import mark as _
from kamar_portal.community import room_list
from kamar_portal.page import HASH, STATIC, asset, language_of, render
from kamar_portal.portal import portal_of
from kamar_portal.referral import invitation
from kamar_portal.session import ACCOUNT, account_mark, member_of

WORKER = "/static/sw.js"
MANIFEST = "/static/komunitas.webmanifest"
NOBODYS = "/static/luring"  # the page without a connection for whoever it is
SCOPE = "/komunitas"  # all that the worker ever sees: the chat has a worker of its own
FRESH = "no-cache"
HOME, CHAT, INVITE = _("Komunitas Saya"), _("Buka obrolan"), _("Ajak tetangga")


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [
        web.get(WORKER, worker),
        web.get(MANIFEST, manifest),
        web.get(NOBODYS, nobodys_page),
        web.get("/komunitas/luring", own_page),
    ]


async def worker(_request: web.Request) -> web.Response:
    """``GET /static/sw.js``: another text whenever anything in it changes, so that browsers notice."""
    headers = {"Cache-Control": FRESH, "Service-Worker-Allowed": SCOPE}
    return web.Response(text=worker_text(), content_type="text/javascript", headers=headers)


async def manifest(request: web.Request) -> web.Response:
    """``GET /static/komunitas.webmanifest``."""
    language, name = language_of(request), portal_of(request).settings.server.organisation
    body = {
        "id": SCOPE,
        "name": name,
        "short_name": name,
        "lang": language,
        "start_url": SCOPE,
        "scope": "/",
        "display": "standalone",
        "background_color": "#f7f8f5",
        "theme_color": "#0b6b5c",
        "icons": [
            {"src": asset("app-192.png"), "sizes": "192x192", "type": "image/png"},
            {"src": asset("app-512.png"), "sizes": "512x512", "type": "image/png"},
            {"src": asset("app-maskable-512.png"), "sizes": "512x512", "type": "image/png", "purpose": "maskable"},
        ],
        "shortcuts": [
            {"name": translate(label, language), "url": address}
            for label, address in ((CHAT, "/obrolan"), (INVITE, "/ajak"))
        ],
    }
    headers = {"Cache-Control": FRESH, "Vary": "Accept-Language"}
    return web.json_response(body, content_type="application/manifest+json", headers=headers)


async def nobodys_page(request: web.Request) -> web.Response:
    """``GET /static/luring``: what the worker shows without a connection where nobody has logged in."""
    response = render(request, "offline.html", list=None, own=None, saved=None)
    response.headers["Cache-Control"] = FRESH
    return response


async def own_page(request: web.Request) -> web.Response:
    """``GET /komunitas/luring``: one's rooms and invitation to look at later. No form, no secret, no recovery words."""
    portal, member = portal_of(request), member_of(request)
    rooms, own = await room_list(portal, member), await invitation(portal, member)
    response = render(request, "offline.html", list=rooms, own=own, saved=portal.clock())
    response.headers[ACCOUNT] = account_mark(request)
    return response


@cache
def worker_text() -> str:
    """Return the worker with the files it keeps, and a version that follows from both."""
    text = (STATIC / "sw.js").read_text()
    words = {
        language: {"title": TITLE} | {kind: translate(said, language) for kind, said in SAYS.items()}
        for language in LANGUAGES
    }
    told = {
        "shell": [NOBODYS, *(asset(name) for name in ("kamar.css", "icon.svg", "icons.svg"))],
        "icon": asset("app-192.png"),
        "badge": asset("badge-96.png"),
        "words": words,
    }
    version = hashlib.sha256((text + json.dumps(told)).encode()).hexdigest()[:HASH]
    return text.replace("TOLD", json.dumps(told | {"version": version}), 1)
