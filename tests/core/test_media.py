"""What a file is, and how large it may be."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamar.errors import KamarError
from kamar.media import MB, Inspection, MediaKind, kind_of, largest, refuse_upload
from kamar.settings import Media

LIMITS = Media(image_mb=2, audio_mb=3, video_mb=5, file_mb=4)
WINDOWS = b"MZ" + bytes(0x3A) + (0x80).to_bytes(4, "little") + bytes(0x40) + b"PE\0\0"


def archive(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as written:
        written.writestr("a" * 3000, "x" * 5000)
        written.writestr(name, "y" * 5000)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\xff\xd8\xff\xe0..JFIF", MediaKind.IMAGE),
        (b"\x89PNG\r\n\x1a\n....", MediaKind.IMAGE),
        (b"RIFF\x10\0\0\0WEBPVP8 ", MediaKind.IMAGE),
        (b"\0\0\0\x18ftypheic", MediaKind.IMAGE),
        (b"OggS\0\x02", MediaKind.AUDIO),
        (b"\0\0\0\x18ftypM4A ", MediaKind.AUDIO),
        (b"\x1a\x45\xdf\xa3 webm A_OPUS", MediaKind.AUDIO),
        (b"\x1a\x45\xdf\xa3 webm V_VP8 A_OPUS", MediaKind.VIDEO),
        (b"\0\0\0\x18ftypisom", MediaKind.VIDEO),
        (b"RIFF\x10\0\0\0AVI LIST", MediaKind.VIDEO),
        (b"%PDF-1.7", MediaKind.FILE),
        (b"MZ adalah inisial saya", MediaKind.FILE),
        (b"", MediaKind.FILE),
        (WINDOWS, MediaKind.PROGRAM),
        (b"\x7fELF\x02", MediaKind.PROGRAM),
        (archive("AndroidManifest.xml"), MediaKind.PROGRAM),
        (archive("laporan.docx"), MediaKind.FILE),
    ],
)
def test_a_file_is_known_by_its_bytes_however_they_arrive(data: bytes, kind: MediaKind) -> None:
    for step in (1, 7, 16_384):
        inspection = Inspection()
        for start in range(0, len(data), step):
            inspection.feed(data[start : start + step])
        assert (inspection.kind, inspection.size) == (kind, len(data))


@given(st.binary(max_size=300))
def test_any_bytes_are_of_some_kind(data: bytes) -> None:
    assert kind_of(data) in MediaKind


@pytest.mark.parametrize(
    ("kind", "most"),
    [(MediaKind.IMAGE, 2), (MediaKind.AUDIO, 3), (MediaKind.VIDEO, 5), (MediaKind.FILE, 4)],
)
def test_each_kind_has_its_own_limit(kind: MediaKind, most: int) -> None:
    refuse_upload(kind, most * MB, LIMITS)
    with pytest.raises(KamarError) as refused:
        refuse_upload(kind, most * MB + 1, LIMITS)
    assert (refused.value.code, refused.value.detail) == ("upload_too_large", {"size": most + 1, "most": most})


def test_a_program_is_refused_however_small() -> None:
    with pytest.raises(KamarError, match="upload_program"):
        refuse_upload(MediaKind.PROGRAM, 1, LIMITS)


def test_no_file_is_larger_than_the_largest_kind() -> None:
    assert largest(LIMITS) == 5 * MB
