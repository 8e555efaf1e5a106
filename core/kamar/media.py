"""Files that members send: what a file is, told by its first bytes and not by its name, and how large each kind may be.

An encrypted file looks like noise and counts as ``file``. Programs are refused whatever they call themselves: an
"invitation" that is really an Android application is the commonest fraud in Indonesian chats.
"""

from __future__ import annotations

from enum import StrEnum

from kamar.errors import KamarError
from kamar.settings import Media

MB = 1_000_000
HEAD = 4096  # bytes: enough to find what a container holds


class MediaKind(StrEnum):
    """Kinds with a limit of their own; ``PROGRAM`` is never accepted."""

    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    FILE = "file"
    PROGRAM = "program"


# First bytes of a file. Containers (RIFF, ISO media, Matroska, ZIP) are looked into below.
_SIGNATURES: tuple[tuple[bytes, MediaKind], ...] = (
    (b"\xff\xd8\xff", MediaKind.IMAGE),  # JPEG
    (b"\x89PNG\r\n\x1a\n", MediaKind.IMAGE),
    (b"GIF87a", MediaKind.IMAGE),
    (b"GIF89a", MediaKind.IMAGE),
    (b"II*\0", MediaKind.IMAGE),  # TIFF
    (b"MM\0*", MediaKind.IMAGE),
    (b"\0\0\0\x0cJXL \r\n\x87\n", MediaKind.IMAGE),
    (b"OggS", MediaKind.AUDIO),  # voice notes
    (b"ID3", MediaKind.AUDIO),
    (b"fLaC", MediaKind.AUDIO),
    (b"#!AMR", MediaKind.AUDIO),
    (b"FLV\x01", MediaKind.VIDEO),
    (b"\0\0\x01\xba", MediaKind.VIDEO),  # MPEG
    (b"\x7fELF", MediaKind.PROGRAM),
    (b"\xcf\xfa\xed\xfe", MediaKind.PROGRAM),  # macOS
    (b"\xce\xfa\xed\xfe", MediaKind.PROGRAM),
    (b"\xca\xfe\xba\xbe", MediaKind.PROGRAM),
    (b"dex\n03", MediaKind.PROGRAM),  # Android
)
_MPEG_AUDIO = {(0xFF, byte) for byte in (0xFB, 0xFA, 0xF3, 0xF2, 0xF1, 0xF9)}  # MP3 and AAC without a header
_RIFF = {b"WEBP": MediaKind.IMAGE, b"WAVE": MediaKind.AUDIO, b"AVI ": MediaKind.VIDEO}
_BRANDS = {  # of ISO media; every other brand is a film
    MediaKind.IMAGE: {b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif", b"avis"},
    MediaKind.AUDIO: {b"M4A ", b"M4B ", b"M4P "},
}
_ANDROID = b"AndroidManifest.xml"  # the name stands uncompressed in every APK


class Inspection:
    """Reads a file piece by piece and remembers no more of it than its first bytes."""

    def __init__(self) -> None:
        self.size = 0
        self._head = b""
        self._tail = b""
        self._android = False

    def feed(self, piece: bytes) -> None:
        """Take the next bytes."""
        self.size += len(piece)
        if len(self._head) < HEAD:
            self._head += piece[: HEAD - len(self._head)]
        if not self._android and self._head.startswith(b"PK"):
            window = self._tail + piece
            self._android = _ANDROID in window
            self._tail = window[-len(_ANDROID) :]

    @property
    def kind(self) -> MediaKind:
        """Return what the bytes so far are."""
        return MediaKind.PROGRAM if self._android else kind_of(self._head)


def kind_of(head: bytes) -> MediaKind:
    """Return the kind of a file that begins with ``head`` (up to ``HEAD`` bytes)."""
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12], MediaKind.FILE)
    if head[4:8] == b"ftyp":
        return next((kind for kind, brands in _BRANDS.items() if head[8:12] in brands), MediaKind.VIDEO)
    if head.startswith(b"\x1a\x45\xdf\xa3"):  # Matroska and WebM: a voice note has a sound track only
        return MediaKind.AUDIO if b"A_" in head and b"V_" not in head else MediaKind.VIDEO
    if _is_windows_program(head):
        return MediaKind.PROGRAM
    if tuple(head[:2]) in _MPEG_AUDIO:
        return MediaKind.AUDIO
    if head[:2] == b"BM" and head[6:10] == bytes(4):
        return MediaKind.IMAGE
    return MediaKind.FILE


def largest(limits: Media) -> int:
    """Return the size in bytes that no file may exceed."""
    return max(limits.image_mb, limits.audio_mb, limits.video_mb, limits.file_mb) * MB


def size_words(size: int) -> str:
    """Return "240 kB" or "2,4 MB"."""
    if size < MB:
        return f"{max(1, round(size / 1000))} kB"
    return f"{size / MB:.1f} MB".replace(".", ",")


def refuse_upload(kind: MediaKind, size: int, limits: Media) -> None:
    """Refuse a file that is a program, or larger than its kind may be.

    Raises:
        KamarError: ``upload_program``, or ``upload_too_large`` (``size`` and ``most`` in megabytes).
    """
    if kind is MediaKind.PROGRAM:
        raise KamarError("upload_program")
    most = {
        MediaKind.IMAGE: limits.image_mb,
        MediaKind.AUDIO: limits.audio_mb,
        MediaKind.VIDEO: limits.video_mb,
        MediaKind.FILE: limits.file_mb,
    }[kind]
    refuse_size(size, most)


def refuse_size(size: int, most: int) -> None:
    """Refuse more than ``most`` megabytes.

    Raises:
        KamarError: ``upload_too_large``.
    """
    if size > most * MB:
        raise KamarError("upload_too_large", size=-(-size // MB), most=most)


def _is_windows_program(head: bytes) -> bool:
    """Tell whether the header that "MZ" promises is there: two letters alone begin many a text."""
    at = int.from_bytes(head[0x3C:0x40], "little")
    return head[:2] == b"MZ" and head[at : at + 4] == b"PE\0\0"
