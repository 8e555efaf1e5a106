"""Small drawings for the demonstration, made with a few shapes: nobody's photograph."""

from __future__ import annotations

import io
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 960, 640


def draw(name: str) -> bytes:
    """Return the drawing as a JPEG."""
    image = Image.new("RGB", (WIDTH, HEIGHT), "#cfe8f3")
    DRAWINGS[name](ImageDraw.Draw(image))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=82)
    return file.getvalue()


def _ground(pen: ImageDraw.ImageDraw, colour: str, top: int = 420) -> None:
    pen.rectangle((0, top, WIDTH, HEIGHT), fill=colour)


def _sun(pen: ImageDraw.ImageDraw) -> None:
    pen.ellipse((760, 50, 880, 170), fill="#ffd166")


def _house(pen: ImageDraw.ImageDraw, left: int, wall: str, roof: str) -> None:
    pen.rectangle((left, 260, left + 210, 430), fill=wall)
    pen.polygon(((left - 20, 260), (left + 105, 170), (left + 230, 260)), fill=roof)
    pen.rectangle((left + 80, 330, left + 130, 430), fill="#6b4a2f")
    pen.rectangle((left + 20, 300, left + 60, 345), fill="#e8f4fa")
    pen.rectangle((left + 150, 300, left + 190, 345), fill="#e8f4fa")


def _drain(pen: ImageDraw.ImageDraw) -> None:
    _sun(pen)
    _ground(pen, "#a8b98f")
    for left, wall, roof in ((60, "#f2e2c4", "#b4541f"), (360, "#dfe7ea", "#3a6ea5"), (660, "#f4d9d0", "#8a3b2a")):
        _house(pen, left, wall, roof)
    pen.rectangle((0, 480, WIDTH, 580), fill="#7d8a8c")
    pen.rectangle((0, 500, WIDTH, 560), fill="#4d6a62")
    for step in range(46):
        x, y = (step * 83) % WIDTH, 502 + (step * 37) % 50
        pen.ellipse((x, y, x + 34, y + 14), fill=("#8a6d2f", "#5f7a34", "#a3822f")[step % 3])


def _cat(pen: ImageDraw.ImageDraw) -> None:
    _sun(pen)
    _ground(pen, "#b4541f", 430)
    for left in range(0, WIDTH, 60):
        pen.arc((left, 410, left + 60, 460), 180, 360, fill="#8a3b2a", width=6)
    pen.ellipse((330, 300, 650, 450), fill="#e8913a")
    pen.ellipse((560, 240, 700, 370), fill="#e8913a")
    pen.polygon(((575, 265), (590, 205), (625, 248)), fill="#e8913a")
    pen.polygon(((645, 246), (680, 205), (690, 268)), fill="#e8913a")
    for left in (400, 450, 500):
        pen.arc((left, 305, left + 40, 440), 200, 340, fill="#c06f20", width=8)
    pen.arc((590, 290, 620, 315), 0, 180, fill="#3b2a1a", width=4)
    pen.arc((645, 290, 675, 315), 0, 180, fill="#3b2a1a", width=4)
    pen.arc((240, 330, 380, 440), 60, 200, fill="#e8913a", width=26)


def _corn(pen: ImageDraw.ImageDraw) -> None:
    _ground(pen, "#7a9a4d", 380)
    for row in range(3):
        for column in range(5):
            left, top = 60 + column * 175 + row * 20, 120 + row * 140
            pen.ellipse((left, top, left + 60, top + 190), fill="#f2c14e")
            for line in range(5):
                pen.line((left + 8, top + 35 + line * 28, left + 52, top + 35 + line * 28), fill="#d59f2a", width=4)
            pen.chord((left - 26, top + 70, left + 34, top + 240), 60, 260, fill="#4d7a35")
            pen.chord((left + 26, top + 70, left + 86, top + 240), 280, 120, fill="#5f8f42")


def _poster(pen: ImageDraw.ImageDraw) -> None:
    pen.rectangle((0, 0, WIDTH, HEIGHT), fill="#1f5a4d")
    pen.rectangle((40, 40, WIDTH - 40, HEIGHT - 40), outline="#ffd166", width=6)
    lines = (("KERJA BAKTI", 96, 170), ("Sabtu pukul 07.00", 60, 300), ("Semua RW, Desa Sukaresmi", 46, 390))
    for text, size, top in lines:
        pen.text((WIDTH / 2, top), text, fill="white", anchor="mm", font=ImageFont.load_default(size))
    pen.text((WIDTH / 2, 500), "Bawa alat dari rumah", fill="#ffd166", anchor="mm", font=ImageFont.load_default(46))


DRAWINGS: dict[str, Callable[[ImageDraw.ImageDraw], None]] = {
    "got": _drain,
    "kucing": _cat,
    "jagung": _corn,
    "kerja": _poster,
}
