"""Members for the tests of encrypted talk."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from random import SystemRandom

from sqlalchemy import select

from kamar.account import new_localpart
from kamar.ids import NodePath
from kamar_bridges.matrix import Session
from kamar_provisioning.jobs import Desk
from kamar_store import member as members
from kamar_store import wilayah
from kamar_store.site import Site
from kamar_store.tables import direct_reply

BOT = "@kamar-aman:kamar.test"
HOME = NodePath("32.16.19.2005/RW005/RT003")


async def person(at: Desk, name: str) -> Session:
    """Make a member with a device."""
    localpart = new_localpart(SystemRandom())
    session = await at.module.register(localpart, None, name, f"key-{localpart}")
    async with at.site.store.write() as db:
        await wilayah.declare(db, HOME)
        await members.create(db, session.user_id, name, HOME, None, None, datetime.now(UTC))
    return session


async def until_said(site: Site) -> None:
    """Wait until the second account has nothing left to say."""
    async with asyncio.timeout(60):
        while True:
            async with site.store.read() as db:
                if not (await db.execute(select(direct_reply.c.id))).all():
                    return
            await asyncio.sleep(0.1)
