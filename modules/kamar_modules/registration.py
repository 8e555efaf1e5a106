"""Synapse module *registration*: accounts for the portal, codes for stock clients, names and passwords.

Loaded by every Synapse process; its endpoints work on each. It keeps no password and logs no code, token or password.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from synapse.api.errors import Codes, StoreError, SynapseError
from synapse.module_api import ModuleApi, UserID
from synapse.types import create_requester

from kamar.account import ENCRYPTED, is_localpart, new_localpart
from kamar_modules.accounts import code_of, note_code, reserve
from kamar_modules.database import Database
from kamar_modules.guesses import STAGE, Limit, guard_tokens, limiter
from kamar_modules.options import read_bot, read_count, read_options
from kamar_modules.resource import Ask, Endpoints, Who
from kamar_modules.seats import take_all
from kamar_modules.turns import Turns

logger = logging.getLogger(__name__)

NAME = "registration"
WRONG_CODES = 5  # from one address at once; then one in ten seconds
PER_SECOND = 0.1
DEVICE = "Portal Sosial Kamar"  # in the member's own list of sessions
LOGIN_TOKENS = Limit("kamar_login_token", per_second=0.2, burst_count=10)
LOGIN_TOKEN_MS = 2 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Options:
    """What homeserver.yaml says. ``wrong_codes`` may be tried at once from one address."""

    bot: str
    wrong_codes: int


class RegistrationModule:
    """What Synapse loads."""

    def __init__(self, options: Options, api: ModuleApi) -> None:
        self._bot = options.bot
        self._api = api
        self._database = Database(api)
        self._dice = random.SystemRandom()
        self._turns = Turns()
        # ModuleApi.register_user takes no password and has no call for tokens, passwords and closing an account.
        self._hs = api._hs
        self._store = api._hs.get_datastores().main
        self._login_tokens = limiter(api, LOGIN_TOKENS)
        guard_tokens(api, Limit("kamar_wrong_code", PER_SECOND, options.wrong_codes))
        api.register_password_auth_provider_callbacks(get_username_for_registration=self.choose_username)
        endpoints = Endpoints(api, NAME, options.bot)
        endpoints.add("POST", "register", self._register, Who.KAMAR)
        endpoints.add("GET", "account/*", self._account, Who.KAMAR)
        endpoints.add("PUT", "displayname", self._displayname, Who.KAMAR)
        endpoints.add("PUT", "password", self._password, Who.KAMAR)
        endpoints.add("POST", "logout_all", self._logout_all, Who.KAMAR)
        endpoints.add("POST", "deactivate", self._deactivate, Who.KAMAR)
        endpoints.add("PUT", "code", self._code, Who.KAMAR)
        endpoints.add("POST", "login_token", self._login_token, Who.MEMBER)

    @staticmethod
    def parse_config(config: Mapping[str, Any] | None) -> Options:
        """Return the options.

        Raises:
            ConfigError: one is unknown, refused or malformed.
        """
        given = read_options(NAME, config, ("bot", "wrong_codes"))
        return Options(read_bot(NAME, given), read_count(NAME, given, "wrong_codes", WRONG_CODES, least=1))

    async def choose_username(self, uia_results: Mapping[str, Any], params: Mapping[str, Any]) -> str:
        """Give a stock client's account a name that says nothing, and write down its code.

        Asked once all stages are done; a code revoked since then is refused here.
        """
        del params  # the name somebody wished for: it would be a real one
        code = uia_results.get(STAGE)
        if not isinstance(code, str) or await self._store.get_one_registration_token(code) is None:
            raise SynapseError(403, "The code was revoked", Codes.FORBIDDEN)
        localpart = new_localpart(self._dice)
        await self._database.run("note_code", note_code, self._api.get_qualified_user_id(localpart), code)
        return localpart

    async def _register(self, ask: Ask) -> Mapping[str, Any]:
        localpart, name = ask.text("localpart"), ask.text("display_name")
        password, key = ask.maybe_text("password"), ask.text("key")
        if not (is_localpart(localpart) or localpart == ENCRYPTED) or not key:
            raise SynapseError(400, "localpart: 6 to 32 characters of a-z and 2-7", Codes.INVALID_USERNAME)
        user = self._api.get_qualified_user_id(localpart)
        if user == self._bot:
            raise _taken()
        password_hash = await self._hash(password)
        async with self._turns.of(user):
            exists = await self._open(user, password_hash, name, key)
        if localpart == ENCRYPTED:  # it answers many people at once; @kamar is exempt by its registration
            await self._store.set_ratelimit_for_user(user, 0, 0)
        logger.info("%s %s", "reopened" if exists else "registered", user)
        if not ask.flag("device"):
            return {"user_id": user, "device_id": None, "access_token": None}
        device, token, _, _ = await self._api.register_device(user, initial_display_name=DEVICE)
        return {"user_id": user, "device_id": device, "access_token": token}

    async def _open(self, user: str, password_hash: str | None, name: str, key: str) -> bool:
        """Make an account, or open the one that the same sign-up made before; tell whether it was there."""
        exists = await self._database.run("reserve", reserve, user, key)
        if exists is None:
            raise _taken()
        if not exists:
            exists = not await self._make(UserID.from_string(user).localpart, password_hash, name)
        if exists:
            await self._renew(user, password_hash, name)
        return exists

    async def _make(self, localpart: str, password_hash: str | None, name: str) -> bool:
        """Make an account; false when the same sign-up, repeated, was faster."""
        try:
            await self._hs.get_registration_handler().register_user(
                localpart=localpart, password_hash=password_hash, default_display_name=name
            )
        except SynapseError as error:
            if error.errcode != Codes.USER_IN_USE:
                raise
            return False
        return True

    async def _renew(self, user: str, password_hash: str | None, name: str) -> None:
        if password_hash is not None:
            await self._set_password(user, password_hash, logout=False)
        await self._api.set_displayname(UserID.from_string(user), name)

    async def _account(self, ask: Ask) -> Mapping[str, Any]:
        exists, code = await self._database.run("code_of", code_of, ask.part)
        return {"user_id": ask.part, "exists": exists, "code": code}

    async def _displayname(self, ask: Ask) -> Mapping[str, Any]:
        user = await self._known(ask.text("user_id"))
        await self._api.set_displayname(UserID.from_string(user), ask.text("display_name"))
        logger.info("renamed %s", user)
        return {}

    async def _password(self, ask: Ask) -> Mapping[str, Any]:
        user, logout = await self._known(ask.text("user_id")), ask.flag("logout")
        password_hash = await self._hash(ask.text("password"))
        assert password_hash is not None
        await self._set_password(user, password_hash, logout=logout)
        logger.info("changed the password of %s, logout %s", user, logout)
        return {}

    async def _logout_all(self, ask: Ask) -> Mapping[str, Any]:
        user = await self._known(ask.text("user_id"))
        if user == self._bot:
            raise SynapseError(403, "The bot has no devices of its own", Codes.FORBIDDEN)
        await self._hs.get_device_handler().delete_all_devices_for_user(user)
        await self._hs.get_auth_handler().delete_access_tokens_for_user(user)
        logger.info("logged %s out everywhere", user)
        return {}

    async def _deactivate(self, ask: Ask) -> Mapping[str, Any]:
        user = ask.text("user_id")
        exists, _ = await self._database.run("code_of", code_of, user)
        if exists and user != self._bot:
            await self._database.run("take_all", take_all, user)
            requester = create_requester(user, authenticated_entity=self._bot)
            await self._hs.get_deactivate_account_handler().deactivate_account(
                user, erase_data=True, requester=requester, by_admin=True
            )
            logger.info("closed and erased %s", user)
        return {}

    async def _code(self, ask: Ask) -> Mapping[str, Any]:
        code, revoked = ask.text("code"), ask.flag("revoked")
        if revoked:
            # Deleted, because a token with no uses left still passes for who is in the middle of registering.
            await self._store.delete_registration_token(code)
        elif await self._store.get_one_registration_token(code) is None:
            await self._store.create_registration_token(code, None, None)
        return {}

    async def _login_token(self, ask: Ask) -> Mapping[str, Any]:
        """Like Synapse's ``get_token``, which allows one in a minute: too few for who closes and opens the chat."""
        await self._login_tokens.ratelimit(None, ask.user)
        token = await self._api.create_login_token(ask.user, LOGIN_TOKEN_MS)
        return {"login_token": token, "expires_in_ms": LOGIN_TOKEN_MS}

    async def _known(self, user: str) -> str:
        exists, _ = await self._database.run("code_of", code_of, user)
        if not exists and user != self._bot:
            raise SynapseError(404, "There is no such account", Codes.NOT_FOUND)
        return user

    async def _hash(self, password: str | None) -> str | None:
        """Return the password's hash, made once and on a thread of its own."""
        if password is None:
            return None
        self._hs.get_password_policy_handler().validate_password(password)
        hashed: str = await self._hs.get_auth_handler().hash(password)
        return hashed

    async def _set_password(self, user: str, password_hash: str, *, logout: bool) -> None:
        try:
            await self._hs.get_set_password_handler().set_password(user, password_hash, logout_devices=logout)
        except StoreError as error:
            raise SynapseError(404, "There is no such account", Codes.NOT_FOUND) from error


def _taken() -> SynapseError:
    return SynapseError(409, "Somebody else has this localpart", Codes.USER_IN_USE)
