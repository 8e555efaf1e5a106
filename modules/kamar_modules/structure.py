"""Synapse module *structure*: the map of official rooms, the seats, the gate and the endpoints about them.

Loaded by every Synapse process: each guards the joins that it serves. The map is rebuilt from room state at the start,
on the process that runs background tasks only. Options and refused options: ``docs/modules.md``.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from synapse.api.errors import Codes, SynapseError
from synapse.module_api import ModuleApi, RoomAlias

from kamar_modules.database import Database
from kamar_modules.gate import Gate
from kamar_modules.have import Have
from kamar_modules.missed import Missed
from kamar_modules.nodes import Nodes
from kamar_modules.official import is_ours, named_events, nodes_after, room_of_key
from kamar_modules.options import read_bot, read_count, read_options
from kamar_modules.resource import RUNNING, Ask, Endpoints, Who
from kamar_modules.seating import Seating
from kamar_modules.seats import forget, map_again, remember, seats_of

logger = logging.getLogger(__name__)

NAME = "structure"
FLOOR = 10  # below this a count tells who
PAGE = 500  # rooms of one transaction while the map is rebuilt


@dataclass(frozen=True, slots=True)
class Options:
    """What homeserver.yaml says. ``floor`` is the smallest number of members that is told."""

    bot: str
    floor: int


class StructureModule:
    """What Synapse loads."""

    def __init__(self, options: Options, api: ModuleApi) -> None:
        self._bot = options.bot
        self._api = api
        self._store = api._hs.get_datastores().main  # ModuleApi has no call that deletes an alias
        self._database = Database(api)
        gate = Gate(api, self._database, options.bot)
        endpoints = Endpoints(api, NAME, options.bot)
        endpoints.add("GET", "health", self._health, Who.ANYBODY)
        endpoints.add("POST", "seat", Seating(api, self._database, gate, options.bot).answer, Who.KAMAR)
        endpoints.add("POST", "have", Have(self._database, options.bot).answer, Who.KAMAR)
        endpoints.add("GET", "seats/*", self._seats, Who.KAMAR)
        endpoints.add("GET", "room/*", self._room, Who.KAMAR)
        endpoints.add("POST", "shut", self._shut, Who.KAMAR)
        endpoints.add("POST", "map", self._map, Who.KAMAR)
        endpoints.add("GET", "named", self._named, Who.KAMAR)
        endpoints.add("GET", "missed", Missed(api, self._database, options.bot).answer, Who.KAMAR)
        endpoints.add("GET", "nodes/*", Nodes(self._database, options.floor).answer, Who.MEMBER)
        if api.should_run_background_tasks():
            api.run_as_background_process("kamar_rebuild_map", self._rebuild, bg_start_span=False)

    @staticmethod
    def parse_config(config: Mapping[str, Any] | None) -> Options:
        """Return the options.

        Raises:
            ConfigError: one is unknown, refused or malformed.
        """
        given = read_options(NAME, config, ("bot", "floor"))
        return Options(read_bot(NAME, given), read_count(NAME, given, "floor", FLOOR, least=2))

    async def _health(self, ask: Ask) -> Mapping[str, Any]:
        del ask
        return {"modules": sorted(RUNNING)}

    async def _seats(self, ask: Ask) -> Mapping[str, Any]:
        rooms, joined = await self._database.run("seats_of", seats_of, ask.part)
        return {"rooms": rooms, "joined": joined}

    async def _room(self, ask: Ask) -> Mapping[str, Any]:
        found = await self._database.run("room_of_key", room_of_key, ask.part, self._bot)
        if found is None:
            raise SynapseError(404, "No room was made for this key", Codes.NOT_FOUND)
        room, complete = found
        return {"room_id": room, "complete": complete}

    async def _named(self, ask: Ask) -> Mapping[str, Any]:
        # not "user_id": with that the application service would speak as somebody else
        room, user = ask.query.get("room_id", ""), ask.query.get("member", "")
        return {"events": await self._database.run("named_events", named_events, room, user)}

    async def _shut(self, ask: Ask) -> Mapping[str, Any]:
        room = ask.text("room_id")
        ours = await self._database.run("is_ours", is_ours, room, self._bot)
        if ours is False:
            raise SynapseError(403, "This is not an official room", Codes.FORBIDDEN)
        await self._database.run("forget", forget, room)
        await self._free_aliases(room)  # also of a room that an administrator of Synapse deleted
        if ours:
            await self._delete(room)
            logger.info("shut %s", room)
        return {}

    async def _map(self, ask: Ask) -> Mapping[str, Any]:
        await self._database.run("map_again", map_again, ask.text("room_id"), self._bot)
        return {}

    async def _free_aliases(self, room: str) -> None:
        """Take a room's aliases away at once: another room may want them."""
        for alias in await self._store.get_aliases_for_room(room):
            await self._store.delete_room_alias(RoomAlias.from_string(alias))

    async def _delete(self, room: str) -> None:
        """Let Synapse remove a room in the background."""
        try:
            await self._api.delete_room(room)
        except SynapseError as error:
            if error.code != 400:  # the one reason for it: the room is being deleted already
                raise

    async def _rebuild(self) -> None:
        """Write the map anew from the state of every room that @kamar is in."""
        after, count = "", 0
        while True:
            nodes, after = await self._database.run("nodes_after", nodes_after, self._bot, after, PAGE)
            if nodes:
                await self._database.run("remember", remember, nodes)
                count += len(nodes)
            if not after:
                break
        logger.info("the map holds %d official rooms", count)
