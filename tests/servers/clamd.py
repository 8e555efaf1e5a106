"""A tiny clamd: speaks the real one's protocol on a unix socket, and knows one virus."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

EICAR = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE"


@dataclass
class Clamd:
    """What it was handed; ``babbles``: it answers what no clamd would."""

    path: Path
    scanned: list[int] = field(default_factory=list)
    babbles: bool = False


@contextmanager
def clamd(path: Path) -> Iterator[Clamd]:
    """Listen on a unix socket at ``path``."""
    made = Clamd(path)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            command = self._until_nul()
            if command == b"zPING":
                self.wfile.write(b"PONG\0")
            elif made.babbles:
                self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
            elif command == b"zINSTREAM":
                data = b""
                while size := int.from_bytes(self.rfile.read(4), "big"):
                    data += self.rfile.read(size)
                made.scanned.append(len(data))
                self.wfile.write(b"stream: Eicar-Signature FOUND\0" if EICAR in data else b"stream: OK\0")

        def _until_nul(self) -> bytes:
            said = b""
            while (byte := self.rfile.read(1)) not in (b"\0", b""):
                said += byte
            return said

    with socketserver.ThreadingUnixStreamServer(str(path), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            path.unlink(missing_ok=True)
