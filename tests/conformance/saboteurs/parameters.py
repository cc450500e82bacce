"""Saboteurs that are wrong about one way to ask only: a bound, a page at the end, a form of a number, another route."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from conformance.saboteurs.histories import Visit, json_object, on_visit
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


def _first_result(response: Response, _: Request) -> Response:
    return change_json(response, lambda body: {**body, "results": body["results"][:1]} if body.get("results") else body)


GALLERY: tuple[Saboteur, ...] = (
    Saboteur("bound-left-out", "what is at the lower bound of a list is left out", "runflow",
             answering=on_visit("list_runs", answer=_exclusive)),
    Saboteur("items-numbered-by-page", "the items of a batch are numbered anew on each page", "runflow",
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
    Saboteur("first-result-only", "of several results only the first is shown", "runninghub",
             answering=altering("query_task", change=_first_result)),
)  # fmt: skip
