"""What a client draws and sends in a header is not shown, but seen to be the same; what anybody may read stays."""

import pytest
from engine.redaction.planted_secrets import Planter, generated, readings, rig, written

from mockreel.engine.redaction import Redactor

PROVIDERS = ("runflow", "aimlapi", "runninghub")
HEADERS = ("idempotency-key", "prefer", "user-agent", "accept", "content-type")
# What is drawn shows; a UUID, a word and what a person has chosen may be anything.
DRAWN = ("letters and digits", "small hex", "long hex", "base64", "base64 with padding", "base64 for URLs")
SECRETS = [secret for kind, secret in generated(5, 24) if kind in DRAWN]


@pytest.mark.parametrize("name", PROVIDERS)
def test_no_outlet_shows_what_was_drawn(name: str) -> None:
    """Sent by somebody with another key, alone and among words, and again with another body."""
    with rig(name) as found:
        planter = Planter(found)
        operations = [one for one in planter.operations if one.submits]
        for number, secret in enumerate(SECRETS):
            operation = operations[number % len(operations)]
            header = HEADERS[number % len(HEADERS)]
            own, path = planter.own(operation, "an-honest-key-of-24-signs"), planter.path(operation)
            for value in (secret, f"client {secret}; a=b"):
                for prompt in ("a boat", "a door"):
                    body = planter.good(operation, {"prompt": prompt})
                    kind = [("content-type", "application/json")] if header != "content-type" else []
                    found.send(operation.method, path, [*own, *kind, (header, value)], body)
        shown = {outlet: readings(text) for outlet, text in found.shown().items()}

    leaks = [(secret, outlet) for secret in SECRETS for outlet, text in shown.items() if _in(secret, text)]
    assert leaks == []


def _in(secret: str, text: str) -> bool:
    return any(one in text for one in written(secret))


def test_the_same_is_seen_to_be_the_same() -> None:
    """Two requests with one key show the same, with another key something else; a conflict is one in the journal."""
    one, other = SECRETS[:2]
    with rig("runflow") as found:
        planter = Planter(found)
        operation = next(operation for operation in planter.operations if operation.id == "create_run")
        for secret, prompt in ((one, "a boat"), (one, "a door"), (other, "a boat")):
            headers = [*planter.own(operation, "k" * 24), ("content-type", "application/json")]
            body = planter.good(operation, {"prompt": prompt})
            found.send(operation.method, planter.path(operation), [*headers, ("idempotency-key", secret)], body)
        first, conflict, third = found.journal()

    shown = [entry["headers"]["idempotency-key"] for entry in (first, conflict, third)]
    assert shown[0] == shown[1] != shown[2]
    assert [entry["status"] for entry in (first, conflict, third)] == [201, 409, 201]


@pytest.mark.parametrize(
    "value",
    [
        "order-7",
        "019b76da-a800-7335-9e7a-f48a3848d822",
        "run-2026-11-29-retry-3",
        "1234567890123456789",
        "scenario=fail; code=500",
        "bytes=0-499",
        "application/json; charset=utf-8",
        "multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW",
        "python-requests/2.31.0",
        "Java-http-client/17.0.9",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0",
        "axios/1.6.2",
        "Go-http-client/1.1",
        "PostmanRuntime/7.36.0",
        "aws-sdk-js/3.450.0 os/linux/5.10 lang/js md/nodejs/18.19.0",
        "okhttp/4.12.0",
        "python-httpx/0.27.0",
        "Apache-HttpClient/5.2.1 (Java/17.0.9)",
        "OpenAI/Python 1.54.3",
        "node",
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    ],
)
def test_what_anybody_may_read_stays(value: str) -> None:
    """Names of programs, of forms and of jobs, words, numbers, ids."""
    assert Redactor().header(value) == value
