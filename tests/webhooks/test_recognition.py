"""The provider of a webhook, and whether its signature is good."""

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
        heard = knowing.recognise(dict(one.headers), one.body)
        assert heard.callback is not None
        assert heard.callback.contract.provider == one.callback.contract.provider
        assert heard.word == one.word
        assert heard.violations == ()
        assert heard.rejection == ""


@pytest.mark.parametrize(
    ("headers", "secrets", "standing", "refused"),
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
    headers: dict[str, str], secrets: Sequence[str], standing: str, *, refused: bool
) -> None:
    """Good only over these bytes, with one of the secrets."""
    heard = Recogniser([RUNFLOW], secrets=secrets).recognise(headers, SENT.body)

    assert heard.signature == standing
    assert bool(heard.rejection) == refused


def test_a_signature_over_other_bytes_is_bad() -> None:
    """One space is enough."""
    heard = Recogniser([RUNFLOW], secrets=["the secret"]).recognise({HEADER: SIGNED}, SENT.body + b" ")

    assert heard.signature == "bad"


def test_no_signature_is_required_of_a_provider_that_signs_nothing() -> None:
    """Even where a secret was given for another."""
    sent = happening(load_contract("runninghub"), "TASK_END")
    heard = Recogniser(CONTRACTS, secrets=["the secret"]).recognise({}, sent.body)

    assert (heard.signature, heard.state, heard.rejection) == ("none", "SUCCESS", "")
    assert heard.subject == orjson.loads(sent.body)["taskId"]


def test_undocumented_fields_are_reported_and_accepted() -> None:
    """A provider may have changed: the nearest callback is named."""
    body = orjson.dumps({**orjson.loads(SENT.body), "duration_ms": "long"})
    heard = Recogniser(CONTRACTS).recognise({}, body)

    assert heard.word == "run.completed"
    assert [one.pointer for one in heard.violations] == ["/duration_ms"]
    assert heard.rejection == ""


@pytest.mark.parametrize("body", [b"", b"no JSON", b"[]", b'{"hello": 1}'])
def test_what_is_no_callback_is_rejected(body: bytes) -> None:
    """It has the fields of none."""
    heard = Recogniser(CONTRACTS).recognise({}, body)

    assert heard.callback is None
    assert heard.rejection == "It is not a webhook of a provider: its body has no provider's fields."
