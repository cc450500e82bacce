"""Check the declared headers of an operation: required ones, and their schemas."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from mockreel.contract import Contract, Operation
from mockreel.contract.evidence.facts import Facts
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.problem import Problem
from mockreel.contract.exchanges.response_check import ResponseChecker
from mockreel.contract.messages.query import typed
from mockreel.contract.operations import resolve
from mockreel.contract.validation import violations


@dataclass(frozen=True, slots=True)
class _Rule:
    """One declared header; its name in lower case."""

    name: str
    required: bool
    schema: Mapping[str, Any]
    validator: jsonschema_rs.Draft202012Validator

    def wrong(self, headers: Mapping[str, str]) -> Iterator[str]:
        value = headers.get(self.name)
        if value is None:
            if self.required:
                yield f"the header {self.name} is missing"
        elif not self.validator.is_valid(read := typed(value, self.schema)):
            yield from (f"the header {self.name}: {one.message}" for one in violations(self.validator, read))


class HeaderRules:
    """The declared headers of one contract, compiled on first use."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._rules: dict[tuple[str, str], tuple[_Rule, ...]] = {}

    def request(self, operation: Operation, headers: Mapping[str, str]) -> tuple[str, ...]:
        """The violations in the headers of a request, apart from its key; names are in lower case."""
        key = operation.id, ""
        if key not in self._rules:
            self._rules[key] = tuple(self._declared(operation))
        return tuple(wrong for rule in self._rules[key] for wrong in rule.wrong(headers))

    def response(
        self, operation: Operation, key: str, response: Mapping[str, Any], headers: Mapping[str, str]
    ) -> tuple[str, ...]:
        """The violations in the headers of a response; `key` is its key in the operation's `responses`."""
        place = operation.id, key
        if place not in self._rules:
            rows = response.get("headers", {}).items()
            self._rules[place] = tuple(
                self._rule(operation, name, self._resolved(operation, row)) for name, row in rows
            )
        return tuple(wrong for rule in self._rules[place] for wrong in rule.wrong(headers))

    def _declared(self, operation: Operation) -> Iterator[_Rule]:
        shared = self._contract.document["paths"][operation.path].get("parameters", [])
        for row in (*shared, *operation.raw.get("parameters", [])):
            parameter = self._resolved(operation, row)
            if parameter["in"] == "header":
                yield self._rule(operation, parameter["name"], parameter)

    def _rule(self, operation: Operation, name: str, row: Mapping[str, Any]) -> _Rule:
        schemas, schema = self._contract.schemas, row.get("schema", {})
        validator = schemas.compile(schemas.absolute(schema), where=f"the header {name} of {operation.id}")
        return _Rule(name.lower(), bool(row.get("required")), schema, validator)

    def _resolved(self, operation: Operation, row: Any) -> Mapping[str, Any]:
        found: Mapping[str, Any] = resolve(self._contract.document, row, where=operation.id)
        return found


def header_problems(
    rules: HeaderRules,
    response_checker: ResponseChecker,
    facts: Facts,
    request: SentRequest,
    received: ReceivedResponse,
) -> Iterator[Problem]:
    """The problems with the headers of a response."""
    operation = request.operation
    found = response_checker.documented(operation, received.status) if operation else None
    if operation is None or found is None:
        return
    key, response = found
    for wrong in rules.response(operation, key, response, received.headers):
        fact = facts.operation(f"the response {key} of {operation.id} has its documented headers", operation)
        yield Problem(fact, "the documented headers", f"{wrong}: {received.shown()[:200]}", request, operation.id)
