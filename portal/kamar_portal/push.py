"""Pemberitahuan: which browsers may call a member, and what for. Part of the page *Saya*."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from kamar.errors import KamarError
from kamar.push import SAYS, PushKind
from kamar.state import read_secret
from kamar.words import mark as _
from kamar_bridges.push_crypto import AUTH, decode, is_key, read_vapid
from kamar_bridges.push_guard import service
from kamar_portal import cookies
from kamar_portal.cookies import Cookie
from kamar_portal.form import Form, read_form
from kamar_portal.page import see_other
from kamar_portal.portal import Portal, portal_of
from kamar_portal.session import member_of
from kamar_store import push
from kamar_store.push_seal import Subscription, push_seal

PAGE = "/saya?tersimpan=pemberitahuan#pemberitahuan"
KEY_MAX = 200  # characters of a browser's key
WHAT = {
    PushKind.MENTION: _("Ada yang menyebut saya atau menjawab saya"),
    PushKind.SIARAN: _("Pengumuman"),
    PushKind.GREETING: _("Sapaan untuk warga baru"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page says: the key for browsers, how many may call, whether this one does, what is wanted."""

    key: str
    browsers: int
    here: bool
    wanted: frozenset[PushKind]
    what: Mapping[PushKind, str]
    says: Mapping[PushKind, str]


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [
        web.post("/saya/pemberitahuan", choose),
        web.post("/saya/pemberitahuan/nyala", switch_on),
        web.post("/saya/pemberitahuan/mati", switch_off),
    ]


async def shown(request: web.Request) -> Shown | None:
    """Return what the page *Saya* shows; None on a server without a key of its own."""
    portal, member = portal_of(request), member_of(request)
    key = _public_key(portal)
    if key is None:
        return None
    async with portal.store.read() as db:
        browsers, here = await push.subscribed(db, member.id, cookies.read(request, Cookie.SESSION))
        wanted = frozenset(await push.wanted(db, member.id))
    return Shown(key, browsers, here, wanted, WHAT, SAYS)


async def choose(request: web.Request) -> web.Response:
    """``POST /saya/pemberitahuan``: what to be called for."""
    portal, member = portal_of(request), member_of(request)
    chosen = (await read_form(request)).every("jenis")
    async with portal.store.write() as db:
        await push.choose(db, member.id, {kind for kind in PushKind if kind in chosen})
    return see_other(PAGE)


async def switch_on(request: web.Request) -> web.Response:
    """``POST /saya/pemberitahuan/nyala``: this browser may call its member, as long as the login lasts.

    Raises:
        KamarError: ``push_endpoint``: not what a browser gives.
    """
    portal, member = portal_of(request), member_of(request)
    subscription = _read(await read_form(request))
    seal = push_seal(portal.site.state)
    token = cookies.read(request, Cookie.SESSION)
    async with portal.store.write() as db:
        await push.subscribe(db, seal, subscription, member.id, token, portal.clock())
    return see_other(PAGE)


async def switch_off(request: web.Request) -> web.Response:
    """``POST /saya/pemberitahuan/mati``: this browser, or every one, calls no more."""
    portal, member = portal_of(request), member_of(request)
    every = (await read_form(request)).text("mana") == "semua"
    token = None if every else cookies.read(request, Cookie.SESSION)
    async with portal.store.write() as db:
        await push.unsubscribe(db, member.id, token=token)
    return see_other(PAGE)


def _read(form: Form) -> Subscription:
    endpoint = form.raw("endpoint")
    service(endpoint)
    try:
        p256dh, auth = (decode(form.raw(name)[:KEY_MAX]) for name in ("p256dh", "auth"))
    except ValueError as error:
        raise KamarError("push_endpoint") from error
    if not is_key(p256dh) or len(auth) != AUTH:
        raise KamarError("push_endpoint")
    return Subscription(endpoint, p256dh, auth)


def _public_key(portal: Portal) -> str | None:
    file = portal.site.state.secret("vapid_key")
    return read_vapid(read_secret(file), "").public if file.exists() else None
