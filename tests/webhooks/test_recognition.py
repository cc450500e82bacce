"""The provider of a webhook, and whether its signature is good."""

import gzip
from collections.abc import Sequence

import orjson
import pytest

from mockreel.contract import load_contract, providers
from mockreel.simulator.in_process.sample_webhooks import happening, happenings
from mockreel.webhooks import sign
from mockreel.webhooks.recognition import Recogniser

CONTRACTS = [load_contract(name) for name in providers()]
RUNFLOW = load_contract("runflow")
SENT = happening(RUNFLOW, "run.completed")
SIGNATURE = RUNFLOW.callbacks.signature
assert SIGNATURE is not None
HEADER = SIGNATURE.header.lower()
SIGNED = sign(SIGNATURE, "the secret", SENT.body)


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.provider)
def test_each_callback_is_recognised(contract: object) -> None:
    """Its provider, its event, its job, and nothing is wrong with it."""
    knowing = Recogniser(CONTRACTS)
    for one in happenings(contract):  # type: ignore[arg-type]
        webhook = knowing.recognise(dict(one.headers), one.body)
        assert webhook.callback is not None
        assert webhook.callback.contract.provider == one.callback.contract.provider
        assert webhook.word == one.word
        assert webhook.violations == ()
        assert webhook.rejection == ""


@pytest.mark.parametrize(
    ("headers", "secrets", "standing", "rejected"),
    [
        ({HEADER: SIGNED}, ["the secret"], "good", False),
        ({HEADER: SIGNED}, ["a new one", "the secret"], "good", False),
        ({HEADER: SIGNED}, ["another"], "bad", True),
        ({HEADER: SIGNED.upper()}, ["the secret"], "bad", True),
        ({HEADER: "ünlesbar"}, ["the secret"], "bad", True),
        ({}, ["the secret"], "missing", True),
        ({HEADER: SIGNED}, [], "unchecked", False),
        ({}, [], "none", False),
    ],
)
def test_signatures_are_classified(
    headers: dict[str, str], secrets: Sequence[str], standing: str, *, rejected: bool
) -> None:
    """Good only over these bytes, with one of the secrets."""
    webhook = Recogniser([RUNFLOW], secrets=secrets).recognise(headers, SENT.body)

    assert webhook.signature == standing
    assert bool(webhook.rejection) == rejected


def test_a_signature_over_other_bytes_is_bad() -> None:
    """One space is enough."""
    webhook = Recogniser([RUNFLOW], secrets=["the secret"]).recognise({HEADER: SIGNED}, SENT.body + b" ")

    assert webhook.signature == "bad"


def test_no_signature_is_required_of_a_provider_that_signs_nothing() -> None:
    """Even where a secret was given for another."""
    sent = happening(load_contract("runninghub"), "TASK_END")
    webhook = Recogniser(CONTRACTS, secrets=["the secret"]).recognise({}, sent.body)

    assert (webhook.signature, webhook.state, webhook.rejection) == ("none", "SUCCESS", "")
    assert webhook.subject == orjson.loads(sent.body)["taskId"]


def test_undocumented_fields_are_reported_and_accepted() -> None:
    """A provider may have changed: the nearest callback is named."""
    body = orjson.dumps({**orjson.loads(SENT.body), "duration_ms": "long"})
    webhook = Recogniser(CONTRACTS).recognise({}, body)

    assert webhook.word == "run.completed"
    assert [one.pointer for one in webhook.violations] == ["/duration_ms"]
    assert webhook.rejection == ""


@pytest.mark.parametrize("body", [b"[]", b'{"hello": 1}'])
def test_what_is_no_callback_is_rejected(body: bytes) -> None:
    """It has the fields of none."""
    webhook = Recogniser(CONTRACTS).recognise({}, body)

    assert webhook.callback is None
    assert webhook.rejection == "It is not a webhook of a provider: its body has no provider's fields."


@pytest.mark.parametrize(
    ("body", "headers", "why"),
    [
        (b"", {}, "it is blank"),
        (b"no JSON", {}, "line 1, column"),
        (b"\xef\xbb\xbf{}", {}, "byte order mark"),
        (
            gzip.compress(SENT.body),
            {"content-encoding": "gzip"},
            "its Content-Encoding is 'gzip', and none is decoded here",
        ),
        (gzip.compress(SENT.body), {}, "it begins as gzip does"),
        (b"a=b&c=d", {}, "it is a form"),
        (b'{"event":' + b"[" * 900 + b"]" * 900 + b"}", {}, "nested deeper than 200 levels"),
        (b'{"event": "\\ud800"}', {}, "half a surrogate pair"),
        (SENT.body[:40], {}, "it was cut off"),
    ],
)
def test_a_body_that_cannot_be_read_is_rejected_with_the_reason(body: bytes, headers: dict[str, str], why: str) -> None:
    """It is not told as one without a provider's fields."""
    webhook = Recogniser(CONTRACTS).recognise(headers, body)

    assert (webhook.callback, webhook.payload) == (None, None)
    assert webhook.rejection.startswith("It is not a webhook of a provider: its body cannot be read as JSON: ")
    assert why in webhook.rejection
