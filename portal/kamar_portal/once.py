"""What a newcomer sees once: recovery words, and a password we made. Only his browser keeps them, sealed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta

from aiohttp import web

from kamar.ids import UserId
from kamar_portal import cookies
from kamar_portal.cookies import Cookie
from kamar_portal.portal import portal_of

LASTS = timedelta(minutes=30)  # time to write them down
PURPOSE = "once"


@dataclass(frozen=True, slots=True)
class Shown:
    """The words, and the passphrase where we made one."""

    words: tuple[str, ...] = field(repr=False)
    passphrase: str = field(repr=False)


def keep(request: web.Request, response: web.StreamResponse, user: UserId, shown: Shown) -> None:
    """Let the browser of ``user`` keep what is shown."""
    portal = portal_of(request)
    text = json.dumps([shown.words, shown.passphrase])
    cookies.put(request, response, Cookie.ONCE, portal.seal.close(PURPOSE, text, user, portal.clock() + LASTS), LASTS)


def shown_to(request: web.Request, user: UserId) -> Shown | None:
    """Return what this browser still keeps for ``user``."""
    portal = portal_of(request)
    sealed = cookies.read(request, Cookie.ONCE)
    kept = portal.seal.open(PURPOSE, sealed, user, portal.clock()) if sealed else None
    if kept is None:
        return None
    words, passphrase = json.loads(kept)
    return Shown(tuple(words), passphrase)
