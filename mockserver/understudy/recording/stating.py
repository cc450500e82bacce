"""What the reference client gets from a new cassette, as its metadata states it."""

from typing import Any

from understudy.client.values import Outcome
from understudy.recording.cassette import Cassette
from understudy.recording.errors import NotRecorded
from understudy.recording.expectation import Call, Doing
from understudy.recording.plan import Plan
from understudy.recording.readback import Readback


def of_job(plan: Plan, cassette: Cassette, outcome: Outcome | None) -> dict[str, Any]:
    """The calls of a job, compared with what the client got from the provider itself.

    Raises:
        NotRecorded: without its secrets the cassette says something else.
    """
    reading = Readback(plan.contract, cassette, root=plan.root)
    submitted = reading.call(_call("submit", of=0))
    calls = [{"call": "submit", "of": 0, "gives": submitted}]
    if outcome is not None and "job" in submitted:
        waited = reading.call(_call("wait", job=submitted["job"]))
        if (waited.get("state"), len(waited.get("urls", ()))) != (outcome.state, len(outcome.urls)):
            raise NotRecorded(
                f"{cassette.path} was not written: without its secrets the client reads {waited.get('state')!r} from "
                f"it, and it read {outcome.state!r} from the provider. Please report it."
            )
        calls.append({"call": "wait", "job": submitted["job"], "gives": waited})
    heard = [{"of": number, "gives": reading.callback(one)} for number, one in enumerate(cassette.callbacks)]
    files = [n for n, one in enumerate(cassette.exchanges) if not one.uri.startswith(plan.base_url)]
    outside = [{"exchange": number, "why": "a file, fetched from where the result stands"} for number in files]
    return {"calls": calls} | ({"callbacks": heard} if heard else {}) | ({"outside": outside} if outside else {})


def of_refusal(plan: Plan, cassette: Cassette, *, polled: bool, wrong_key: bool) -> dict[str, Any]:
    """The one call of a refusal."""
    reading = Readback(plan.contract, cassette, root=plan.root)
    job = reading.phrases.job(cassette.exchanges[0]) if polled else None
    given: dict[str, Any] = {"call": "poll", "job": job} if polled else {"call": "submit", "of": 0}
    gives = reading.call(_call("poll", job=job) if polled else _call("submit", of=0))
    played = [
        {"exchange": n, "who": "invalid", "why": "asked with a wrong key"} for n in range(len(cassette.exchanges))
    ]
    return {"calls": [{**given, "gives": gives}]} | ({"play": played} if wrong_key else {})


def _call(do: Doing, *, of: int | None = None, job: str | None = None) -> Call:
    return Call(do, of, job, None, {})
