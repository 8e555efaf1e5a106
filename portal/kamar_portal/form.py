"""A posted form as text, whatever was posted."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web
from multidict import MultiDictProxy

PRINTABLE_MAX = 500  # characters of a field that is not a name or a password


@dataclass(frozen=True, slots=True)
class Form:
    """Fields by name; files count as empty."""

    fields: MultiDictProxy[str | bytes | bytearray | web.FileField]

    def raw(self, name: str) -> str:
        """Return a field exactly as it was typed."""
        value = self.fields.get(name, "")
        return value if isinstance(value, str) else ""

    def text(self, name: str) -> str:
        """Return a short field without the spaces around it; control characters become spaces."""
        text = "".join(char if char.isprintable() else " " for char in self.raw(name)[:PRINTABLE_MAX])
        return text.strip()

    def every(self, name: str) -> list[str]:
        """Return every value of a field, for boxes that share a name."""
        return [value for value in self.fields.getall(name, []) if isinstance(value, str)][:20]


async def read_form(request: web.Request) -> Form:
    """Return the posted form."""
    return Form(await request.post())
