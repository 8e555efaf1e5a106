"""The two links that ``up`` and ``status`` show: for the first administrator, and the server's own invitation."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import SystemRandom

from kamar.errors import KamarError
from kamar.referral import new_code
from kamar.state import read_secret, write_secret
from kamar_store import first_admin, referral, session
from kamar_store.site import Site

ADMIN_LINK_LASTS = timedelta(days=7)
PURPOSE = "admin"
FILE = "admin_link"  # in secrets/: the token, until somebody used the link


async def admin_link(site: Site, now: datetime) -> str | None:
    """Return the link that makes the first administrator, or none: used, or too old (``up`` makes another)."""
    file = site.state.secret(FILE)
    if not file.exists():
        return None
    token = read_secret(file)
    try:
        async with site.store.read() as db:
            await session.open_link(db, token, now)
    except KamarError:
        return None
    return f"{site.settings.portal_url}/masuk/{token}"


async def ensure_admin_link(site: Site, now: datetime) -> None:
    """Make the link when the server has neither an administrator nor a usable link."""
    if await admin_link(site, now) is not None:
        return
    file = site.state.secret(FILE)
    async with site.store.write() as db:
        if await first_admin.has_admin(db):
            file.unlink(missing_ok=True)
            return
        write_secret(file, await session.new_link(db, PURPOSE, None, now, ADMIN_LINK_LASTS))


async def ensure_invitation(site: Site, now: datetime) -> None:
    """Make the server's own invitation, if it has none."""
    async with site.store.write() as db:
        if await referral.server_code(db) is None:
            code = new_code(site.settings.server.code, SystemRandom())
            await referral.create(db, code, owner=None, node=None, now=now)


async def invite_link(site: Site) -> str | None:
    """Return the link of the server's own invitation."""
    async with site.store.read() as db:
        code = await referral.server_code(db)
    return None if code is None else f"{site.settings.portal_url}/g/{code}"
