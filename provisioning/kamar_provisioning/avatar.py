"""Pictures of official rooms: a calm colour by kind, the number of the RT or RW on it. Made once, uploaded once."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw, ImageFont

from kamar.node import Axis, axis_of
from kamar.structure import RoomKey, RoomKind
from kamar.wilayah import Level, parse
from kamar_provisioning.jobs import Desk
from kamar_store import cursor

BOT_NAME = "Kamar"
SIDE = 192  # pixels
COLOURS = {
    RoomKind.SPACE: "#1f5a4d",
    RoomKind.OBROLAN: "#2f7d6b",
    RoomKind.SIARAN: "#b4541f",
    RoomKind.PERINTIS: "#6b5b95",
    RoomKind.PENGURUS: "#33475b",
}
WORDS = {
    RoomKind.SIARAN: "INFO",
    RoomKind.PERINTIS: "BARU",
    RoomKind.SPACE: "WARGA",
    RoomKind.PENGURUS: "PENGURUS",
}
WORDS_ELSEWHERE = {RoomKind.SIARAN: "INFO", RoomKind.PENGURUS: "PENGURUS"}
RW_COLOUR = "#3a6ea5"


async def avatar(desk: Desk, key: RoomKey) -> str:
    """Return the ``mxc://`` address of the picture of a room."""
    small, large, colour = label(key)
    name = f"avatar:{small}:{large}:{colour}"
    async with desk.site.store.read() as db:
        known = await cursor.get(db, name)
    if known:
        return known
    address = await desk.matrix.upload(draw(small, large, colour), "image/png", "kamar.png")
    async with desk.site.store.write() as db:
        await cursor.put(db, name, address)
    return address


async def introduce(desk: Desk) -> None:
    """Give the bot its name and picture, before it makes its first room."""
    bot = desk.site.settings.bot
    mark = f"introduced:{BOT_NAME}"
    async with desk.site.store.read() as db:
        if await cursor.get(db, mark):
            return
    await desk.module.set_display_name(bot, BOT_NAME)
    picture = draw("", BOT_NAME, COLOURS[RoomKind.SPACE])
    await desk.matrix.set_avatar(bot, await desk.matrix.upload(picture, "image/png", "kamar.png"))
    async with desk.site.store.write() as db:
        await cursor.put(db, mark, "1")


def label(key: RoomKey) -> tuple[str, str, str]:
    """Return the small word, the large one, and the colour of a room's picture."""
    if axis_of(key.node) is not Axis.WILAYAH:
        return "", WORDS_ELSEWHERE.get(key.kind, "KAMAR"), COLOURS[key.kind]
    place = parse(key.node)
    if key.kind is RoomKind.OBROLAN and place.level is Level.RT:
        return "RT", f"{place.rt:03d}", COLOURS[key.kind]
    if key.kind is RoomKind.OBROLAN and place.level is Level.RW:
        return "RW", f"{place.rw:03d}", RW_COLOUR
    return "", WORDS.get(key.kind, "DESA"), COLOURS[key.kind]


def draw(small: str, large: str, colour: str) -> bytes:
    """Return a PNG of ``SIDE`` pixels with the two words in white on ``colour``."""
    image = Image.new("RGB", (SIDE, SIDE), colour)
    pen = ImageDraw.Draw(image)
    middle = SIDE / 2
    if small:
        pen.text((middle, SIDE * 0.30), small, fill="white", anchor="mm", font=ImageFont.load_default(38))
    size = 70 if len(large) <= 3 else 50 if len(large) <= 6 else 32
    pen.text(
        (middle, SIDE * (0.60 if small else 0.5)), large, fill="white", anchor="mm", font=ImageFont.load_default(size)
    )
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()
