"""Limits guesses of invitation codes where Synapse does not: at the registration itself.

Synapse limits its endpoint that tells whether a token is valid (``rc_registration_token_validity``), but the
registration answers the same question as often as one likes. Only wrong codes count, so a street that signs up behind
one address is not held up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from synapse.api.errors import LoginError
from synapse.api.ratelimiting import Ratelimiter
from synapse.module_api import ModuleApi

STAGE = "m.login.registration_token"
WRONG = 401  # what Synapse answers to a token it does not know


@dataclass(frozen=True, slots=True)
class Limit:
    """How often, in Synapse's words; ``key`` names it in the logs."""

    key: str
    per_second: float
    burst_count: int


def limiter(api: ModuleApi, limit: Limit) -> Ratelimiter:
    """Return a limiter of Synapse's own kind. Each process counts for itself."""
    return Ratelimiter(store=api._hs.get_datastores().main, clock=api._hs.get_clock(), cfg=limit)


class GuardedTokens:
    """Stands before Synapse's checker of registration tokens."""

    def __init__(self, checker: Any, limiter: Ratelimiter) -> None:
        self._checker = checker
        self._limiter = limiter

    def is_enabled(self) -> bool:
        """Tell what the checker tells."""
        return bool(self._checker.is_enabled())

    async def check_auth(self, authdict: Mapping[str, Any], clientip: str) -> Any:
        """Check a token, unless too many wrong ones came from this address."""
        await self._limiter.ratelimit(None, clientip, update=False)
        try:
            return await self._checker.check_auth(authdict, clientip)
        except LoginError as error:
            if error.code == WRONG:
                await self._limiter.can_do_action(None, clientip)
            raise


def guard_tokens(api: ModuleApi, limit: Limit) -> None:
    """Put the guard in place. ModuleApi has no call for it: the stages of a registration are Synapse's own."""
    checkers = api._hs.get_auth_handler().checkers
    checkers[STAGE] = GuardedTokens(checkers[STAGE], limiter(api, limit))
