"""Ajak tetangga: one's own invitation as link, QR code, spoken code and poster; taking it back and making a new one."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web

from kamar.referral import new_code, spoken
from kamar_portal.page import render, see_other
from kamar_portal.portal import Portal, portal_of
from kamar_portal.session import member_of
from kamar_store import cover, referral
from kamar_store.member import Member
from kamar_store.store import Db

WHATSAPP = "https://wa.me/"


@dataclass(frozen=True, slots=True)
class OwnInvitation:
    """A member's invitation, as it is shown."""

    code: str
    link: str
    place: str

    @property
    def spoken(self) -> str:
        """Return the code for reading aloud."""
        return spoken(self.code)

    def whatsapp(self, text: str) -> str:
        """Return the address that offers ``text`` and the link to one's contacts."""
        return f"{WHATSAPP}?{urlencode({'text': f'{text} {self.link}'})}"


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [web.get("/ajak", show), web.post("/ajak/baru", renew), web.get("/ajak/poster", poster)]


async def show(request: web.Request) -> web.Response:
    """``GET /ajak``."""
    portal, member = portal_of(request), member_of(request)
    return render(request, "referral.html", own=await invitation(portal, member))


async def poster(request: web.Request) -> web.Response:
    """``GET /ajak/poster``: one sheet to print."""
    portal, member = portal_of(request), member_of(request)
    return render(request, "poster.html", own=await invitation(portal, member), back="/ajak")


async def renew(request: web.Request) -> web.Response:
    """``POST /ajak/baru``: take the code back and make another."""
    portal, member = portal_of(request), member_of(request)
    async with portal.store.write() as db:
        if (code := await referral.own_code(db, member.id)) is not None:
            await referral.revoke(db, code, portal.clock())
        await _create(db, portal, member)
    return see_other("/ajak")


async def own_link(portal: Portal, member: Member) -> str:
    """Return the member's invitation link; the first time, the code is made."""
    return link_of(portal, await _own_code(portal, member))


def link_of(portal: Portal, code: str) -> str:
    """Return the link that carries a code."""
    return f"{portal.settings.portal_url}/g/{code}"


async def _own_code(portal: Portal, member: Member) -> str:
    async with portal.store.read() as db:
        code = await referral.own_code(db, member.id)
    if code is not None:
        return code
    async with portal.store.write() as db:
        return await referral.own_code(db, member.id) or await _create(db, portal, member)


async def _create(db: Db, portal: Portal, member: Member) -> str:
    code = new_code(portal.settings.server.code, portal.dice)
    await referral.create(db, code, member.id, member.home, portal.clock())
    return code


async def invitation(portal: Portal, member: Member) -> OwnInvitation:
    """Return the member's invitation as it is shown."""
    code = await _own_code(portal, member)
    async with portal.store.read() as db:
        home = await cover.said(db, member.home)
    return OwnInvitation(code, link_of(portal, code), home.whole)
