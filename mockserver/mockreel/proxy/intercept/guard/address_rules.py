"""Socket addresses as a program hands them to the kernel, and the addresses that the guard gives to hosts."""

import ipaddress
import socket
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

# Every address in 127.0.0.0/8 is this machine; the hosts of the providers get one each out of this part of it.
FIRST = ipaddress.IPv4Address("127.199.0.1")
_HEAD = struct.Struct("=H")
_PORT = struct.Struct("!H")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a call would go; an IPv4 address that is written as IPv6 is `mapped`."""

    address: IPAddress
    port: int
    mapped: bool = False

    @property
    def is_own(self) -> bool:
        """Whether it is this machine: loopback, no address at all, or an address that this machine has."""
        if self.address.is_loopback or self.address.is_unspecified:
            return True
        family = socket.AF_INET6 if self.address.version == 6 else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as trial:
            try:
                trial.bind((str(self.address), 0))
            except OSError:
                return False
        return not self.address.is_multicast

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if self.address.version == 6 else f"{self.address}:{self.port}"


def target_of(raw: bytes) -> Target | str | None:
    """An address of the internet, the path of a local socket, or None for what is neither."""
    family = _HEAD.unpack_from(raw)[0] if len(raw) >= 2 else socket.AF_UNSPEC
    if family == socket.AF_UNIX:
        return raw[2:].rstrip(b"\0").decode("utf-8", "replace")
    if family == socket.AF_INET and len(raw) >= 8:
        return Target(ipaddress.IPv4Address(raw[4:8]), *_PORT.unpack_from(raw, 2))
    if family == socket.AF_INET6 and len(raw) >= 24:
        long = ipaddress.IPv6Address(raw[8:24])
        port = _PORT.unpack_from(raw, 2)[0]
        return Target(long.ipv4_mapped, port, mapped=True) if long.ipv4_mapped else Target(long, port)
    return None


def looked_up(name: str) -> list[IPAddress]:
    """The addresses of a host as this machine knows them; none where it does not."""
    try:
        rows = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return [ipaddress.ip_address(str(row[4][0]).partition("%")[0]) for row in rows]


@dataclass(slots=True)
class Directory:
    """The addresses of hosts, as the guard's resolver tells them.

    Args:
        hosts: of the providers; each has an address on this machine.
    """

    hosts: Iterable[str]
    given: Mapping[str, ipaddress.IPv4Address] = field(init=False)
    allowed: dict[IPAddress, str] = field(default_factory=dict)
    _by_address: Mapping[IPAddress, str] = field(init=False)

    def __post_init__(self) -> None:
        self.given = {host: FIRST + place for place, host in enumerate(sorted(self.hosts))}
        self._by_address = {address: host for host, address in self.given.items()}

    def host(self, address: IPAddress) -> str | None:
        """The provider's host that was given this address."""
        return self._by_address.get(address)
