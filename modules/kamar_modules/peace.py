"""Synapse module *peace*: what is refused before it is stored, and the endpoints by which @kamar says so.

Loaded by every Synapse process: each refuses what is sent through it. Rules are read from Synapse's database through a
cache that every process drops when they change. When they can't be read, messages pass and ``GET peace`` says so: a
muted member who speaks for a minute does less harm than a silenced village. What needs no rules (NIK, photos of cards)
is refused all the same. In encrypted rooms only muting, slowing and flooding can be told; the words can't be read.
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from synapse.api.errors import Codes, SynapseError
from synapse.module_api import NOT_SPAM, ModuleApi, cached
from synapse.module_api.errors import ConfigError

from kamar.account import ENCRYPTED
from kamar.errors import KamarError
from kamar.peace_message import (
    RoomRules,
    is_media,
    refuse_flood,
    refuse_muted,
    refuse_private,
    refuse_words,
    rules_from_json,
)
from kamar.sentences import sentence
from kamar_modules.database import Database
from kamar_modules.gate import ERROR_FIELD
from kamar_modules.options import read_bot, read_options
from kamar_modules.peace_media import MediaGuard
from kamar_modules.peace_store import (
    IGNORED,
    account_age,
    blocks,
    drop_block,
    get_rules,
    ignoring,
    put_block,
    put_rules,
    speak,
)
from kamar_modules.resource import Ask, Endpoints, Who

logger = logging.getLogger(__name__)

NAME = "peace"
REMEMBERED = 10_000  # pairs of room and member whose last messages one process keeps in mind
ROOMS = 5_000  # whose rules one process keeps in mind
HOUR_MS = 3_600_000
SILENT = frozenset({"m.room.redaction", "m.room.encrypted"})  # hold no words


@dataclass(frozen=True, slots=True)
class Options:
    """What homeserver.yaml says. ``clamd`` is the path of its socket, empty for none."""

    bot: str
    clamd: str


class PeaceModule:
    """What Synapse loads."""

    def __init__(self, options: Options, api: ModuleApi) -> None:
        self._api = api
        self.server_name = api.server_name  # the cache of Synapse's own kind wants both
        self.clock = api._hs.get_clock()
        self._programs = (options.bot, api.get_qualified_user_id(ENCRYPTED))  # our own, answering many at once
        self._database = Database(api)
        self._spoken: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()
        self._unreadable = 0
        media = MediaGuard(api, self._database, options.clamd)
        endpoints = Endpoints(api, NAME, options.bot)
        endpoints.add("GET", "peace", self._health, Who.KAMAR)
        endpoints.add("PUT", "peace", self._put, Who.KAMAR)
        endpoints.add("PUT", "block", self._block, Who.KAMAR)
        endpoints.add("PUT", "removed_media", media.change, Who.KAMAR)
        api.register_cached_function(self.rules_of)
        api.register_spam_checker_callbacks(
            check_event_for_spam=self.check_event,
            user_may_invite=self.may_invite,
            check_media_file_for_spam=media.check,
        )
        self._media = media

    @staticmethod
    def parse_config(config: Mapping[str, Any] | None) -> Options:
        """Return the options.

        Raises:
            ConfigError: one is unknown, refused or malformed.
        """
        given = read_options(NAME, config, ("bot", "clamd"))
        clamd = given.get("clamd") or ""
        if not isinstance(clamd, str) or (clamd and not clamd.startswith("/")):
            raise ConfigError(f"{NAME}.clamd: must be the path of clamd's unix socket")
        return Options(read_bot(NAME, given), clamd)

    @cached(max_entries=ROOMS)  # type: ignore[untyped-decorator]  # Synapse is not typed for us
    async def rules_of(self, room: str) -> RoomRules | None:
        """Return what holds in a room; none where nothing was ever said. Failures are not remembered."""
        return await self._database.run("peace_rules", get_rules, room)

    async def check_event(self, event: Any) -> Any:
        """Refuse a local member's message that must not be stored."""
        user, room, kind = str(event.sender), str(event.room_id), str(event.type)
        if user in self._programs or event.is_state() or not self._api.is_mine(user):
            return NOT_SPAM
        try:
            if kind not in SILENT:
                refuse_private(kind, event.content)
            if kind != "m.room.redaction":
                await self._refuse_by_rules(user, room, kind, event.content)
        except KamarError as error:
            logger.info("refused a message: %s", error.code)
            return _refusal(error)
        return NOT_SPAM

    async def _refuse_by_rules(self, user: str, room: str, kind: str, content: Mapping[str, Any]) -> None:
        """Apply the rules of a room.

        Raises:
            KamarError: what the sentences say of messages.
        """
        rules = await self._readable_rules(room)
        now = self._now()
        refuse_muted(rules, user, kind, content, now)
        if kind not in SILENT:
            refuse_words(rules, content)
        if rules.text_only_hours and is_media(kind, content) and user not in rules.officers:
            age = await self._database.run("account_age", account_age, user, now)
            if age < rules.text_only_hours * HOUR_MS:
                raise KamarError("message_text_only", hours=rules.text_only_hours)
        if user not in rules.officers:
            self._refuse_flood(rules, user, room)
            every = rules.slow(now)
            if every and kind != "m.reaction":
                wait = await self._database.run("speak", speak, room, user, now, every * 1000)
                if wait:
                    raise KamarError("message_slow", slow=every, seconds=-(-wait // 1000))

    async def _readable_rules(self, room: str) -> RoomRules:
        """Return what holds in a room; where nothing was said or can be read, only floods are held up."""
        try:
            rules: RoomRules | None = await self.rules_of(room)
        except Exception:  # deliberately open, see the head of this file; the health check tells
            self._unreadable += 1
            logger.exception("the rules of peace can't be read: messages pass")
            rules = None
        return rules or RoomRules()

    def _refuse_flood(self, rules: RoomRules, user: str, room: str) -> None:
        now = time.monotonic()
        earlier = self._spoken.setdefault((room, user), deque(maxlen=200))
        self._spoken.move_to_end((room, user))
        while len(self._spoken) > REMEMBERED:
            self._spoken.popitem(last=False)
        refuse_flood(rules, list(earlier), now)
        earlier.append(now)

    async def may_invite(self, inviter: str, invitee: str, room: str) -> Any:
        """Keep those apart of whom one blocks the other.

        A blocked member's invitation is taken and never shown, as one that nobody answers, so that nobody learns who
        blocks him: Synapse hides it because he is on the list of ignored people. Where the other has emptied that list
        by another program, it is refused without a reason.
        """
        del room
        if inviter in self._programs:
            return NOT_SPAM
        try:
            own, theirs = await self._database.run("blocks", blocks, inviter, invitee)
        except Exception:  # as above: a direct talk can be left, and reported
            self._unreadable += 1
            logger.exception("the blocks can't be read: invitations pass")
            return NOT_SPAM
        if own:
            return _refusal(KamarError("invitation_blocked"))
        if theirs and not await self._ignores(invitee, inviter):
            return _refusal(KamarError("invitation_unanswered"))
        return NOT_SPAM

    async def _ignores(self, user: str, other: str) -> bool:
        content = await self._api.account_data_manager.get_global(user, IGNORED)
        return ignoring(content, other, wanted=True) is None

    async def _health(self, ask: Ask) -> Mapping[str, Any]:
        """``GET peace``: whether the rules can be read now."""
        del ask
        try:
            await self._database.run("peace_rules", get_rules, "")
            readable = True
        except Exception:  # whatever it is, the answer is no
            logger.exception("the rules of peace can't be read")
            readable = False
        return {"readable": readable, "unreadable_since_start": self._unreadable, "clamd": await self._media.answers()}

    async def _put(self, ask: Ask) -> Mapping[str, Any]:
        """``PUT peace``: write what holds in a room, and let every process know."""
        room = ask.text("room_id")
        try:
            rules = rules_from_json(ask.body.get("rules") or {})
        except ValueError as error:
            raise SynapseError(400, str(error), Codes.INVALID_PARAM) from error
        await self._database.run("put_rules", put_rules, room, rules)
        await self._api.invalidate_cache(self.rules_of, (room,))
        return {}

    async def _block(self, ask: Ask) -> Mapping[str, Any]:
        """``PUT block``: one member blocks another, or no more; his own list of ignored people follows."""
        user, other, wanted = ask.text("user_id"), ask.text("other"), ask.flag("blocked")
        await self._database.run("block", put_block if wanted else drop_block, user, other)
        manager = self._api.account_data_manager
        changed = ignoring(await manager.get_global(user, IGNORED), other, wanted=wanted)
        if changed is not None:
            await manager.put_global(user, IGNORED, changed)
        return {}

    def _now(self) -> int:
        return int(time.time() * 1000)


def _refusal(error: KamarError) -> Any:
    return (Codes.FORBIDDEN, {"error": sentence(error), ERROR_FIELD: error.code})
