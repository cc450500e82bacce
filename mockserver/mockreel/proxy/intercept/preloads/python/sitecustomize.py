"""Loaded into every Python program of a run: it trusts the run's certificate, and is led to the mock server.

It must work in any Python that the program runs on, and with nothing installed. Where no guard of the kernel is, it
also refuses what Python's sockets would call besides; what calls without them (a library in C) it does not see.
"""
# mypy: ignore-errors

import _socket
import json
import os
import socket
import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec

_HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120
_GIVEN = json.loads(os.environ.get("MOCKREEL_RUN", "{}"))
_DOORS = _GIVEN.get("doors", {})
_ALLOWED = [name.lower() for name in _GIVEN.get("allowed", [])]
_lookup = _socket.getaddrinfo
# The addresses of hosts that may be called.
_known = set()


def _named(host):
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    return name.lower().rstrip(".") if isinstance(name, str) else None


def _home(host, port):
    """Where a call goes: to the mock server in place of a provider's host, or of its address, on the port of HTTPS."""
    door = _DOORS.get(_named(host))
    return tuple(door) if door is not None and str(port) in ("443", "https", "b'https'") else (host, port)


def _leading_home(host, port, *rest, **named):
    """The addresses of a host; a provider's on the port of HTTPS is the mock server's."""
    found = _lookup(*_home(host, port), *rest, **named)
    if _is_open(_named(host)):
        _known.update(row[4][0] for row in found)
    return found


def _connecting(call):
    """A client may take the address of what it looked up, and the port that it knows."""

    def connect(self, address):
        if isinstance(address, tuple) and len(address) >= 2:
            address = (*_home(*address[:2]), *address[2:])
        return call(self, address)

    return connect


def _is_own(host):
    return host in ("", "localhost", "::1", "::", "0.0.0.0") or host.startswith("127.") or host.endswith(".localhost")


def _is_open(host):
    """Whether a host may be called that no provider has."""
    from fnmatch import fnmatchcase  # noqa: PLC0415

    return host is None or _is_own(host) or host in _known or any(fnmatchcase(host, name) for name in _ALLOWED)


def _refuse(host, port):
    """Say no as the proxy would, and let it tell that."""
    plain = _socket.socket()
    try:
        plain.connect(("127.0.0.1", _GIVEN["proxy"]))
        plain.send(f"CONNECT {host}:{port} HTTP/1.1\r\n\r\n".encode())
        plain.recv(64)
    except OSError:
        pass  # the run is over
    finally:
        plain.close()
    raise PermissionError(13, f"mockreel run: {host} was not called: allow it with --allow-host {host}")


def _look(event, given):
    """See what Python's own sockets are about to do."""
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = given[1]
        if isinstance(address, tuple) and len(address) >= 2 and not _is_open(_named(address[0])):
            _refuse(_named(address[0]), address[1])
    elif event in ("socket.getaddrinfo", "socket.gethostbyname") and not _is_open(_named(given[0])):
        _refuse(_named(given[0]), given[1] if event == "socket.getaddrinfo" and given[1] else 0)


def _trust(ssl):
    """Whatever authorities a program brings (certifi's, its company's), ours is one of them."""
    load = ssl.SSLContext.load_verify_locations

    def load_verify_locations(self, *rest, **named):
        load(self, *rest, **named)
        if os.path.exists(_GIVEN["ca"]):  # noqa: PTH110
            load(self, _GIVEN["ca"])

    ssl.SSLContext.load_verify_locations = load_verify_locations


def _lead(uvloop):
    """Its loop looks names up without Python's sockets."""
    loop = uvloop.Loop
    getaddrinfo, create_connection, sock_connect = loop.getaddrinfo, loop.create_connection, loop.sock_connect

    async def _getaddrinfo(self, host, port, **named):
        _check(host, port)
        found = await getaddrinfo(self, *_home(host, port), **named)
        if _is_open(_named(host)):
            _known.update(row[4][0] for row in found)
        return found

    async def _create_connection(self, protocol_factory, host=None, port=None, **named):
        _check(host, port)
        led = _home(host, port)
        if led != (host, port) and named.get("ssl") and named.get("server_hostname") is None:
            named["server_hostname"] = host
        return await create_connection(self, protocol_factory, *led, **named)

    async def _sock_connect(self, sock, address):
        if isinstance(address, tuple) and len(address) >= 2:
            _check(*address[:2])
            address = (*_home(*address[:2]), *address[2:])
        return await sock_connect(self, sock, address)

    loop.getaddrinfo, loop.create_connection, loop.sock_connect = _getaddrinfo, _create_connection, _sock_connect


def _check(host, port):
    if _home(host, port) == (host, port) and not _is_open(_named(host)):
        _refuse(_named(host), port)


class _Finder:
    """Finds nothing itself: it changes a module as soon as it is imported."""

    def __init__(self, changes):
        self.changes = changes

    def find_spec(self, name, path=None, target=None):
        change = self.changes.pop(name, None)
        if change is None:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            run = spec.loader.exec_module

            def exec_module(module):
                run(module)
                change(module)

            spec.loader.exec_module = exec_module
        return spec


if _GIVEN:
    # Behind the guard of the kernel every call is led, whoever makes it.
    _changes = {"ssl": _trust} if _GIVEN["guarded"] else {"ssl": _trust, "uvloop": _lead}
    for _name in [name for name in _changes if name in sys.modules]:
        _changes.pop(_name)(sys.modules[_name])
    sys.meta_path.insert(0, _Finder(_changes))
    if not _GIVEN["guarded"]:
        _DOORS.update({address: (address, port) for address, port in _DOORS.values() if address != "127.0.0.1"})
        socket.getaddrinfo = _socket.getaddrinfo = _leading_home
        for _name in ("connect", "connect_ex"):
            setattr(socket.socket, _name, _connecting(getattr(socket.socket, _name)))
        sys.addaudithook(_look)

# Ours hides another of that name further down the path: load it as Python would have done.
_others = [path for path in sys.path if os.path.abspath(path or ".") != _HERE]  # noqa: PTH100
_spec = PathFinder.find_spec("sitecustomize", _others)
if _spec is not None and _spec.loader is not None:
    _spec.loader.exec_module(module_from_spec(_spec))
