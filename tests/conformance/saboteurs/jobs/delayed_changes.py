"""Saboteurs that tell what was in the place of what is: late cancellations, other days, sums and attempts."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Any

from conformance.saboteurs.accounts.things import delivering
from conformance.saboteurs.response_changes import setting
from conformance.saboteurs.saboteur import Saboteur, altering, change_json, operation_id

from mockreel.contract.messages.message import Request, Response
from mockreel.engine.jobs.job_views import JobViews
from mockreel.simulator.in_process.mock_target import Answering
from mockreel.simulator.provider import Provider

_LATE = 2.0


def _cancelled_late() -> Answering:
    """A cancellation is confirmed at once; for some seconds the job is still shown as running."""
    moments: dict[str, float] = {}

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        before = {job.id for job in provider.jobs if job.intervention is not None}
        response = provider.answer(request)
        for job in provider.jobs:
            if job.intervention is not None and job.id not in before:
                moments[job.id] = provider.clock.now()
        if not isinstance(response, Response):
            return response
        asked = f"{request.path} {request.body.decode('latin-1')}"
        recent = any(id_ in asked and provider.clock.now() - at < _LATE for id_, at in moments.items())
        return change_json(response, _still_running) if recent else response

    return answer


def _still_running(body: Any) -> Any:
    words = {"status_code": "running", "status": "RUNNING", "data": "RUNNING"}
    others = {name: word for name, word in words.items() if str(body.get(name, "")).lower().startswith("cancel")}
    return {**body, **others, "completed_at": None} if "completed_at" in body and others else {**body, **others}


def _lagging(*operations: str) -> Callable[[], Answering]:
    """Operations show every job as it was some seconds ago."""

    def make() -> Answering:
        def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
            if operation_id(provider, request) not in operations:
                return provider.answer(request)
            jobs = [job for job in provider.jobs if job.id.encode() in request.body + request.query]
            for job in jobs:
                job.created += _LATE
            views, provider.views = provider.views, JobViews()
            try:
                return provider.answer(request)
            finally:
                provider.views = views
                for job in jobs:
                    job.created -= _LATE

        return answer

    return make


def _yesterday(moment: str) -> str:
    then = datetime.fromisoformat(moment.replace("Z", "+00:00")) - timedelta(days=1)
    return then.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _stamped_yesterday(response: Response, request: Request) -> Response:
    return setting("/timestamp", _yesterday)(response, request) if response.status >= 400 else response


def _day_before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


def _opening_doubled(entry: Any) -> Any:
    if entry.get("direction") != "TOPUP":
        return entry
    return {**entry, "amount": {name: 2 * value for name, value in entry["amount"].items()}}


GALLERY = (
    Saboteur(
        "runflow-cancels-late",
        "A run that was cancelled is still running for two seconds.",
        "runflow",
        answering=_cancelled_late,
    ),
    Saboteur(
        "runninghub-cancels-late",
        "A task that was cancelled is still running for two seconds.",
        "runninghub",
        answering=_cancelled_late,
    ),
    Saboteur(
        "older-route-lags",
        "The older route shows a task as it was two seconds ago.",
        "runninghub",
        answering=_lagging("get_task_status"),
    ),
    Saboteur(
        "older-outputs-lag",
        "The older route to the outputs shows a task as it was two seconds ago.",
        "runninghub",
        answering=_lagging("get_task_outputs"),
    ),
    Saboteur(
        "errors-of-yesterday",
        "The moment in an error's body is a day ago.",
        "aimlapi",
        answering=altering(change=_stamped_yesterday),
    ),
    Saboteur(
        "counted-yesterday",
        "Statistics count a run on the day before.",
        "runflow",
        answering=altering("get_runs_stats", change=setting("/timeline/*/date", _day_before)),
    ),
    Saboteur(
        "credited-twice",
        "The list of transactions has twice what was credited.",
        "aimlapi",
        answering=altering(
            "list_transactions",
            change=lambda response, _: change_json(
                response,
                lambda body: (
                    {**body, "data": [_opening_doubled(one) for one in body["data"]]} if "data" in body else body
                ),
            ),
        ),
    ),
    Saboteur(
        "subscriptions-once-more",
        "What a subscription is sent, and fails, is sent once more than the policy says.",
        "runflow",
        contract=lambda one: delivering(
            attempts=one.callbacks.policies["webhook"].attempts + 1,
            delays=(*one.callbacks.policies["webhook"].delays, 4.0),
        )(one),
    ),
)
