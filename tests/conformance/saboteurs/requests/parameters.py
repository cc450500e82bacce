"""Saboteurs that are wrong about one way to ask only: a bound, a page at the end, a form of a number, another route."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from conformance.saboteurs.jobs.histories import Visit, json_object, on_visit
from conformance.saboteurs.request_changes import rewrite_query
from conformance.saboteurs.saboteur import Saboteur, altering, change_json

from mockreel.contract.messages.message import Request, Response


def _exclusive(visit: Visit) -> Response:
    asked = {name: value.replace("created_at>=", "created_at>") for name, value in visit.query.items()}
    return visit.ask(replace(visit.request, query=urlencode(asked).encode()))


def _numbered_by_page(response: Response, _: Request) -> Response:
    return change_json(
        response,
        lambda body: {
            **body, "items": [{**one, "sequence_index": number} for number, one in enumerate(body.get("items", ()))]
        } if "items" in body else body,
    )  # fmt: skip


def _unfiltered_behind(visit: Visit) -> Response:
    """The second page goes on in the list of everything."""
    response, query = visit.ask(), visit.query
    page = json_object(response.body).get("data")
    if not page or "cursor" not in query or "direction" not in query:
        return response
    whole = visit.ask(replace(visit.request, query=_only(query, "to", limit="100")))
    every = json_object(whole.body).get("data", [])
    behind = [one for one in every if one["created_at"] <= page[0]["created_at"]]
    return change_json(response, lambda body: {**body, "data": behind[: int(query.get("limit", "50"))]})


def _only(query: dict[str, str], *names: str, **further: str) -> bytes:
    return urlencode({**{name: query[name] for name in names if name in query}, **further}).encode()


def _more_behind_full(visit: Visit) -> Response:
    response = visit.ask()
    if response.status != 200:
        return response
    full = len(json_object(response.body)["data"]) == int(visit.query.get("limit", "50"))
    return change_json(response, _saying_more) if full else response


def _saying_more(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "pagination": {**body["pagination"], "has_more": True}}


def _text_is_no_length(visit: Visit) -> Response:
    response = visit.ask()
    texts = isinstance(visit.body.get("duration"), str) and response.status == 200
    return visit.resend(duration=None) if texts else response


def _only_first_item(visit: Visit) -> Response:
    """Of a batch only the first item is looked at; the others are taken for the same."""
    response, items = visit.ask(), visit.body.get("input")
    if response.status == 422 and isinstance(items, list) and len(items) > 1 and items[0]:
        return visit.resend(input=[items[0]] * len(items))
    return response


def _number_unread(visit: Visit) -> Response:
    return visit.resend(taskId="0") if isinstance(visit.body.get("taskId"), int) else visit.ask()


def _any_node(visit: Visit) -> Response:
    nodes = visit.body.get("nodeInfoList")
    lacking = isinstance(nodes, list) and any(isinstance(one, dict) and "nodeId" not in one for one in nodes)
    return visit.resend(nodeInfoList=[{"nodeId": "9", **one} for one in nodes]) if lacking and nodes else visit.ask()


def _refunds_refused(visit: Visit) -> Response:
    unknown = urlencode({**visit.query, "type": "NONE"}).encode()
    return visit.ask(replace(visit.request, query=unknown) if visit.query.get("type") == "REFUND" else visit.request)


def _known_by_id_only(visit: Visit) -> Response:
    aliases = {name for model in visit.provider.contract.models.values() for name in model.aliases}
    nobody = urlencode({**visit.query, "id": "nobody"}).encode()
    return visit.ask(replace(visit.request, query=nobody) if visit.query.get("id") in aliases else visit.request)


def _behind_by_source(response: Response, _: Request) -> Response:
    """A statistic by source counts every run but the last, once there are some."""

    def change(body: dict[str, Any]) -> dict[str, Any]:
        counted = [{**one, "runs": max(one["runs"] - 1, min(one["runs"], 3))} for one in body.get("by_source") or ()]
        return {**body, "by_source": counted} if counted else body

    return change_json(response, change)


def _first_result(response: Response, _: Request) -> Response:
    return change_json(response, lambda body: {**body, "results": body["results"][:1]} if body.get("results") else body)


GALLERY: tuple[Saboteur, ...] = (
    Saboteur("bound-left-out", "what is at the lower bound of a list is left out", "runflow",
             answering=on_visit("list_runs", answer=_exclusive)),
    Saboteur("items-numbered-by-page", "each page of items begins to number them anew", "runflow",
             answering=altering("list_batch_items", change=_numbered_by_page)),
    Saboteur("filter-lost-behind", "the pages behind the first of a filtered list have everything", "aimlapi",
             answering=on_visit("list_transactions", answer=_unfiltered_behind)),
    Saboteur("more-behind-a-full-page", "a full page says that more follows, also where it is the last", "aimlapi",
             answering=on_visit("list_transactions", answer=_more_behind_full)),
    Saboteur("details-of-none", "details are not given of a single model", "aimlapi",
             answering=rewrite_query("get_model", without=("details",))),
    Saboteur("length-as-text-unread", "a length that is sent as a text is not heeded", "aimlapi",
             answering=on_visit("submit_generation", answer=_text_is_no_length)),
    Saboteur("bound-unread-on-one-route", "one of several routes to a list does not heed its bound", "aimlapi",
             answering=rewrite_query("list_deprecations_api_v1", without=("since",))),
    Saboteur("first-item-checked", "of a batch only the first item is validated", "runflow",
             answering=on_visit("create_batch", answer=_only_first_item)),
    Saboteur("public-list-unfiltered", "the public list of models does not heed its filter", "runflow",
             answering=rewrite_query("list_public_models", without=("q",))),
    Saboteur("sources-behind", "the statistics by source are one run behind those by day", "runflow",
             answering=altering("get_runs_stats", change=_behind_by_source)),
    Saboteur("refunds-refused", "a list cannot be filtered by one of its types", "aimlapi",
             answering=on_visit("list_transactions", answer=_refunds_refused)),
    Saboteur("known-by-id-only", "a list that is filtered by another name of a model is empty", "aimlapi",
             answering=on_visit("list_models", answer=_known_by_id_only)),
    Saboteur("number-of-a-task", "a task is not found by its id as a number", "runninghub",
             answering=on_visit("get_task_status", answer=_number_unread)),
    Saboteur("nodes-without-id", "a node of an app is taken without its id", "runninghub",
             answering=on_visit("run_app", answer=_any_node)),
    Saboteur("first-result-only", "of several results only the first is shown", "runninghub",
             answering=altering("query_task", change=_first_result)),
)  # fmt: skip
