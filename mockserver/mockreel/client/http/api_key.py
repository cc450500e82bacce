"""The API key, and the check that it is sent only to the provider's API host over TLS or to this machine."""

import ipaddress
import re
from collections.abc import Iterable
from typing import Any

from mockreel.client.client_errors import KeyWithheld
from mockreel.engine.redaction import MASK, Fingerprints, Redactor
from mockreel.errors import OptionError

# A shorter key may be a word, and would be cut out of every text.
_SHORTEST = 8
_ORIGIN = re.compile(r"(https?)://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?((?:/[\w.~-]+)*)/?")


class Key:
    """An API key that appears in no repr, error or log."""

    __slots__ = ("_prints", "_text")

    def __init__(self, text: str) -> None:
        if not text or text != text.strip() or not text.isascii() or not text.isprintable():
            raise OptionError("key", "…", then="It is empty, or has characters that are invalid in a header.")
        self._text = text
        self._prints = Fingerprints([text])

    def __repr__(self) -> str:
        return "Key(…)"

    def __reduce__(self) -> str:
        raise TypeError("a key is not pickled")

    def header_value(self, scheme: str) -> str:
        """The header's value; only the HTTP drivers use it."""
        return f"{scheme} {self._text}".strip()

    def redacted(self, text: str, redactor: Redactor) -> str:
        """What a provider said, as an error may show it: without the key in any encoding, and without others."""
        shown = redactor.text(text, self._prints)
        return shown.replace(self._text, MASK) if len(self._text) >= _SHORTEST else shown

    def redacted_value(self, value: Any, redactor: Redactor) -> Any:
        """The same for a JSON value."""
        return redactor.value(value, self._prints)


def api_base(url: str, *, hosts: Iterable[str], title: str) -> str:
    """The base URL, if a key may be sent there.

    Raises:
        KeyWithheld: it is not a host of the provider over HTTPS, and not this machine.
    """
    hosts = tuple(hosts)
    parts = _ORIGIN.fullmatch(url)
    if parts is None:
        raise KeyWithheld(url, hosts, title, "it is not a plain http or https address")
    scheme, host, port, _ = parts.groups()
    if not is_loopback(host):
        if host.lower() not in hosts:
            raise KeyWithheld(url, hosts, title, "it is not an API host of this provider")
        if scheme != "https" or port not in (None, "443"):
            raise KeyWithheld(url, hosts, title, "it is not HTTPS on its usual port")
    return url.rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"
