"""Parse the socket addresses in system calls, and assign loopback addresses to hosts."""

import ipaddress
import socket
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

# All of 127.0.0.0/8 is this machine; each provider's host gets an address, starting here.
FIRST = ipaddress.IPv4Address("127.199.0.1")
_HEAD = struct.Struct("=H")
_PORT = struct.Struct("!H")


@dataclass(frozen=True, slots=True)
class Target:
    """The destination of a call; `mapped` marks an IPv4 address in IPv6 form."""

    address: IPAddress
    port: int
    mapped: bool = False

    @property
    def is_own(self) -> bool:
        """Whether it is this machine: loopback, the unspecified address, or an address of this machine."""
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
    """An internet address, the path of a local socket, or None for anything else."""
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


def resolved_addresses(name: str) -> list[IPAddress]:
    """The addresses of a host, resolved on this machine; none if that fails."""
    try:
        rows = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return [ipaddress.ip_address(str(row[4][0]).partition("%")[0]) for row in rows]


@dataclass(slots=True)
class Directory:
    """The addresses of hosts for the guard's resolver.

    Args:
        hosts: the providers' hosts; each gets an address on this machine.
    """

    hosts: Iterable[str]
    assigned: Mapping[str, ipaddress.IPv4Address] = field(init=False)
    allowed: dict[IPAddress, str] = field(default_factory=dict)
    _by_address: Mapping[IPAddress, str] = field(init=False)

    def __post_init__(self) -> None:
        self.assigned = {host: FIRST + number for number, host in enumerate(sorted(self.hosts))}
        self._by_address = {address: host for host, address in self.assigned.items()}

    def host(self, address: IPAddress) -> str | None:
        """The provider's host with this assigned address."""
        return self._by_address.get(address)
