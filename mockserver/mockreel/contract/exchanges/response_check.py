"""Check responses against the documented responses of their operations."""

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

from mockreel.contract import Contract, Evidence, Operation
from mockreel.contract.evidence.facts import Facts, weaker
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.problem import Problem
from mockreel.contract.exchanges.schema_resolver import Resolver
from mockreel.contract.operations import resolve
from mockreel.contract.validation import violations


class ResponseChecker:
    """The documented responses of one contract, compiled on first use."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._resolver = Resolver(contract)
        self._compiled: dict[tuple[str, str], jsonschema_rs.Draft202012Validator] = {}
        self._places: dict[tuple[str, str], bool] = {}
        self._found: dict[tuple[str, int], tuple[str, Mapping[str, Any]] | None] = {}

    def documented(self, operation: Operation, status: int) -> tuple[str, Mapping[str, Any]] | None:
        """The documented response of an operation for a status, with its key, or None."""
        key = operation.id, status
        if key not in self._found:
            self._found[key] = self._documented(operation, status)
        return self._found[key]

    def _documented(self, operation: Operation, status: int) -> tuple[str, Mapping[str, Any]] | None:
        responses: Mapping[str, Any] = operation.raw.get("responses", {})
        for key in (str(status), f"{status // 100}XX", f"{status // 100}xx", "default"):
            if key in responses:
                return key, resolve(self._contract.document, responses[key], where=operation.id)
        return None

    def wrong_media(self, response: Mapping[str, Any], received: ReceivedResponse) -> str:
        """The problem with the content type; empty if there is none."""
        content = response.get("content", {})
        if not content or received.media in content or "*/*" in content:
            return ""
        return f"{received.media or 'no content type'} instead of {', '.join(content)}"

    def violations(
        self, operation: Operation, key: str, response: Mapping[str, Any], received: ReceivedResponse
    ) -> tuple[str, ...]:
        """The violations of the documented schema in the body; empty if there is no schema."""
        schema = response.get("content", {}).get(received.media, {}).get("schema")
        if schema is None or "json" not in received.media:
            return ()
        body = received.json
        if body is None and received.body.strip() != b"null":
            return ("the body is not JSON",)
        validator = self._validator(operation, key, schema)
        if validator.is_valid(body):
            return ()
        return tuple(f"{one.pointer or '/'}: {one.message[:300]}" for one in violations(validator, body))

    def may_lack(self, operation: Operation, place: str) -> bool:
        """Whether no documented response of an operation requires a place (a pointer of plain keys)."""
        return not any(self._requires(operation, row, place) for row in operation.raw.get("responses", {}).values())

    def _requires(self, operation: Operation, row: Any, place: str) -> bool:
        response = resolve(self._contract.document, row, where=operation.id)
        content: Mapping[str, Any] = next(iter(response.get("content", {}).values()), {})
        schema, base = self._resolver.followed(content.get("schema", {}))
        for key in place.split("/")[1:]:
            parts = [(schema, base), *(self._resolver.followed(one, base) for one in schema.get("allOf", ()))]
            if not any(key in part.get("required", ()) for part, _ in parts):
                return False
            fields = ((part["properties"][key], own) for part, own in parts if key in part.get("properties", {}))
            schema, base = self._resolver.followed(*next(fields, ({}, base)))
        return True

    def may_have(self, operation: Operation, place: str) -> bool:
        """Whether some documented response of an operation can have a place (a pointer, `*` is any index)."""
        if (operation.id, place) not in self._places:
            found = False
            for row in operation.raw.get("responses", {}).values():
                response = resolve(self._contract.document, row, where=operation.id)
                for content in response.get("content", {}).values():
                    found = found or self._allows(content.get("schema", {}), "", place.split("/")[1:])
            self._places[operation.id, place] = found
        return self._places[operation.id, place]

    def _allows(self, schema: Any, base: str, steps: list[str]) -> bool:
        """Whether an instance of a schema can have what these steps lead to; a schema that names no fields has any."""
        schema, base = self._resolver.followed(schema, base)
        if not steps or not isinstance(schema, Mapping):
            return True
        branches = [one for word in ("allOf", "anyOf", "oneOf") for one in schema.get(word, ())]
        fields: Any = schema.get("properties", {})
        if steps[0] in fields:
            return self._allows(fields[steps[0]], base, steps[1:])
        if steps[0] == "*" or steps[0].isdecimal():
            return "items" not in schema or self._allows(schema["items"], base, steps[1:])
        if naming := [one for one in branches if not fields or self._names_fields(one, base)]:
            return any(self._allows(one, base, steps) for one in naming)
        return not fields and schema.get("type") != "null"

    def _names_fields(self, schema: Any, base: str) -> bool:
        """Whether a schema says which fields an instance has; one that only requires some does not."""
        schema, base = self._resolver.followed(schema, base)
        if not isinstance(schema, Mapping):
            return False
        branches = [one for word in ("allOf", "anyOf", "oneOf") for one in schema.get(word, ())]
        return "properties" in schema or any(self._names_fields(one, base) for one in branches)

    def evidence(self, operation: Operation, response: Mapping[str, Any], received: ReceivedResponse) -> Evidence:
        """The evidence of a response's schema: the weaker of the operation's and the schema's."""
        extension = operation.raw["x-mockreel"]
        found = Evidence(extension["evidence"], tuple(extension["source"]))
        schema, _ = self._resolver.followed(response.get("content", {}).get(received.media, {}).get("schema", {}))
        rows = schema.get("x-mockreel") if isinstance(schema, Mapping) else None
        return weaker(found, Evidence(rows["evidence"], tuple(rows["source"]))) if rows else found

    def _validator(self, operation: Operation, key: str, schema: Any) -> jsonschema_rs.Draft202012Validator:
        if (operation.id, key) not in self._compiled:
            schemas = self._contract.schemas
            found = schemas.compile(schemas.absolute(schema), where=f"{operation.id} {key}")
            self._compiled[operation.id, key] = found
        return self._compiled[operation.id, key]


def response_problems(
    response_checker: ResponseChecker, facts: Facts, request: SentRequest, received: ReceivedResponse
) -> Iterator[Problem]:
    """The problems of a response: its status, its content type, its body."""
    operation = request.operation
    if operation is None or request.method == "HEAD":
        return
    found = response_checker.documented(operation, received.status)
    if found is None:
        documented = ", ".join(operation.statuses)
        fact = facts.operation(f"{operation.id} answers with {documented}", operation)
        yield Problem(fact, f"one of the statuses {documented}", received.shown(), request, operation.id)
        return
    key, response = found
    media = response_checker.wrong_media(response, received)
    wrong = () if media else response_checker.violations(operation, key, response, received)
    if not (media or wrong):
        return
    fact = facts.fact(
        f"the response {key} of {operation.id} has its documented form",
        f"openapi.yaml {operation.method} {operation.path} {key}",
        response_checker.evidence(operation, response, received),
    )
    if media:
        yield Problem(fact, "the documented content type", media, request, operation.id)
    for violation in wrong[:5]:
        yield Problem(
            fact, "a body of the documented form", f"{violation} in {received.shown()}", request, operation.id
        )
