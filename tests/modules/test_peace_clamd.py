"""Uploads to a real Synapse that has a clamd: what it finds fault with, or can't look at, is not kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from kamar.settings import Peace, Server, Settings
from kamar_bridges.homeserver import Homeserver, MatrixError
from kamar_bridges.kamar_module import KamarModule
from tests.modules.village import make_person
from tests.servers.clamd import EICAR, Clamd, clamd
from tests.servers.synapse import SynapseServer, synapse

pytestmark = pytest.mark.integration

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def socket() -> Iterator[Path]:
    with TemporaryDirectory() as short:  # a unix socket's path has at most 107 letters
        yield Path(short) / "clamd"


@pytest.fixture(scope="module")
def guarded(socket: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SynapseServer]:
    settings = Settings(server=Server(name="kamar.test"), peace=Peace(clamd=str(socket)))
    with synapse(tmp_path_factory.mktemp("clamd") / "state", settings=settings) as server:
        yield server


@pytest.fixture
async def way(guarded: SynapseServer) -> AsyncIterator[Homeserver]:
    async with Homeserver(guarded.url, patience=0) as found:
        yield found


@pytest.fixture
def scanner(socket: Path) -> Iterator[Clamd]:
    with clamd(socket) as found:
        yield found


async def upload(way: Homeserver, guarded: SynapseServer, data: bytes) -> tuple[int, str]:
    """Return status and words of the answer."""
    person = await make_person(KamarModule(way, guarded.as_token))
    try:
        await person.at(way).upload(data, "image/png", "a.png")
    except MatrixError as error:
        return error.status, str(error.detail["error"])
    return 200, ""


async def test_a_clean_file_is_kept(way: Homeserver, guarded: SynapseServer, scanner: Clamd) -> None:
    data = PNG + bytes(200_000)
    assert await upload(way, guarded, data) == (200, "")
    assert scanner.scanned == [len(data)]
    assert (await KamarModule(way, guarded.as_token).peace()).clamd is True


async def test_a_virus_is_refused(way: Homeserver, guarded: SynapseServer, scanner: Clamd) -> None:
    status, words = await upload(way, guarded, PNG + EICAR)
    assert status == 403
    assert "program berbahaya" in words


@pytest.mark.parametrize("state", ["gone", "babbling"])
async def test_a_file_that_cannot_be_checked_is_refused(
    state: str, way: Homeserver, guarded: SynapseServer, socket: Path
) -> None:
    if state == "gone":
        assert (await upload(way, guarded, PNG))[0] == 503
        assert (await KamarModule(way, guarded.as_token).peace()).clamd is False
        return
    with clamd(socket) as scanner:
        scanner.babbles = True
        status, words = await upload(way, guarded, PNG)
    assert status == 503
    assert "tidak dapat diperiksa" in words
