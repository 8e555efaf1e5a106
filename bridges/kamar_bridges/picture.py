"""Pictures that our own programs take in: without the place where they were taken, and of bounded size.

What members send from their own clients goes to Synapse unchanged; see ``docs/media.md``.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from kamar.errors import KamarError

PIXELS_MAX = 50_000_000  # of one picture, all frames together; a decompression bomb has far more in a few KB
FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/gif": "GIF"}
QUALITY = 85
KEPT = ("icc_profile", "transparency")  # what the picture needs to look as it did
THUMBNAIL_SIDE = 800  # pixels; what clients show in a conversation


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded picture, with what a Matrix event says about it."""

    data: bytes
    mime: str
    width: int
    height: int


def strip_location(data: bytes, mime: str) -> bytes:
    """Return the picture without EXIF, XMP, IPTC and comments, turned the way its EXIF said.

    Raises:
        KamarError: ``upload_kind`` (no picture of a known kind), ``picture_too_large`` (``most`` megapixels).
    """
    return cleaned(data, mime).data


def cleaned(data: bytes, mime: str) -> Picture:
    """Return the picture as :func:`strip_location` does, with its size.

    Raises:
        KamarError: ``upload_kind``, ``picture_too_large``.
    """
    with _opened(data, mime) as image:
        return _encoded(image, mime)


def thumbnail(data: bytes, mime: str, side: int = THUMBNAIL_SIDE) -> Picture:
    """Return a small picture that fits into a square of ``side`` pixels; a moving one stands still.

    Raises:
        KamarError: ``upload_kind``, ``picture_too_large``.
    """
    with _opened(data, mime) as image:
        image.seek(0)
        small = _upright(image)
        small.thumbnail((side, side))
        return _saved([small], "image/jpeg" if mime == "image/jpeg" else "image/png", {})


def _opened(data: bytes, mime: str) -> Image.Image:
    """Return the picture, its size checked before a pixel is decoded."""
    if mime not in FORMATS:
        raise KamarError("upload_kind")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=[FORMATS[mime]])
    except Image.DecompressionBombError as error:
        raise KamarError("picture_too_large", most=PIXELS_MAX // 1_000_000) from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise KamarError("upload_kind") from error
    if image.width * image.height * getattr(image, "n_frames", 1) > PIXELS_MAX:
        raise KamarError("picture_too_large", most=PIXELS_MAX // 1_000_000)
    return image


def _encoded(image: Image.Image, mime: str) -> Picture:
    try:
        frames, timing = _frames(image)
    except (OSError, ValueError, SyntaxError) as error:
        raise KamarError("upload_kind") from error
    return _saved(frames, mime, timing)


def _frames(image: Image.Image) -> tuple[list[Image.Image], dict[str, object]]:
    """Return the frames as bare pixels, and how a moving picture moves."""
    count = getattr(image, "n_frames", 1)
    if count == 1:
        return [_upright(image)], {}
    frames, durations = [], []
    for number in range(count):
        image.seek(number)
        frames.append(_upright(image.convert("RGBA")))
        durations.append(image.info.get("duration", 100))
    return frames, {"duration": durations, "loop": image.info.get("loop", 0)}


def _upright(image: Image.Image) -> Image.Image:
    """Return the pixels turned as EXIF says, with the colour profile and nothing else."""
    upright = ImageOps.exif_transpose(image)
    bare = upright.copy()
    bare.info = {name: upright.info[name] for name in KEPT if name in upright.info}
    return bare


def _saved(frames: list[Image.Image], mime: str, timing: dict[str, object]) -> Picture:
    first, *rest = frames
    if mime == "image/jpeg" and first.mode not in ("RGB", "L", "CMYK"):
        first = first.convert("RGB")
    options: dict[str, object] = {"quality": QUALITY} if mime in ("image/jpeg", "image/webp") else {}
    if rest:
        options |= {"save_all": True, "append_images": rest, **timing}
    file = io.BytesIO()
    first.save(file, FORMATS[mime], icc_profile=first.info.get("icc_profile"), **options)
    return Picture(file.getvalue(), mime, first.width, first.height)
