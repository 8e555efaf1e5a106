"""Turns a template into a page: language, form token, addresses of static files, bottom bar."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from kamar.media import size_words
from kamar.words import pick_language, translate, translate_number
from kamar_portal import cookies
from kamar_portal.cookies import Cookie
from kamar_portal.portal import portal_of
from kamar_portal.qr import qr_svg
from kamar_portal.session import account_mark, visitor_of

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"
HASH = 10  # characters of a file's hash in its address
HTML = "text/html"


def render(request: web.Request, template: str, *, status: int = 200, **values: object) -> web.Response:
    """Return the page of a template."""
    return web.Response(text=render_text(request, template, **values), status=status, content_type=HTML)


def render_text(request: web.Request, template: str, **values: object) -> str:
    """Return a template's text, for a page or a part of one."""
    told = {**_shared(request), **values}
    told["errors"] = defaultdict(str, cast(Mapping[str, str], told["errors"]))  # a field without an error has none
    return environment(language_of(request)).get_template(template).render(told)


def language_of(request: web.Request) -> str:
    """Return the language to answer in: chosen before, or asked for by the browser."""
    return pick_language(request.headers.get("Accept-Language", ""), cookies.read(request, Cookie.LANGUAGE))


def see_other(address: str) -> web.Response:
    """Return the answer that sends a browser on after a form (never raised: it may carry cookies)."""
    return web.Response(status=303, headers={"Location": address})


@cache
def environment(language: str) -> Environment:
    """Return the templates in one language."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_callables(  # type: ignore[attr-defined]  # added by the extension
        lambda text: translate(text, language),
        lambda one, many, number: translate_number(one, many, number, language),
        newstyle=True,
    )
    made.globals.update(asset=asset, icon=icon, qr=qr_svg)
    made.filters["number"] = number
    made.filters["size"] = size_words
    return made


@cache
def asset(name: str) -> str:
    """Return the address of a static file; it changes with the file, so browsers may keep it for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:HASH]
    return f"/static/{digest}/{name}"


@cache
def icon(name: str) -> Markup:
    """Return one icon of ``static/icons.svg`` (Lucide), drawn in the colour of the text around it."""
    address = f"{asset('icons.svg')}#{name}"
    return Markup('<svg class="icon" width="24" height="24" aria-hidden="true"><use href="{}"></use></svg>').format(
        address
    )


def number(value: int) -> str:
    """Return 1.500.000."""
    return f"{value:,}".replace(",", ".")


def _shared(request: web.Request) -> Mapping[str, Any]:
    portal = portal_of(request)
    visitor = visitor_of(request)
    return {
        "language": language_of(request),
        "organisation": portal.settings.server.organisation,
        "visitor": visitor,
        "form_token": visitor.form,
        "account_mark": account_mark(request),
        "path": request.path,
        "local_only": portal.settings.local_only,
        "server_name": portal.settings.server.name,
        "errors": {},
        "retry": 0,
    }
