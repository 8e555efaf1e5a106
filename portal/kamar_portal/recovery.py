"""Getting back in with the recovery words: a new password, and every old device is logged out."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
from base64 import b64decode, b64encode
from collections.abc import Collection

from aiohttp import web

from kamar.errors import KamarError
from kamar.signup import PASSWORD_SHORTEST, RECOVERY_WORDS, plain_recovery, read_password
from kamar_portal import security
from kamar_portal.errors import beside_field, known, status_of
from kamar_portal.form import read_form
from kamar_portal.login import DEVICE, read_account
from kamar_portal.page import render, see_other
from kamar_portal.portal import portal_of
from kamar_portal.session import begin
from kamar_store import recovery

SCRYPT = {"n": 2**12, "r": 8, "p": 1}  # 4 MB; the words hold 72 bits, more work buys nothing
SALT = 16  # bytes
NOBODY = f"scrypt$4096$8$1${b64encode(bytes(SALT)).decode()}${b64encode(bytes(64)).decode()}"  # fits no words


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [web.get("/pulih", ask), web.post("/pulih", take)]


async def ask(request: web.Request) -> web.Response:
    """``GET /pulih``."""
    return _page(request)


async def take(request: web.Request) -> web.Response:
    """``POST /pulih``: a wrong account and wrong words get the same answer after the same work."""
    portal = portal_of(request)
    form = await read_form(request)
    account, words, password = form.text("akun"), form.text("kata"), form.raw("sandi")
    try:
        new = read_password(password, account)
        user = read_account(account, portal.settings.server.name)
        await security.refuse_beyond(request, security.LOGIN_ADDRESS)
        await security.count(request, security.LOGIN_ACCOUNT, user)
        async with portal.store.read() as db:
            kept = await recovery.hash_of(db, user)
        if not await asyncio.to_thread(fits, words, kept or NOBODY):
            await security.note(request, security.LOGIN_ADDRESS)
            raise KamarError("recovery_failed")
        await portal.module.set_password(user, new, logout=True)
        await security.forget(request, security.LOGIN_ACCOUNT, user)
        opened = await portal.matrix().login_password(user, new, DEVICE, security.client_address(request))
    except KamarError as error:
        refused = KamarError("recovery_failed") if error.code == "login_failed" else error
        return _page(request, account, words, refused)
    response = see_other("/komunitas")
    await begin(request, response, user, opened)
    return response


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


def _page(request: web.Request, account: str = "", words: str = "", error: KamarError | None = None) -> web.Response:
    return render(
        request,
        "recovery.html",
        status=status_of(known(error)) if error else 200,
        account=account[:100],
        words=words[:200],
        number=RECOVERY_WORDS,
        least=PASSWORD_SHORTEST,
        errors=beside_field(request, error) if error else {},
    )
