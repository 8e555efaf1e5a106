"""The device that encrypted direct talk is read and written with: made once, kept over restarts, replaced when lost.

Its keys lie in ``direct/`` of the state directory, its access token, its password and its identity in the secrets. When
any of it is lost or of no use, every device of the account is ended and a new one made; the identity, which people may
have verified, is kept as long as its own secret is there.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import logging
import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from kamar.account import ENCRYPTED
from kamar.errors import KamarError
from kamar.ids import UserId
from kamar.state import State, read_secret, write_secret
from kamar_bridges import cross_signing
from kamar_bridges.cross_signing import Identity
from kamar_bridges.encrypted import Encrypted
from kamar_bridges.homeserver import Homeserver, MatrixError
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix, Session
from kamar_store import cursor
from kamar_store.site import Site

logger = logging.getLogger(__name__)

NAME = "Kamar (terenkripsi)"
KEY = "direct"  # of the account, in the module's table of sign-ups
DEVICE = "direct_device"  # secret: session, password, key of the store
IDENTITY = "direct_identity"  # secret: cross-signing keys
RENEWED = "direct:renewed"  # cursor: when a lost device was replaced
PASSWORD_BYTES = 32
BUSY = 1.0  # seconds until the lock of another process is tried again
LOST = frozenset({"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN"})


@dataclass(frozen=True, slots=True)
class Device:
    """An open device, and what speaks plain Matrix with the same token."""

    encrypted: Encrypted
    matrix: Matrix


def directory(state: State) -> Path:
    """Return where the keys lie."""
    return state.root / "direct"


def is_lost(error: KamarError) -> bool:
    """Tell whether an error means that the device is of no use any more."""
    return error.code == "keys_lost" or (isinstance(error, MatrixError) and error.errcode in LOST)


@asynccontextmanager
async def opened(site: Site, homeserver: Homeserver) -> AsyncIterator[Device]:
    """Open the device, the kept one or, where that is lost, a new one. One process at a time.

    Raises:
        MatrixError: the homeserver does not answer now.
    """
    async with _alone(directory(site.state)):
        encrypted = await _kept(site, homeserver) or await _renewed(site, homeserver)
        try:
            yield Device(encrypted, Matrix(homeserver, encrypted.session.access_token))
        finally:
            await encrypted.close()


async def _kept(site: Site, homeserver: Homeserver) -> Encrypted | None:
    """Return the device of the last run, none when there is none or it is lost."""
    found = _read(site.state)
    if found is None:
        return None
    encrypted = _encrypted(site, found)
    try:
        encrypted.open(new=False)
        await _introduce(site, homeserver, encrypted, str(found["password"]))
    except KamarError as error:
        await encrypted.close()
        if not is_lost(error):
            raise
        logger.warning("the device for encrypted talk is lost (%s): a new one is made", error.code)
        return None
    except BaseException:
        await encrypted.close()
        raise
    return encrypted


async def _renewed(site: Site, homeserver: Homeserver) -> Encrypted:
    """Make a new device, and end every older one: nobody holds their keys."""
    state, password = site.state, secrets.token_hex(PASSWORD_BYTES)
    module = KamarModule(homeserver, read_secret(state.secret("as_token")))
    user = await module.make_account(ENCRYPTED, password, NAME, KEY)
    await module.set_password(user, password, logout=True)
    session = await module.register(ENCRYPTED, password, NAME, KEY)
    shutil.rmtree(directory(state) / "keys", ignore_errors=True)
    found = {
        "user_id": session.user_id,
        "device_id": session.device_id,
        "access_token": session.access_token,
        "password": password,
        "key": secrets.token_hex(PASSWORD_BYTES),
    }
    replaced = state.secret(DEVICE).exists()
    encrypted = _encrypted(site, found)
    try:
        encrypted.open(new=True)
        write_secret(state.secret(DEVICE), json.dumps(found))
        if replaced:
            async with site.store.write() as db:
                await cursor.mark(db, RENEWED, datetime.now(UTC))
        await _introduce(site, homeserver, encrypted, password)
    except BaseException:
        await encrypted.close()
        raise
    logger.info("made a device for encrypted talk: %s", session.user_id)
    return encrypted


async def _introduce(site: Site, homeserver: Homeserver, encrypted: Encrypted, password: str) -> None:
    """Show the homeserver the device's keys, signed by the account's identity.

    Raises:
        KamarError: ``keys_lost`` when it knows other keys of this device.
    """
    token, user = encrypted.session.access_token, encrypted.session.user_id
    await encrypted.publish_keys()
    keys = await cross_signing.device_keys(homeserver, token, user, encrypted.session.device_id)
    if keys is None or encrypted.identity_key not in keys["keys"].values():
        raise KamarError("keys_lost")
    identity = _identity(site.state)
    await cross_signing.publish(homeserver, token, user, password, identity)
    await cross_signing.sign_device(homeserver, token, user, encrypted.session.device_id, identity)


def _identity(state: State) -> Identity:
    try:
        return Identity.from_text(read_secret(state.secret(IDENTITY)))
    except (KamarError, ValueError):
        made = Identity.new()
        write_secret(state.secret(IDENTITY), made.text())
        return made


def _encrypted(site: Site, found: dict[str, Any]) -> Encrypted:
    session = Session(UserId(found["user_id"]), str(found["device_id"]), str(found["access_token"]))
    return Encrypted(site.settings.synapse_url, session, directory(site.state) / "keys", str(found["key"]))


def _read(state: State) -> dict[str, Any] | None:
    try:
        found = json.loads(read_secret(state.secret(DEVICE)))
    except (KamarError, ValueError):
        return None
    known = isinstance(found, dict) and {"user_id", "device_id", "access_token", "password", "key"} <= set(found)
    return found if known else None


@asynccontextmanager
async def _alone(place: Path) -> AsyncIterator[None]:
    """Wait until no other process has the device open: two would use up each other's keys."""
    with _lock(place) as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(BUSY)
        yield


def _lock(place: Path) -> IO[str]:
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    place.chmod(0o700)
    return (place / "lock").open("w")
