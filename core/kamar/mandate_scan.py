"""The scan of the signed decree behind a mandate: which files are taken, told by their first bytes alone."""

from __future__ import annotations

from enum import StrEnum

from kamar.errors import KamarError

MOST_MB = 5
MOST = MOST_MB * 1024 * 1024  # bytes; ten pages photographed


class ScanKind(StrEnum):
    """What a scan may be, by its media type."""

    PDF = "application/pdf"
    JPEG = "image/jpeg"
    PNG = "image/png"


FIRST = {ScanKind.PDF: b"%PDF-", ScanKind.JPEG: b"\xff\xd8\xff", ScanKind.PNG: b"\x89PNG\r\n\x1a\n"}
SUFFIX = {ScanKind.PDF: "pdf", ScanKind.JPEG: "jpg", ScanKind.PNG: "png"}


def check_scan(data: bytes) -> ScanKind:
    """Return what a file is; its name and what its sender says of it count for nothing.

    Raises:
        KamarError: ``scan_missing``, ``scan_large``, ``scan_kind``.
    """
    if not data:
        raise KamarError("scan_missing")
    if len(data) > MOST:
        raise KamarError("scan_large", most=MOST_MB)
    for kind, first in FIRST.items():
        if data.startswith(first):
            return kind
    raise KamarError("scan_kind")
