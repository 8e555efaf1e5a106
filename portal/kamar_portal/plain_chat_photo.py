"""Photos on the plain page: sent with a description and without the place, shown through the portal, files as links."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping

from aiohttp import web

from kamar.errors import KamarError
from kamar.media import MB, MediaKind, kind_of, refuse_upload
from kamar.plain_chat import CAPTION
from kamar_bridges.homeserver import Download
from kamar_bridges.picture import Picture, cleaned, thumbnail
from kamar_portal.form import Form, read_form
from kamar_portal.page import see_other
from kamar_portal.plain_chat import Draft, draft_of, page_of, send
from kamar_portal.plain_chat_room import OwnRoom, asking, own_room
from kamar_portal.portal import portal_of
from kamar_portal.session import visitor_of

PHOTO = re.compile(r"/kamar/[^/]+/foto")
FIELDS = 64 * 1024  # bytes of the form beside its photo
SIDE = 1600  # pixels: as the full client sends photos
AT_ONCE = asyncio.Semaphore(2)  # a photo of 50 megapixels unfolds to 200 MB
HEAD = 12  # bytes that tell the type
SHOWN = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png", b"GIF8": "image/gif"}
PLAYED = {
    b"OggS": "audio/ogg",
    b"ID3": "audio/mpeg",
    b"\xff\xfb": "audio/mpeg",
    b"fLaC": "audio/flac",
    b"\x1a\x45\xdf\xa3": "video/webm",
}
EXTENSION = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/gif": "gif"}
SANDBOX = "default-src 'none'; media-src 'self'; img-src 'self'; style-src 'unsafe-inline'; sandbox"
KEEP = "private, max-age=3600"  # by this browser only; a picture that is taken away is gone within the hour


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    media = "{media:[A-Za-z0-9_-]{1,255}}"
    return [
        web.post("/kamar/{kamar}/foto", take),
        web.get(f"/kamar/{{kamar}}/gambar/{media}", picture),
        web.get(f"/kamar/{{kamar}}/berkas/{media}", file),
    ]


def roomy(request: web.Request) -> web.Request:
    """Give a member's photo the room it needs; every other form stays small.

    Raises:
        KamarError: ``upload_too_large``.
    """
    if request.method != "POST" or not PHOTO.fullmatch(request.path) or visitor_of(request).member is None:
        return request
    most = portal_of(request).settings.media.image_mb
    size = request.content_length or 0
    if size > most * MB + FIELDS:
        raise KamarError("upload_too_large", size=-(-size // MB), most=most)
    return request.clone(client_max_size=most * MB + FIELDS)


async def take(request: web.Request) -> web.Response:
    """``POST /kamar/<kamar>/foto``: a photo and what is on it; without a description only by saying so."""
    room, form = await own_room(request), await read_form(request)
    description = " ".join(form.text("keterangan").split())[:CAPTION]
    try:
        photo = await _read(request, form)
        if not description and form.text("tanpa") != "ya":
            raise KamarError("photo_undescribed")
        await _send(request, room, form, photo, description)
    except KamarError as error:
        return await page_of(request, room, draft_of(request, error, Draft(description=description)), form)
    return see_other(f"{room.address}?terkirim=1#akhir")


async def picture(request: web.Request) -> web.StreamResponse:
    """``GET /kamar/<kamar>/gambar/<media>``: a picture of this server, small; whole with ``utuh``."""
    return await _show(request, small="utuh" not in request.query, pictures=True)


async def file(request: web.Request) -> web.StreamResponse:
    """``GET /kamar/<kamar>/berkas/<media>``: sound and film to play, anything else to keep."""
    return await _show(request, small=False, pictures=False)


async def _read(request: web.Request, form: Form) -> Picture:
    """Return the posted photo as it is sent.

    Raises:
        KamarError: ``photo_missing``, ``upload_kind``, ``upload_too_large``, ``upload_program``, ``picture_too_large``.
    """
    field = form.fields.get("foto")
    data = await asyncio.to_thread(field.file.read) if isinstance(field, web.FileField) else b""
    if not data:
        raise KamarError("photo_missing")
    refuse_upload(kind_of(data), len(data), portal_of(request).settings.media)
    mime = _picture_type(data)
    if mime is None:
        raise KamarError("upload_kind")
    async with AT_ONCE:
        return await asyncio.to_thread(_prepared, data, mime)


def _prepared(data: bytes, mime: str) -> Picture:
    """Return a photo without the place, no larger than is looked at; what moves keeps moving."""
    return thumbnail(data, mime, SIDE) if mime == "image/jpeg" else cleaned(data, mime)


async def _send(request: web.Request, room: OwnRoom, form: Form, photo: Picture, description: str) -> None:
    name = f"foto.{EXTENSION[photo.mime]}"
    async with asking(request):
        address = await room.matrix(portal_of(request).homeserver).upload(photo.data, photo.mime, name)
    info: Mapping[str, object] = {
        "w": photo.width,
        "h": photo.height,
        "size": len(photo.data),
        "mimetype": photo.mime,
    }
    content = {"msgtype": "m.image", "body": description or name, "filename": name, "url": address, "info": info}
    await send(request, room, form, content)


async def _show(request: web.Request, *, small: bool, pictures: bool) -> web.StreamResponse:
    """Hand a file on whose first bytes say that a browser may show it; nothing in it ever runs."""
    room, portal = await own_room(request), portal_of(request)
    limits = portal.settings.media
    async with (
        asking(request),
        room.view(portal.homeserver).file(room.server, request.match_info["media"], small=small) as download,
    ):
        pieces = download.pieces
        head = await _head(pieces)
        mime = _picture_type(head) if pictures else _played_type(head)
        most = (limits.image_mb if pictures else max(limits.audio_mb, limits.video_mb, limits.file_mb)) * MB
        if (pictures and mime is None) or kind_of(head) is MediaKind.PROGRAM or (download.size or 0) > most:
            raise KamarError("not_found")
        response = web.StreamResponse(headers=_headers(mime, download))
        await response.prepare(request)
        await response.write(head)
        sent = len(head)
        async for piece in pieces:
            sent += len(piece)
            if sent > most:
                break
            await response.write(piece)
        await response.write_eof()
        return response


def _headers(mime: str | None, download: Download) -> Mapping[str, str]:
    headers = {
        "Content-Type": mime or "application/octet-stream",
        "Content-Disposition": "inline" if mime else "attachment",
        "Content-Security-Policy": SANDBOX,
        "Cache-Control": KEEP,
    }
    return headers | ({} if download.size is None else {"Content-Length": str(download.size)})


async def _head(pieces: AsyncIterator[bytes]) -> bytes:
    head = b""
    async for piece in pieces:
        head += piece
        if len(head) >= HEAD:
            break
    return head


def _picture_type(head: bytes) -> str | None:
    """Return the type of a picture that every browser shows, by its first bytes."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return next((mime for signature, mime in SHOWN.items() if head.startswith(signature)), None)


def _played_type(head: bytes) -> str | None:
    """Return the type of a sound or a film, by its first bytes."""
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "audio/wav"
    if head[4:8] == b"ftyp":
        return {MediaKind.VIDEO: "video/mp4", MediaKind.AUDIO: "audio/mp4"}.get(kind_of(head))
    return next((mime for signature, mime in PLAYED.items() if head.startswith(signature)), None)
