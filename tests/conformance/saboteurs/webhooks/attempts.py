"""Saboteurs whose attempts at callbacks are wrong in the second look, or tell another story than the record."""

from typing import Any

import orjson
from conformance.saboteurs.saboteur import Saboteur, meddling, with_header, with_json
from conformance.saboteurs.webhooks.calls import policy

from mockreel.webhooks import Outgoing


def _unsigned_again(message: Outgoing, number: int) -> Outgoing:
    return with_header(message, "Runflow-Signature", None) if number else message


def _stale(message: Outgoing, number: int) -> Outgoing:
    """The first attempt's signature is right, the second's is that of other bytes."""
    value = dict(message.headers).get("Runflow-Signature", "")
    return with_header(message, "Runflow-Signature", value[::-1]) if number else message


def _with(name: str, value: Any) -> Any:
    return lambda message, _: with_json(message, lambda body: {**body, name: value})


def _inside(name: str, value: Any) -> Any:
    def change(body: Any) -> Any:
        inner = body["eventData"]
        packed = isinstance(inner, str)
        data = orjson.loads(inner) if packed else inner
        data = {**data, name: value} if isinstance(data, dict) and name in data else data
        return {**body, "eventData": orjson.dumps(data).decode() if packed else data}

    return lambda message, _: with_json(message, change)


GALLERY = (
    Saboteur("signs-once", "Only the first attempt is signed.", "runflow", sender=meddling(_unsigned_again)),
    Saboteur("signs-badly-again", "The second attempt has another signature.", "runflow", sender=meddling(_stale)),
    Saboteur(
        "tells-other-output",
        "A callback has another output than the record.",
        "runflow",
        sender=meddling(_with("output", None)),
    ),
    Saboteur(
        "tells-other-metadata", "A callback lacks the metadata.", "runflow", sender=meddling(_with("metadata", None))
    ),
    Saboteur(
        "tells-other-duration",
        "A callback has another duration than the record.",
        "runflow",
        sender=meddling(_with("duration_ms", 1)),
    ),
    Saboteur(
        "tells-other-moment",
        "A callback has another moment than the record.",
        "runflow",
        sender=meddling(_with("completed_at", "2020-01-01T00:00:00+00:00")),
    ),
    Saboteur(
        "tells-other-run",
        "A callback names another run.",
        "runflow",
        sender=meddling(_with("run_id", "019b76da-a800-7335-9e7a-f48a3848d822")),
    ),
    Saboteur(
        "tells-other-results",
        "A webhook has other results than the record.",
        "runninghub",
        sender=meddling(_inside("results", [])),
    ),
    Saboteur(
        "tells-other-usage",
        "A webhook has another usage than the record.",
        "runninghub",
        sender=meddling(_inside("usage", None)),
    ),
    Saboteur(
        "retries-on-429",
        "A callback that is answered with 429 is tried again.",
        "runflow",
        policy(retry_statuses=("5xx", "429")),
    ),
    Saboteur(
        "retries-on-410",
        "A callback that is answered with 410 is tried again.",
        "runflow",
        policy(retry_statuses=("5xx", "410")),
    ),
    Saboteur(
        "knows-only-500",
        "A callback that is answered with 503 is not tried again.",
        "runflow",
        policy(retry_statuses=("500",)),
    ),
    Saboteur(
        "knows-only-200",
        "A callback that is answered with 204 is tried again.",
        "runninghub",
        policy(success=("200",), retry_statuses=("!200",)),
    ),
    Saboteur(
        "gives-up-on-404",
        "A webhook that is answered with 404 is not tried again.",
        "runninghub",
        policy(retry_statuses=("5xx",)),
    ),
    Saboteur(
        "gives-up-on-429",
        "A webhook that is answered with 429 is not tried again.",
        "runninghub",
        policy(retry_statuses=("5xx", "3xx", "404", "410")),
    ),
    Saboteur("three-attempts", "A webhook is tried three times only.", "runninghub", policy(attempts=3)),
    Saboteur(
        "five-attempts",
        "A webhook is tried a fifth time.",
        "runninghub",
        policy(attempts=5, delays=(10.0, 30.0, 60.0, 70.0)),
    ),
    Saboteur(
        "in-a-hurry",
        "The attempts at a webhook come each after a second.",
        "runninghub",
        policy(delays=(1.0, 1.0, 1.0)),
    ),
)
