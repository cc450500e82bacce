"""Which text of a server stands for which text of its models: ids, tokens, addresses, keys."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

from mockreel.contract.exchanges.exchange import SentRequest

# A part of a text that may be an id by itself.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{6,}")
_ID = re.compile(r"(?=.*\d)[A-Za-z0-9_-]{6,}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_ADDRESS = re.compile(r"[a-z]+://")
_AMOUNT = re.compile(r"-?\d+\.\d+$")
# Headers that HTTP itself needs.
_KEPT = frozenset({"content-type", "accept", "accept-encoding"})


class Unknown(Exception):
    """A request has a text that the server gave and that stands for nothing of its models."""


def is_name(text: str) -> bool:
    """Whether a text can be what something is called: no moment, no address, no amount, nothing that is read."""
    other = _MOMENT.match(text) or _ADDRESS.match(text) or _AMOUNT.match(text) or " " in text
    return bool(_ID.search(text)) and not other


class Symbols:
    """The pairs that were seen at one place of two replies; a name stands for one name, in both directions."""

    def __init__(self) -> None:
        self._models: dict[str, tuple[str, ...]] = {}
        self._server: dict[str, str] = {}
        self._given: set[str] = set()  # names that the server gave, and nothing of its models stands for
        self._sent: set[str] = set()
        self._addresses: dict[str, str] = {}

    def same(self, text: str, models: tuple[str, ...]) -> None:
        """Say what a text stands for, whatever is seen of it."""
        self._models[text], self._server[models[0]] = models, text

    def address(self, text: str, model: str) -> None:
        """Say what the beginning of a URL stands for."""
        self._addresses[text] = model

    def other(self, model: str) -> str | None:
        """The second model's text for one of the first."""
        server = self._server.get(model)
        return self._models[server][1] if server is not None else None

    def bind(self, name: str, models: tuple[str, ...]) -> bool:
        """Whether a text may stand for these; from now on it does, where it stood for nothing."""
        if not any(is_name(text) for text in (name, *models)):  # an id may have no digit by chance
            if _MOMENT.match(name) or _ADDRESS.match(name):
                self._models.setdefault(name, models)
            return True
        known, back = self._models.get(name), self._server.get(models[0])
        if known is None and back is None:
            self._models[name], self._server[models[0]] = models, name
        self._given.discard(name)
        return (known is None or known == models) and (back is None or back == name)

    def stands_for(self, model: str) -> str | None:
        """The server's text for a text of its first model."""
        return self._server.get(model)

    def models(self, text: str) -> tuple[str, ...]:
        """What a text of the server stands for in each model; empty where nothing is known of it."""
        return self._models.get(text, ())

    def was_sent(self, text: str) -> bool:
        """Whether the client has written it itself."""
        return text in self._sent

    def model(self, text: str) -> str | None:
        """The first model's text for one of the server."""
        known = self._models.get(text)
        return known[0] if known is not None else None

    def note(self, document: Any) -> None:
        """Names in a reply of the server that nothing is known of."""
        for text in texts(document):
            self._given.update(token for token in _TOKEN.findall(text) if is_name(token) and token not in self._models)

    def sent(self, request: SentRequest) -> None:
        """What a client writes of its own is the same everywhere."""
        for text in (unquote(request.path), unquote(request.query), *request.headers.values()):
            self._sent.update(_TOKEN.findall(text))
        for text in texts(request.json):
            self._sent.update(_TOKEN.findall(text))
            self._sent.add(text)

    def request(self, request: SentRequest, number: int) -> SentRequest:
        """The request as a model is to be asked.

        Raises:
            Unknown: it has a name that no model has given.
        """

        def own(text: str) -> str:
            return self._own(text, number)

        path = "/".join(quote(own(unquote(part)), safe="") for part in own(request.path).split("/"))
        query = request.query
        if query:
            pairs = parse_qsl(query, keep_blank_values=True)
            other = [(name, own(value)) for name, value in pairs]
            query = urlencode(other) if other != pairs else query
        headers = {name: value if name.lower() in _KEPT else own(value) for name, value in request.headers.items()}
        found = replace(
            request, path=path if unquote(path) != unquote(request.path) else request.path, query=query, headers=headers
        )
        document = request.json
        if document is None:
            return found
        changed = mapped(document, own)
        return found if changed == document else found.with_json(changed)

    def read(self, text: str) -> str:
        """A text of the server in the words of the first model, as far as they are known."""
        try:
            return self._own(text, 0)
        except Unknown:
            return text

    def _own(self, text: str, number: int) -> str:
        known = self._models.get(text)
        if known is not None:
            return known[number]
        for name, model in self._addresses.items():
            if text.startswith(name):
                return model + text[len(name) :]
        return _TOKEN.sub(lambda match: self._token(match.group(), number), text)

    def _token(self, token: str, number: int) -> str:
        known = self._models.get(token)
        if known is not None:
            return known[number]
        if token in self._given and token not in self._sent:
            raise Unknown(token)
        return token


def mapped(document: Any, change: Callable[[str], str]) -> Any:
    """A document with every text changed, and every number that is written as an id may be."""
    if isinstance(document, str):
        return change(document)
    if type(document) is int and is_name(str(document)):
        text = change(str(document))
        return int(text) if text.isdecimal() else text
    if isinstance(document, Mapping):
        return {key: mapped(value, change) for key, value in document.items()}
    return [mapped(value, change) for value in document] if isinstance(document, list) else document


def texts(document: Any) -> Iterator[str]:
    """Every text in a document."""
    if isinstance(document, str):
        yield document
    elif isinstance(document, Mapping):
        for value in document.values():
            yield from texts(value)
    elif isinstance(document, list):
        for value in document:
            yield from texts(value)
