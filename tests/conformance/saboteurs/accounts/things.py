"""Saboteurs that get wrong what stands beside jobs: settings, evaluations, assets, batches, parts of entries."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from conformance.saboteurs.saboteur import Saboteur, altering, change_json

from mockreel.contract import Contract
from mockreel.contract.messages.message import Request, Response
from mockreel.simulator.in_process.mock_target import Answering
from mockreel.simulator.provider import Provider


def telling(*operations: str, **fields: Any) -> Callable[[], Answering]:
    """Fields of a reply that it has are told otherwise; a function makes the other value of it."""
    return altering(*operations, change=lambda response, _: change_json(response, lambda body: _told(body, fields)))


def _told(body: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    others = {name: value(body[name]) if callable(value) else value for name, value in fields.items() if name in body}
    return {**body, **others}


def listing(operation: str, *, partial: bool | None = None, **fields: Any) -> Callable[[], Answering]:
    """The entries of a list tell fields otherwise, where only some were asked for, or all, or in any case."""

    def change(response: Response, request: Request) -> Response:
        if partial is not None and (b"fields=" in request.query) != partial:
            return response
        return change_json(
            response, lambda body: {**body, "items": [_told(one, fields) for one in body.get("items", [])]}
        )

    return altering(operation, change=change)


def _in_data(**fields: Any) -> Callable[[Any], Any]:
    return lambda data: _told(data, fields) if isinstance(data, dict) else data


def _mute() -> Answering:
    """A method that a path does not have is refused without a word about those that it has."""

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        response = provider.answer(request)
        if not isinstance(response, Response) or response.status != 405:
            return response
        return replace(response, headers=tuple(pair for pair in response.headers if pair[0] != b"allow"))

    return answer


def _empty_instead(operation: str) -> Callable[[], Answering]:
    """An empty list in the place of an error for what does not exist."""

    def change(response: Response, _: Request) -> Response:
        empty = b'{"items":[],"first":null,"next":null,"previous":null}'
        return replace(response, status=200, body=empty) if response.status == 404 else response

    return altering(operation, change=change)


def _falling(models: list[Any]) -> list[Any]:
    def fall(times: dict[str, float]) -> dict[str, float]:
        return {name: 1000.0 - at for at, name in enumerate(times)}

    return [{**one, "metrics": {name: fall(times) for name, times in one["metrics"].items()}} for one in models]


def delivering(**changes: Any) -> Callable[[Contract], Contract]:
    """The policy of subscriptions is another one."""

    def change(contract: Contract) -> Contract:
        policies = {**contract.callbacks.policies}
        policies["webhook"] = replace(policies["webhook"], **changes)
        return replace(contract, callbacks=replace(contract.callbacks, policies=policies))

    return change


def _all_succeeded(attempts: list[Any]) -> list[Any]:
    return [{**one, "succeeded": True} for one in attempts]


def _from_nought(attempts: list[Any]) -> list[Any]:
    return [{**one, "attempt_number": number} for number, one in enumerate(attempts)]


def _of_another(url: str) -> str:
    return re.sub(r"clientId=\w+", "clientId=00000000000000000000000000000000", url)


def _of_no_kind(data: Any) -> Any:
    return [{**one, "fileType": "mockreel"} for one in data] if isinstance(data, list) else data


GALLERY = (
    Saboteur(
        "threshold-forgotten",
        "A threshold that was set is not shown.",
        "runflow",
        answering=telling("get_balance", low_balance_threshold=None),
    ),
    Saboteur("no-allow", "A refused method is told without those that there are.", "runflow", answering=_mute),
    Saboteur(
        "events-lost",
        "A webhook is made for no event.",
        "runflow",
        answering=telling("create_webhook", "get_webhook", event_subscriptions=[]),
    ),
    Saboteur(
        "no-verdict",
        "An evaluation that is over has no verdict.",
        "runflow",
        answering=telling("get_evaluation", overall_passed=None),
    ),
    Saboteur(
        "evaluates-for-ever",
        "An evaluation is never over.",
        "runflow",
        answering=telling("get_evaluation", status_code="running"),
    ),
    Saboteur(
        "asset-never-ready",
        "An asset is never ready.",
        "runninghub",
        answering=telling("get_asset", data=_in_data(status="PROCESSING")),
    ),
    Saboteur(
        "batch-costs-twice",
        "A batch costs twice what its runs cost.",
        "runflow",
        answering=telling("get_batch", cost=lambda cost: cost and str(2 * Decimal(cost))),
    ),
    Saboteur(
        "flags-in-part",
        "An entry of which some fields are asked for says that it has no logs.",
        "runflow",
        answering=listing("list_runs", partial=True, has_logs=False),
    ),
    Saboteur(
        "flags-in-lists",
        "An entry of a list says that the run has no logs.",
        "runflow",
        answering=listing("list_runs", has_logs=False),
    ),
    Saboteur(
        "feedback-forgotten",
        "Feedback on an evaluation is not kept.",
        "runflow",
        answering=telling("get_evaluation", feedback_is_positive=None),
    ),
    Saboteur(
        "all-current",
        "Every secret is the current one.",
        "runflow",
        answering=listing("list_callback_secrets", is_current=True),
    ),
    Saboteur(
        "prices-of-nothing",
        "A model that does not exist has no prices, but is no error.",
        "runflow",
        answering=_empty_instead("list_model_prices"),
    ),
    Saboteur(
        "falling-percentiles",
        "The percentiles of a duration fall.",
        "aimlapi",
        answering=telling("get_model_metrics", models=_falling),
    ),
    Saboteur(
        "one-minute-window",
        "Metrics are of another window.",
        "aimlapi",
        answering=telling("get_model_metrics", window_seconds=60),
    ),
    Saboteur(
        "one-task-more",
        "The queue has one task more than run and wait.",
        "runninghub",
        answering=telling("get_queue", data=_in_data(totalCurrentTasks=lambda one: str(int(one) + 1))),
    ),
    Saboteur(
        "one-asset-more",
        "A list of assets tells of one more than it has.",
        "runninghub",
        answering=telling("list_assets", data=_in_data(totalCount=lambda one: one + 1)),
    ),
    Saboteur(
        "apps-lead-on",
        "A list of apps always says that there are more.",
        "runninghub",
        answering=telling("list_apps", data=_in_data(hasNext=True)),
    ),
    Saboteur(
        "made-in-utc",
        "The moment at which an asset was made is written in another time zone.",
        "runninghub",
        answering=telling("create_asset", data=_in_data(createTime=lambda one: one.replace("T08", "T00"))),
    ),
    Saboteur(
        "progress-of-another",
        "The address of a task's progress names another client.",
        "runninghub",
        answering=telling("start_workflow", data=_in_data(netWssUrl=_of_another)),
    ),
    Saboteur(
        "lora-of-another",
        "The place for a LoRA has another hash than was sent.",
        "runninghub",
        answering=telling("get_lora_upload_url", data=_in_data(fileName=lambda one: one.replace("0cc1", "1cc0"))),
    ),
    Saboteur(
        "unsigned-subscriptions",
        "What a subscription is sent is not signed.",
        "runflow",
        contract=lambda one: replace(one, wire={**one.wire, "webhook_signed": False}),
    ),
    Saboteur(
        "subscriptions-once",
        "What a subscription is sent, and fails, is never sent again.",
        "runflow",
        contract=delivering(attempts=1, delays=()),
    ),
    Saboteur(
        "attempts-succeed",
        "Every attempt at a subscription is kept as one that succeeded.",
        "runflow",
        answering=listing("list_webhook_deliveries", attempts=_all_succeeded),
    ),
    Saboteur(
        "attempts-from-nought",
        "The attempts at a subscription are counted from nought.",
        "runflow",
        answering=listing("list_webhook_deliveries", attempts=_from_nought),
    ),
    Saboteur(
        "run-of-no-workflow",
        "The run of a workflow does not say of which.",
        "runflow",
        answering=telling("create_comfyui_workflow_run", "get_run", comfyui_workflow_id=None),
    ),
    Saboteur(
        "evaluations-of-no-run",
        "The evaluations of a run are none.",
        "runflow",
        answering=telling("list_run_evaluations", items=[]),
    ),
    Saboteur(
        "shouts-slugs",
        "A workflow that is read by its name has another name.",
        "runflow",
        answering=telling("get_comfyui_workflow_by_slug", slug=str.upper),
    ),
    Saboteur(
        "asset-of-any-type",
        "An asset that is read alone is of another type.",
        "runflow",
        answering=telling("get_asset", mime_type="application/octet-stream"),
    ),
    Saboteur(
        "nobody-in-particular",
        "An account has no id.",
        "aimlapi",
        answering=telling("get_billing_detail", user_id=0),
    ),
    Saboteur(
        "outputs-of-no-kind",
        "The file type of an older task's output is none.",
        "runninghub",
        answering=telling("get_task_outputs", data=_of_no_kind),
    ),
)
