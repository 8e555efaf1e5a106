"""Options of a module in homeserver.yaml: read once at start, and whatever is not known is refused with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from synapse.module_api.errors import ConfigError

REFUSED = {
    "admin": "no account needs to be a server admin: @kamar reaches its endpoints with the application service's token",
    "allow": "there are no exceptions to the gate; give the person a seat instead",
    "database": "the tables lie in Synapse's own database, so that they can't drift apart from it",
    "fail_open": "a gate that opens when its table is unreadable is no gate",
    "portal_url": "the modules do not use the network",
    "registration_shared_secret": "nobody needs it, and whoever holds it can make an administrator",
    "token": "the application service's token stands in its registration, and nowhere else",
}
"""Options somebody may wish for, and why there are none; each is in ``docs/modules.md``."""


def read_options(module: str, given: Any, known: Sequence[str]) -> Mapping[str, Any]:
    """Return the options of ``module``, all of which are in ``known``.

    Raises:
        ConfigError: one is not, or the whole is not a mapping.
    """
    options = given or {}
    if not isinstance(options, Mapping):
        raise ConfigError(f"{module}: config must be a mapping of options")
    for name in options:
        if name not in known:
            reason = REFUSED.get(name, f"unknown; known are {', '.join(sorted(known))}")
            raise ConfigError(f"{module}.{name}: {reason}")
    return options


def read_bot(module: str, options: Mapping[str, Any]) -> str:
    """Return the option ``bot``, the full user id of the application service.

    Raises:
        ConfigError: it is missing or no user id.
    """
    bot = options.get("bot")
    if not isinstance(bot, str) or not bot.startswith("@") or ":" not in bot:
        raise ConfigError(
            f"{module}.bot: must be the full user id of the application service, such as @kamar:example.org"
        )
    return bot


def read_count(module: str, options: Mapping[str, Any], name: str, default: int, *, least: int) -> int:
    """Return a whole number of at least ``least``.

    Raises:
        ConfigError: it is something else.
    """
    value = options.get(name, default)
    if type(value) is not int or value < least:
        raise ConfigError(f"{module}.{name}: must be a whole number of at least {least}")
    return value
