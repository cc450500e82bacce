"""Where a callback may go: resolved once, loopback only unless told otherwise, never to the stand-in itself."""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit, urlunsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Host and port to addresses; a parameter so that tests own the name service.
Resolver = Callable[[str, int], Awaitable[list[str]]]


class NotAllowed(Exception):
    """A callback target that the stand-in does not connect to; the text says why and how to allow it."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect: the address that was resolved, and what stands in the URL and in `Host`."""

    url: str  # as it was given, mapped
    connect: str  # the same with the resolved address in place of the host
    host: str  # value of the Host header
    server_name: str  # for TLS


@dataclass(slots=True)
class Targets:
    """The policy of one stage.

    Args:
        allowed: further host names or networks (`10.0.0.0/8`) that may be reached; `*` allows all.
        mapped: prefixes of callback URLs and what to put in their place, the longest first.
        own_ports: ports of the stand-in, which no callback may reach.
    """

    allowed: frozenset[str] = frozenset()
    mapped: Mapping[str, str] = field(default_factory=dict)
    own_ports: set[int] = field(default_factory=set)
    resolver: Resolver | None = None

    def map(self, url: str) -> str:
        """The URL with the longest fitting prefix replaced."""
        for prefix in sorted(self.mapped, key=len, reverse=True):
            if _fits(url, prefix):
                return self.mapped[prefix] + url[len(prefix) :]
        return url

    async def resolve(self, url: str) -> Target:
        """Where a callback to this URL connects.

        Raises:
            NotAllowed: it is no HTTP URL, it does not resolve, or it leads where the stand-in does not go.
        """
        mapped = self.map(url)
        parts = _parts(mapped)
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        addresses = await (self.resolver or _resolve)(host, port)
        if not addresses:
            raise NotAllowed(f"the callback host {host!r} does not resolve")
        chosen = ipaddress.ip_address(addresses[0])
        self._check(host, chosen, port)
        shown = f"[{chosen}]" if chosen.version == 6 else str(chosen)
        connect = urlunsplit((parts.scheme, f"{shown}:{port}", parts.path or "/", parts.query, ""))
        return Target(mapped, connect, parts.netloc.rpartition("@")[2], host)

    def _check(self, host: str, address: Address, port: int) -> None:
        local = _is_local(address)
        if local and port in self.own_ports:
            raise NotAllowed(f"port {port} of this machine is the stand-in itself")
        if local or self._is_allowed(host, address):
            return
        raise NotAllowed(
            f"{host} ({address}) is not on this machine; allow it with --allow-callback {host}, "
            "or send its callbacks elsewhere with --callback-map FROM=TO"
        )

    def _is_allowed(self, host: str, address: Address) -> bool:
        if self.allowed & {"*", host}:
            return True
        return any(address in network for network in _networks(self.allowed))


def _is_local(address: Address) -> bool:
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _networks(names: Iterable[str]) -> Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    for name in names:
        try:
            yield ipaddress.ip_network(name)
        except ValueError:
            continue  # a host name


def _fits(url: str, prefix: str) -> bool:
    """Whether a URL begins with a prefix that ends where a part of it ends (`https://a.b` is no prefix of `https://a.bc`)."""
    rest = url[len(prefix) :]
    return url.startswith(prefix) and (not rest or prefix.endswith("/") or rest[0] in "/?#:")


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  (reading it raises for a port that is none)
    except ValueError as problem:
        raise NotAllowed(f"the callback URL cannot be read ({problem})") from problem
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NotAllowed(f"the callback URL has the scheme {parts.scheme!r}; http and https with a host are sent to")
    return parts


async def _resolve(host: str, port: int) -> list[str]:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(entry[4][0]) for entry in found]
