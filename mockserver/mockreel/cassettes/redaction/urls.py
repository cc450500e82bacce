"""Addresses: the provider's own with their ids and queries replaced, every other one replaced as a whole."""

from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from mockreel.cassettes.redaction.placeholders import Placeholders
from mockreel.cassettes.redaction.secret_patterns import HARMLESS
from mockreel.cassettes.redaction.storable_text import TextRedactor
from mockreel.contract import Contract, Operation


class AddressRedactor:
    """Cleans the addresses of one provider's exchanges."""

    def __init__(self, contract: Contract, texts: TextRedactor, placeholders: Placeholders) -> None:
        self._contract = contract
        self._texts = texts
        self._placeholders = placeholders

    def operation(self, method: str, url: str) -> Operation | None:
        parts = urlsplit(url)
        found = self._contract.router.find(unquote(parts.path)) if self._is_own(url) else None
        return found.methods.get(method) if found else None

    def params(self, url: str) -> dict[str, str]:
        """The parameters in the path of a request."""
        found = self._contract.router.find(unquote(urlsplit(url).path))
        return dict(found.params) if found else {}

    def address(self, url: str) -> str:
        if not self._is_own(url):
            return self._placeholders.address(url)
        parts = urlsplit(url)
        path = self._path(unquote(parts.path))
        query = self.query(parts.query)
        return f"{parts.scheme}://{parts.hostname}{path}" + (f"?{query}" if query else "")

    def query(self, query: str) -> str:
        """A query: names that read like names, values that read like words."""
        places = {place.name for operation in self._contract.operations for place in operation.key}
        known = {one.name for operation in self._contract.operations for one in operation.query}
        shown = []
        for name, value in parse_qsl(query, keep_blank_values=True):
            shown_name = name if self._texts.is_name(name) else self._placeholders.of(name, "name")
            shown.append((shown_name, self._value(name, value, secret=name in places, known=name in known)))
        return urlencode(shown)

    def _value(self, name: str, value: str, *, secret: bool, known: bool) -> str:
        if secret:
            return self._placeholders.of(value, "key")
        if not value or (known and self._texts.is_word(value)):
            return value
        return self._placeholders.of(value, "text")

    def _is_own(self, url: str) -> bool:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            return False
        return parts.scheme == "https" and parts.hostname in self._contract.hosts and port in (None, 443)

    def _path(self, path: str) -> str:
        """The path of an operation with its parameters replaced; any other path is one placeholder."""
        found = self._contract.router.find(path)
        if found is None:
            return path if path in ("", "/") else f"/{self._placeholders.of(path, 'path').replace(' ', '-')}"
        operation = next(iter(found.methods.values()))
        written = operation.path
        for name, value in found.params.items():
            written = written.replace(f"{{{name}}}", quote(self._param(operation, name, value), safe="/"))
        return written

    def _param(self, operation: Operation, name: str, value: str) -> str:
        model = operation.model is not None and operation.model.name == name
        if model and (value in self._contract.names or (HARMLESS.match(value) and self._texts.is_word(value))):
            return value
        return self._placeholders.of(value, "id")
