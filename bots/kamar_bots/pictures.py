"""QR codes as pictures."""

from __future__ import annotations

import io
from dataclasses import dataclass

import segno

SCALE = 10  # pixels a module: sharp on a telephone, and 1 KB as PNG
BORDER = 4  # modules; scanners need the quiet zone


@dataclass(frozen=True, slots=True)
class Picture:
    """A square PNG, ``side`` pixels wide and high."""

    png: bytes
    side: int


def qr(text: str) -> Picture:
    """Return ``text`` as a QR code."""
    code = segno.make_qr(text, error="m")
    file = io.BytesIO()
    code.save(file, kind="png", scale=SCALE, border=BORDER)
    return Picture(file.getvalue(), int(code.symbol_size(SCALE, BORDER)[0]))
