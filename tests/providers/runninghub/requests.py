"""What the tests of RunningHub share: good requests, and the check against the contract's own response schemas."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from support.caller import Caller, CallerResponse

from mockreel.contract import Contract
from mockreel.contract.operations import resolve

Ask = Callable[..., Caller]
Run = Callable[[Awaitable[Any]], Any]

MODEL = "rhart-video-v3.1-lite-official/image-to-video"
SUBMIT = f"/openapi/v2/{MODEL}"
QUERY = "/openapi/v2/query"
BODY: Mapping[str, Any] = {
    "prompt": "A paper boat drifts down a rainy street.",
    "imageUrl": "https://example.com/boat.png",
    "aspectRatio": "16:9",
    "duration": "6",
    "resolution": "720p",
}
START = {"apiKey": "rh-one", "workflowId": "1850925505116598274"}
HOOK = "http://127.0.0.1:9000/hook"


def submit(caller: Caller, **more: Any) -> str:
    """Submit a good task; gives its id."""
    reply = caller("POST", SUBMIT, {**BODY, **more})
    assert reply.json["errorCode"] in ("", None), reply.json
    return str(reply.json["taskId"])


def query(caller: Caller, id: str) -> Any:  # noqa: A002
    return caller("POST", QUERY, {"taskId": id}).json


def old(caller: Caller, name: str, **body: Any) -> Any:
    """A call of the old API, with the key in its body."""
    return caller("POST", f"/task/openapi/{name}", {"apiKey": "rh-one", **body}, key=None).json


def form(**parts: str | tuple[str, str, bytes]) -> tuple[bytes, dict[str, str]]:
    """A multipart body and its header: texts are fields, (name, type, bytes) are files."""
    chunks = []
    for name, part in parts.items():
        if isinstance(part, str):
            chunks.append(f'--X\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{part}\r\n'.encode())
        else:
            head = f'--X\r\nContent-Disposition: form-data; name="{name}"; filename="{part[0]}"\r\n'
            chunks.append(f"{head}Content-Type: {part[1]}\r\n\r\n".encode() + part[2] + b"\r\n")
    return b"".join(chunks) + b"--X--\r\n", {"content-type": "multipart/form-data; boundary=X"}


def undocumented(contract: Contract, operation_id: str, body: Any, *, status: int = 200) -> list[str]:
    """What of a response the contract's response schema does not allow."""
    operation = contract.operation(operation_id)
    responses = operation.raw["responses"]
    found = responses.get(str(status)) or responses[f"{status // 100}XX"]
    response = resolve(contract.document, found, where=operation_id)
    schema = contract.schemas.absolute(response["content"]["application/json"]["schema"])
    validator = contract.schemas.compile(schema, where=operation_id)
    return [f"{list(error.instance_path)}: {error.message}" for error in validator.iter_errors(body)]


def event_faults(contract: Contract, name: str, body: Any) -> list[str]:
    """What of a webhook's body the contract's schema does not allow; `name` is Event or EventOld."""
    schema = contract.schemas.absolute(contract.document["components"]["schemas"][name])
    validator = contract.schemas.compile(schema, where=name)
    return [f"{list(error.instance_path)}: {error.message}" for error in validator.iter_errors(body)]


def good(spoken: CallerResponse) -> Any:
    """The data of a successful enveloped response."""
    assert (spoken.status, spoken.json["code"]) == (200, 0), spoken.json
    return spoken.json["data"]
