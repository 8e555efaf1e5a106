"""How ``kamar`` writes to the terminal: steps, a progress bar, addresses, and an invitation as QR code."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Mapping

import segno

from kamar.settings import Settings
from kamar_provisioning import sentences

BAR = 30  # characters
LABEL = 38


def step(text: str) -> None:
    """Say what is being done."""
    print(f"· {text} …", flush=True)


class Bar:
    """A progress bar on a terminal; elsewhere one line per tenth."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._shown = -1

    def __call__(self, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` are ready."""
        percent = 100 if total == 0 else done * 100 // total
        every = 1 if sys.stdout.isatty() else 10
        if percent // every == self._shown:
            return
        self._shown = percent // every
        filled = percent * BAR // 100
        bar = "█" * filled + "░" * (BAR - filled)
        ending = "" if sys.stdout.isatty() and percent < 100 else "\n"
        start = "\r" if sys.stdout.isatty() else ""
        print(f"{start}· {self._label} {bar} {percent:3d} %", end=ending, flush=True)


def addresses(settings: Settings, admin_link: str | None, invite_link: str | None) -> str:
    """Return the addresses of a server as lines."""
    note = f"  ({sentences.LOCAL_ONLY})" if settings.local_only else ""
    lines = {
        sentences.PORTAL: settings.portal_url + note,
        sentences.CHAT: settings.chat_url,
        sentences.HOMESERVER: settings.homeserver_url,
        sentences.ADMIN: admin_link or sentences.NO_ADMIN_LINK,
        sentences.INVITATION: invite_link or "-",
    }
    return "\n".join(f"  {label:<{LABEL}}{value}" for label, value in lines.items())


def qr(link: str, *, local_only: bool) -> str:
    """Return an invitation as QR code, with a word of warning where only this computer can open it."""
    drawing = io.StringIO()
    segno.make(link, error="l", micro=False).terminal(out=drawing, border=2, compact=True)
    note = f"{sentences.LOCAL_ONLY}. {sentences.LOCAL_ONLY_WHY}\n" if local_only else ""
    return f"{drawing.getvalue()}{link}\n{note}"


def table(rows: Mapping[str, str]) -> str:
    """Return names and values in two columns."""
    width = min(max(map(len, rows), default=0) + 2, shutil.get_terminal_size().columns // 2)
    return "\n".join(f"  {name:<{width}}{value}" for name, value in rows.items())
