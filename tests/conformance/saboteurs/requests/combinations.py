"""Saboteurs that are right about each thing alone, and wrong about two of them together, or about one done twice."""

from collections.abc import Awaitable
from dataclasses import replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from conformance.saboteurs.jobs.histories import Visit, json_object, on_visit
from conformance.saboteurs.response_changes import header
from conformance.saboteurs.saboteur import Saboteur, change_json

from mockreel.contract.messages.message import Request, Response
from mockreel.simulator.provider import Provider

# One tag of a list, whatever is asked of it.
_TAG = 'W/"mockreel-saboteur"'
# The longest word by which a request is traced.
_LONGEST = 128


def _unfiltered_next(visit: Visit) -> Response:
    """The page after another goes on in the list of everything."""
    response, query = visit.ask(), visit.query
    if "pq" not in query or "q" not in query or response.status != 200:
        return response
    items, last = [], visit.known.get(query["pq"])
    asked = urlencode(
        {name: value for name, value in query.items() if name not in ("q", "pq", "limit")} | {"limit": 500}
    )
    whole = json_object(visit.ask(replace(visit.request, query=asked.encode())).body).get("items", [])
    ids = [one.get("id") for one in whole]
    if last in ids:
        items = whole[ids.index(last) + 1 :][: int(query.get("limit", "50"))]
    return change_json(response, lambda body: {**body, "items": items})


def _forgetful(visit: Visit) -> Response:
    response = _unfiltered_next(visit)
    page = json_object(response.body)
    if page.get("next") and page.get("items"):
        visit.known[page["next"]] = page["items"][-1].get("id")
    return response


def _no_upper_bound(visit: Visit) -> Response:
    """The later of two bounds is overlooked; alone it holds."""
    query = visit.query
    if "from" not in query or "to" not in query or visit.ask().status != 200:
        return visit.ask()
    rest = {name: value for name, value in query.items() if name != "to"}
    return visit.ask(replace(visit.request, query=urlencode(rest).encode()))


def _known_beside(visit: Visit) -> Response:
    """What is not known is refused alone, and overlooked beside what is."""
    query = visit.query
    if "aliases" not in query:
        return visit.ask()
    return visit.ask(replace(visit.request, query=urlencode({"aliases": query["aliases"]}).encode()))


def _one_tag(visit: Visit) -> Response:
    asked = {name: value for name, value in visit.request.headers if name.lower() == b"if-none-match"}
    if asked.get(b"if-none-match") == _TAG.encode():
        return Response(304, b"", headers=((b"etag", _TAG.encode()),))
    return header("etag", _TAG)(visit.ask(), visit.request)


def _long_words(provider: Provider, request: Request) -> Response | Awaitable[Response]:
    """A word that is too long is traced as any other."""
    response = provider.answer(request)
    given = next((value for name, value in request.headers if name.lower() == b"x-client-request-id"), b"")
    if isinstance(response, Response) and len(given) > _LONGEST:
        return replace(response, headers=(*response.headers, (b"x-client-request-id", given)))
    return response


def _one_name(visit: Visit) -> Response:
    """Files are kept by the name that they were sent with, so that each takes the place of those before."""
    response, uploads = visit.ask(), list(visit.provider.uploads)
    for one in uploads:
        one.data = uploads[-1].data
    return response


def _as_announced(visit: Visit) -> Response:
    """An upload has the size that it was announced with."""
    response = visit.ask()
    if visit.operation == "create_asset_upload":
        visit.known[str(json_object(response.body).get("asset_id"))] = visit.body.get("size_bytes")
        return response
    announced = visit.known.get(visit.request.path.split("/")[3])
    if announced is None or response.status >= 300:
        return response
    return change_json(response, lambda body: {**body, "size_bytes": announced})


def _without_last_day(visit: Visit) -> Response:
    """The last day that is asked for is left out."""
    last = visit.query.get("end", "")[:10]
    return change_json(
        visit.ask(), lambda body: {**body, "timeline": [one for one in body["timeline"] if one["date"] < last]}
        if "timeline" in body else body,
    )  # fmt: skip


def _everybodys_tasks(visit: Visit) -> Response:
    """What counts an account's tasks counts those of all accounts."""
    now = visit.provider.clock.now()
    count = sum(not job.state(now).terminal for job in visit.provider.jobs)
    return change_json(visit.ask(), lambda body: _counting(body, count))


def _counting(body: dict[str, Any], count: int) -> dict[str, Any]:
    data = body.get("data")
    return {**body, "data": {**data, "currentTaskCounts": str(count)}} if isinstance(data, dict) else body


def _told_again(visit: Visit) -> Response:
    """A cancellation that comes too late changes nothing, and sends the callback once more."""
    response = visit.ask()
    if response.status == 200:
        path = f"/v1/runs/{json_object(response.body)['id']}/callback-redeliveries"
        visit.ask(replace(visit.request, path=path, body=b""))
    return response


def _shown_only(visit: Visit) -> Response:
    """Another address of a webhook is shown, and nothing is sent there."""
    before = visit.ask(replace(visit.request, method="GET", body=b"")) if visit.operation == "update_webhook" else None
    response = visit.ask()
    if before is not None and "url" in visit.body and response.status < 300:
        webhook = json_object(before.body)
        visit.known[str(webhook["id"])] = visit.body["url"]
        visit.resend(url=webhook["url"])

    def shown(one: dict[str, Any]) -> dict[str, Any]:
        return {**one, "url": visit.known[one["id"]]} if one.get("id") in visit.known else one

    return change_json(
        response, lambda body: {**body, "items": [shown(one) for one in body["items"]]}
        if "items" in body else shown(body),
    )  # fmt: skip


def _free_batches(visit: Visit) -> Response:
    """What a batch cost is never taken from the balance."""
    response, key = visit.ask(), dict(visit.request.headers).get(b"authorization", b"").decode()
    if visit.operation == "create_batch":
        visit.known.setdefault(key, set()).add(json_object(response.body).get("id"))
        return response
    paths = [f"/v1/batches/{one}" for one in visit.known.get(key, ()) if one]
    batches = [json_object(visit.ask(replace(visit.request, path=one)).body) for one in paths]
    costs = sum((Decimal(one.get("cost") or 0) for one in batches), Decimal(0))
    if response.status != 200:
        return response
    return change_json(response, lambda body: {**body, "balance": str(Decimal(body["balance"]) + costs)})


GALLERY = (
    Saboteur(
        "unfiltered-next",
        "The page after another one of a filtered list goes on in the list of everything.",
        "runflow",
        answering=on_visit("list_runs", answer=_forgetful),
    ),
    Saboteur(
        "one-bound-of-two",
        "Of two bounds of a list the later one is overlooked; alone it holds.",
        "aimlapi",
        answering=on_visit("list_transactions", answer=_no_upper_bound),
    ),
    Saboteur(
        "unknown-beside-known",
        "A parameter that is not known is overlooked beside one that is.",
        "aimlapi",
        answering=on_visit("get_model_metrics", answer=_known_beside),
    ),
    Saboteur(
        "one-tag",
        "A list has one tag, whatever is asked of it.",
        "aimlapi",
        answering=on_visit("list_models", answer=_one_tag),
    ),
    Saboteur(
        "traces-long-words",
        "A word that is too long comes back as any other.",
        "aimlapi",
        answering=lambda: _long_words,
    ),
    Saboteur(
        "one-file-per-name",
        "A file that is uploaded takes the place of one of the same name.",
        "runninghub",
        answering=on_visit("upload_media", answer=_one_name),
    ),
    Saboteur(
        "size-as-announced",
        "An upload has the size that it was announced with, whatever was sent.",
        "runflow",
        answering=on_visit("create_asset_upload", "confirm_upload", "get_asset", answer=_as_announced),
    ),
    Saboteur(
        "without-last-day",
        "Statistics leave out the last day of those that are asked for.",
        "runflow",
        answering=on_visit("get_runs_stats", answer=_without_last_day),
    ),
    Saboteur(
        "everybodys-tasks",
        "What counts an account's tasks under way counts those of all accounts.",
        "runninghub",
        answering=on_visit("get_account", answer=_everybodys_tasks),
    ),
    Saboteur(
        "late-cancel-tells",
        "A cancellation that comes too late sends the callback once more.",
        "runflow",
        answering=on_visit("cancel_run", answer=_told_again),
    ),
    Saboteur(
        "former-address",
        "A webhook whose address was changed shows the new one, and is told at the former one.",
        "runflow",
        answering=on_visit("update_webhook", "get_webhook", "list_webhooks", answer=_shown_only),
    ),
    Saboteur(
        "free-batches",
        "What a batch cost is never taken from the balance.",
        "runflow",
        answering=on_visit("create_batch", "get_balance", answer=_free_batches),
    ),
)
