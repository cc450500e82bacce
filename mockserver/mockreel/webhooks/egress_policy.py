"""Where a callback may go: resolved once, loopback only unless told otherwise, never to the mock server itself."""

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
    """A callback target that the mock server does not connect to; the text says why and how to allow it."""


class Unresolved(NotAllowed):
    """A callback target whose name has no address now; it is not connected to, and may be tried again."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect: the addresses that were resolved, and what stands in the URL and in `Host`."""

    url: str  # as it was given, mapped
    connects: tuple[str, ...]  # the same with an address in place of the host, to be tried in this order
    host: str  # value of the Host header
    server_name: str  # for TLS


@dataclass(slots=True)
class Targets:
    """The policy of one simulator.

    Args:
        allowed: further host names or networks (`10.0.0.0/8`) that may be reached; `*` allows all.
        mapped: prefixes of callback URLs and what to put in their place, the longest first.
        own_ports: ports of the mock server, which no callback may reach.
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
            Unresolved: nobody has that name, at the moment.
            NotAllowed: it is no HTTP URL, or it leads where the mock server does not go.
        """
        mapped = self.map(url)
        parts = _parts(mapped)
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        found = await (self.resolver or _resolve)(host, port)
        if not found:
            raise Unresolved(
                f"the callback host {host!r} does not resolve; send its callbacks elsewhere with --callback-map FROM=TO"
            )
        addresses = [ipaddress.ip_address(text) for text in dict.fromkeys(found)]
        for address in addresses:
            self._check(host, address, port)
        connects = tuple(
            urlunsplit((parts.scheme, f"{_shown(address)}:{port}", parts.path or "/", parts.query, ""))
            for address in addresses
        )
        return Target(mapped, connects, parts.netloc.rpartition("@")[2], host)

    def _check(self, host: str, address: Address, port: int) -> None:
        if port in self.own_ports and _is_this_machine(address):
            raise NotAllowed(f"port {port} of this machine is mockreel itself")
        if _is_loopback(address) or self._is_allowed(host, address):
            return
        raise NotAllowed(
            f"{host} ({address}) is not on this machine; allow it with --allow-callback {host}, "
            "or send its callbacks elsewhere with --callback-map FROM=TO"
        )

    def _is_allowed(self, host: str, address: Address) -> bool:
        if self.allowed & {"*", host}:
            return True
        return any(_plain(address) in network for network in _networks(self.allowed))


def _plain(address: Address) -> Address:
    """An IPv4 address that is written as an IPv6 one is what it is."""
    return getattr(address, "ipv4_mapped", None) or address


def _is_loopback(address: Address) -> bool:
    return _plain(address).is_loopback


def _is_this_machine(address: Address) -> bool:
    """Whether connecting to an address leads back here: only an address of one's own can be bound."""
    if _is_loopback(address) or _plain(address).is_unspecified:
        return True
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((str(address), 0))
        except OSError:
            return False
    return True


def _shown(address: Address) -> str:
    return f"[{address}]" if address.version == 6 else str(address)


def _networks(names: Iterable[str]) -> Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    for name in names:
        try:
            yield ipaddress.ip_network(name, strict=False)
        except ValueError:
            continue  # a host name


def _fits(url: str, prefix: str) -> bool:
    """Whether a URL begins with a prefix that ends where a part of it ends.

    `https://a.b` is no prefix of `https://a.bc`, of `https://a.b:8443` or of `https://a.b@c`.
    """
    rest = url[len(prefix) :]
    return url.startswith(prefix) and (not rest or prefix.endswith("/") or rest[0] in "/?#")


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  (reading it raises for a port that is none)
    except ValueError as problem:
        raise NotAllowed(f"the callback URL cannot be read ({problem})") from problem
    if parts.scheme not in ("http", "https"):
        raise NotAllowed(f"the callback URL has the scheme {parts.scheme!r}; http and https are sent to")
    if not parts.hostname or parts.port == 0:
        raise NotAllowed("the callback URL names no host, or the port 0, which is none")
    return parts


async def _resolve(host: str, port: int) -> list[str]:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, ValueError):  # a name that nobody has, or that none can have
        return []
    return [str(entry[4][0]) for entry in found]
