"""Find the key of a request at a place of the contract: a header, the query or a field of the body."""

from typing import Any, Protocol

from mockreel.contract import Place
from mockreel.contract.messages import body as bodies
from mockreel.contract.messages.form import Form
from mockreel.contract.messages.message import Request


class Carrier(Protocol):
    """A request with its parsed body."""

    @property
    def request(self) -> Request: ...
    @property
    def body(self) -> Any: ...


def key_at(place: Place, call: Carrier) -> str | None:
    """The key at a place of a request, or None."""
    if place.kind == "header":
        value = call.request.header(place.header)
        return _without_scheme(value, place.scheme) if value else None
    if place.kind == "query":
        return bodies.read_query(call.request.query).get(place.name)
    found = field_of(call.body, place.name)
    return found if isinstance(found, str) else None


def field_of(body: Any, name: str) -> Any:
    """A top-level field of a JSON object or a form."""
    if isinstance(body, dict):
        return body.get(name)
    return body.fields.get(name) if isinstance(body, Form) else None


def _without_scheme(value: bytes, scheme: str) -> str | None:
    text = value.decode("latin-1").strip()
    if not scheme:
        return text
    prefix, _, key = text.partition(" ")
    return key.strip() or None if prefix.lower() == scheme.lower() else None
