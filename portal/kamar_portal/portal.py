"""What every handler of the portal works with, and how a handler finds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import SystemRandom

from aiohttp import web

from kamar.referral import Dice
from kamar.settings import Settings
from kamar.state import State, read_secret
from kamar_bridges.homeserver import Homeserver
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix
from kamar_portal.seal import Seal
from kamar_store.site import Site
from kamar_store.store import Store

SEATING_PATIENCE = timedelta(seconds=3)  # a sign-up's last page waits so long for the seat, so that it is usually there

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Portal:
    """One portal: the site, the homeserver behind it, the key of its cookies, its clock and its dice."""

    site: Site
    homeserver: Homeserver
    module: KamarModule
    seal: Seal
    clock: Clock = utc_now
    dice: Dice = field(default_factory=SystemRandom)
    seating_patience: timedelta = SEATING_PATIENCE

    @property
    def settings(self) -> Settings:
        """Return the server's settings."""
        return self.site.settings

    @property
    def store(self) -> Store:
        """Return the registry."""
        return self.site.store

    @property
    def secure(self) -> bool:
        """Tell whether browsers reach the portal over https."""
        return not self.settings.local_only

    def matrix(self, access_token: str = "") -> Matrix:
        """Return Matrix as the owner of ``access_token``; as nobody without one."""
        return Matrix(self.homeserver, access_token)


PORTAL: web.AppKey[Portal] = web.AppKey("portal", Portal)


def portal_of(request: web.Request) -> Portal:
    """Return the portal that serves ``request``."""
    return request.config_dict[PORTAL]


def build(site: Site, homeserver: Homeserver) -> Portal:
    """Return the portal of ``site``, with the secrets from its state directory."""
    as_token = read_secret(site.state.secret("as_token"))
    return Portal(site, homeserver, KamarModule(homeserver, as_token), Seal(portal_key(site.state)))


def portal_key(state: State) -> bytes:
    """Return the key that seals cookies.

    Raises:
        KamarError: ``secret_missing`` or ``secret_open``.
    """
    return bytes.fromhex(read_secret(state.secret("portal_key")))
