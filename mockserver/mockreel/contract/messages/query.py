"""Check query parameters and body envelopes against the operation's schemas, compiled on first use."""

import re
from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from mockreel.contract import Operation, Parameter
from mockreel.contract.messages.body import read_query
from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.form import Form
from mockreel.contract.messages.known_violations import KnownViolations
from mockreel.contract.schemas import Schemas
from mockreel.contract.validation import NONE, Violation, Violations, violations

# JSON numbers only; Python would also accept others (`1_000`, `nan`, ` 5`).
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
# RFC 8259, 6: readers disagree on larger numbers.
MOST_WHOLE = 2**53 - 1
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]{1,2})?")


class Queries:
    """The schemas that stand in the operations of one contract.

    Args:
        known: finds what is wrong with a body; nothing is known again if None.
    """

    def __init__(self, schemas: Schemas, known: KnownViolations | None = None) -> None:
        self._schemas = schemas
        self.known = known or KnownViolations(lambda _: True)
        self._parameters: dict[str, list[tuple[Parameter, jsonschema_rs.Draft202012Validator]]] = {}
        self._bodies: dict[str, jsonschema_rs.Draft202012Validator | None] = {}

    def read(self, operation: Operation, query: bytes) -> Mapping[str, Any]:
        """The declared parameters of a query, typed.

        Raises:
            ErrorResponse: `invalid-query`, with a violation for each parameter that breaks its schema or is missing.
        """
        texts = read_query(query)
        values: dict[str, Any] = {}
        found: list[Violation] = []
        for parameter, validator in self._parameters_of(operation):
            text = texts.get(parameter.name)
            if text is None:
                if parameter.required:
                    found.append(_missing(parameter))
                continue
            value = values[parameter.name] = typed(text, parameter.schema)
            if not validator.is_valid(value):
                found += violations(validator, value, prefix=("query", parameter.name))
        if found:
            raise ErrorResponse("invalid-query", violations=tuple(found))
        return values

    def body_violations(self, operation: Operation, body: Any) -> Violations:
        """The violations of the operation's own schema in a body."""
        validator = self._body(operation)
        if validator is None or (body is None and not operation.body_required):
            return NONE
        instance = _as_object(body) if isinstance(body, Form) else body
        return NONE if validator.is_valid(instance) else self.known.find(validator, instance)

    def prepare(self, operation: Operation) -> None:
        """Compile the schemas of an operation, which is otherwise done at its first request.

        Raises:
            DataError: one of them is not a valid schema.
        """
        self._parameters_of(operation)
        self._body(operation)

    def _parameters_of(self, operation: Operation) -> list[tuple[Parameter, jsonschema_rs.Draft202012Validator]]:
        found = self._parameters.get(operation.id)
        if found is None:
            found = self._parameters[operation.id] = [(one, self._parameter(operation, one)) for one in operation.query]
        return found

    def _parameter(self, operation: Operation, parameter: Parameter) -> jsonschema_rs.Draft202012Validator:
        where = f"the parameter {parameter.name} of {operation.id}"
        return self._schemas.compile(self._schemas.absolute(parameter.schema), where=where)

    def _body(self, operation: Operation) -> jsonschema_rs.Draft202012Validator | None:
        if operation.id not in self._bodies:
            schema = operation.request_schema if operation.body in ("json", "form") else None
            self._bodies[operation.id] = (
                None
                if schema is None
                else self._schemas.compile(self._schemas.absolute(schema), where=f"the body of {operation.id}")
            )
        return self._bodies[operation.id]


def _as_object(form: Form) -> Mapping[str, Any]:
    return {**form.fields, **dict.fromkeys(form.files, "")}


def _missing(parameter: Parameter) -> Violation:
    return Violation(
        ("query", parameter.name), "required", f'"{parameter.name}" is a required parameter', None, parameter.name
    )


def whole_number(value: float) -> int:
    """An integer of a JSON body, which may be written as `40.0`, within the range that all JSON readers support."""
    return int(max(-MOST_WHOLE, min(MOST_WHOLE, value)))


def typed(text: str, schema: Mapping[str, Any]) -> Any:
    """The typed value of a query's or a header's text under a schema; the text itself if it has no other."""
    kinds = schema.get("type", "string")
    for kind in [kinds] if isinstance(kinds, str) else kinds:
        if kind == "integer" and _INTEGER.fullmatch(text):
            return int(text)
        if kind == "boolean" and text in ("true", "false"):
            return text == "true"
        if kind == "number" and len(text) < 100 and _NUMBER.fullmatch(text):
            return float(text)
    return text
