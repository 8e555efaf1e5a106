"""Pictures that were removed don't come back, and clamd looks into files where a server has one.

The hash (SHA-256) knows the same file only, not one that was cut or saved anew. With ``clamd`` set, a file that can't
be checked is refused: whoever asks for a check wants it to hold.
"""

from __future__ import annotations

import hashlib
import logging
import re
import socket
from collections.abc import Mapping
from typing import Any, Protocol

from synapse.api.errors import Codes, SynapseError
from synapse.module_api import NOT_SPAM, ModuleApi

from kamar.errors import KamarError
from kamar.sentences import sentence
from kamar_modules.database import Database
from kamar_modules.gate import ERROR_FIELD
from kamar_modules.media import FileInfo
from kamar_modules.peace_store import drop_removed, is_removed, put_removed
from kamar_modules.resource import Ask

logger = logging.getLogger(__name__)

PIECE = 64 * 1024
CLAMD_SECONDS = 20.0  # for each step of the conversation
SHA256 = re.compile(r"[0-9a-f]{64}")
STATUS = {"upload_removed": 403, "upload_virus": 403, "upload_unchecked": 503}


class StoredFile(Protocol):
    """A file that Synapse has just written, below ``path``."""

    path: str


class ClamdError(Exception):
    """clamd does not answer, or not as its protocol says."""


class MediaGuard:
    """Looks at each upload of a member."""

    def __init__(self, api: ModuleApi, database: Database, clamd: str) -> None:
        self._api = api
        self._database = database
        self._clamd = clamd

    async def check(self, stored: StoredFile, info: FileInfo) -> Any:
        """Refuse what was removed before, and what clamd finds fault with."""
        if info.server_name is not None or info.thumbnail is not None or info.url_cache:
            return NOT_SPAM
        digest = await self._api.defer_to_thread(sha256_of, stored.path)
        if await self._is_removed(digest):
            raise _refused("upload_removed")
        if self._clamd:
            await self._ask_clamd(stored.path)
        return NOT_SPAM

    async def change(self, ask: Ask) -> Mapping[str, Any]:
        """``PUT removed_media``: put a hash on the list, or off it with ``removed`` false."""
        digest = ask.text("sha256")
        if SHA256.fullmatch(digest) is None:
            raise SynapseError(400, "sha256: must be 64 hexadecimal digits", Codes.INVALID_PARAM)
        await self._database.run("removed_media", put_removed if ask.flag("removed") else drop_removed, digest)
        return {}

    async def answers(self) -> bool | None:
        """Tell whether clamd answers; none where there is none."""
        if not self._clamd:
            return None
        try:
            return bool(await self._api.defer_to_thread(ping, self._clamd))
        except (OSError, ClamdError):
            return False

    async def _is_removed(self, digest: str) -> bool:
        try:
            return await self._database.run("is_removed", is_removed, digest)
        except Exception:  # deliberately open, as the rules of rooms
            logger.exception("the list of removed pictures can't be read: pictures pass")
            return False

    async def _ask_clamd(self, path: str) -> None:
        try:
            found = await self._api.defer_to_thread(scan, self._clamd, path)
        except (OSError, ClamdError) as error:
            logger.warning("clamd can't be asked (%s): the file was refused", type(error).__name__)
            raise _refused("upload_unchecked") from error
        if found:
            logger.warning("clamd found %s in an upload", found)
            raise _refused("upload_virus")


def sha256_of(path: str) -> str:
    """Return the hash of a file. Blocking: for a thread."""
    with open(path, "rb") as file:  # noqa: PTH123 - Synapse names it so
        return hashlib.file_digest(file, "sha256").hexdigest()


def scan(clamd: str, path: str) -> str:
    """Return what clamd finds in a file, empty for nothing. Blocking: for a thread.

    ``INSTREAM``: pieces, each with its length before it, a length of zero ends them (clamd's manual page, 1.0).

    Raises:
        ClamdError: the answer is none.
        OSError: clamd can't be reached.
    """
    with _connect(clamd) as line, open(path, "rb") as file:  # noqa: PTH123
        line.sendall(b"zINSTREAM\0")
        while piece := file.read(PIECE):
            line.sendall(len(piece).to_bytes(4, "big") + piece)
        line.sendall(bytes(4))
        answer = _answer(line)
    if answer == "stream: OK":
        return ""
    if answer.endswith(" FOUND"):
        return answer.removeprefix("stream: ").removesuffix(" FOUND")
    raise ClamdError(answer[:80])


def ping(clamd: str) -> bool:
    """Tell whether clamd is there. Blocking: for a thread."""
    with _connect(clamd) as line:
        line.sendall(b"zPING\0")
        return _answer(line) == "PONG"


def _connect(clamd: str) -> socket.socket:
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    line.settimeout(CLAMD_SECONDS)
    try:
        line.connect(clamd)
    except OSError:
        line.close()
        raise
    return line


def _answer(line: socket.socket) -> str:
    said = b""
    while not said.endswith(b"\0"):
        piece = line.recv(4096)
        if not piece:
            break
        said += piece
    return said.rstrip(b"\0\n").decode(errors="replace")


def _refused(code: str) -> SynapseError:
    logger.info("refused a file: %s", code)
    errcode = Codes.UNKNOWN if STATUS[code] == 503 else Codes.FORBIDDEN
    return SynapseError(STATUS[code], sentence(KamarError(code)), errcode, {ERROR_FIELD: code})
