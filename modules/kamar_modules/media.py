"""Synapse module *media*: how large a photo, a voice note, a film and any other file may be, and no programs.

The kind is told by the bytes, never by the name or the type that a client claims. Loaded by every Synapse process;
works in the one that stores media.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from synapse.api.errors import Codes, SynapseError
from synapse.module_api import NOT_SPAM, ModuleApi

from kamar.errors import KamarError
from kamar.media import MB, Inspection, largest, refuse_size, refuse_upload
from kamar.sentences import sentence
from kamar.settings import Media
from kamar_modules.options import read_count, read_options

logger = logging.getLogger(__name__)

NAME = "media"
STATUS = {"upload_too_large": (413, Codes.TOO_LARGE), "upload_program": (403, Codes.FORBIDDEN)}


class StoredFile(Protocol):
    """A file that Synapse has just written."""

    def write_chunks_to(self, callback: Callable[[bytes], object]) -> Awaitable[None]:
        """Hand the file over, piece by piece."""
        ...


class FileInfo(Protocol):
    """What Synapse knows about a file; a thumbnail was made by Synapse itself, a remote file by others."""

    server_name: str | None
    url_cache: bool
    thumbnail: object | None


class MediaModule:
    """What Synapse loads."""

    def __init__(self, limits: Media, api: ModuleApi) -> None:
        self._limits = limits
        api.register_spam_checker_callbacks(check_media_file_for_spam=self.check)
        api.register_media_repository_callbacks(
            get_media_config_for_user=self.config,
            is_user_allowed_to_upload_media_of_size=self.allow_size,
        )

    @staticmethod
    def parse_config(config: Mapping[str, Any] | None) -> Media:
        """Return the limits: one option for each kind, in megabytes.

        Raises:
            ConfigError: one is unknown or no whole number above zero.
        """
        fields = dataclasses.fields(Media)
        given = read_options(NAME, config, [item.name for item in fields])
        fresh = Media()
        return Media(
            **{item.name: read_count(NAME, given, item.name, getattr(fresh, item.name), least=1) for item in fields}
        )

    async def config(self, user: str) -> dict[str, int]:
        """Tell clients the largest size, so that they can refuse before they send."""
        del user
        return {"m.upload.size": largest(self._limits)}

    async def allow_size(self, user: str, size: int) -> bool:
        """Refuse what is too large for every kind, before it is stored."""
        del user
        _refusing(lambda: refuse_size(size, largest(self._limits) // MB))
        return True

    async def check(self, stored: StoredFile, info: FileInfo) -> Any:
        """Refuse a member's file that is too large for its kind, or a program."""
        if info.server_name is not None or info.thumbnail is not None or info.url_cache:
            return NOT_SPAM
        inspection = Inspection()
        await stored.write_chunks_to(inspection.feed)
        _refusing(lambda: refuse_upload(inspection.kind, inspection.size, self._limits))
        return NOT_SPAM


def _refusing(rule: Callable[[], None]) -> None:
    """Apply a rule; its refusal becomes an answer that the client shows."""
    try:
        rule()
    except KamarError as error:
        status, errcode = STATUS[error.code]
        logger.info("refused a file: %s", error.code)
        raise SynapseError(status, sentence(error), errcode, {"id.sosialkamar.code": error.code}) from error
