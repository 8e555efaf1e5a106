"""The job ``account``: whose account was closed in Matrix alone has left, and holds no office any more.

An account can be closed past us: by an administrator of Synapse, or by a client where the server allows that. Synapse
then leaves every room for its owner, so each leave orders a look; what was missed is found by the night's.
"""

from __future__ import annotations

import logging

from kamar_provisioning.jobs import Desk
from kamar_store import account as accounts
from kamar_store import member as members
from kamar_store import vault_key
from kamar_store.outbox import Row

logger = logging.getLogger(__name__)

MOST = 1000  # accounts asked about in one request; the module answers 2,000


async def account(desk: Desk, row: Row) -> None:
    """Look at one account, ``{member}``, or at the next of all, ``{night, after}``."""
    number = row.payload.get("member")
    async with desk.site.store.read() as db:
        if number is not None:
            found = await members.by_id(db, int(number))
            people = [] if found is None else [found]
        else:
            people = await accounts.after(db, int(row.payload["after"]), MOST)
    if not people:
        return
    gone = (await desk.module.have((), [each.user_id for each in people])).deactivated
    keys = vault_key.load(desk.site.state) if desk.site.state.secret(vault_key.NAME).exists() else None
    async with desk.site.store.write() as db:
        for each in people:
            if each.user_id in gone:
                await accounts.closed(db, keys, each, desk.now())
        if number is None:
            await accounts.order_all(db, str(row.payload["night"]), people[-1].id, desk.now())
    if gone:
        logger.warning("%d accounts are closed in Matrix: their offices and seats are free", len(gone))
