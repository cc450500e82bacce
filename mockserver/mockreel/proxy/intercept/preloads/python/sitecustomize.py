"""Loaded into every Python program of a run: the providers' hosts lead to the stand-in for clients that take no proxy.

It must work in any Python that the program runs on, and with nothing installed.
"""

import json
import os
import socket
import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec

_HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120
_DOORS = json.loads(os.environ.get("MOCKREEL_RUN", "{}")).get("doors", {})
_lookup = socket.getaddrinfo


def _leading_home(host, port, *rest, **named):  # type: ignore[no-untyped-def]
    """The addresses of a host; a provider's on the port of HTTPS is the stand-in's."""
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    door = _DOORS.get(name.lower()) if isinstance(name, str) else None
    if door is not None and str(port) in ("443", "https"):
        host, port = "127.0.0.1", door
    return _lookup(host, port, *rest, **named)


socket.getaddrinfo = _leading_home

# Ours hides another of that name further down the path: load it as Python would have done.
_others = [path for path in sys.path if os.path.abspath(path or ".") != _HERE]  # noqa: PTH100
_spec = PathFinder.find_spec("sitecustomize", _others)
if _spec is not None and _spec.loader is not None:
    _spec.loader.exec_module(module_from_spec(_spec))
