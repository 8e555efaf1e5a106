"""Lupa: the ways back in, and the first of them: recovery words. Whoever gets in chooses a new password."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import os
from base64 import b64decode, b64encode
from collections.abc import Collection

from aiohttp import web

from kamar.errors import KamarError
from kamar.ids import UserId
from kamar.signup import PASSWORD_SHORTEST, RECOVERY_WORDS, new_recovery, plain_recovery, read_password
from kamar_portal import once, security
from kamar_portal.errors import beside_field, known, status_of
from kamar_portal.form import read_form
from kamar_portal.login import DEVICE, read_account
from kamar_portal.once import Shown
from kamar_portal.page import render, see_other
from kamar_portal.portal import portal_of
from kamar_portal.security import Limit
from kamar_portal.session import begin
from kamar_store import member as members
from kamar_store import recovery, session
from kamar_store.member import Member

SCRYPT = {"n": 2**12, "r": 8, "p": 1}  # 4 MB; the words hold 72 bits, more work buys nothing
SALT = 16  # bytes
NOBODY = f"scrypt$4096$8$1${b64encode(bytes(SALT)).decode()}${b64encode(bytes(64)).decode()}"  # fits no words
ACCOUNT = Limit("recovery", 10)  # wrong words for one account
ADDRESS = Limit("recovery-from", 60)  # wrong words and codes from one address


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [
        web.get("/lupa", ways),
        web.get("/pulih", moved),
        web.get("/lupa/kata", ask),
        web.post("/lupa/kata", take),
    ]


async def ways(request: web.Request) -> web.Response:
    """``GET /lupa``: choose a way back in."""
    return render(request, "recovery/ways.html", mail=bool(portal_of(request).settings.mail.host))


async def moved(_request: web.Request) -> web.Response:
    """``GET /pulih``: the old address."""
    return web.Response(status=308, headers={"Location": "/lupa/kata"})


async def ask(request: web.Request) -> web.Response:
    """``GET /lupa/kata``."""
    return _page(request)


async def take(request: web.Request) -> web.Response:
    """``POST /lupa/kata``: a wrong account and wrong words get the same answer after the same work."""
    portal = portal_of(request)
    form = await read_form(request)
    account, words, logout = form.text("akun"), form.text("kata"), form.text("keluar") == "ya"
    try:
        new = read_password(form.raw("sandi"), account)
        await security.refuse_beyond(request, ADDRESS)
        user = _account(account, portal.settings.server.name)
        await security.count(request, ACCOUNT, user)
        async with portal.store.read() as db:
            kept = await recovery.hash_of(db, user)
        if not await asyncio.to_thread(fits, words, kept or NOBODY):
            await security.note(request, ADDRESS)
            raise KamarError("recovery_failed")
        await security.forget(request, ACCOUNT, user)
        return await let_in(request, user, new, logout=logout)
    except KamarError as error:
        return _page(request, account, words, error, logout=logout)


async def let_in(request: web.Request, user: UserId, password: str, *, logout: bool) -> web.Response:
    """Give an account its new password and log this browser in; ``logout`` ends every other device and session.

    Raises:
        MatrixError: Synapse does not answer; nothing was changed, or only the password.
    """
    portal = portal_of(request)
    await portal.module.set_password(user, password, logout=logout)
    async with portal.store.write() as db:
        if logout:
            await session.end_all(db, user)
        member = await members.by_user(db, user)
        if member is not None:
            await recovery.warn(db, member.id, "done", portal.clock().isoformat(), portal.clock())
    opened = await portal.matrix().login_password(user, password, DEVICE, security.client_address(request))
    response = see_other("/komunitas")
    await begin(request, response, user, opened)
    return response


async def give_words(request: web.Request, response: web.StreamResponse, member: Member) -> None:
    """Make new recovery words; Komunitas Saya shows them once, on this browser."""
    portal = portal_of(request)
    words = new_recovery(portal.dice)
    hashed = await asyncio.to_thread(hash_words, words)
    now = portal.clock()
    async with portal.store.write() as db:
        await recovery.renew(db, member.id, hashed, now)
    once.keep(request, response, member.user_id, Shown(words, ""))


def hash_words(words: Collection[str]) -> str:
    """Return what is kept of recovery words: ``scrypt$n$r$p$salt$hash``. Takes some 20 ms."""
    salt = os.urandom(SALT)
    numbers = "$".join(str(value) for value in SCRYPT.values())
    hashed = hashlib.scrypt(plain_recovery(" ".join(words)).encode(), salt=salt, **SCRYPT)
    return f"scrypt${numbers}${b64encode(salt).decode()}${b64encode(hashed).decode()}"


def fits(typed: str, kept: str) -> bool:
    """Tell whether typed words are those of a kept hash; case and what stands between them do not matter."""
    _, n, r, p, salt, hashed = kept.split("$")
    found = hashlib.scrypt(plain_recovery(typed).encode(), salt=b64decode(salt), n=int(n), r=int(r), p=int(p))
    return hmac.compare_digest(found, b64decode(hashed))


def _account(typed: str, server: str) -> UserId:
    """Return the account; what can be none stands for itself, so that it costs the same and is counted too."""
    with contextlib.suppress(KamarError):
        return read_account(typed, server)
    return UserId(typed)


def _page(
    request: web.Request, account: str = "", words: str = "", error: KamarError | None = None, *, logout: bool = True
) -> web.Response:
    return render(
        request,
        "recovery/words.html",
        status=status_of(known(error)) if error else 200,
        account=account[:100],
        words=words[:200],
        number=RECOVERY_WORDS,
        least=PASSWORD_SHORTEST,
        logout=logout,
        errors=beside_field(request, error) if error else {},
    )
