"""The documented webhooks of a job: the place of their URL in a submit, and the schema of their body."""

from typing import Any

from mockreel.contract import Contract, Operation
from mockreel.contract.exchanges.exchange import ReceivedResponse
from mockreel.contract.operations import resolve
from mockreel.contract.validation import violations


class JobWebhooks:
    """The webhooks of one contract, as the checks look at them."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract

    def of(self, operation: Operation) -> tuple[str, Any] | None:
        """Where in its body an operation takes a callback URL, and what is sent there; None where it takes none."""
        for row in operation.raw.get("callbacks", {}).values():
            callback = resolve(self._contract.document, row, where=operation.id)
            for expression, item in callback.items():
                return expression.strip("{}").partition("#")[2], item["post"]
        return None

    def payload(self, body: bytes) -> Any:
        """A callback's parsed body, or None."""
        return ReceivedResponse(200, {}, body).json

    def problems(self, submit: Operation, body: bytes) -> tuple[str, ...]:
        """What in a callback breaks the schema that the contract has for it."""
        found = self.of(submit)
        parsed = self.payload(body)
        if found is None or parsed is None:
            return ("the callback is no JSON",) if found else ()
        content = next(iter(found[1]["requestBody"]["content"].values()))
        schema = self._contract.schemas.absolute(content["schema"])
        validator = self._contract.schemas.compile(schema, where=f"the callback of {submit.id}")
        return tuple(f"{one.pointer or '/'}: {one.message[:300]}" for one in violations(validator, parsed))
