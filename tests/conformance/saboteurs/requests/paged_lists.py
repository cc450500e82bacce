"""Saboteurs whose lists lose, repeat or misorder entries, or heed no limit, filter or cursor."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from conformance.saboteurs.request_changes import rewrite_query
from conformance.saboteurs.response_changes import in_items, on_operation, setting
from conformance.saboteurs.saboteur import (
    Saboteur,
    altering,
    change_json,
)

from mockreel.contract.messages.message import Request, Response
from mockreel.simulator.in_process.mock_target import Answering
from mockreel.simulator.provider import Provider

_RUN, _GEN, _TASK = "get_run", "get_generation", "query_task"
_RUN, _LIST, _HISTORY = "get_run", "list_runs", "get_run_callback_history"


def _reversed_twin() -> Answering:
    """Asks for a list in the other order."""

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        query = request.query.replace(b"%3Aasc", b"%3Adesc")
        return provider.answer(replace(request, query=query))

    return answer


def _repeating_page(operation: str, cursor: str) -> Callable[[], Answering]:
    return rewrite_query(operation, without=(cursor,))


def _listing(name: str, says: str, change: Callable[[Response, Request], Response]) -> Saboteur:
    return Saboteur(name, says, "runflow", answering=altering(_LIST, change=change))


GALLERY = (
    *on_operation(
        "runflow",
        "list_runs",
        (
            "list-loses-the-newest",
            "The newest runs are missing in the list.",
            in_items(lambda items: items[5:], "items"),
        ),
        ("list-twice", "The list has its first entry twice.", in_items(lambda items: [*items[:1], *items], "items")),
        ("list-backwards", "The list comes in the other order.", in_items(lambda items: items[::-1], "items")),
    ),
    Saboteur(
        "no-limit", "A list ignores its limit.", "runflow", answering=rewrite_query("list_runs", without=("limit",))
    ),
    Saboteur(
        "no-filter", "A list ignores its filter.", "runflow", answering=rewrite_query("list_runs", without=("q",))
    ),
    Saboteur(
        "no-sort",
        "A list ignores the order asked for.",
        "runflow",
        answering=rewrite_query("list_runs", without=("sort_by",)),
    ),
    Saboteur(
        "no-next-page", "The second page is the first again.", "runflow", answering=_repeating_page("list_runs", "pq")
    ),
    Saboteur(
        "models-twice",
        "The second page of models is the first.",
        "runflow",
        answering=_repeating_page("list_models", "pq"),
    ),
    Saboteur(
        "no-models-limit",
        "The list of models ignores its limit.",
        "runflow",
        answering=rewrite_query("list_models", without=("limit",)),
    ),
    Saboteur("always-desc", "A list is never ascending.", "runflow", answering=_reversed_twin),
    Saboteur(
        "transactions-no-limit",
        "Transactions ignore their limit.",
        "aimlapi",
        answering=rewrite_query("list_transactions", without=("limit",)),
    ),
    Saboteur(
        "transactions-no-page",
        "The second page of transactions is the first.",
        "aimlapi",
        answering=_repeating_page("list_transactions", "cursor"),
    ),
    Saboteur(
        "transactions-no-type",
        "Transactions ignore the type.",
        "aimlapi",
        answering=rewrite_query("list_transactions", without=("type", "direction")),
    ),
    *on_operation(
        "aimlapi",
        "list_transactions",
        ("transactions-backwards", "Transactions come oldest first.", in_items(lambda rows: rows[::-1], "data")),
        ("transactions-lost", "The newest transactions are missing.", in_items(lambda rows: rows[8:], "data")),
    ),
    Saboteur(
        "models-no-filter",
        "The list of models ignores its filters.",
        "aimlapi",
        answering=rewrite_query("list_models", without=("id", "type")),
    ),
    *on_operation(
        "aimlapi",
        "list_models",
        ("models-empty", "The list of models is empty.", in_items(lambda _: [], "data")),
        ("models-doubled", "The list names each model twice.", in_items(lambda rows: rows + rows, "data")),
    ),
    _listing("lists-no-input", "The entries of a list have no input.", setting("/items/*/input", {})),
    _listing("lists-old-states", "The entries of a list are all queued.", setting("/items/*/status_code", "queued")),
    _listing(
        "lists-no-failures",
        "Runs that failed are missing in the list.",
        lambda response, _: change_json(
            response,
            lambda body: (
                {**body, "items": [one for one in body["items"] if one.get("status_code") != "failed"]}
                if "items" in body
                else body
            ),
        ),
    ),
    _listing(
        "never-ends",
        "A list always leads on.",
        lambda response, _: change_json(
            response, lambda body: {**body, "next": body["next"] or body["first"] or "W10"} if "next" in body else body
        ),
    ),
    _listing(
        "never-leads-back",
        "A list never leads back.",
        lambda response, _: change_json(
            response, lambda body: {**body, "previous": None} if "previous" in body else body
        ),
    ),
    _listing("items-as-texts", "The entries of a list are texts.", setting("/items", ["a"])),
    Saboteur(
        "says-no-more",
        "A page says that there is no further one.",
        "aimlapi",
        answering=altering("list_transactions", change=setting("/pagination/has_more", False)),
    ),
    Saboteur(
        "ten-times-the-credits",
        "The credits of a transaction are ten times its dollars.",
        "aimlapi",
        answering=altering("list_transactions", change=setting("/data/*/amount/credits", lambda old: old * 10)),
    ),
    Saboteur(
        "fewer-states",
        "Two states are missing in the list of states.",
        "runflow",
        answering=altering("list_run_statuses", change=setting("/items", lambda old: old[:-2])),
    ),
)
