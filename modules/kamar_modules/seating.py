"""Seating: one request brings a member into all his rooms.

The seats are written first, so that a crash in the middle leaves nobody locked out: asking again finishes the rest.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from synapse.api.errors import Codes, SynapseError
from synapse.module_api import ModuleApi, UserID, make_deferred_yieldable, run_in_background
from synapse.types import create_requester
from twisted.internet.defer import gatherResults

from kamar_modules.database import Database
from kamar_modules.gate import Gate
from kamar_modules.official import memberships
from kamar_modules.resource import Ask
from kamar_modules.seats import Chair, give, take
from kamar_modules.turns import Turns

logger = logging.getLogger(__name__)

JOINED = "join"
PRESENT = frozenset({"join", "invite", "knock"})  # memberships that leaving ends
Failures = dict[str, str]


class Seating:
    """Carries seatings out, on whichever process is asked."""

    def __init__(self, api: ModuleApi, database: Database, gate: Gate, bot: str) -> None:
        self._database = database
        self._gate = gate
        self._bot = bot
        self._server = api.server_name
        self._turns = Turns()
        # ModuleApi.update_room_membership can't be told to leave the rate limits alone, and seating 200 neighbours
        # in a minute is no abuse. It also reads the profile and the event once more for each join.
        self._rooms = api._hs.get_room_member_handler()

    async def answer(self, ask: Ask) -> Mapping[str, Any]:
        """``POST seat``: give seats, join the space, then the other rooms at once, then leave.

        One at a time for each member: Synapse writes a second join to a restricted room where two come at once.
        """
        user = ask.text("user_id")
        async with self._turns.of(user):
            return await self._seat(user, ask)

    async def _seat(self, user: str, ask: Ask) -> Mapping[str, Any]:
        space = ask.maybe_text("space")
        rooms = [room for room in ask.texts("rooms") if room != space]
        wanted = rooms if space is None else [space, *rooms]
        chairs = await self._database.run("give_seats", give, user, wanted, self._bot) if wanted else {}
        if chairs is None:  # seats are taken from closed accounts too
            raise SynapseError(404, "There is no such account", Codes.NOT_FOUND)
        failed: Failures = {room: Codes.NOT_FOUND.value for room in wanted if room not in chairs}
        with self._gate.passing(user, chairs):
            if space in chairs:
                failed |= await self._each(user, {space: chairs[space]}, self._enter)
            elif space is None:  # a newcomer: not in the space, so its rooms know him by invitation only
                chairs = {room: replace(chair, by_invitation=True) for room, chair in chairs.items()}
            failed |= await self._each(user, {room: chairs[room] for room in rooms if room in chairs}, self._enter)
        joined = [room for room in wanted if room not in failed]
        left = await self._leave(user, [room for room in ask.texts("leave") if room not in wanted], failed)
        logger.info("seated %s in %d rooms, %d left, %d failed", user, len(joined), len(left), len(failed))
        return {"joined": joined, "left": left, "failed": failed}

    async def _leave(self, user: str, rooms: Sequence[str], failed: Failures) -> list[str]:
        if not rooms:
            return []
        found = await self._database.run("take_seats", take, user, rooms)
        present = {room: Chair(membership, False) for room, membership in found.items() if membership in PRESENT}
        failed |= await self._each(user, present, self._go)
        return [room for room in rooms if room not in failed]

    async def _each(
        self, user: str, chairs: Mapping[str, Chair], act: Callable[[str, str, Chair], Awaitable[None]]
    ) -> Failures:
        """Act on every room at once; return what went wrong, by room."""

        async def attempt(room: str, chair: Chair) -> str | None:
            try:
                await act(user, room, chair)
            except SynapseError as error:
                errcode: str = Codes(error.errcode).value
                return errcode
            except Exception:  # one broken room must not keep a member out of the others
                logger.exception("%s could not be seated in %s", user, room)
                return str(Codes.UNKNOWN.value)
            return None

        results = await make_deferred_yieldable(
            gatherResults([run_in_background(attempt, room, chair) for room, chair in chairs.items()])
        )
        return {room: errcode for room, errcode in zip(chairs, results, strict=True) if errcode}

    async def _enter(self, user: str, room: str, chair: Chair) -> None:
        if chair.membership == JOINED:
            return
        try:
            if chair.by_invitation and chair.membership != "invite":
                await self._change(self._bot, user, room, "invite")
            await self._change(user, user, room, JOINED)
        except SynapseError:
            if not await self._is_in(user, room):
                raise

    async def _go(self, user: str, room: str, chair: Chair) -> None:
        del chair
        await self._change(user, user, room, "leave")

    async def _change(self, sender: str, target: str, room: str, membership: str) -> None:
        await self._rooms.update_membership(
            create_requester(sender, authenticated_entity=self._server),
            UserID.from_string(target),
            room,
            membership,
            ratelimit=False,
        )

    async def _is_in(self, user: str, room: str) -> bool:
        """Tell whether somebody else (the same request, repeated) brought the member in meanwhile."""
        found = await self._database.run("membership", memberships, user, [room])
        return found.get(room) == JOINED
