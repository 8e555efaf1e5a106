"""An existing structure from a spreadsheet: upload, a report of every row, and the word that writes all or nothing."""

from __future__ import annotations

import asyncio

from aiohttp import web

from kamar.errors import KamarError
from kamar.officers_import import COLUMNS, SAMPLE, Line, read_lines
from kamar.referral import spoken
from kamar.sentences import sentence
from kamar_bridges import sheet
from kamar_portal.errors import beside_field, status_of
from kamar_portal.form import Form, read_form
from kamar_portal.officers import officer_of
from kamar_portal.page import language_of, render, see_other
from kamar_portal.portal import portal_of
from kamar_portal.referral import link_of
from kamar_portal.session import visitor_of
from kamar_store import officers_draft, officers_import
from kamar_store.officers_import import Report

ROWS_MAX = 1_000  # more is the command's: a page would wait for minutes
UPLOAD = "/pengurus/impor"
UPLOAD_MAX = sheet.FILE_MAX + 64 * 1024  # bytes of the form with its file
SHOWN = 100  # rows of a list


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [
        web.get("/pengurus/impor", show),
        web.get("/pengurus/impor/contoh.{kind:csv|xlsx}", template),
        web.post(UPLOAD, check),
        web.post("/pengurus/impor/tulis", write),
    ]


def roomy(request: web.Request) -> web.Request:
    """Give an officer's table the room it needs; every other form stays small.

    Raises:
        KamarError: ``sheet_large``.
    """
    if request.method != "POST" or request.path != UPLOAD or not (visitor_of(request).officer or _admin(request)):
        return request
    if (request.content_length or 0) > UPLOAD_MAX:
        raise KamarError("sheet_large", most=sheet.FILE_MAX // 1024 // 1024)
    return request.clone(client_max_size=UPLOAD_MAX)


async def show(request: web.Request) -> web.Response:
    """``GET /pengurus/impor``: what the table must look like, and a field for it."""
    return await _page(request)


async def template(request: web.Request) -> web.Response:
    """``GET /pengurus/impor/contoh.xlsx`` (or ``.csv``): a table to fill in."""
    async with portal_of(request).store.read() as db:
        await officer_of(request, db)
    rows = [COLUMNS, *SAMPLE]
    csv = request.match_info["kind"] == "csv"
    data = sheet.write_csv(rows) if csv else sheet.write_xlsx("pengurus", rows)
    name = f"pengurus-contoh.{request.match_info['kind']}"
    return web.Response(
        body=data,
        content_type="text/csv" if csv else sheet.XLSX_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def check(request: web.Request) -> web.Response:
    """``POST /pengurus/impor``: read the table and say what each row would do; nothing is written."""
    portal = portal_of(request)
    form = await read_form(request)
    try:
        lines = await asyncio.to_thread(_read, form)
        async with portal.store.write() as db:
            who = await officer_of(request, db)
            report = await officers_import.check_lines(
                db, portal.site.organisation, portal.settings.server.name, who.member, lines, portal.clock()
            )
            key = "" if report.faults else await officers_draft.keep(db, who.member.id, lines, portal.clock())
    except KamarError as error:
        return await _page(request, error)
    return await _page(request, report=report, key=key)


async def write(request: web.Request) -> web.Response:
    """``POST /pengurus/impor/tulis``: write what the preview showed, all or nothing."""
    portal = portal_of(request)
    organisation, now = portal.site.organisation, portal.clock()
    form = await read_form(request)
    try:
        async with portal.store.write() as db:
            who = await officer_of(request, db)
            lines = await officers_draft.read(db, who.member.id, form.text("kunci"), now)
            server = portal.settings.server
            report = await officers_import.check_lines(db, organisation, server.name, who.member, lines, now)
            written = await officers_import.carry_out(db, organisation, who.member, report, now)
            invited = await officers_import.invite(db, server.code, portal.dice, report.invites, now)
            await officers_draft.forget(db, who.member.id)
    except KamarError as error:
        return await _page(request, error)
    if not invited:
        return see_other("/pengurus?tersimpan=impor")
    return render(
        request,
        "officers/invited.html",
        written=written,
        invited=[(each, spoken(code), link_of(portal, code)) for each, code in invited],
    )


def _read(form: Form) -> list[Line]:
    file = form.fields.get("tabel")
    if not isinstance(file, web.FileField):
        raise KamarError("import_empty")
    return read_lines(sheet.read_sheet(file.file.read(sheet.FILE_MAX + 1), ROWS_MAX))


async def _page(
    request: web.Request, error: KamarError | None = None, report: Report | None = None, key: str = ""
) -> web.Response:
    portal = portal_of(request)
    async with portal.store.read() as db:
        await officer_of(request, db)
    language = language_of(request)
    refused = report is not None and bool(report.faults)
    return render(
        request,
        "officers/import.html",
        status=status_of(error) if error else 422 if refused else 200,
        columns=COLUMNS,
        report=report,
        faults=[(fault.line, fault.column, sentence(fault.error, language)) for fault in report.faults[:SHOWN]]
        if report
        else [],
        key=key,
        shown=SHOWN,
        rows_max=ROWS_MAX,
        errors=beside_field(request, error) if error else {},
    )


def _admin(request: web.Request) -> bool:
    member = visitor_of(request).member
    return member is not None and member.admin
