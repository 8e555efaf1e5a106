"""Getting back in with a code sent by e-mail: eight digits, fifteen minutes, five tries, one use."""

from __future__ import annotations

import secrets

from aiohttp import web

from kamar.errors import KamarError
from kamar.recovery import LETTER_LASTS
from kamar.signup import PASSWORD_SHORTEST, read_password
from kamar_portal import cookies, security
from kamar_portal.contact import read_email
from kamar_portal.cookies import Cookie
from kamar_portal.errors import beside_field, known, status_of
from kamar_portal.form import read_form
from kamar_portal.page import render, see_other
from kamar_portal.portal import Portal, portal_of
from kamar_portal.recovery import ADDRESS, let_in
from kamar_portal.security import Limit
from kamar_store import member as members
from kamar_store import recovery, vault, vault_key
from kamar_store.recovery import Letter
from kamar_store.vault import ContactKind

TOKEN_BYTES = 32
MAILBOX = Limit("letter", 3, LETTER_LASTS * 4)  # letters to one address
SENDER = Limit("letter-from", 30, LETTER_LASTS * 4)  # letters asked for from one place


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [
        web.get("/lupa/surel", ask),
        web.post("/lupa/surel", order),
        web.get("/lupa/surel/kode", ask_code),
        web.post("/lupa/surel/kode", take_code),
    ]


async def ask(request: web.Request) -> web.Response:
    """``GET /lupa/surel``."""
    refuse_without_mail(portal_of(request))
    return _page(request, "recovery/letter.html")


async def order(request: web.Request) -> web.Response:
    """``POST /lupa/surel``: whoever has the address or has not, the same rows are written and the same page comes."""
    portal = portal_of(request)
    refuse_without_mail(portal)
    try:
        address = read_email((await read_form(request)).text("surel"))
    except KamarError as error:
        return _page(request, "recovery/letter.html", error)
    await security.count(request, SENDER)
    await security.count(request, MAILBOX, address)
    response = see_other("/lupa/surel/kode")
    keys = vault_key.load(portal.site.state)
    async with portal.store.write() as db:
        number = await vault.owner(db, keys, ContactKind.EMAIL, address)
        token = put_token(request, response)
        await recovery.post_letter(db, token, number, "recover", portal.clock())
    return response


async def ask_code(request: web.Request) -> web.Response:
    """``GET /lupa/surel/kode``."""
    refuse_without_mail(portal_of(request))
    return _page(request, "recovery/code.html")


async def take_code(request: web.Request) -> web.Response:
    """``POST /lupa/surel/kode``: the password is looked at first, so that a weak one costs no try."""
    portal = portal_of(request)
    refuse_without_mail(portal)
    form = await read_form(request)
    try:
        new = read_password(form.raw("sandi"), "")
        letter = await open_letter(request, form.text("kode"), "recover")
        async with portal.store.write() as db:
            member = None if letter.member is None else await members.by_id(db, letter.member)
            if member is None or not await recovery.use_letter(db, letter, portal.clock()):
                raise KamarError("letter_failed")
        try:
            response = await let_in(request, member.user_id, new, logout=form.text("keluar") == "ya")
        except KamarError:
            async with portal.store.write() as db:
                await recovery.reuse_letter(db, letter)
            raise
    except KamarError as error:
        return _page(request, "recovery/code.html", error)
    cookies.drop(request, response, Cookie.RECOVERY)
    return response


async def open_letter(request: web.Request, typed: str, purpose: str) -> Letter:
    """Return the letter of this browser whose code was typed, after counting the try.

    Raises:
        KamarError: ``letter_failed``, whatever the reason; ``too_many_tries``.
    """
    portal = portal_of(request)
    await security.refuse_beyond(request, ADDRESS)
    async with portal.store.write() as db:
        letter = await recovery.try_letter(db, cookies.read(request, Cookie.RECOVERY), purpose, portal.clock())
    digits = "".join(char for char in typed if char.isascii() and char.isdigit())
    fits = recovery.is_code(vault_key.load(portal.site.state), letter.id if letter else "", digits)
    if not fits or letter is None or letter.member is None:
        await security.note(request, ADDRESS)
        raise KamarError("letter_failed")
    return letter


def put_token(request: web.Request, response: web.StreamResponse) -> str:
    """Give this browser the secret that a letter's code is good together with."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    cookies.put(request, response, Cookie.RECOVERY, token, LETTER_LASTS)
    return token


def refuse_without_mail(portal: Portal) -> None:
    """Refuse where the server sends no letters.

    Raises:
        KamarError: ``not_found``.
    """
    if not portal.settings.mail.host:
        raise KamarError("not_found")


def _page(request: web.Request, template: str, error: KamarError | None = None) -> web.Response:
    return render(
        request,
        template,
        status=status_of(known(error)) if error else 200,
        least=PASSWORD_SHORTEST,
        minutes=int(LETTER_LASTS.total_seconds() / 60),
        errors=beside_field(request, error) if error else {},
    )
