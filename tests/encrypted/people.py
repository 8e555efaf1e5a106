"""Members for the tests of encrypted talk."""

from __future__ import annotations

from datetime import UTC, datetime
from random import SystemRandom

from kamar.account import new_localpart
from kamar.ids import NodePath
from kamar_bridges.matrix import Session
from kamar_provisioning.jobs import Desk
from kamar_store import member as members
from kamar_store import wilayah

HOME = NodePath("32.16.19.2005/RW005/RT003")


async def person(at: Desk, name: str) -> Session:
    """Make a member with a device."""
    localpart = new_localpart(SystemRandom())
    session = await at.module.register(localpart, None, name, f"key-{localpart}")
    async with at.site.store.write() as db:
        await wilayah.declare(db, HOME)
        await members.create(db, session.user_id, name, HOME, None, None, datetime.now(UTC))
    return session
