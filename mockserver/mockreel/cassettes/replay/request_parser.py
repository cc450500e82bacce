"""Parse a recorded request for the reference client: the model and input, the job, the operation."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson

from mockreel.cassettes.cassette import Exchange
from mockreel.client.http.request_writer import RequestWriter
from mockreel.client.http.steps import OutgoingRequest
from mockreel.client.profile import ClientProfile
from mockreel.client.values import JobRequest
from mockreel.contract import Contract, Operation
from mockreel.contract.pointers import values
from mockreel.errors import OptionError


@dataclass
class Phrases:
    """Reads the requests of one provider."""

    contract: Contract
    profile: ClientProfile
    writer: RequestWriter

    @cached_property
    def keyed(self) -> frozenset[str]:
        """The fields of a query or a body that may hold a key."""
        places = [place for operation in self.contract.operations for place in operation.key]
        return frozenset(place.name for place in places if place.kind != "header")

    def operation(self, exchange: Exchange) -> Operation | None:
        """The requested operation, or None if the contract does not have it."""
        found = self.contract.router.find(unquote(urlsplit(exchange.uri).path))
        return found.methods.get(exchange.method) if found else None

    def submits(self, exchange: Exchange) -> bool:
        """Whether a request begins a job, or requests a quote."""
        operation = self.operation(exchange)
        if operation is None:
            return False
        quote = self.profile.quote.operation if self.profile.quote else None
        return operation.id == quote or self.contract.conversation.of(operation.id) is not None

    def request(self, exchange: Exchange) -> JobRequest:
        """What was to be run.

        Raises:
            OptionError: the contract has no such operation.
        """
        operation = self._operation(exchange)
        params = self._params(exchange)
        body = _body(exchange)
        body = {name: value for name, value in body.items() if name not in self.keyed}
        model = None
        if operation.model is not None:
            where = params if operation.model.kind == "path" else body
            named = where.get(operation.model.name)
            model = where.pop(operation.model.name) if isinstance(named, str) else None
        callback = self._remove_callback(operation, body)
        mark = self._mark(exchange, body)
        fields = dict(body)
        inner = fields.pop(operation.input_path[0], {}) if operation.input_path else fields
        extra = fields if operation.input_path else {}
        return JobRequest(model, inner, callback, mark, extra=extra, params=params, via=operation.id)

    def request_of(self, exchange: Exchange) -> OutgoingRequest:
        """The request of an operation that the client has no method for, with the key where it belongs."""
        operation = self._operation(exchange)
        place = next((place for place in operation.key if place.kind == "header"), None)
        return OutgoingRequest(operation.id, exchange.method, exchange.uri, {}, exchange.body, place)

    def job(self, exchange: Exchange) -> str | None:
        """The job of a request: its id is where the client puts it, or would on a similar route."""
        operation = self.operation(exchange)
        if operation is None or self.contract.conversation.of(operation.id) is not None:
            return None
        own = self.profile.by_id.get(operation.id)
        for place in (own,) if own else tuple(self.profile.by_id.values()):
            there = {"path": self._params, "query": _query, "body": _body}[place.kind](exchange)
            if place.name in there:
                return str(there[place.name])
        return None

    def unmarked(self, body: Any) -> Any:
        """A body without the client's random mark by which it finds its job again."""
        mark = self.profile.mark
        if mark is None or mark.place.kind != "body" or not isinstance(body, dict):
            return body
        return {name: value for name, value in body.items() if name != mark.place.name}

    def _operation(self, exchange: Exchange) -> Operation:
        operation = self.operation(exchange)
        if operation is None:
            request_line = f"{exchange.method} {urlsplit(exchange.uri).path}"
            then = "State it under `outside`, with the reason why the contract does not cover it."
            raise OptionError("operation", request_line, then=then)
        return operation

    def _params(self, exchange: Exchange) -> dict[str, str]:
        found = self.contract.router.find(unquote(urlsplit(exchange.uri).path))
        return dict(found.params) if found else {}

    def _remove_callback(self, operation: Operation, body: dict[str, Any]) -> str | None:
        """The callback URL, removed from the body."""
        if not operation.raw.get("callbacks"):
            return None
        place = self.writer.callback_pointer(operation)
        found = next(iter(values(body, place)), None)
        body.pop(place.removeprefix("/"), None)
        return found

    def _mark(self, exchange: Exchange, body: dict[str, Any]) -> str | None:
        mark = self.profile.mark
        if mark is None:
            return None
        if mark.place.kind == "header":
            return exchange.request_header(mark.place.name)
        found = body.pop(mark.place.name, None)
        return None if found is None else str(found)


def _body(exchange: Exchange) -> dict[str, Any]:
    try:
        found = orjson.loads(exchange.body) if exchange.body else {}
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _query(exchange: Exchange) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(exchange.uri).query, keep_blank_values=True))
