"""The allowed targets of callbacks: resolved once, loopback only by default, never the mock server itself."""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit, urlunsplit

from mockreel.errors import OptionError
from mockreel.webhooks.receiver_address import check_receiver_address

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Resolves host and port to addresses; tests replace it.
Resolver = Callable[[str, int], Awaitable[list[str]]]


# What may be allowed: a name as DNS and container networks have it, or a network.
_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?")
_ALLOWED = ("a host, as hooks.internal", "a network, as 10.0.0.0/8", "*")


class NotAllowed(Exception):
    """A callback target that is not allowed; the message says why and how to allow it."""


class Unresolved(NotAllowed):
    """A callback target whose name does not resolve now; it may be tried again."""


@dataclass(frozen=True, slots=True)
class Target:
    """A resolved target: the addresses to connect to, the URL and the `Host` header."""

    url: str  # as given, after mapping
    connects: tuple[str, ...]  # the URL with each address as host, in the order to try
    host: str  # value of the Host header
    server_name: str  # for TLS


@dataclass(slots=True)
class Targets:
    """The egress policy of one simulator.

    Args:
        allowed: further allowed host names or networks (`10.0.0.0/8`); `*` allows all.
        mapped: prefixes of callback URLs and their replacements, longest first.
        own_ports: ports of the mock server, which no callback may reach.
    """

    allowed: frozenset[str] = frozenset()
    mapped: Mapping[str, str] = field(default_factory=dict)
    own_ports: set[int] = field(default_factory=set)
    resolver: Resolver | None = None

    def __post_init__(self) -> None:
        for name in self.allowed - {"*"}:
            if not _HOST.fullmatch(name) and not list(_networks([name])):
                raise OptionError("allowed host", name, _ALLOWED, then="Give it without scheme, port and path.")
        for url in (*self.mapped, *self.mapped.values()):
            check_receiver_address("callback_map", url)

    def map(self, url: str) -> str:
        """The URL with the longest matching prefix replaced."""
        for prefix in sorted(self.mapped, key=len, reverse=True):
            if _has_prefix(url, prefix):
                return self.mapped[prefix] + url[len(prefix) :]
        return url

    async def resolve(self, url: str) -> Target:
        """The target of a callback to this URL.

        Raises:
            Unresolved: the name does not resolve now.
            NotAllowed: it is not an HTTP URL, or the target is not allowed.
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
            urlunsplit((parts.scheme, f"{_url_host(address)}:{port}", parts.path or "/", parts.query, ""))
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
    """The IPv4 address of an IPv4-mapped IPv6 address."""
    return getattr(address, "ipv4_mapped", None) or address


def _is_loopback(address: Address) -> bool:
    return _plain(address).is_loopback


def _is_this_machine(address: Address) -> bool:
    """Whether an address is this machine's: only such an address can be bound."""
    if _is_loopback(address) or _plain(address).is_unspecified:
        return True
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((str(address), 0))
        except OSError:
            return False
    return True


def _url_host(address: Address) -> str:
    return f"[{address}]" if address.version == 6 else str(address)


def _networks(names: Iterable[str]) -> Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    for name in names:
        try:
            yield ipaddress.ip_network(name, strict=False)
        except ValueError:
            continue  # a host name


def _has_prefix(url: str, prefix: str) -> bool:
    """Whether a URL begins with a prefix that ends at the end of a URL part.

    `https://a.b` is no prefix of `https://a.bc`, of `https://a.b:8443` or of `https://a.b@c`.
    """
    rest = url[len(prefix) :]
    return url.startswith(prefix) and (not rest or prefix.endswith("/") or rest[0] in "/?#")


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  (raises for an invalid port)
    except ValueError as problem:
        raise NotAllowed(f"the callback URL is invalid ({problem})") from problem
    if parts.scheme not in ("http", "https"):
        raise NotAllowed(f"the callback URL has the scheme {parts.scheme!r}; use http or https")
    if not parts.hostname or parts.port == 0:
        raise NotAllowed("the callback URL has no host, or the invalid port 0")
    return parts


async def _resolve(host: str, port: int) -> list[str]:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, ValueError):  # an unknown or an invalid name
        return []
    return [str(entry[4][0]) for entry in found]
