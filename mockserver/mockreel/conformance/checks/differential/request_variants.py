"""A request at, and just beyond, each documented bound of what it may say, one change at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from mockreel.contract import Operation, pointers
from mockreel.contract.exchanges.exchange import SentRequest
from mockreel.contract.operations import resolve

if TYPE_CHECKING:
    from mockreel.conformance.check_context import CheckContext

# A name and a value that no document has.
NOBODYS, NOTHING = "mockreel", "mockreel of no form ~ at all"


class RequestVariants:
    """Makes them from the schemas of one contract."""

    def __init__(self, context: "CheckContext") -> None:
        self._context = context

    def of(self, operation: Operation, base: SentRequest, *, refused_only: bool) -> Iterator[SentRequest]:
        """Every variant of a request; `refused_only` leaves out those that could begin a job."""
        variants = [*self._queries(operation, base), *self._headers(operation, base)]
        yield from () if refused_only else variants
        for variant in self._bodies(operation, base):
            if not refused_only or self._context.request_checker.judge(variant).row is not None:
                yield variant

    def _queries(self, operation: Operation, base: SentRequest) -> Iterator[SentRequest]:
        pairs = dict(parse_qsl(base.query, keep_blank_values=True))
        for parameter in operation.query:
            for value in dict.fromkeys(self._values(operation, parameter.name, parameter.schema)):
                yield replace(base, query=urlencode({**pairs, parameter.name: value}))
        if operation.method == "GET":
            yield replace(base, query=urlencode({**pairs, NOBODYS: "1"}))

    def _values(self, operation: Operation, name: str, schema: Any) -> Iterator[str]:
        samples = self._context.requests.samples
        for row in self._rows(operation, "query"):
            if row["name"] == name:
                yield from (_text(one.get("value")) for one in row.get("examples", {}).values())
        listed = self._context.contract.conversation.lists.get(operation.id)
        for rule in (listed.filters if listed is not None else {}).values():
            value = self._listed_value(operation, f"{listed.items}/*{rule['at']}") if listed is not None else None
            if rule["name"] == name and value is not None:
                yield str(rule.get("form", "{value}")).replace("{value}", value)
        around = {"properties": {name: schema}}
        for variant in (*samples.allowed(around, ""), *samples.forbidden(around, "")):
            value = variant.value.get(name)
            if isinstance(value, str | int | float):
                yield _text(value)

    def _listed_value(self, operation: Operation, place: str) -> str | None:
        """A value that a list has shown at a place."""
        shown = (response.json for sent, response in reversed(self._context.log) if sent.operation is operation)
        return next((value for body in shown if (value := pointers.text(body, (place,))) is not None), None)

    def _headers(self, operation: Operation, base: SentRequest) -> Iterator[SentRequest]:
        for row in self._rows(operation, "header"):
            for value in (_text(self._context.requests.samples.smallest(row.get("schema", {}))), NOTHING):
                yield replace(base, headers={**base.headers, row["name"]: value})
        last = next((response for sent, response in reversed(self._context.log) if sent.operation is operation), None)
        if last is not None and "etag" in last.headers:
            yield replace(base, headers={**base.headers, "if-none-match": last.headers["etag"]})

    def _rows(self, operation: Operation, place: str) -> Iterator[Mapping[str, Any]]:
        """The declared parameters of an operation that stand in one place."""
        document = self._context.contract.document
        for row in (*document["paths"][operation.path].get("parameters", ()), *operation.raw.get("parameters", ())):
            parameter = resolve(document, row, where=operation.id)
            if parameter["in"] == place:
                yield parameter

    def _bodies(self, operation: Operation, base: SentRequest) -> Iterator[SentRequest]:
        body, samples = base.json, self._context.requests.samples
        if operation.request_schema is None or operation.model is not None or not isinstance(body, Mapping):
            return
        schema, where = self._context.requests.resolver.followed(operation.request_schema, "")
        smallest = samples.smallest(schema, where)
        for variant in (*samples.allowed(schema, where), *samples.forbidden(schema, where)):
            if not isinstance(variant.value, Mapping) or not isinstance(smallest, Mapping):
                continue
            changed = {name: value for name, value in variant.value.items() if smallest.get(name) != value}
            lacking = [name for name in smallest if name not in variant.value]
            yield base.with_json({name: value for name, value in {**body, **changed}.items() if name not in lacking})


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
