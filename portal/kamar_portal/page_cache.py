"""Pages that are the same for every stranger: made once in a few seconds, handed out many times.

A poster on a wall sends a street to one page. Such a page differs only in the token of its forms, so it is kept in the
pieces around that token. Nobody who is known to us (a session, a sign-up begun) is ever given a kept page.
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.typedefs import Handler

from kamar_portal.cookies import Cookie
from kamar_portal.page import language_of
from kamar_portal.session import anonymous_form, put_form, visitor_of

SECONDS = 5.0  # a code that is revoked shows its first page so long; nothing can be begun with it
MOST = 512  # pages
LARGEST = 100_000  # bytes
KEPT = re.compile(r"/|/g/[^/]+|/wilayah/.+")
STRANGERS = {Cookie.FORM.value, Cookie.LANGUAGE.value}  # cookies that say nothing of a person

CHANGES = ("/ajak", "/kelola")  # what is done there shows on kept pages

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """A page without the token of its forms, and when it is too old."""

    pieces: tuple[str, ...]
    until: float


@dataclass(slots=True)
class Shelf:
    """The pages kept in this process, the oldest given up first."""

    clock: Callable[[], float] = time.monotonic
    pages: OrderedDict[Key, Page] = field(default_factory=OrderedDict)

    def find(self, key: Key) -> Page | None:
        """Return a page that is fresh enough."""
        page = self.pages.get(key)
        return page if page is not None and page.until > self.clock() else None

    def keep(self, key: Key, text: str, token: str) -> None:
        """Keep a page that was made for the visitor whose forms carry ``token``."""
        self.pages.pop(key, None)
        self.pages[key] = Page(tuple(text.split(token)), self.clock() + SECONDS)
        while len(self.pages) > MOST:
            self.pages.popitem(last=False)


SHELF: web.AppKey[Shelf] = web.AppKey("shelf", Shelf)


@web.middleware
async def keep_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer strangers from the shelf."""
    shelf = request.config_dict[SHELF]
    if not _for_strangers(request):
        response = await handler(request)
        if request.method == "POST" and request.path.startswith(CHANGES):
            shelf.pages.clear()
        return response
    key = (request.path, language_of(request))
    page = shelf.find(key)
    if page is None:
        response = await handler(request)
        token = visitor_of(request).form
        if _plain(response) and token:
            assert isinstance(response, web.Response)
            shelf.keep(key, response.text or "", token)
        return response
    token = anonymous_form(request)
    made = web.Response(text=token.join(page.pieces), content_type="text/html")
    put_form(request, made)
    return made


def _for_strangers(request: web.Request) -> bool:
    return (
        request.method == "GET"
        and not request.query_string
        and KEPT.fullmatch(request.path) is not None
        and STRANGERS.issuperset(request.cookies)
        and "HX-Request" not in request.headers
    )


def _plain(response: web.StreamResponse) -> bool:
    return (
        isinstance(response, web.Response)
        and response.status == 200
        and response.content_type == "text/html"
        and len(response.text or "") < LARGEST
    )
