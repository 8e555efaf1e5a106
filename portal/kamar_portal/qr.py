"""QR codes as inline SVG, drawn here so that no address leaves the server."""

from __future__ import annotations

from functools import lru_cache

import segno
from markupsafe import Markup


@lru_cache(maxsize=256)
def qr_svg(text: str, label: str = "") -> Markup:
    """Return ``text`` as a QR code, black on white whatever the theme; ``label`` is what it leads to, in words."""
    code = segno.make(text, error="m", micro=False)
    width = code.symbol_size(border=4)[0]
    svg = code.svg_inline(border=4, light="#fff", dark="#000", omitsize=True, svgclass="qr", lineclass=None)
    title = Markup(' role="img" aria-label="{}" width="{}" height="{}"').format(label or text, width, width)
    return Markup("<svg") + title + Markup(svg.removeprefix("<svg"))  # noqa: S704  # drawn by segno from modules
