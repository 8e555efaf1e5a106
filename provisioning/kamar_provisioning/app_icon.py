"""Draws the portal's icons for telephones: ``python -m kamar_provisioning.app_icon``. Run it when the brand changes.

The same house as ``icon.svg``, in the brand's colours; maskable ones leave the edge to the telephone's own shape.
"""

from __future__ import annotations

import io
from collections.abc import Mapping

from PIL import Image, ImageDraw

from kamar_provisioning.repository import root

BRAND = "#0b6b5c"
PAPER = "#ffffff"
GRID = 64  # units of icon.svg
FINE = 4  # drawn so many times larger, then made small: smooth edges
HOUSE = ((14, 31), (32, 15), (50, 31), (50, 48), (46, 52), (31, 52), (22, 59), (22, 52), (18, 52), (14, 48))
LINES = (((24, 36), (40, 36)), ((24, 43), (34, 43)))
ROUND = 14  # radius of the corners
SAFE = 0.72  # of the side: what no telephone cuts off a maskable icon, and a little air


def main() -> None:
    """Write every icon beside the portal's other files."""
    for name, picture in icons().items():
        (root() / "portal" / "kamar_portal" / "static" / name).write_bytes(_png(picture))


def icons() -> Mapping[str, Image.Image]:
    """Return the icons by the names of their files."""
    return {
        "app-192.png": draw(192),
        "app-512.png": draw(512),
        "app-maskable-512.png": draw(512, maskable=True),
        "badge-96.png": badge(96),
    }


def draw(side: int, *, maskable: bool = False) -> Image.Image:
    """Return the icon, ``side`` pixels wide."""
    large = side * FINE
    picture = Image.new("RGBA", (large, large), BRAND if maskable else "#00000000")
    pen = ImageDraw.Draw(picture)
    if not maskable:
        pen.rounded_rectangle((0, 0, large - 1, large - 1), ROUND * large / GRID, fill=BRAND)
    _house(pen, large, PAPER, BRAND, SAFE if maskable else 1)
    return picture.resize((side, side), Image.Resampling.LANCZOS)


def badge(side: int) -> Image.Image:
    """Return the sign in the status bar: telephones take its shape only."""
    picture = Image.new("RGBA", (side * FINE, side * FINE), "#00000000")
    _house(ImageDraw.Draw(picture), side * FINE, PAPER, "#00000000", 1.3)
    return picture.resize((side, side), Image.Resampling.LANCZOS)


def _house(pen: ImageDraw.ImageDraw, large: int, wall: str, line: str, scale: float) -> None:
    unit = large / GRID * scale

    def at(point: tuple[int, int]) -> tuple[float, float]:
        return large / 2 + (point[0] - GRID / 2) * unit, large / 2 + (point[1] - 37) * unit + (5 * unit)

    pen.polygon([at(point) for point in HOUSE], fill=wall)
    for start, end in LINES:
        pen.line([at(start), at(end)], fill=line, width=round(4 * unit))
        for x, y in (at(start), at(end)):
            pen.ellipse((x - 2 * unit, y - 2 * unit, x + 2 * unit, y + 2 * unit), fill=line)


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()


if __name__ == "__main__":
    main()
