"""Who asks: a member, or somebody who still has to finish signing up."""

from __future__ import annotations

from kamar.errors import KamarError
from kamar_bots.talk import Ask, Registry
from kamar_store import member as members
from kamar_store.member import Member


async def asker(ask: Ask, registry: Registry) -> Member:
    """Return the member who asks.

    Raises:
        KamarError: ``signup_unfinished`` (``portal``).
    """
    found = await members.by_user(registry.db, ask.user)
    if found is None:
        raise KamarError("signup_unfinished", portal=registry.settings.portal_url)
    return found
