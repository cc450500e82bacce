"""The ports to listen on: control first, then the providers in their order; 0 takes free ones."""

import errno
import socket
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from mockreel.errors import OptionError, PortTaken

LAST_PORT = 65535
# Names that stand for one address of each family, whatever this machine's name service returns.
_BOTH: Mapping[str, tuple[str, ...]] = {"localhost": ("127.0.0.1", "::1")}
# Errors of a machine without such a family, or without this address of it.
_NO_FAMILY = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
# Errors of a port that another process holds, or this user may not have; others are about the address.
_PORT_TAKEN = {errno.EADDRINUSE, errno.EACCES}
# A port that is free in one family may be in use in the other; this many are tried.
_TRIES = 50

# The sockets of one port: several where it is bound in both families.
Sockets = tuple[socket.socket, ...]


# Addresses that mean every one of this machine, and the one that leads there from this machine.
SHOWN: Mapping[str, str] = MappingProxyType({"0.0.0.0": "127.0.0.1", "::": "127.0.0.1"})


def listen(host: str, port: int, names: Iterable[str]) -> dict[str, Sockets]:
    """The bound sockets for `control` and for each name, by name, in the order of their ports.

    Args:
        host: the address to bind. `localhost` is 127.0.0.1 and, where this machine has IPv6, ::1; `::` is every
            address of both families; `0.0.0.0` every one of IPv4.
        port: control's port, the names take the following ones; 0 takes free ports for all.

    Raises:
        OptionError: there are not that many ports.
        PortTaken: one of them is in use, or is not to be had; none is left bound.
    """
    return bind(host, port, ("control", *names))


def bind(host: str, port: int, names: Iterable[str]) -> dict[str, Sockets]:
    """The bound sockets for each port, the first one on `port`; the rest as in `listen`."""
    names = tuple(names)
    _check(port, names)
    bound: dict[str, Sockets] = {}
    for offset, name in enumerate(names):
        try:
            bound[name] = _bind_families(host, port + offset if port else 0)
        except OSError as problem:
            close(bound)
            why, is_address = problem.strerror or str(problem), problem.errno in _PORT_TAKEN
            raise PortTaken(host, port + offset, why, is_address=is_address) from problem
    return bound


def close(bound: Mapping[str, Sockets]) -> None:
    """Give the ports back."""
    for sockets in bound.values():
        for one in sockets:
            one.close()


def port_of(sockets: Sockets) -> int:
    """The port that they are bound to."""
    port: int = sockets[0].getsockname()[1]
    return port


def _check(port: int, names: tuple[str, ...]) -> None:
    """See that the ports that follow are ports."""
    last = LAST_PORT + 1 - len(names)
    if not 0 <= port <= last:
        then = f"{len(names)} ports in a row are needed, {names[0]}'s first; 0 takes free ones."
        raise OptionError("--port", port, [f"0 to {last}"], then=then)


def _bind_families(host: str, port: int) -> Sockets:
    first, *others = _BOTH.get(host, (host,))
    for tries_left in reversed(range(1 if port else _TRIES)):
        bound = [_bind(first, port)]
        try:
            bound += [one for other in others if (one := _bind_if_any(other, port_of((bound[0],)))) is not None]
        except OSError as problem:
            bound[0].close()
            if problem.errno == errno.EADDRINUSE and tries_left:
                continue
            raise
        break
    return tuple(bound)


def _bind_if_any(host: str, port: int) -> socket.socket | None:
    """As `_bind`; None where this machine has no such family."""
    try:
        return _bind(host, port)
    except OSError as problem:
        if problem.errno in _NO_FAMILY:
            return None
        raise


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    one = socket.socket(family, socket.SOCK_STREAM)
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, host != "::")
        one.bind((host, port))
        one.listen(2048)
    except OSError:
        one.close()
        raise
    one.set_inheritable(False)
    return one


def url_of(sockets: Sockets, *, scheme: str = "http") -> str:
    """The base URL of a bound port; an address that means every interface is shown as loopback."""
    host, port = sockets[0].getsockname()[:2]
    shown = SHOWN.get(host, host)
    return f"{scheme}://[{shown}]:{port}" if ":" in shown else f"{scheme}://{shown}:{port}"
