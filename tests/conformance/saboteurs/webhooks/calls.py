"""Saboteurs that call back in the wrong way."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
from conformance.saboteurs.saboteur import Saboteur, meddling, with_header, with_json

from mockreel.contract import Contract
from mockreel.webhooks import MemorySender, Outcome, Outgoing


def policy(**changes: Any) -> Callable[[Contract], Contract]:
    """The contract with another policy of retries."""

    def change(contract: Contract) -> Contract:
        policies = {name: replace(row, **changes) for name, row in contract.callbacks.policies.items()}
        return replace(contract, callbacks=replace(contract.callbacks, policies=policies))

    return change


class Twice(MemorySender):
    """Sends everything two times."""

    async def send(self, message: Outgoing) -> Outcome:
        await super().send(message)
        return await super().send(message)


class Deaf(MemorySender):
    """Takes every answer for a failure."""

    async def send(self, message: Outgoing) -> Outcome:
        await super().send(message)
        return Outcome(500)


def _upper(message: Outgoing, _: int) -> Outgoing:
    value = dict(message.headers).get("Runflow-Signature", "")
    return with_header(message, "Runflow-Signature", value.upper())


def _spaced(message: Outgoing, _: int) -> Outgoing:
    return replace(message, body=orjson.dumps(orjson.loads(message.body), option=orjson.OPT_INDENT_2))


def _numbered(message: Outgoing, number: int) -> Outgoing:
    return replace(message, body=message.body + b" " * number)


def _without(name: str) -> Callable[[Any], Any]:
    return lambda body: {key: value for key, value in body.items() if key != name}


GALLERY = (
    Saboteur(
        "retries-on-404",
        "A callback that is answered with 404 is tried again.",
        "runflow",
        policy(retry_statuses=("5xx", "4xx")),
    ),
    Saboteur(
        "retries-on-redirect",
        "A callback that is answered with 302 is tried again.",
        "runflow",
        policy(retry_statuses=("5xx", "3xx")),
    ),
    Saboteur("hasty", "Retries come after 1 s and 1 s instead of 1 s and 2 s.", "runflow", policy(delays=(1.0, 1.0))),
    Saboteur(
        "fourth-attempt", "A callback is tried a fourth time.", "runflow", policy(attempts=4, delays=(1.0, 2.0, 4.0))
    ),
    Saboteur("gives-up", "A callback is tried only twice.", "runflow", policy(attempts=2, delays=(1.0,))),
    Saboteur("impatient", "A callback that times out is not tried again.", "runflow", policy(retry_timeout=False)),
    Saboteur(
        "one-knock",
        "A callback whose connection is refused is not tried again.",
        "runflow",
        policy(retry_network=False),
    ),
    Saboteur(
        "back-off-too-long",
        "The third attempt at a webhook comes too late.",
        "runninghub",
        policy(delays=(10.0, 45.0, 60.0)),
    ),
    Saboteur(
        "signs-other-bytes", "The signature is over JSON that is serialised again.", "runflow", sender=meddling(_spaced)
    ),
    Saboteur(
        "unsigned",
        "Callbacks carry no signature.",
        "runflow",
        sender=meddling(lambda one, _: with_header(one, "Runflow-Signature", None)),
    ),
    Saboteur("shouts-its-signature", "The signature is written in capitals.", "runflow", sender=meddling(_upper)),
    Saboteur(
        "no-request-id",
        "Callbacks lack the header with the request's id.",
        "runflow",
        sender=meddling(lambda one, _: with_header(one, "Runflow-Request-Id", None)),
    ),
    Saboteur(
        "plain-text-callback",
        "Callbacks say that they are plain text.",
        "runninghub",
        sender=meddling(lambda one, _: with_header(one, "Content-Type", "text/plain")),
    ),
    Saboteur("never-the-same-twice", "Every attempt sends other bytes.", "runninghub", sender=meddling(_numbered)),
    Saboteur("silent", "Callbacks are never sent.", "runninghub", sender=meddling(lambda _one, _: None)),
    Saboteur("stutters", "Every callback is sent twice.", "runninghub", sender=lambda honest: Twice(honest.receiver)),
    Saboteur(
        "deaf", "A callback that was taken is tried again.", "runninghub", sender=lambda honest: Deaf(honest.receiver)
    ),
    Saboteur(
        "half-a-callback",
        "A callback lacks a required field.",
        "runninghub",
        sender=meddling(lambda one, _: with_json(one, _without("eventData"))),
    ),
    Saboteur(
        "wrong-job",
        "A callback tells of another job.",
        "runninghub",
        sender=meddling(lambda one, _: with_json(one, lambda body: {**body, "taskId": "1"})),
    ),
    Saboteur(
        "always-completed",
        "A failed run is told as completed.",
        "runflow",
        sender=meddling(lambda one, _: replace(one, body=one.body.replace(b"run.failed", b"run.completed"))),
    ),
)
