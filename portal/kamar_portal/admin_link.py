"""The one-time link that makes the first administrator: it waits in the browser while he signs up or logs in."""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web

from kamar.errors import KamarError
from kamar.ids import MemberId
from kamar_portal import cookies
from kamar_portal.cookies import Cookie
from kamar_portal.portal import portal_of
from kamar_store import demo, session, vouch
from kamar_store import member as members

PURPOSE = "admin"
LASTS = timedelta(days=1)


def keep(request: web.Request, response: web.StreamResponse, token: str) -> None:
    """Let the browser keep the link until its owner is a member."""
    cookies.put(request, response, Cookie.ADMIN, token, LASTS)


async def claim(request: web.Request, response: web.StreamResponse, member: MemberId) -> None:
    """Make ``member`` an administrator if this browser keeps a good link, and use it up; otherwise nothing."""
    token = cookies.read(request, Cookie.ADMIN)
    if not token:
        return
    portal = portal_of(request)
    cookies.drop(request, response, Cookie.ADMIN)
    try:
        async with portal.store.write() as db:
            purpose, _ = await session.use_link(db, token, portal.clock())
            if purpose != PURPOSE:
                raise KamarError("link_used")
            await members.make_admin(db, member)
            await vouch.confirm(db, member, portal.clock())
            await demo.let_lead(db, portal.site.organisation, member, portal.clock())
    except KamarError:  # used or too old: being a member is not spoilt by it
        return
