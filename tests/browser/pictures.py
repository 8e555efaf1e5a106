"""Pictures of pages: for docs/pictures when ``KAMAR_PICTURES`` is set, else only looked at."""

from __future__ import annotations

import io
import os
from pathlib import Path

from PIL import Image
from playwright.async_api import Page

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
COLOURS = 128  # of a stored picture: small files, and nobody sees the difference
LARGEST = 150_000  # bytes


async def picture(page: Page, name: str) -> None:
    """Take a picture of what a person sees now; refuse an empty page, and one wider than the window."""
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{name} is {wide} px too wide"
    image = Image.open(io.BytesIO(await page.screenshot(animations="disabled")))
    assert len(image.convert("RGB").getcolors(1 << 24) or []) > 10, f"{name} shows nothing"
    if os.environ.get("KAMAR_PICTURES"):
        PICTURES.mkdir(exist_ok=True)
        file = PICTURES / f"{name}.png"
        image.convert("RGB").quantize(COLOURS).save(file, optimize=True)
        assert file.stat().st_size < LARGEST
