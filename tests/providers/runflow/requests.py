"""What the tests of Runflow share: good requests, and the check against the contract's own schemas."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from support.caller import Caller, CallerResponse

from mockreel.contract import Contract
from mockreel.contract.operations import resolve

Ask = Callable[..., Caller]
Run = Callable[[Awaitable[Any]], Any]

LITE = "/v1/models/google/veo3.1/lite"
INPUT: Mapping[str, Any] = {
    "prompt": "A paper boat drifts down a rainy street.",
    "duration": "4s",
    "resolution": "720p",
}
HOOK = "http://127.0.0.1:9000/hook"


def create(caller: Caller, *, model: str = LITE, input: Mapping[str, Any] = INPUT, **more: Any) -> Any:  # noqa: A002
    """Create a valid run and return its record, optionally with a `scenario`."""
    headers = {"prefer": f"scenario={scenario}"} if (scenario := more.pop("scenario", None)) else None
    reply = caller("POST", f"{model}/runs", {"input": input, **more}, headers=headers)
    assert reply.status == 201, reply.json
    return reply.json


def read(caller: Caller, run: Any) -> Any:
    return caller("GET", f"/v1/runs/{run['id']}").json


def code(spoken: CallerResponse) -> tuple[int, str]:
    """Status and code of an error response."""
    return spoken.status, spoken.json["code"]


def undocumented(contract: Contract, operation_id: str, body: Any, *, status: int = 200) -> list[str]:
    """What of a response the contract's response schema does not allow."""
    operation = contract.operation(operation_id)
    response = resolve(contract.document, operation.raw["responses"][str(status)], where=operation_id)
    schema = contract.schemas.absolute(response["content"]["application/json"]["schema"])
    validator = contract.schemas.compile(schema, where=operation_id)
    return [f"{list(error.instance_path)}: {error.message}" for error in validator.iter_errors(body)]


def faults(contract: Contract, schema: str, body: Any) -> list[str]:
    """What of a message one schema does not allow."""
    validator = contract.schemas.validator(schema)
    return [f"{list(error.instance_path)}: {error.message}" for error in validator.iter_errors(body)]
