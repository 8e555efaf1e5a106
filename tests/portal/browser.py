"""A browser without JavaScript: keeps cookies, fills the forms it finds, follows where it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient

Client = TestClient[web.Request, web.Application]


@dataclass
class Form:
    """A form on a page."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)


class Forms(HTMLParser):
    """Finds the forms of a page with what is filled in."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._open: Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a form's address, or one of its fields."""
        said = dict(attrs)
        if tag == "form":
            self._open = Form(said.get("action") or "", said.get("method") or "get")
            self.found.append(self._open)
        elif tag == "input" and self._open is not None and _is_sent(said):
            self._open.fields.append((str(said["name"]), said.get("value") or ""))

    def handle_endtag(self, tag: str) -> None:
        """Close a form."""
        if tag == "form":
            self._open = None


def _is_sent(field: Mapping[str, str | None]) -> bool:
    return bool(field.get("name")) and (field.get("type") not in ("checkbox", "radio") or "checked" in field)


@dataclass
class Page:
    """What came back."""

    status: int
    address: str
    text: str
    headers: Mapping[str, str]

    def form(self, action: str) -> Form:
        """Return the form that is sent to ``action``."""
        parser = Forms()
        parser.feed(self.text)
        forms = [form for form in parser.found if form.action == action and form.method == "post"]
        assert forms, f"no form for {action} on {self.address} ({self.status}): {self.text[:3000]}"
        return forms[0]


class Browser:
    """Visits pages."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.page = Page(0, "", "", {})

    async def visit(self, address: str, **headers: str) -> Page:
        """Open an address."""
        return await self._show(await self.client.get(address, headers=headers))

    async def send(self, action: str, values: Mapping[str, str | list[str]] | None = None, **headers: str) -> Page:
        """Fill in the form of this page that goes to ``action`` and send it."""
        form = self.page.form(action)
        values = values or {}
        fields = [(name, value) for name, value in form.fields if name not in values]
        for name, value in values.items():
            fields += [(name, one) for one in ([value] if isinstance(value, str) else value)]
        return await self._show(await self.client.post(action, data=fields, headers=headers))

    async def _show(self, answer: ClientResponse) -> Page:
        self.page = Page(answer.status, str(answer.url.relative()), await answer.text(), answer.headers)
        return self.page


async def sign_up(browser: Browser, code: str, name: str = "Budi", password: str = "gunung biru tinggi") -> Page:
    """Go through all screens."""
    await browser.visit(f"/g/{code}")
    await browser.send(f"/g/{code}")
    await browser.visit(f"/g/{code}/tempat?desa=32.16.19.2005")
    await browser.send(f"/g/{code}/tempat", {"rt": "3", "rw": "5"})
    await browser.send(f"/g/{code}/setuju", {"umur": "17", "setuju": ["account", "messages"]})
    return await browser.send(f"/g/{code}/akun", {"nama": name, "sandi": password, "buatan": "tidak"})
