"""What the reference client gets from a new cassette, as its metadata states it."""

from typing import Any

from mockreel.cassettes.cassette import Cassette
from mockreel.cassettes.cassette_errors import NoRecording
from mockreel.cassettes.expectation import ClientCall, Doing
from mockreel.cassettes.recorder.recording_plan import Plan
from mockreel.cassettes.replay.client_replay import Readback
from mockreel.client.values import Outcome


def of_job(plan: Plan, cassette: Cassette, outcome: Outcome | None) -> dict[str, Any]:
    """The calls of a job. If the cassette differs from the provider, the provider's state is used."""
    reading = Readback(plan.contract, cassette, root=plan.root)
    submitted = reading.call(_call("submit", of=0))
    calls = [{"call": "submit", "of": 0, "gives": submitted}]
    if outcome is not None and "job" in submitted:
        calls.append({"call": "wait", "job": submitted["job"], "gives": _waited(reading, submitted["job"], outcome)})
    callbacks = [{"of": number, "gives": reading.callback(one)} for number, one in enumerate(cassette.callbacks)]
    files = [n for n, one in enumerate(cassette.exchanges) if not one.uri.startswith(plan.base_url)]
    outside = [{"exchange": number, "why": "a file, fetched from the result's URL"} for number in files]
    return (
        {"calls": calls} | ({"callbacks": callbacks} if callbacks else {}) | ({"outside": outside} if outside else {})
    )


def _waited(reading: Readback, job: str, outcome: Outcome) -> dict[str, Any]:
    try:
        waited = reading.call(_call("wait", job=job))
    except NoRecording:
        waited = {}
    same = (waited.get("state"), len(waited.get("urls", ()))) == (outcome.state, len(outcome.urls))
    return waited if same else {"state": outcome.state, "word": outcome.word}


def of_refusal(plan: Plan, cassette: Cassette, *, polled: bool, wrong_key: bool) -> dict[str, Any]:
    """The one call of an error response."""
    reading = Readback(plan.contract, cassette, root=plan.root)
    job = reading.phrases.job(cassette.exchanges[0]) if polled else None
    call: dict[str, Any] = {"call": "poll", "job": job} if polled else {"call": "submit", "of": 0}
    gives = reading.call(_call("poll", job=job) if polled else _call("submit", of=0))
    requests = [
        {"exchange": n, "who": "invalid", "why": "sent with a wrong key"} for n in range(len(cassette.exchanges))
    ]
    return {"calls": [{**call, "gives": gives}]} | ({"play": requests} if wrong_key else {})


def _call(do: Doing, *, of: int | None = None, job: str | None = None) -> ClientCall:
    return ClientCall(do, of, job, None, {})
