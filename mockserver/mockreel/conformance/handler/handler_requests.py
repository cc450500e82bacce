"""A program that receives callbacks, and the callbacks that it is sent: valid, forged, malformed, late, generated."""

import copy
import json
import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2
import orjson

from mockreel.conformance.generated.generated_requests import require
from mockreel.conformance.jobs.job_traces import JobTrace
from mockreel.contract import Contract, Operation
from mockreel.contract.openapi_documents import Documents
from mockreel.contract.operations import resolve
from mockreel.errors import MockreelError, OptionError
from mockreel.webhooks import sign

# The number of generated payloads for each webhook.
GENERATED = 25


@dataclass(frozen=True, slots=True)
class Sent:
    """One request to the handler: its description, bytes and headers, and the response and its time."""

    what: str
    body: bytes
    headers: Mapping[str, str]
    status: int | None
    seconds: float
    trouble: str = ""

    def shown(self) -> str:
        outcome = self.trouble or f"{self.status} after {self.seconds:.2f} s"
        return f"{outcome}, to {self.what}: {self.body.decode('utf-8', 'replace')[:300]}"


@dataclass
class Handler:
    """A handler at a URL.

    Args:
        secret: the signing secret of webhooks; required if the provider signs.
    """

    url: str
    secret: str | None
    contract: Contract
    timeout: float
    client: httpx2.Client = field(default_factory=lambda: httpx2.Client(trust_env=False, follow_redirects=False))

    def send(self, what: str, body: bytes, headers: Mapping[str, str]) -> Sent:
        """Deliver one callback and time the answer."""
        start = time.monotonic()
        try:
            reply = self.client.post(self.url, content=body, headers=dict(headers), timeout=self.timeout)
        except httpx2.ConnectError as problem:
            raise MockreelError(
                f"No handler answers at {self.url}: {problem}. Start it, then check again."
            ) from problem
        except httpx2.HTTPError as problem:
            trouble = str(problem) or type(problem).__name__
            return Sent(what, body, headers, None, time.monotonic() - start, trouble)
        return Sent(what, body, headers, reply.status_code, time.monotonic() - start)

    def headers(self, honest: Mapping[str, str], body: bytes) -> dict[str, str]:
        """The headers of a callback, signed again over these bytes."""
        signature = self.contract.callbacks.signature
        found = {name: value for name, value in honest.items() if name.lower() not in ("host", "content-length")}
        if signature is not None and self.secret is not None:
            found = {name: value for name, value in found.items() if name.lower() != signature.header.lower()}
            found[signature.header] = sign(signature, self.secret, body)
        return found


@dataclass(frozen=True, slots=True)
class Event:
    """One honest callback of the mock server."""

    trace: JobTrace
    body: bytes
    headers: Mapping[str, str]

    @property
    def what(self) -> str:
        return f"{self.trace.subject} {self.trace.scenario or 'succeed'}"


def valid(handler: Handler, events: list[Event], word: str = "") -> Iterator[Sent]:
    for event in events:
        yield handler.send(f"{word}{event.what}", event.body, handler.headers(event.headers, event.body))


def late(handler: Handler, events: list[Event]) -> Iterator[Sent]:
    """The first events again, after all the others."""
    yield from valid(handler, events[:3], "late ")


def forgeries(handler: Handler, events: list[Event]) -> Iterator[Sent]:
    """Signed for other bytes, with another secret, or not at all."""
    signature = handler.contract.callbacks.signature
    assert signature is not None
    for event in events[:3]:
        honest = handler.headers(event.headers, event.body)
        unsigned = {name: value for name, value in honest.items() if name != signature.header}
        yield handler.send("changed after it was signed", event.body + b" ", honest)
        yield handler.send("unsigned", event.body, unsigned)
        wrong = {**unsigned, signature.header: sign(signature, f"{handler.secret}x", event.body)}
        yield handler.send("signed with another secret", event.body, wrong)
        yield handler.send("with a signature that is none", event.body, {**unsigned, signature.header: "0"})


def malformed(handler: Handler, events: list[Event]) -> Iterator[Sent]:
    """Signed as ever, but no callback of the provider: no JSON, half of it, nothing, without a required field."""
    for event in events[:1]:
        half = event.body[: len(event.body) // 2]
        for what, body in (("no JSON", b"hello"), ("half the JSON", half), ("nothing", b""), ("a list", b"[]")):
            yield handler.send(what, body, handler.headers(event.headers, body))
        for name in _required_fields(handler.contract, event.trace.submit):
            body = orjson.dumps({key: value for key, value in orjson.loads(event.body).items() if key != name})
            yield handler.send(f"without {name}", body, handler.headers(event.headers, body))


def _callback(contract: Contract, operation: Operation) -> Mapping[str, Any]:
    for row in operation.raw.get("callbacks", {}).values():
        item: Mapping[str, Any] = next(iter(resolve(contract.document, row, where=operation.id).values()))
        post: Mapping[str, Any] = item["post"]
        return post
    raise OptionError("callback", operation.id)


def _required_fields(contract: Contract, operation: Operation) -> list[str]:
    document = Documents(contract).callback(_callback(contract, operation))
    schema = document["paths"]["/"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    while "$ref" in schema:
        node: Any = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            node = node[step]
        schema = node
    return list(schema.get("required", []))


def generated_payloads(handler: Handler, events: list[Event], seed: int) -> Iterator[Sent]:
    """Payloads that Schemathesis draws from the callback's own schema."""
    library = require()
    logging.getLogger("hypothesis").setLevel(logging.CRITICAL)
    submits = {event.trace.submit.id: event for event in events}
    for event in submits.values():
        document = Documents(handler.contract).callback(_callback(handler.contract, event.trace.submit))
        for body in _draw(library, copy.deepcopy(document), seed):
            yield handler.send("generated", body, handler.headers(event.headers, body))


def _draw(library: Any, document: dict[str, Any], seed: int) -> list[bytes]:
    import hypothesis  # noqa: PLC0415  (comes with Schemathesis)

    strategy = library.openapi.from_dict(document)["/"]["POST"].as_strategy()
    bodies: list[bytes] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=GENERATED, database=None, deadline=None, suppress_health_check=list(hypothesis.HealthCheck)
    )
    @hypothesis.given(case=strategy)
    def draw(case: Any) -> None:
        bodies.append(json.dumps(case.body).encode())  # integers of any size

    draw()
    return bodies
