"""Saya > Kunci cadangan: what lets one back in, who asks in one's name, and logging out of every device.

Whatever would let somebody back in later needs the present password: a borrowed telephone is not enough.
"""

from __future__ import annotations

import contextlib

from aiohttp import web

from kamar.errors import KamarError
from kamar.recovery import Request
from kamar_bridges.homeserver import MatrixError
from kamar_portal import cookies, security
from kamar_portal.contact import read_email, read_phone
from kamar_portal.cookies import Cookie
from kamar_portal.errors import beside_field, known, status_of
from kamar_portal.form import read_form
from kamar_portal.login import DEVICE, REFUSED
from kamar_portal.page import render, see_other
from kamar_portal.portal import Portal, portal_of
from kamar_portal.recovery import give_words
from kamar_portal.recovery_letter import MAILBOX, open_letter, put_token, refuse_without_mail
from kamar_portal.session import end, member_of
from kamar_store import recovery, recovery_request, session, vault, vault_access, vault_key
from kamar_store.member import Member
from kamar_store.vault import ContactKind

HERE = "/saya/kunci"


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [
        web.get(HERE, show),
        web.post(f"{HERE}/kata", renew_words),
        web.post(f"{HERE}/surel", keep_email),
        web.post(f"{HERE}/surel/kode", verify_email),
        web.post(f"{HERE}/hp", keep_phone),
        web.post(f"{HERE}/hapus", remove),
        web.post(f"{HERE}/batal", cancel),
        web.post("/saya/keluar-semua", log_out_everywhere),
    ]


async def returning(portal: Portal, member: Member) -> Request | None:
    """Return the request of somebody who wants into this member's account, to be shown on the old devices."""
    async with portal.store.read() as db:
        return await recovery_request.against(db, member.id, portal.clock())


async def show(request: web.Request) -> web.Response:
    """``GET /saya/kunci``."""
    return await _page(request)


async def renew_words(request: web.Request) -> web.Response:
    """``POST /saya/kunci/kata``: new recovery words, shown once; the old ones end."""
    member = member_of(request)
    form = await read_form(request)
    try:
        await prove(request, member, form.raw("sandi_lama"))
    except KamarError as error:
        return await _page(request, error)
    response = see_other("/komunitas")
    await give_words(request, response, member)
    return response


async def keep_email(request: web.Request) -> web.Response:
    """``POST /saya/kunci/surel``: keep an address; it counts once the code sent there is typed."""
    portal, member = portal_of(request), member_of(request)
    refuse_without_mail(portal)
    form = await read_form(request)
    try:
        address = read_email(form.text("surel"))
        await prove(request, member, form.raw("sandi_lama"))
        await security.count(request, MAILBOX, address)
    except KamarError as error:
        return await _page(request, error)
    response = see_other(f"{HERE}?kode=1#bagian-surel")
    keys = vault_key.load(portal.site.state)
    async with portal.store.write() as db:
        await vault.keep(db, keys, member.id, ContactKind.EMAIL, address, portal.clock())
        token = put_token(request, response)
        await recovery.post_letter(db, token, member.id, "verify", portal.clock())
    return response


async def verify_email(request: web.Request) -> web.Response:
    """``POST /saya/kunci/surel/kode``."""
    portal, member = portal_of(request), member_of(request)
    form = await read_form(request)
    try:
        letter = await open_letter(request, form.text("kode"), "verify")
        async with portal.store.write() as db:
            if letter.member != member.id or not await recovery.use_letter(db, letter, portal.clock()):
                raise KamarError("letter_failed")
            await vault.verify(db, member.id, ContactKind.EMAIL, portal.clock())
    except KamarError as error:
        return await _page(request, error, coded=True)
    response = see_other(f"{HERE}?tersimpan=surel")
    cookies.drop(request, response, Cookie.RECOVERY)
    return response


async def keep_phone(request: web.Request) -> web.Response:
    """``POST /saya/kunci/hp``: a number that the coordinator may ask about, masked. Nothing is ever sent to it."""
    portal, member = portal_of(request), member_of(request)
    form = await read_form(request)
    try:
        number = read_phone(form.text("hp"))
        await prove(request, member, form.raw("sandi_lama"))
    except KamarError as error:
        return await _page(request, error)
    keys = vault_key.load(portal.site.state)
    async with portal.store.write() as db:
        await vault.keep(db, keys, member.id, ContactKind.PHONE, number, portal.clock())
    return see_other(f"{HERE}?tersimpan=hp")


async def remove(request: web.Request) -> web.Response:
    """``POST /saya/kunci/hapus``: forget a number or an address."""
    portal, member = portal_of(request), member_of(request)
    kind = (await read_form(request)).text("jenis")
    if kind not in set(ContactKind):
        raise KamarError("body_malformed")
    async with portal.store.write() as db:
        await vault.remove(db, member.id, ContactKind(kind))
        await vault_access.note(db, member.id, "remove", member.id, portal.clock())
    return see_other(f"{HERE}?tersimpan={kind}")


async def cancel(request: web.Request) -> web.Response:
    """``POST /saya/kunci/batal``: "that is not me", from a device that is still logged in."""
    portal, member = portal_of(request), member_of(request)
    async with portal.store.write() as db:
        if await recovery_request.cancel(db, member.id, portal.clock()):
            await vault_access.note(db, member.id, "recovery-cancel", member.id, portal.clock())
    return see_other(f"{HERE}?tersimpan=batal")


async def log_out_everywhere(request: web.Request) -> web.Response:
    """``POST /saya/keluar-semua``: end every device and every session, this one too."""
    portal, member = portal_of(request), member_of(request)
    await portal.module.logout_all(member.user_id)
    async with portal.store.write() as db:
        await session.end_all(db, member.user_id)
    response = see_other("/masuk")
    await end(request, response)
    return response


async def prove(request: web.Request, member: Member, password: str) -> None:
    """Refuse whoever does not know the member's password.

    Raises:
        KamarError: ``password_wrong``, ``too_many_tries``, or Matrix not answering.
    """
    portal = portal_of(request)
    await security.count(request, security.LOGIN_ACCOUNT, member.user_id)
    try:
        address = security.client_address(request)
        opened = await portal.matrix().login_password(member.user_id, password[:512], DEVICE, address)
    except MatrixError as error:
        if error.errcode not in REFUSED:
            raise
        raise KamarError("password_wrong") from error
    with contextlib.suppress(MatrixError):  # it has done its work
        await portal.matrix(opened.access_token).logout()
    await security.forget(request, security.LOGIN_ACCOUNT, member.user_id)


async def _page(request: web.Request, error: KamarError | None = None, *, coded: bool = False) -> web.Response:
    portal, member = portal_of(request), member_of(request)
    shown: dict[ContactKind, tuple[str, bool]] = {}
    async with portal.store.write() as db:
        for contact in await vault.contacts(db, member.id):
            value = await vault.read(
                db,
                vault_key.load(portal.site.state),
                member.id,
                contact.kind,
                actor=member.id,
                purpose="own",
                now=portal.clock(),
            )
            shown[contact.kind] = (vault.mask(contact.kind, value or ""), contact.verified)
    return render(
        request,
        "recovery/own.html",
        status=status_of(known(error)) if error else 200,
        email=shown.get(ContactKind.EMAIL),
        phone=shown.get(ContactKind.PHONE),
        mail=bool(portal.settings.mail.host),
        coded=coded or "kode" in request.query,
        returning=await returning(portal, member),
        saved=request.query.get("tersimpan", ""),
        errors=beside_field(request, error) if error else {},
    )
