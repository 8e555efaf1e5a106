"""The gate of the official rooms: a local user enters only where he has a seat, and only ``@kamar`` invites there.

Elsewhere only those who share a kamar may invite each other: a stranger can't write to anybody.

Synapse asks it on every process that serves clients. It fails closed: when the tables can't be read, nobody enters any
room. Synapse does not ask it about users of other servers and about its own administrators (there are none); official
rooms do not federate, and their join rules keep those out who have no invitation.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from synapse.api.errors import Codes
from synapse.module_api import NOT_SPAM, ModuleApi

from kamar.errors import KamarError
from kamar.sentences import sentence
from kamar_modules.database import Database
from kamar_modules.seats import may_enter, refused_invitation

logger = logging.getLogger(__name__)

ERROR_FIELD = "id.sosialkamar.code"
Verdict = Any  # NOT_SPAM, or a pair of an error code and fields of the answer: Synapse's own type


class Gate:
    """Answers Synapse's questions about joins and invitations."""

    def __init__(self, api: ModuleApi, database: Database, bot: str) -> None:
        self._database = database
        self._bot = bot
        self._passing: set[tuple[str, str]] = set()
        api.register_spam_checker_callbacks(user_may_join_room=self.may_join, user_may_invite=self.may_invite)

    @contextmanager
    def passing(self, user: str, rooms: Collection[str]) -> Iterator[None]:
        """Let a member pass into rooms whose seats this process has just written, without reading them again."""
        mine = {(user, room) for room in rooms} - self._passing
        self._passing |= mine
        try:
            yield
        finally:
            self._passing -= mine

    async def may_join(self, user: str, room: str, is_invited: bool) -> Verdict:
        """Refuse whoever has no seat in an official room."""
        if user == self._bot or (user, room) in self._passing:
            return NOT_SPAM
        try:
            seated = await self._database.run("may_enter", may_enter, user, room, self._bot)
        except Exception:  # a guard: whatever goes wrong, the answer is no
            logger.exception("the seat table can't be read; %s may not join %s", user, room)
            return _refusal("gate_closed")
        return NOT_SPAM if seated else _refusal("not_seated")

    async def may_invite(self, inviter: str, invitee: str, room: str) -> Verdict:
        """Refuse everybody but @kamar to invite into an official room, and strangers to invite anybody anywhere."""
        if inviter == self._bot:
            return NOT_SPAM
        try:
            code = await self._database.run("refused_invitation", refused_invitation, inviter, invitee, room, self._bot)
        except Exception:  # a guard: whatever goes wrong, the answer is no
            logger.exception("the map of rooms can't be read; %s may not invite to %s", inviter, room)
            return _refusal("gate_closed")
        return _refusal(code) if code else NOT_SPAM


def _refusal(code: str) -> Verdict:
    return (Codes.FORBIDDEN, {"error": sentence(KamarError(code)), ERROR_FIELD: code})
