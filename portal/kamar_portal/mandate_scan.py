"""The scan of a decree: brought by whoever may appoint there, opened by few; each look is noted in the vault's log."""

from __future__ import annotations

import asyncio
import re

from aiohttp import web

from kamar.errors import KamarError
from kamar.mandate import Mandate, MandateId
from kamar.mandate_scan import MOST, MOST_MB, SUFFIX
from kamar.when import zone_of
from kamar_portal.errors import beside_field, status_of
from kamar_portal.form import Form, read_form
from kamar_portal.officers_words import date_words
from kamar_portal.page import language_of, render, see_other
from kamar_portal.portal import Portal, portal_of
from kamar_portal.session import member_of, visitor_of
from kamar_store import cover, mandate_scan, tree, vault_key
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store.mandate_scan import Scan
from kamar_store.member import Member
from kamar_store.store import Db

NUMBER = r"{number:\d{1,9}}"
UPLOAD = re.compile(r"/pengurus/pindaian/\d{1,9}")
UPLOAD_MAX = MOST + 64 * 1024  # bytes of the form with its file


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [
        web.get(f"/pengurus/pindaian/{NUMBER}", show),
        web.post(f"/pengurus/pindaian/{NUMBER}", take),
        web.get(f"/pengurus/pindaian/{NUMBER}/berkas", give),
    ]


def roomy(request: web.Request) -> web.Request:
    """Give a member's scan the room it needs; every other form stays small.

    Raises:
        KamarError: ``scan_large``.
    """
    if request.method != "POST" or not UPLOAD.fullmatch(request.path) or visitor_of(request).member is None:
        return request
    if (request.content_length or 0) > UPLOAD_MAX:
        raise KamarError("scan_large", most=MOST_MB)
    return request.clone(client_max_size=UPLOAD_MAX)


async def show(request: web.Request) -> web.Response:
    """``GET /pengurus/pindaian/N``: whether a scan is kept, for who may bring or open it; nothing is opened here."""
    return await _page(request)


async def take(request: web.Request) -> web.Response:
    """``POST /pengurus/pindaian/N``: keep the scan of a mandate's decree."""
    portal, who = portal_of(request), member_of(request)
    number = _number(request)
    form = await read_form(request)
    try:
        data = await asyncio.to_thread(_read, form)
        async with portal.store.write() as db:
            found = await _found(db, portal, who, number)
            keys = vault_key.load(portal.site.state)
            await mandate_scan.keep(db, portal.site.organisation, keys, who, found.id, data, portal.clock())
    except KamarError as error:
        return await _page(request, error)
    return see_other(f"/pengurus/pindaian/{number}?tersimpan=1")


async def give(request: web.Request) -> web.Response:
    """``GET /pengurus/pindaian/N/berkas``: the file, to keep and never to be shown in the page's own name.

    Raises:
        KamarError: ``not_found``, of a scan one may not see exactly as of one that is not there.
    """
    portal, who = portal_of(request), member_of(request)
    number = _number(request)
    async with portal.store.write() as db:
        keys = vault_key.load(portal.site.state)
        kept, data = await mandate_scan.read(db, portal.site.organisation, keys, who, number, portal.clock())
    headers = {
        "Content-Disposition": f'attachment; filename="sk-{number}.{SUFFIX[kept.kind]}"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return web.Response(body=data, content_type=kept.kind.value, headers=headers)


def _read(form: Form) -> bytes:
    file = form.fields.get("pindaian")
    return file.file.read(MOST + 1) if isinstance(file, web.FileField) else b""


def _number(request: web.Request) -> MandateId:
    return MandateId(int(request.match_info["number"]))


async def _found(db: Db, portal: Portal, who: Member, number: MandateId) -> Mandate:
    """Return a mandate whose scan somebody may bring or open.

    Raises:
        KamarError: ``not_found`` for everybody else.
    """
    try:
        found = await mandates.get(db, number)
    except KamarError as error:
        raise KamarError("not_found") from error
    opens = await mandate_scan.may_open(db, portal.site.organisation, who, found, portal.clock())
    if not (opens or await _brings(db, portal, who, found)):
        raise KamarError("not_found")
    return found


async def _brings(db: Db, portal: Portal, who: Member, found: Mandate) -> bool:
    try:
        await mandate_scan.check_keeper(db, portal.site.organisation, who, found, portal.clock())
    except KamarError:
        return False
    return True


async def _page(request: web.Request, error: KamarError | None = None) -> web.Response:
    portal, who = portal_of(request), member_of(request)
    organisation, now = portal.site.organisation, portal.clock()
    async with portal.store.read() as db:
        found = await _found(db, portal, who, _number(request))
        kept = (await mandate_scan.of(db, [found.id])).get(found.id)
        holder = await members.by_id(db, found.member)
        place = (await tree.places(db, [found.node])).get(found.node)
        opens = await mandate_scan.may_open(db, organisation, who, found, now)
        brings = await _brings(db, portal, who, found)
        covered = await cover.instead(db, found.node)
    office = organisation.offices.get(found.office)
    return render(
        request,
        "officers/scan.html",
        status=status_of(error) if error else 200,
        mandate=found,
        title=office.title if office else found.office,
        name=holder.display_name if holder else "",
        place=place,
        covered=covered,
        scan=kept,
        day=_day(request, found, kept),
        suffix=SUFFIX[kept.kind].upper() if kept else "",
        opens=opens,
        brings=brings,
        most=MOST_MB,
        saved="tersimpan" in request.query,
        errors=beside_field(request, error) if error else {},
    )


def _day(request: web.Request, found: Mandate, kept: Scan | None) -> str:
    return date_words(kept.at, zone_of(found.node), language_of(request)) if kept else ""
