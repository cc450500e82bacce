"""The ports to listen on: control first, then the providers in their order; 0 takes free ones."""

import socket
from collections.abc import Iterable

from mockreel.errors import OptionError, PortTaken

LAST_PORT = 65535


def listen(host: str, port: int, names: Iterable[str]) -> dict[str, socket.socket]:
    """A bound socket for `control` and for each name, by name, in the order of their ports.

    Args:
        host: the address to bind.
        port: control's port, the names take the following ones; 0 takes free ports for all.

    Raises:
        OptionError: there are not that many ports.
        PortTaken: one of them is in use, or is not to be had; none is left bound.
    """
    return bind(host, port, ("control", *names))


def bind(host: str, port: int, doors: Iterable[str]) -> dict[str, socket.socket]:
    """A bound socket for each door, the first one on `port`; the rest is as `listen` says."""
    doors = tuple(doors)
    _check(port, doors)
    bound: dict[str, socket.socket] = {}
    for offset, name in enumerate(doors):
        try:
            bound[name] = _bind(host, port + offset if port else 0)
        except OSError as problem:
            for one in bound.values():
                one.close()
            raise PortTaken(host, port + offset, problem.strerror or str(problem)) from problem
    return bound


def _check(port: int, doors: tuple[str, ...]) -> None:
    """See that the ports that follow are ports."""
    last = LAST_PORT + 1 - len(doors)
    if not 0 <= port <= last:
        then = f"{len(doors)} ports in a row are needed, {doors[0]}'s first; 0 takes free ones."
        raise OptionError("--port", port, [f"0 to {last}"], then=then)


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    one = socket.socket(family, socket.SOCK_STREAM)
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind((host, port))
        one.listen(2048)
    except OSError:
        one.close()
        raise
    one.set_inheritable(False)
    return one


def url_of(one: socket.socket, *, scheme: str = "http") -> str:
    """The base URL of a bound socket; an address that means every interface is shown as loopback."""
    host, port = one.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"{scheme}://[{shown}]:{port}" if ":" in shown else f"{scheme}://{shown}:{port}"
