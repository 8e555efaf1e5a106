"""A ban survives a new account: by the browser that was banned with, and by a hint about the network it came from.

A browser is known by a random cookie, kept in the database as a keyed hash only. Who deletes it, or takes another
telephone, comes in again: docs/peace.md says so. Telephone and e-mail, where given, go the same way from the vault.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from aiohttp import web

from kamar.errors import KamarError
from kamar.ids import MemberId, UserId
from kamar.peace import address_prefix, ban_key
from kamar.state import read_secret, write_secret
from kamar.words import mark as _
from kamar_portal import cookies
from kamar_portal.cookies import Cookie
from kamar_portal.portal import Portal, portal_of
from kamar_portal.security import client_address
from kamar_store import member as members
from kamar_store import peace, peace_measure, peace_rule
from kamar_store.store import Db

DEVICE, ADDRESS = "device", "address"
LASTS = timedelta(days=365)
BYTES = 24
HINT = _(
    "Warga baru ini datang dari jaringan yang sama dengan akun yang sedang dikeluarkan. Ini hanya petunjuk: "
    "tetangga sering memakai jaringan yang sama."
)


async def refuse_banned(request: web.Request) -> None:
    """Refuse a sign-up from a browser that belongs to a ban.

    Raises:
        KamarError: ``signup_banned``.
    """
    portal = portal_of(request)
    token = cookies.read(request, Cookie.DEVICE)
    async with portal.store.read() as db:
        if token and await peace_rule.bans_with(db, [(DEVICE, key(portal, DEVICE, token))], portal.clock()):
            raise KamarError("signup_banned")


async def hint(request: web.Request, member: MemberId) -> None:
    """Tell officers, and only them, when a newcomer comes from the network of a ban."""
    portal = portal_of(request)
    here = (ADDRESS, key(portal, ADDRESS, address_prefix(client_address(request))))
    async with portal.store.write() as db:
        for _kind, number, _node in (await peace_rule.bans_with(db, [here], portal.clock()))[:1]:
            found = await peace_measure.get(db, number)
            if found is not None and found.subject != member:
                await peace.hint(
                    db,
                    portal.site.organisation,
                    found.room,
                    found.node,
                    member,
                    HINT,
                    portal.clock(),
                    portal.settings.portal_url,
                )


async def remember(request: web.Request, response: web.StreamResponse, db: Db, user: UserId, now: datetime) -> None:
    """Know this browser again, and the network it came from, while the account may still be banned."""
    portal = portal_of(request)
    token = cookies.read(request, Cookie.DEVICE) or secrets.token_urlsafe(BYTES)
    cookies.put(request, response, Cookie.DEVICE, token, LASTS)
    who = await members.by_user(db, user)
    if who is None or who.persona:  # the same browser would tie two accounts together
        return
    await peace_rule.note_key(db, who.id, DEVICE, key(portal, DEVICE, token), now)
    prefix = address_prefix(client_address(request))
    await peace_rule.note_key(db, who.id, ADDRESS, key(portal, ADDRESS, prefix), now)


def key(portal: Portal, kind: str, value: str) -> str:
    """Return the keyed hash of what somebody may come with again."""
    return ban_key(kind, value, _secret(portal))


def _secret(portal: Portal) -> bytes:
    path = portal.site.state.secret("ban_key")
    try:
        return bytes.fromhex(read_secret(path))
    except KamarError as error:
        if error.code != "secret_missing":
            raise
    write_secret(path, secrets.token_hex(32))
    return bytes.fromhex(read_secret(path))
