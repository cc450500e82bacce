"""Loaded into every Python program of a run: makes it trust the run's certificate and call the mock server.

It must work in any Python version, with nothing installed. Without the kernel's guard it also blocks other calls of
Python's sockets; it does not see calls that bypass them, such as those of a C library.
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
_SETTINGS = json.loads(os.environ.get("MOCKREEL_RUN", "{}"))
_TLS_PORTS = _SETTINGS.get("tls_ports", {})
_ALLOWED = [name.lower() for name in _SETTINGS.get("allowed", [])]
_lookup = _socket.getaddrinfo
# The resolved addresses of allowed hosts.
_allowed_addresses = set()


def _host_name(host):
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    return name.lower().rstrip(".") if isinstance(name, str) else None


def _destination(host, port):
    """The destination of a call: the mock server for a provider's host or its address on the HTTPS port."""
    address = _TLS_PORTS.get(_host_name(host))
    return tuple(address) if address is not None and str(port) in ("443", "https", "b'https'") else (host, port)


def _redirected_lookup(host, port, *rest, **options):
    """The addresses of a host; the mock server's for a provider on the HTTPS port."""
    found = _lookup(*_destination(host, port), *rest, **options)
    if _is_open(_host_name(host)):
        _allowed_addresses.update(row[4][0] for row in found)
    return found


def _redirected_connect(call):
    """Redirect a connect, as a client may combine a resolved address with its own port."""

    def connect(self, address):
        if isinstance(address, tuple) and len(address) >= 2:
            address = (*_destination(*address[:2]), *address[2:])
        return call(self, address)

    return connect


def _is_local(host):
    return host in ("", "localhost", "::1", "::", "0.0.0.0") or host.startswith("127.") or host.endswith(".localhost")


def _is_open(host):
    """Whether a host of no provider may be called."""
    from fnmatch import fnmatchcase  # noqa: PLC0415

    return (
        host is None
        or _is_local(host)
        or host in _allowed_addresses
        or any(fnmatchcase(host, name) for name in _ALLOWED)
    )


def _refuse(host, port):
    """Block a call like the proxy, and let the proxy report it."""
    plain = _socket.socket()
    try:
        plain.connect(("127.0.0.1", _SETTINGS["proxy"]))
        plain.send(f"CONNECT {host}:{port} HTTP/1.1\r\n\r\n".encode())
        plain.recv(64)
    except OSError:
        pass  # the run is over
    finally:
        plain.close()
    raise PermissionError(13, f"mockreel run: {host} was not called: allow it with --allow-host {host}")


def _audit(event, arguments):
    """Audit hook: check the calls of Python's own sockets."""
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        if isinstance(address, tuple) and len(address) >= 2 and not _is_open(_host_name(address[0])):
            _refuse(_host_name(address[0]), address[1])
    elif event in ("socket.getaddrinfo", "socket.gethostbyname") and not _is_open(_host_name(arguments[0])):
        _refuse(_host_name(arguments[0]), arguments[1] if event == "socket.getaddrinfo" and arguments[1] else 0)


def _trust(ssl):
    """Add the run's authority to those that a program loads (certifi's, its company's)."""
    load = ssl.SSLContext.load_verify_locations

    def load_verify_locations(self, *rest, **options):
        load(self, *rest, **options)
        if os.path.exists(_SETTINGS["ca"]):  # noqa: PTH110
            load(self, _SETTINGS["ca"])

    ssl.SSLContext.load_verify_locations = load_verify_locations


def _redirect_uvloop(uvloop):
    """Redirect uvloop, which resolves names without Python's sockets."""
    loop = uvloop.Loop
    getaddrinfo, create_connection, sock_connect = loop.getaddrinfo, loop.create_connection, loop.sock_connect

    async def _getaddrinfo(self, host, port, **options):
        _check(host, port)
        found = await getaddrinfo(self, *_destination(host, port), **options)
        if _is_open(_host_name(host)):
            _allowed_addresses.update(row[4][0] for row in found)
        return found

    async def _create_connection(self, protocol_factory, host=None, port=None, **options):
        _check(host, port)
        target = _destination(host, port)
        if target != (host, port) and options.get("ssl") and options.get("server_hostname") is None:
            options["server_hostname"] = host
        return await create_connection(self, protocol_factory, *target, **options)

    async def _sock_connect(self, sock, address):
        if isinstance(address, tuple) and len(address) >= 2:
            _check(*address[:2])
            address = (*_destination(*address[:2]), *address[2:])
        return await sock_connect(self, sock, address)

    loop.getaddrinfo, loop.create_connection, loop.sock_connect = _getaddrinfo, _create_connection, _sock_connect


def _check(host, port):
    if _destination(host, port) == (host, port) and not _is_open(_host_name(host)):
        _refuse(_host_name(host), port)


class _Finder:
    """A finder that finds nothing, but changes a module when it is imported."""

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


if _SETTINGS:
    # Behind the kernel's guard every call is redirected.
    _changes = {"ssl": _trust} if _SETTINGS["guarded"] else {"ssl": _trust, "uvloop": _redirect_uvloop}
    for _name in [name for name in _changes if name in sys.modules]:
        _changes.pop(_name)(sys.modules[_name])
    sys.meta_path.insert(0, _Finder(_changes))
    if not _SETTINGS["guarded"]:
        _TLS_PORTS.update({address: (address, port) for address, port in _TLS_PORTS.values() if address != "127.0.0.1"})
        socket.getaddrinfo = _socket.getaddrinfo = _redirected_lookup
        for _name in ("connect", "connect_ex"):
            setattr(socket.socket, _name, _redirected_connect(getattr(socket.socket, _name)))
        sys.addaudithook(_audit)

# This module hides another one of its name further down the path: load that one as Python would have.
_others = [path for path in sys.path if os.path.abspath(path or ".") != _HERE]  # noqa: PTH100
_spec = PathFinder.find_spec("sitecustomize", _others)
if _spec is not None and _spec.loader is not None:
    _spec.loader.exec_module(module_from_spec(_spec))
