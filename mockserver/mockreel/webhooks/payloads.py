"""The documented callbacks of a contract: the operation and the place of their URL, and their schema."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import jsonschema_rs

from mockreel.contract import Contract, Operation
from mockreel.contract.conversation.conversation import WebhookTalk
from mockreel.contract.exchanges.schema_resolver import Resolver
from mockreel.contract.operations import resolve
from mockreel.contract.validation import Violation, violations


@dataclass(frozen=True, slots=True)
class Documented:
    """One callback.

    `place` is the JSON pointer to its URL in the request's body; `event` is the field with the event's name; `webhook`
    has the places of the job's id and state.
    """

    contract: Contract
    operation: Operation
    place: str
    event: str | None
    required: frozenset[str]
    webhook: WebhookTalk | None
    _validator: jsonschema_rs.Draft202012Validator = field(repr=False)

    def wrong(self, payload: Any) -> tuple[Violation, ...]:
        """The violations of a payload."""
        return violations(self._validator, payload)

    def word(self, payload: Any) -> str | None:
        """The name of a payload's event."""
        found = payload.get(self.event) if self.event and isinstance(payload, Mapping) else None
        return found if isinstance(found, str) else None


def documented(contract: Contract) -> list[Documented]:
    """Every callback of a contract; operations that were expanded for a model are left out."""
    found = [operation for operation in contract.operations if operation.raw.get("callbacks")]
    return [one for operation in found for one in _of(contract, operation)]


def _of(contract: Contract, operation: Operation) -> Iterator[Documented]:
    resolver = Resolver(contract)
    talk = contract.conversation.of(operation.id)
    for row in operation.raw["callbacks"].values():
        for expression, item in resolve(contract.document, row, where=operation.id).items():
            body = resolve(contract.document, item["post"]["requestBody"], where=operation.id)
            schema = next(iter(body["content"].values()))["schema"]
            read, base = resolver.followed(resolver.absolute(schema))
            yield Documented(
                contract,
                operation,
                expression.strip("{}").partition("#")[2],
                _event(resolver, read, base),
                frozenset(read.get("required", ())),
                talk.webhook if talk else None,
                contract.schemas.compile(contract.schemas.absolute(schema), where=f"{operation.id} callback"),
            )


def _event(resolver: Resolver, schema: Mapping[str, Any], base: str) -> str | None:
    """The first field whose values the schema lists."""
    for name, row in schema.get("properties", {}).items():
        if {"enum", "const"} & set(row):
            return str(name)
    return None
