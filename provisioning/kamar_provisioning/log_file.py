"""The one readable log of a server: time, name of the child, what it said; rotated by size."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

SIZE_MAX = 10_000_000  # bytes of one file
KEPT = 3  # older files: kamar.log.1 is the newest of them


class LogFile:
    """Appends lines. Whole lines are written at once, so a reader never sees half of one."""

    def __init__(
        self,
        path: Path,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        size_max: int = SIZE_MAX,
    ) -> None:
        self._path = path
        self._now = now
        self._size_max = size_max
        self._file = self._open()

    def write(self, name: str, text: str) -> None:
        """Write ``text`` of the child ``name``, one line per line; nothing when the disk is full."""
        stamp = self._now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        lines = "".join(f"{stamp} {name:<8} {line}\n" for line in text.splitlines() if line.strip())
        try:
            self._file.write(lines.encode())
            if self._file.tell() > self._size_max:
                self._rotate()
        except OSError:  # a full disk must not take the server down with it
            return

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _open(self) -> IO[bytes]:
        return self._path.open("ab", buffering=0)

    def _rotate(self) -> None:
        for number in range(KEPT, 0, -1):
            newer = self._numbered(number - 1)
            if newer.exists():
                newer.replace(self._numbered(number))
        self._file.close()
        self._file = self._open()

    def _numbered(self, number: int) -> Path:
        return self._path if number == 0 else self._path.with_name(f"{self._path.name}.{number}")
