"""The ports to listen on: control first, then the providers in their order; 0 takes free ones."""

import socket
from collections.abc import Iterable

from understudy.errors import PortTaken


def listen(host: str, port: int, names: Iterable[str]) -> dict[str, socket.socket]:
    """A bound socket for `control` and for each name, by name, in the order of their ports.

    Args:
        host: the address to bind.
        port: control's port, the names take the following ones; 0 takes free ports for all.

    Raises:
        PortTaken: one of them is in use, or is not to be had; none is left bound.
    """
    bound: dict[str, socket.socket] = {}
    for offset, name in enumerate(("control", *names)):
        try:
            bound[name] = _bind(host, port + offset if port else 0)
        except (OSError, OverflowError) as problem:
            for one in bound.values():
                one.close()
            raise PortTaken(host, port + offset, getattr(problem, "strerror", None) or str(problem)) from problem
    return bound


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    one = socket.socket(family, socket.SOCK_STREAM)
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind((host, port))
        one.listen(2048)
    except (OSError, OverflowError):
        one.close()
        raise
    one.set_inheritable(False)
    return one


def url_of(one: socket.socket) -> str:
    """The base URL of a bound socket; an address that means every interface is shown as loopback."""
    host, port = one.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"
