"""Saboteurs whose jobs do not live as jobs do."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import orjson
from conformance.saboteurs.saboteur import Saboteur, age_job, altering, change_json, operation_id

from mockreel.contract.messages.message import Request, Response, json_response
from mockreel.simulator.in_process.mock_target import Answering
from mockreel.simulator.provider import Provider


def _shouting(response: Response, _: Request) -> Response:
    return change_json(
        response, lambda body: {**body, "status": str(body["status"]).upper()} if "status" in body else body
    )


def _saying(word: str, instead_of: str) -> Callable[[Response, Request], Response]:
    def change(response: Response, _: Request) -> Response:
        return change_json(
            response, lambda body: {**body, "status": word} if body.get("status") == instead_of else body
        )

    return change


def _no_url(response: Response, _: Request) -> Response:
    return change_json(response, lambda body: {**body, "video": None} if body.get("video") else body)


def _early(response: Response, _: Request) -> Response:
    video = {"url": "http://mock.test/early.mp4"}
    return change_json(response, lambda body: {**body, "video": video} if body.get("status") == "generating" else body)


def _other_id(response: Response, _: Request) -> Response:
    return change_json(response, lambda body: {**body, "id": "XXLhM-WwM1UXTVnR5w9EV"} if "id" in body else body)


def _dead_links() -> Answering:
    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        return json_response(404, {}) if "/media/" in request.path else provider.answer(request)

    return answer


def _moody(after: int, word: str) -> Callable[[], Answering]:
    """After so many polls of a job its word is another one."""

    def make() -> Answering:
        polls: dict[bytes, int] = {}

        def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
            response = provider.answer(request)
            if operation_id(provider, request) != "get_generation" or not isinstance(response, Response):
                return response
            body = orjson.loads(response.body)
            if body.get("status") == "completed":
                polls[request.query] = polls.get(request.query, 0) + 1
            return (
                change_json(response, lambda one: {**one, "status": word})
                if polls.get(request.query, 0) > after
                else response
            )

        return answer

    return make


def _returning() -> Answering:
    """A generating job is queued again."""
    polls: dict[bytes, int] = {}

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        response = provider.answer(request)
        if (
            operation_id(provider, request) == "get_generation"
            and isinstance(response, Response)
            and b'"generating"' in response.body
        ):
            polls[request.query] = polls.get(request.query, 0) + 1
            if polls[request.query] == 3:
                return change_json(response, lambda body: {**body, "status": "queued"})
        return response

    return answer


def _pushed() -> Answering:
    """Every poll makes the job older."""

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        if operation_id(provider, request) == "get_run":
            job = provider.jobs.get(request.path.rpartition("/")[2])
            if job is not None:
                age_job(provider, job, 0.5)
        return provider.answer(request)

    return answer


def _instant() -> Answering:
    """A job is over before it is asked for."""

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        response = provider.answer(request)
        if operation_id(provider, request) == "submit_generation":
            job: Any = next(reversed(list(provider.jobs)), None)
            if job is not None and job.created == provider.clock.now():
                job.created -= 60
        return response

    return answer


def _colliding() -> Answering:
    """Every second job has the id of the one before."""
    ids: list[str] = []

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        response = provider.answer(request)
        if operation_id(provider, request) != "submit_task" or not isinstance(response, Response):
            return response
        own = str(orjson.loads(response.body).get("taskId"))
        ids.append(own)
        return change_json(
            response, lambda body: {**body, "taskId": ids[-2]} if len(ids) > 1 and len(ids) % 2 == 0 else body
        )

    return answer


def _prefixed() -> Answering:
    """Ids of another form, understood when they come back."""

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        response = provider.answer(replace(request, path=request.path.replace("/run_", "/")))
        if operation_id(provider, request) in ("create_run", "get_run") and isinstance(response, Response):
            return change_json(response, lambda body: {**body, "id": f"run_{body['id']}"} if "id" in body else body)
        return response

    return answer


def _endless(response: Response, _: Request) -> Response:
    text = re.sub(rb'"status":"(SUCCESS|FAILED|CANCEL)"', b'"status":"RUNNING"', response.body)
    return replace(response, body=text)


def _impatient_teller() -> Answering:
    """Tells of a job's end before it comes."""

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        response = provider.answer(request)
        if operation_id(provider, request) == "submit_task":
            job: Any = next(reversed(list(provider.jobs)), None)
            if job is not None:
                early = job.plan._replace(begins=(0.0, 0.1, 0.2)[: len(job.plan.begins)])
                late, job.plan = job.plan, early
                provider.watch(job)
                provider.scheduler.at(job.created + 0.21, lambda: setattr(job, "plan", late))
        return response

    return answer


def _forgetful() -> Answering:
    """A redelivery is promised and never made."""
    last: list[Response] = []

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        if operation_id(provider, request) == "redeliver_run_callback" and last:
            return last[0]
        response = provider.answer(request)
        if operation_id(provider, request) == "redeliver_run_callback" and isinstance(response, Response):
            last.append(response)
        return response

    return answer


_POLL = "get_generation"
GALLERY = (
    Saboteur("shouts", "The state is written in capitals.", "aimlapi", answering=altering(_POLL, change=_shouting)),
    Saboteur(
        "own-words",
        "A state has a word that the lifecycle lacks.",
        "aimlapi",
        answering=altering(_POLL, change=_saying("processing", "generating")),
    ),
    Saboteur(
        "completed-without-url",
        "A completed generation has no URL.",
        "aimlapi",
        answering=altering(_POLL, change=_no_url),
    ),
    Saboteur(
        "result-too-early",
        "A generation shows its result before it is completed.",
        "aimlapi",
        answering=altering(_POLL, change=_early),
    ),
    Saboteur("dead-links", "The URL of a result leads nowhere.", "runflow", answering=_dead_links),
    Saboteur("second-thoughts", "A completed generation fails later.", "aimlapi", answering=_moody(1, "error")),
    Saboteur(
        "rises-again", "A completed generation is generating again.", "aimlapi", answering=_moody(1, "generating")
    ),
    Saboteur("falls-back", "A generating job is queued again.", "aimlapi", answering=_returning),
    Saboteur("instant", "A job is over as soon as it is begun.", "aimlapi", answering=_instant),
    Saboteur("pushed-by-polls", "A poll moves the job on.", "runflow", answering=_pushed),
    Saboteur("colliding-ids", "Two jobs share an id.", "runninghub", answering=_colliding),
    Saboteur("own-ids", "Ids have another form.", "runflow", answering=_prefixed),
    Saboteur(
        "mixes-jobs-up", "A poll shows the id of another job.", "aimlapi", answering=altering(_POLL, change=_other_id)
    ),
    Saboteur("endless", "No job ever ends.", "runninghub", answering=altering("query_task", change=_endless)),
    Saboteur(
        "tells-too-early", "A callback comes while the job still runs.", "runninghub", answering=_impatient_teller
    ),
    Saboteur(
        "forgets-redelivery", "A callback that is asked for again does not come.", "runflow", answering=_forgetful
    ),
)
