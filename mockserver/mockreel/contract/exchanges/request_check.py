"""Check a sent request against the contract's schemas."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from mockreel.contract import Contract, Model, Operation
from mockreel.contract.exchanges.exchange import SentRequest
from mockreel.contract.messages import body as bodies
from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.message import Request
from mockreel.contract.messages.query import Queries
from mockreel.contract.validation import Violation, violations


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on a request: the expected error (None if it is valid), and each violation as text."""

    row: str | None
    violations: tuple[str, ...] = ()
    model: Model | None = None


class RequestChecker:
    """Judges requests by one contract."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._queries = Queries(contract.schemas)

    def judge(self, sent: SentRequest) -> Verdict:
        """The verdict on a request, apart from its key."""
        assert sent.operation is not None
        headers = [
            (name.lower().encode("latin-1", "replace"), value.encode("latin-1", "replace"))
            for name, value in sent.headers.items()
        ]
        request = Request(sent.method, unquote(sent.path), headers, sent.query.encode(), sent.body, "")
        try:
            body = bodies.read_body(request, sent.operation)
            if sent.operation.query:
                self._queries.read(sent.operation, request.query)
        except ErrorResponse as error:
            messages = tuple(violation.message for violation in error.violations)
            return Verdict(error.row, messages or tuple(str(value) for value in error.values.values()))
        return self._judge_body(sent.operation, request.path, body)

    def _judge_body(self, operation: Operation, path: str, body: Any) -> Verdict:
        wrong: tuple[Violation, ...] = self._queries.body_violations(operation, body)
        if (each := operation.raw["x-mockreel"].get("each")) is not None:
            return self._judge_each(operation, each, path, body, wrong)
        if operation.model is None:
            return Verdict("invalid-body" if wrong else None, _messages(wrong))
        model = self.model(operation, path, body)
        if model is None and (wrong or not _needs_no_model(operation, body)):
            return Verdict("invalid-body" if wrong else "unknown-model", ("the model is not known",))
        if model is not None and operation.body == "json":
            name = model.routes.get(operation.route, model.schema) if model.routes else model.schema
            validator = self._contract.schemas.validator(name)
            wrong += violations(validator, _inside(body, operation.input), prefix=operation.input_path)
        return Verdict("invalid-body" if wrong else None, _messages(wrong), model)

    def _judge_each(
        self, operation: Operation, each: Mapping[str, Any], path: str, body: Any, wrong: tuple[Violation, ...]
    ) -> Verdict:
        """The verdict on a body with many inputs: each is checked against the schema of the model in the path."""
        found = self._contract.router.find(path)
        model = self._contract.names.get(found.params.get(each["model"], "") if found else "")
        if model is None:
            return Verdict("invalid-body" if wrong else "unknown-model", ("the model is not known",))
        form = self._contract.wire[each["form"]]
        items = body.get(form["items"]) if isinstance(body, Mapping) else None
        validator = self._contract.schemas.validator(model.schema)
        for number, item in enumerate(items if isinstance(items, list) else ()):
            inner = _inside(item, f"/{form['wrapped']}" if form["wrapped"] else "")
            input_ = _without(inner, form["beside"]) if not form["wrapped"] else inner
            wrong += violations(validator, input_, prefix=(form["items"], str(number)))
        return Verdict("invalid-body" if wrong else None, _messages(wrong), model)

    def model(self, operation: Operation, path: str, body: Any) -> Model | None:
        """The model that a request is for, if the contract has it; `path` is percent-decoded."""
        if operation.model is None:
            return None
        if operation.model.kind == "path":
            found = self._contract.router.find(path)
            name: Any = found.params.get(operation.model.name, "") if found else None
        else:
            name = body.get(operation.model.name) if isinstance(body, Mapping) else None
        return self._contract.names_at[operation.id].get(name) if isinstance(name, str) else None


def _needs_no_model(operation: Operation, body: Any) -> bool:
    """Whether the request's own schema describes the input: no model is named, or one that has no file of its own."""
    assert operation.model is not None
    name = body.get(operation.model.name) if isinstance(body, Mapping) else None
    return operation.model.kind == "body" and (name is None or name in operation.own_models)


def _messages(found: tuple[Violation, ...]) -> tuple[str, ...]:
    return tuple(f"{one.pointer} {one.message}".strip() for one in found)


def _inside(body: Any, place: str) -> Any:
    for step in place.split("/")[1:]:
        body = body.get(step) if isinstance(body, Mapping) else None
    return body


def _without(value: Any, names: Any) -> Any:
    return {name: one for name, one in value.items() if name not in names} if isinstance(value, Mapping) else value
