"""The portal's cookies: their names, how long they live, and the flags that all of them carry."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from aiohttp import web

from kamar_portal.portal import portal_of

TOKEN_MAX = 4096  # characters; longer ones are nobody's


class Cookie(StrEnum):
    """Every cookie we set."""

    SESSION = "kamar_sesi"
    KEY = "kamar_kunci"  # the Matrix access token, sealed
    FORM = "kamar_formulir"  # what forms of somebody not logged in are bound to
    SIGNUP = "kamar_daftar"
    AGAIN = "kamar_ulang"  # name and password of a last step that waits for Synapse, sealed, ten minutes
    ONCE = "kamar_sekali"  # recovery words to be shown once, sealed
    RECOVERY = "kamar_pulih"  # what the request of somebody locked out is known by
    ADMIN = "kamar_pengelola"  # the first administrator's link while he signs up
    DEVICE = "kamar_perangkat"  # knows this browser again, so that a ban survives a new account
    LANGUAGE = "bahasa"


def read(request: web.Request, cookie: Cookie) -> str:
    """Return a cookie's text, empty when there is none."""
    text = request.cookies.get(cookie, "")
    return text if len(text) <= TOKEN_MAX and text.isprintable() and text.isascii() else ""


def put(request: web.Request, response: web.StreamResponse, cookie: Cookie, text: str, lasts: timedelta) -> None:
    """Set a cookie that no script reads and no other site sends along with a form."""
    response.set_cookie(
        cookie,
        text,
        max_age=int(lasts.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=portal_of(request).secure,
        path="/",
    )


def drop(request: web.Request, response: web.StreamResponse, *cookies: Cookie) -> None:
    """Remove cookies."""
    for cookie in cookies:
        response.del_cookie(cookie, path="/", httponly=True, samesite="Lax", secure=portal_of(request).secure)
