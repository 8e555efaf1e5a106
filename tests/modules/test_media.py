"""Uploads to a real Synapse: each kind has its limit, programs are refused, and the answer says why."""

from __future__ import annotations

import pytest

from kamar.media import MB
from kamar.settings import Media
from kamar_bridges.homeserver import Homeserver, MatrixError
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix
from tests.modules.village import make_person

pytestmark = pytest.mark.integration

JPEG = b"\xff\xd8\xff\xe0"
LIMITS = Media()


@pytest.fixture
async def member(module: KamarModule, pool: Homeserver) -> Matrix:
    return (await make_person(module)).at(pool)


@pytest.mark.parametrize(
    ("head", "size", "refusal"),
    [
        (b"OggS\0\x02", 1000, None),
        (b"OggS\0\x02", LIMITS.audio_mb * MB, None),
        (b"OggS\0\x02", LIMITS.audio_mb * MB + 1, (413, "M_TOO_LARGE", "Berkas ini 26 MB, paling besar 25 MB.")),
        (JPEG, 60 * MB, (413, "M_TOO_LARGE", "Berkas ini 60 MB, paling besar 50 MB.")),
        (b"\x7fELF\x02", 1000, (403, "M_FORBIDDEN", "Program dan aplikasi")),
    ],
    ids=["a voice note", "at the limit", "over it", "a photo of 60 MB", "a program"],
)
async def test_an_upload_is_taken_or_refused_in_words(
    head: bytes, size: int, refusal: tuple[int, str, str] | None, member: Matrix
) -> None:
    data = head + bytes(size - len(head))
    if refusal is None:
        assert (await member.upload(data, "audio/ogg", "berkas")).startswith("mxc://")
        return
    with pytest.raises(MatrixError) as refused:
        await member.upload(data, "audio/ogg", "berkas")
    status, errcode, words = refusal
    assert (refused.value.status, refused.value.errcode) == (status, errcode)
    assert str(refused.value.detail["error"]).startswith(words)


async def test_clients_are_told_the_largest_size(member: Matrix, pool: Homeserver) -> None:
    answer = await pool.request("GET", "/_matrix/client/v1/media/config", token=member._token)
    assert answer["m.upload.size"] == 50 * MB
