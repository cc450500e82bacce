"""Saboteurs that get wrong what stands beside jobs: settings, evaluations, assets, batches, parts of entries."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from conformance.saboteurs.saboteur import Saboteur, altering, changed

from mockreel.contract.messages.message import Request, Response
from mockreel.simulator.in_process.mock_target import Answering
from mockreel.simulator.provider import Provider


def telling(*operations: str, **fields: Any) -> Callable[[], Answering]:
    """Fields of a reply that it has are told otherwise; a function makes the other value of it."""
    return altering(*operations, change=lambda response, _: changed(response, lambda body: _told(body, fields)))


def _told(body: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    others = {name: value(body[name]) if callable(value) else value for name, value in fields.items() if name in body}
    return {**body, **others}


def listing(operation: str, *, partial: bool | None = None, **fields: Any) -> Callable[[], Answering]:
    """The entries of a list tell fields otherwise, where only some were asked for, or all, or in any case."""

    def change(response: Response, request: Request) -> Response:
        if partial is not None and (b"fields=" in request.query) != partial:
            return response
        return changed(response, lambda body: {**body, "items": [_told(one, fields) for one in body.get("items", [])]})

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
)
