"""The address of a provider's results, uploads and downloads: one that reaches this server from the client."""

import re
from collections.abc import Iterable, Mapping, MutableMapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from mockreel.errors import OptionError

Scope = MutableMapping[str, Any]

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
# Names below it mean this machine, too; RFC 6761 6.3.
_LOOPBACK_DOMAIN = ".localhost"
# How a socket of both families writes an address of IPv4.
_MAPPED = "::ffff:"
_AUTHORITY = re.compile(rb"(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?")
_MOST_PORT = 65535
# What may be trusted: a name as DNS has it, or an address without its brackets.
_NAME = re.compile(
    r"(?=.{1,253}\Z)(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?\.?"
)
_TRUSTABLE = ("a host name alone, as mock.example.com", "an IP address", "*")
# The most Host headers with a cached address.
_MOST_CACHED = 256


class Origin:
    """The address of one provider, as the client of each request can reach it.

    A fixed `public` address always applies. Otherwise the request's own `Host` applies if it is trusted; if not (real
    clients send the real provider's), the address of the connection does.

    Args:
        public: scheme, authority and perhaps a path; no slash at the end.
        prefix: the mount path of the provider below it.
        trusted: further host names that are trusted beside this machine's own; None trusts any.
        intercepted: host names whose requests are redirected here, over https on the usual port: they are used
            unchanged.
    """

    def __init__(
        self,
        public: str | None = None,
        *,
        prefix: str = "",
        trusted: frozenset[str] | None = frozenset(),
        intercepted: frozenset[str] = frozenset(),
    ) -> None:
        self._public = None if public is None else public + prefix
        self._prefix = prefix
        self._trusted = trusted
        self._intercepted = intercepted
        self._cache: dict[tuple[Any, ...], str] = {}

    def of(self, scope: Scope) -> str:
        """The base URL for a request."""
        if self._public is not None:
            return self._public
        host = next((value for name, value in scope["headers"] if name == b"host"), b"")
        cache_key = (host, scope.get("scheme"), *(scope.get("server") or ()), scope.get("root_path"))
        found = self._cache.get(cache_key)
        if found is None:
            if len(self._cache) >= _MOST_CACHED:
                self._cache.clear()
            found = self._cache[cache_key] = self._read(host, scope)
        return found

    def _read(self, host: bytes, scope: Scope) -> str:
        if self._intercepted and (name := host.decode("latin-1").lower()) in self._intercepted:
            return f"https://{name}{self._prefix}"
        address, port = scope.get("server") or ("127.0.0.1", 80)
        address = address.removeprefix(_MAPPED)
        own = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        shown = host.decode("latin-1") if self._is_trusted(host, address) else own
        return f"{scope.get('scheme', 'http')}://{shown}{scope.get('root_path', '')}{self._prefix}"

    def _is_trusted(self, host: bytes, address: str) -> bool:
        found = _AUTHORITY.fullmatch(host)
        if found is None or not 0 < int(found[3] or 1) <= _MOST_PORT:
            return False
        name = (found[1] or found[2]).decode().lower()
        if self._trusted is None or name == address or name in LOOPBACK_NAMES or name.endswith(_LOOPBACK_DOMAIN):
            return True
        return name in self._trusted


def trusted_names(names: Iterable[str]) -> frozenset[str] | None:
    """The host names that are trusted, in lower case; None where any is (`*`).

    Raises:
        OptionError: one is no name: a URL, a name with a port, a pattern.
    """
    urls = frozenset(names)
    for name in urls - {"*"}:
        if not _NAME.fullmatch(name) and not _is_address(name):
            then = "Give the name without scheme, port and path; a * stands for any name, and for no part of one."
            raise OptionError("--trust-host", name, _TRUSTABLE, then=then)
    return None if "*" in urls else frozenset(name.lower().strip("[]") for name in urls)


def _is_address(text: str) -> bool:
    try:
        ip_address(text[1:-1] if text.startswith("[") and text.endswith("]") else text)
    except ValueError:
        return False
    return True


def public_urls(urls: Mapping[str, str], ports: Mapping[str, int]) -> dict[str, str]:
    """The public address of each provider that has one.

    Args:
        given: by provider, or under the empty name for all; `{provider}` and `{port}` are replaced in an address.
        ports: of the served providers.

    Raises:
        OptionError: an address is invalid, a provider is not served, or several would have the same address.
    """
    for name in urls:
        if name and name not in ports:
            raise OptionError("--public-url", name, ports, then="Name a served provider: PROVIDER=URL.")
    texts = {name: text for name in ports if (text := urls.get(name, urls.get(""))) is not None}
    found = {name: _url(text, provider=name, port=ports[name]) for name, text in texts.items()}
    twice = next((url for url in found.values() if list(found.values()).count(url) > 1), None)
    if twice is not None:
        then = "Make them different: PROVIDER=URL for each, or with {port} or {provider} in it, as http://mock:{port}."
        raise OptionError("--public-url", twice, then=f"{len(found)} providers cannot share an address. {then}")
    return found


def _url(text: str, **values: object) -> str:
    valid = ["http://HOST[:PORT][/PATH]", "https://…"]
    try:
        url = re.sub(r"\{(\w+)\}", lambda name: str(values[name[1]]), text).rstrip("/")
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        written = re.fullmatch(r"[!#-;=?-\[\]_a-z~]+", url)  # the characters of a URL
    except (ValueError, KeyError, IndexError):
        raise OptionError("--public-url", text, valid, then="{port} and {provider} are filled in.") from None
    if not (good and written) or parts.query or parts.fragment or parts.username is not None:
        raise OptionError("--public-url", text, valid)
    return url
