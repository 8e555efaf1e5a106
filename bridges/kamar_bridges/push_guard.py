"""Where a push may go: members name the address, so it must never lead into our own house.

Only https on its own port, only a name (no bare address), and every address behind the name must be public. The
connection is made to an address that was checked, not to the name: a second answer of the name server changes nothing.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from socket import SOCK_STREAM, gaierror
from urllib.parse import urlsplit

from kamar.errors import KamarError

PORT = 443
PLAIN = re.compile(r"[!#-\[\]^-~]{1,1000}")  # what an address is written with; the services of 2026 need 600 characters
NAME = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")  # ends in no number
NAT64 = IPv6Network("64:ff9b::/96")  # carries an IPv4 address in its last 32 bits

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
Public = Callable[[str], bool]


async def resolve(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a name, as this machine sees them; none when there is no such name."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=SOCK_STREAM)
    except (gaierror, UnicodeError):
        return []
    return [str(address[0]) for *_, address in found]


def is_public(address: str) -> bool:
    """Tell whether an address is one of the public internet, also when it hides in another."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(one.is_global and not one.is_multicast for one in (found, *_inside(found)))


def service(endpoint: str, only_port: int = PORT) -> str:
    """Return the name of the push service that an address leads to.

    Raises:
        KamarError: ``push_endpoint``: not an address of a push service.
    """
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port or PORT
    except ValueError as error:
        raise KamarError("push_endpoint") from error
    named = NAME.fullmatch(host) is not None
    bare = parts.username is None and parts.password is None and not parts.fragment
    if parts.scheme != "https" or port != only_port or not (named and bare and PLAIN.fullmatch(endpoint)):
        raise KamarError("push_endpoint")
    return host


@dataclass(frozen=True, slots=True)
class Guard:
    """What may be called. Everything but the default is for tests, and comes through the constructor only."""

    resolve: Resolve = resolve
    public: Public = is_public
    port: int = PORT
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    async def address(self, endpoint: str) -> str:
        """Return the checked address to connect to.

        Raises:
            KamarError: ``push_endpoint``; ``push_unreachable`` when the name has no address now.
        """
        found = await self.resolve(service(endpoint, self.port), self.port)
        if not found:
            raise KamarError("push_unreachable")
        if not all(self.public(one) for one in found):
            raise KamarError("push_endpoint")
        return found[0]


def _inside(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    """Return the IPv4 addresses that an IPv6 address stands for."""
    if isinstance(address, IPv4Address):
        return []
    carried = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in NAT64:
        carried.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in carried if one is not None]
