"""Pictures lose the place where they were taken, and stay upright."""

from __future__ import annotations

import io

import pytest
from PIL import Image, PngImagePlugin

from kamar.errors import KamarError
from kamar_bridges.picture import FORMATS, PIXELS_MAX, cleaned, strip_location, thumbnail

ORIENTATION, GPS, LATITUDE = 0x0112, 0x8825, 2
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><exif:GPSLatitude>6,18.5S</exif:GPSLatitude></x:xmpmeta>'


def photo(mime: str = "image/jpeg", *, turned: int = 6) -> bytes:
    """Return a picture, red above and blue below once turned upright, that says where it was taken."""
    image = Image.new("RGB", (40, 60), "blue")
    image.paste("red", (0, 0, 40, 30))
    if turned == 6:  # the camera was held sideways: turning by 90 degrees clockwise makes it upright
        image = image.rotate(90, expand=True)
    exif = Image.Exif()
    exif[ORIENTATION] = turned
    exif.get_ifd(GPS)[LATITUDE] = (6.0, 18.0, 30.0)
    file = io.BytesIO()
    extra: dict[str, object] = {"xmp": XMP, "comment": b"rumah saya"}
    if mime == "image/png":
        extra["pnginfo"] = text = PngImagePlugin.PngInfo()
        text.add_itxt("XML:com.adobe.xmp", XMP.decode())
        text.add_text("Comment", "rumah saya")
    image.save(file, FORMATS[mime], exif=exif, **extra)
    return file.getvalue()


@pytest.mark.parametrize("mime", ["image/jpeg", "image/png", "image/webp"])
def test_a_photo_loses_its_place_and_keeps_its_way_up(mime: str) -> None:
    before = photo(mime)
    assert b"GPSLatitude" in before
    after = strip_location(before, mime)
    assert b"GPS" not in after
    assert b"exif" not in after.lower()
    assert b"rumah saya" not in after
    image = Image.open(io.BytesIO(after)).convert("RGB")
    assert image.size == (40, 60)
    red, _green, blue = image.getpixel((20, 10))  # type: ignore[misc]  # RGB gives three
    assert red > 200
    assert blue < 60


def test_a_moving_picture_still_moves() -> None:
    file = io.BytesIO()
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green", "blue")]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=120, loop=0, comment=b"rumah saya")
    after = strip_location(file.getvalue(), "image/gif")
    image = Image.open(io.BytesIO(after))
    assert getattr(image, "n_frames", 1) == 3
    assert image.info["duration"] == 120
    assert b"rumah saya" not in after


def test_a_thumbnail_is_small_and_upright() -> None:
    small = thumbnail(photo(), "image/jpeg", side=30)
    assert (small.width, small.height, small.mime) == (20, 30, "image/jpeg")
    assert cleaned(small.data, small.mime).width == 20


def test_a_decompression_bomb_is_refused_before_it_unfolds() -> None:
    file = io.BytesIO()
    Image.new("1", (PIXELS_MAX // 1000, 1001)).save(file, "PNG")
    assert len(file.getvalue()) < 100_000
    with pytest.raises(KamarError, match="picture_too_large"):
        strip_location(file.getvalue(), "image/png")


@pytest.mark.parametrize(
    ("data", "mime"),
    [(b"no picture", "image/jpeg"), (photo()[:200], "image/jpeg"), (photo(), "image/png"), (photo(), "text/html")],
    ids=["not a picture", "cut off", "another kind", "no kind of picture"],
)
def test_what_is_no_picture_is_refused(data: bytes, mime: str) -> None:
    with pytest.raises(KamarError, match="upload_kind"):
        strip_location(data, mime)
