"""The picture of an announcement for WhatsApp groups: the text on a card, who says it, and a code to scan."""

from __future__ import annotations

import io
from collections.abc import Sequence

import segno
from PIL import Image, ImageDraw, ImageFont

SIDE = 1080  # pixels; what WhatsApp shows whole
EDGE = 72
INK, PAPER, SHADE, GOLD = "#ffffff", "#1f5a4d", "#17463c", "#ffd166"  # white on this green: contrast 7.9
SIZES = (76, 64, 54, 46, 40, 34, 30)  # the largest with which the text fits
LINE = 1.3
TEXT_TOP, TEXT_BOTTOM = 210, 800
QR_SIDE = 180
MORE = "…"


def draw(text: str, by: str, link: str, organisation: str) -> bytes:
    """Return the card as a PNG; a text that is too long even in small letters is cut, the link leads to all of it."""
    image = Image.new("RGB", (SIDE, SIDE), PAPER)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, SIDE, 140), fill=SHADE)
    pen.rectangle((0, 140, SIDE, 148), fill=GOLD)
    pen.text((EDGE, 74), _plain(organisation), fill=INK, anchor="lm", font=ImageFont.load_default(46))
    pen.text((SIDE - EDGE, 74), "Pengumuman", fill=GOLD, anchor="rm", font=ImageFont.load_default(38))
    lines, size = _fitted(pen, _plain(text))
    top = TEXT_TOP + (TEXT_BOTTOM - TEXT_TOP - len(lines) * size * LINE) / 2
    for number, line in enumerate(lines):
        pen.text((EDGE, top + number * size * LINE), line, fill=INK, font=ImageFont.load_default(size))
    _foot(image, pen, _plain(by), link)
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def _foot(image: Image.Image, pen: ImageDraw.ImageDraw, by: str, link: str) -> None:
    pen.rectangle((0, SIDE - 236, SIDE, SIDE), fill=SHADE)
    width = SIDE - 3 * EDGE - QR_SIDE
    for number, line in enumerate(_wrapped(pen, by, 34, width)[:3]):
        pen.text((EDGE, SIDE - 200 + number * 44), line, fill=INK, font=ImageFont.load_default(34))
    address = link.partition("://")[2] or link
    pen.text((EDGE, SIDE - 56), address, fill=GOLD, anchor="lm", font=ImageFont.load_default(28))
    file = io.BytesIO()
    segno.make_qr(link, error="m").save(file, kind="png", scale=8, border=2)
    code = Image.open(file).convert("RGB").resize((QR_SIDE, QR_SIDE), Image.Resampling.NEAREST)
    image.paste(code, (SIDE - EDGE - QR_SIDE, SIDE - 208))


def _fitted(pen: ImageDraw.ImageDraw, text: str) -> tuple[Sequence[str], int]:
    """Return the lines of a text and the size of its letters."""
    for size in SIZES:
        lines = _wrapped(pen, text, size, SIDE - 2 * EDGE)
        if len(lines) * size * LINE <= TEXT_BOTTOM - TEXT_TOP:
            return lines, size
    most = int((TEXT_BOTTOM - TEXT_TOP) / (SIZES[-1] * LINE))
    return [*lines[: most - 1], lines[most - 1] + MORE], SIZES[-1]


def _wrapped(pen: ImageDraw.ImageDraw, text: str, size: int, width: float) -> list[str]:
    font = ImageFont.load_default(size)
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}".strip()
            if line and pen.textlength(longer, font=font) > width:
                lines.append(line)
                line = word
            else:
                line = longer
            while pen.textlength(line, font=font) > width:  # one word wider than the card
                cut = max(1, int(len(line) * width / pen.textlength(line, font=font)) - 1)
                lines.append(line[:cut])
                line = line[cut:]
        lines.append(line)
    return lines


def _plain(text: str) -> str:
    """Return a text without what the built-in letters can't draw: emoji and the scripts of other continents."""
    return "".join(char for char in text if char == "\n" or (char.isprintable() and ord(char) < 0x250))
