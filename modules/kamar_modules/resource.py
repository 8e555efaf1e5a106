"""Our JSON endpoints below ``/_synapse/client/kamar/v1/``, and the one place that decides who may call them.

They hang on every HTTP listener of every Synapse process; ``docs/architecture.md`` has their table.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from synapse.api.errors import AuthError, Codes, InvalidClientCredentialsError, SynapseError
from synapse.http.server import JsonResource
from synapse.module_api import ModuleApi, SynapseRequest, parse_json_object_from_request

PATH = "/_synapse/client/kamar/v1"
RUNNING: list[str] = []  # modules of this process, for `GET health`


class Who(Enum):
    """Who may call an endpoint."""

    ANYBODY = "anybody"
    MEMBER = "a member"
    KAMAR = "@kamar"


@dataclass(frozen=True, slots=True)
class Ask:
    """One call. ``user`` is who asks, empty where anybody may; ``part`` is the variable part of the path."""

    user: str
    part: str
    body: Mapping[str, Any]
    query: Mapping[str, str]

    def text(self, name: str) -> str:
        """Return a text of the body.

        Raises:
            SynapseError: 400 ``M_MISSING_PARAM``.
        """
        value: str = self._value(name, str, "a text")
        return value

    def maybe_text(self, name: str) -> str | None:
        """Return a text of the body, or none for null and for nothing."""
        return None if self.body.get(name) is None else self.text(name)

    def flag(self, name: str) -> bool:
        """Return true or false of the body; nothing is false."""
        return self._value(name, bool, "true or false") if name in self.body else False

    def texts(self, name: str) -> list[str]:
        """Return a list of texts of the body, each once, in their order; nothing is empty."""
        value = self._value(name, list, "a list of texts") if name in self.body else []
        if not all(isinstance(item, str) for item in value):
            raise _malformed(name, "a list of texts")
        return list(dict.fromkeys(value))

    def _value(self, name: str, kind: type[Any], word: str) -> Any:
        value = self.body.get(name)
        if not isinstance(value, kind):
            raise _malformed(name, word)
        return value


Answer = Callable[[Ask], Awaitable[Mapping[str, Any]]]


class Endpoints:
    """The endpoints of one module."""

    def __init__(self, api: ModuleApi, module: str, bot: str) -> None:
        self._api = api
        self._bot = bot
        # JsonResource routes by pattern and answers errors as Matrix does; it wants the homeserver itself.
        self._resource = JsonResource(api._hs, canonical_json=False)
        self._registered: set[str] = set()
        if module not in RUNNING:
            RUNNING.append(module)

    def add(self, method: str, path: str, answer: Answer, who: Who) -> None:
        """Answer ``method`` on ``path``; a final ``/*`` stands for one variable part."""
        name = path.removesuffix("/*")
        variable = "/(?P<part>[^/]+)" if path.endswith("/*") else ""
        pattern = re.compile(f"^{PATH}/{name}{variable}$")
        self._resource.register_paths(method, [pattern], self._handler(answer, who), f"Kamar_{name}")
        if name not in self._registered:  # one path may be read and written
            self._registered.add(name)
            self._api.register_web_resource(f"{PATH}/{name}", self._resource)

    def _handler(self, answer: Answer, who: Who) -> Callable[..., Awaitable[tuple[int, Mapping[str, Any]]]]:
        async def handle(request: SynapseRequest, part: str = "") -> tuple[int, Mapping[str, Any]]:
            user = await self._admit(request, who)
            body = parse_json_object_from_request(request, allow_empty_body=True) if request.content else {}
            query = {name.decode(): values[0].decode() for name, values in request.args.items()}
            return 200, await answer(Ask(user, part, body, query))

        return handle

    async def _admit(self, request: SynapseRequest, who: Who) -> str:
        """Return who asks.

        Raises:
            SynapseError: 401 for a stranger where a member is wanted, 403 ``M_FORBIDDEN`` for everybody but @kamar.
        """
        if who is Who.ANYBODY:
            return ""
        try:
            requester = await self._api.get_user_by_req(request)
        except (AuthError, InvalidClientCredentialsError) as error:
            if who is Who.MEMBER:
                raise
            raise _forbidden() from error
        user = str(requester.user.to_string())
        # A token of @kamar that does not come from the registration would be a password's: nobody should have one.
        if who is Who.KAMAR and (user != self._bot or not requester.app_service_id):
            raise _forbidden()
        return user


def _forbidden() -> SynapseError:
    return SynapseError(403, "Only the application service may ask this", Codes.FORBIDDEN)


def _malformed(name: str, word: str) -> SynapseError:
    return SynapseError(400, f"{name}: must be {word}", Codes.MISSING_PARAM)
