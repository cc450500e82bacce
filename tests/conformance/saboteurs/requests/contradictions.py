"""Saboteurs that say one thing in two ways: in an entry and alone, in a header and a body, in a text and a number."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import orjson
from conformance.saboteurs.saboteur import (
    Saboteur,
    altering,
    change_json,
    meddling,
    operation_id,
    with_header,
    with_json,
)

from mockreel.contract.messages.message import Request, Response
from mockreel.simulator.in_process.mock_target import Answering
from mockreel.simulator.provider import Provider
from mockreel.webhooks import Outgoing


def _shares(body: Any) -> Any:
    return {**body, "by_source": [{**one, "pct": 0.5} for one in body.get("by_source", [])]}


def _of_other_level(body: Any) -> Any:
    return {**body, "level_code": "mockreel"}


def _says(**fields: Any) -> Callable[[Response, Request], Response]:
    return lambda response, _: change_json(response, lambda body: {**body, **fields})


def _renamed_state(word: str) -> Callable[[Response, Request], Response]:
    def change(response: Response, _: Request) -> Response:
        return change_json(
            response, lambda body: {**body, "status": word} if body.get("status") == "completed" else body
        )

    return change


def _with_the_key(response: Response, request: Request) -> Response:
    key = dict(request.headers).get(b"authorization", b"").removeprefix(b"Bearer ").decode()
    return change_json(response, lambda body: {**body, "apiKey": key})


def _charged_at_once() -> Answering:
    """A submit is charged in the list as soon as it is made."""
    job_ids: list[str] = []

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        response, name = provider.answer(request), operation_id(provider, request)
        if not isinstance(response, Response) or response.status >= 300:
            return response
        if name == "submit_generation":
            job_ids.append(orjson.loads(response.body)["id"])
        if name != "list_transactions":
            return response
        return change_json(response, lambda body: {**body, "data": [*_entries(job_ids, body["data"]), *body["data"]]})

    return answer


def _entries(job_ids: list[str], data: list[Any]) -> list[Any]:
    known = {entry["reference_id"] for entry in data}
    example = next((entry for entry in data if entry["reference_id"]), None)
    return [{**example, "reference_id": id_} for id_ in job_ids if id_ not in known] if example else []


def _twice(entry: Any) -> Any:
    if entry.get("type") != "MODEL_USAGE":
        return entry
    return {**entry, "amount": {name: 2 * value for name, value in entry["amount"].items()}}


def _moments_in_z(message: Outgoing, _: int) -> Outgoing:
    def change(body: Any) -> Any:
        moments = {name: body[name].replace("+00:00", "Z") for name in ("created_at", "completed_at") if body.get(name)}
        return {**body, **moments}

    return with_json(message, change)


def _again_without_header(message: Outgoing, number: int) -> Outgoing:
    return with_header(message, "Runflow-Request-Id", None) if number else message


def _renamed_asset(body: Any) -> Any:
    data = body.get("data")
    return {**body, "data": {**data, "name": "a boat"}} if isinstance(data, dict) and "name" in data else body


def _without_node(body: Any) -> Any:
    data = body.get("data")
    entries = data if isinstance(data, list) else []
    remaining = [{name: value for name, value in one.items() if name != "nodeId"} for one in entries]
    return {**body, "data": remaining} if entries else body


def _larger(body: Any) -> Any:
    return {**body, "data": {**body["data"], "size": "1"}} if isinstance(body.get("data"), dict) else body


def _cut_tips(body: Any) -> Any:
    return {**body, "promptTips": '{"result": tr'} if "promptTips" in body else body


def _on(operation: str, change: Callable[[Any], Any]) -> Callable[[], Answering]:
    return altering(operation, change=lambda response, _: change_json(response, change))


GALLERY = (
    Saboteur(
        "renames-nothing", "A renamed asset keeps its name.", "runninghub", answering=_on("get_asset", _renamed_asset)
    ),
    Saboteur(
        "other-size", "An upload is told with another size.", "runninghub", answering=_on("upload_media", _larger)
    ),
    Saboteur("tips-cut", "A text of JSON is cut.", "runninghub", answering=_on("submit_task", _cut_tips)),
    Saboteur(
        "outputs-without-node",
        "The results of a task name no node.",
        "runninghub",
        answering=_on("get_task_outputs", _without_node),
    ),
    Saboteur(
        "other-line-alone",
        "A line of a log that is read alone is another.",
        "runflow",
        answering=altering("get_run_log", change=lambda response, _: change_json(response, _of_other_level)),
    ),
    Saboteur(
        "older-route-waits",
        "The older routes never see a generation end.",
        "aimlapi",
        answering=altering(
            "get_kling_generation",
            "get_luma_generation",
            "get_google_generation",
            "get_alibaba_generation",
            "get_bytedance_generation",
            "get_pixverse_generation",
            "get_runway_generation",
            change=_renamed_state("queued"),
        ),
    ),
    Saboteur(
        "forgets-feedback",
        "Feedback on a run is not kept.",
        "runflow",
        answering=altering("get_run", change=_says(feedback_is_positive=None, feedback_reason=None)),
    ),
    Saboteur(
        "shows-the-key",
        "The account shows the key that asks.",
        "runninghub",
        answering=altering("get_account", "get_queue", change=_with_the_key),
    ),
    Saboteur(
        "results-while-it-runs",
        "Results of a task that runs are an empty list.",
        "runninghub",
        answering=altering(
            "get_task_outputs",
            change=lambda response, _: (
                replace(response, body=b'{"code":0,"msg":"success","data":[]}')
                if b'"code":804' in response.body or b'"code":813' in response.body
                else response
            ),
        ),
    ),
    Saboteur(
        "charges-at-once",
        "A generation is charged when it is submitted.",
        "aimlapi",
        answering=_charged_at_once,
    ),
    Saboteur(
        "charges-twice-as-much",
        "The list of charges has twice what a generation costs.",
        "aimlapi",
        answering=altering(
            "list_transactions",
            change=lambda response, _: change_json(
                response, lambda body: {**body, "data": [_twice(one) for one in body.get("data", [])]}
            ),
        ),
    ),
    Saboteur(
        "always-low",
        "A balance is always called low.",
        "aimlapi",
        answering=altering("get_balance_v1", change=_says(lowBalance=True)),
    ),
    Saboteur(
        "halves-for-shares",
        "The shares of statistics make up no whole.",
        "runflow",
        answering=altering("get_runs_stats", change=lambda response, _: change_json(response, _shares)),
    ),
    Saboteur(
        "says-where-else",
        "A refusal says that something else was asked for.",
        "aimlapi",
        answering=altering(
            change=lambda response, _: change_json(
                response, lambda body: {**body, "instance": "/v2?"} if "instance" in body else body
            )
        ),
    ),
    Saboteur("moments-in-z", "The moments of a callback end in Z.", "runflow", sender=meddling(_moments_in_z)),
    Saboteur(
        "id-on-the-first",
        "Only the first attempt has the header with the request's id.",
        "runflow",
        sender=meddling(_again_without_header),
    ),
    Saboteur(
        "quotes-in-dollars",
        "Prices are quoted in another currency.",
        "runninghub",
        answering=altering(
            "preview_price",
            change=lambda response, _: change_json(
                response, lambda body: {**body, "currency": "USD"} if body.get("currency") else body
            ),
        ),
    ),
    Saboteur(
        "words-another-price",
        "The text of a quote has another price.",
        "runninghub",
        answering=altering(
            "preview_price",
            change=lambda response, _: change_json(
                response, lambda body: {**body, "priceTextEn": "9.99 yuan"} if body.get("priceTextEn") else body
            ),
        ),
    ),
    Saboteur(
        "message-while-it-runs",
        "A task that runs has a message of an error.",
        "runninghub",
        answering=altering(
            "query_task",
            change=lambda response, _: change_json(
                response,
                lambda body: {**body, "errorMessage": "wait"} if body.get("status") in ("QUEUED", "RUNNING") else body,
            ),
        ),
    ),
    Saboteur(
        "exposes-less",
        "One header less may be read by scripts.",
        "aimlapi",
        answering=altering(
            change=lambda response, _: replace(
                response,
                headers=tuple((name, value.replace(b", x-aimlapi-usd-spent", b"")) for name, value in response.headers),
            )
        ),
    ),
)
