"""Build well-formed requests for the operations of a contract from its schemas and examples."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from mockreel.contract import Contract, Model, Operation
from mockreel.contract.exchanges.exchange import SentRequest
from mockreel.contract.exchanges.sample_values import Samples
from mockreel.contract.exchanges.schema_resolver import Resolver
from mockreel.contract.operations import resolve

# An id that does not exist, for contracts without an example.
UNKNOWN_ID = "00000000-0000-7000-8000-000000000000"


class Requests:
    """Builds requests, always the same ones."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self.resolver = Resolver(contract)
        self.samples = Samples(self.resolver)

    def good(
        self, operation: Operation, model: Model | None = None, *, params: Mapping[str, str] | None = None
    ) -> SentRequest:
        """A well-formed request; `params` sets path and query parameters, the others use examples."""
        if operation.model is not None and model is None:
            model = next(iter(self._contract.names_at[operation.id].values()), None)
        values = dict(params or {})
        if operation.model is not None and operation.model.kind == "path" and model is not None:
            values.setdefault(operation.model.name, model.id)
        path, query = self._path(operation, values), self._query(operation, values)
        request = SentRequest(operation.method, path, query, operation=operation)
        if operation.body == "json":
            request = replace(request, headers={"content-type": "application/json"})
            request = request.with_json(self.body(operation, model))
        return request

    def body(self, operation: Operation, model: Model | None) -> Any:
        """A well-formed body: the operation's example or the smallest one, with the model's smallest input."""
        body = self._example(operation)
        if body is None and "each" in operation.raw["x-mockreel"]:
            return self._many(operation, operation.raw["x-mockreel"]["each"])
        if model is None or operation.model is None:
            return self.samples.smallest(operation.request_schema or {}) if body is None else body
        name = model.routes.get(operation.route, model.schema) if model.routes else model.schema
        schema, base = self.resolver.model(name)
        fields = self.samples.smallest(schema, base)
        body = self.samples.smallest(operation.request_schema or {})
        body = placed(body if isinstance(body, dict) else {}, operation.input, fields)
        return {**body, operation.model.name: model.id} if operation.model.kind == "body" else body

    def _many(self, operation: Operation, each: Mapping[str, Any]) -> Any:
        """A body with one input of the model in the path, wrapped as the contract says."""
        form = self._contract.wire[each["form"]]
        model = self._contract.names[str(self._parameter_example(operation, each["model"]))]
        fields = self.samples.smallest(*self.resolver.model(model.schema))
        return {form["items"]: [{form["wrapped"]: fields} if form["wrapped"] else fields]}

    def with_input(self, operation: Operation, model: Model, fields: Any) -> SentRequest:
        """A request with this model input."""
        good = self.good(operation, model)
        body = placed(good.json, operation.input, fields) if operation.input else fields
        if operation.model is not None and operation.model.kind == "body":
            body = {**body, operation.model.name: model.id}
        return good.with_json(body)

    def _path(self, operation: Operation, values: Mapping[str, str]) -> str:
        path = operation.path
        for name in [part[1:-1] for part in path.split("/") if part.startswith("{")]:
            value = values.get(name) or self._parameter_example(operation, name) or UNKNOWN_ID
            path = path.replace(f"{{{name}}}", quote(value, safe="/" if name in operation.many else ""))
        return path

    def _query(self, operation: Operation, values: Mapping[str, str]) -> str:
        pairs = {}
        for parameter in operation.query:
            if parameter.name in values:
                pairs[parameter.name] = values[parameter.name]
            elif parameter.required:
                example = self._parameter_example(operation, parameter.name)
                pairs[parameter.name] = example or str(self.samples.smallest(parameter.schema))
        return urlencode(pairs)

    def _parameter_example(self, operation: Operation, name: str) -> str | None:
        for row in self._parameters(operation):
            if row["name"] == name and "example" in row:
                return str(row["example"])
        return None

    def _parameters(self, operation: Operation) -> Iterable[Mapping[str, Any]]:
        item = self._contract.document["paths"][operation.path]
        rows = (*item.get("parameters", ()), *operation.raw.get("parameters", ()))
        return [resolve(self._contract.document, row, where=operation.id) for row in rows]

    def _example(self, operation: Operation) -> Any:
        body = resolve(self._contract.document, operation.raw.get("requestBody") or {}, where=operation.id)
        media: Mapping[str, Any] = next(iter(body.get("content", {}).values()), {})
        if "example" in media:
            return media["example"]
        return next((row.get("value") for row in media.get("examples", {}).values()), None)


def placed(body: Any, place: str, value: Any) -> Any:
    """A body with a value at a pointer; at the root its fields are merged."""
    steps = place.split("/")[1:]
    if not steps:
        return {**body, **value} if isinstance(body, Mapping) and isinstance(value, Mapping) else value
    return {**body, steps[0]: placed(body.get(steps[0], {}), place[len(steps[0]) + 1 :], value) if steps[1:] else value}


def raw_json(value: Any) -> bytes:
    """A value as the bytes of a body."""
    return orjson.dumps(value)
