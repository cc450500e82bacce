"""Saboteurs that answer by what was asked before: the page before, the job that was begun, what was changed since."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from conformance.saboteurs.saboteur import Saboteur, change_json, good, operation_id

from mockreel.contract.messages.body import read_query
from mockreel.contract.messages.message import Request, Response
from mockreel.simulator.in_process.mock_target import Answering
from mockreel.simulator.provider import Provider

# So many steps at most are taken for one response.
STEPS = 100_000


@dataclass
class Visit:
    """One request at a server that remembers: `known` is what it keeps from one to the next."""

    provider: Provider
    request: Request
    operation: str
    known: dict[str, Any] = field(default_factory=dict)

    def ask(self, request: Request | None = None) -> Response:
        """What the honest server answers, to this request or to another one."""
        return _whole(self.provider.answer(request or self.request))

    @property
    def query(self) -> dict[str, str]:
        return read_query(self.request.query)

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object that was sent; empty if it was none."""
        return json_object(self.request.body)

    def resend(self, **fields: Any) -> Response:
        """What the honest server answers to the same body with other fields; None leaves one out."""
        body = {name: value for name, value in {**self.body, **fields}.items() if value is not None}
        return _whole(good(self.provider, self.request, body))


def json_object(text: bytes) -> dict[str, Any]:
    """A JSON object, or an empty one."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _whole(reply: Response | Awaitable[Response]) -> Response:
    """A response that is made in steps, such as that of a long list, made at once."""
    if isinstance(reply, Response):
        return reply
    steps = reply.__await__()
    for _ in range(STEPS):
        try:
            next(steps)
        except StopIteration as end:
            found: Response = end.value
            return found
    raise AssertionError("a response that waits for a job is not for this tool")


def on_visit(*operations: str, answer: Callable[[Visit], Response]) -> Callable[[], Answering]:
    """Some operations are answered by what was asked of them before."""

    def make() -> Answering:
        known: dict[str, Any] = {}

        def answer_one(provider: Provider, request: Request) -> Response | Awaitable[Response]:
            name = operation_id(provider, request)
            return answer(Visit(provider, request, name, known)) if name in operations else provider.answer(request)

        return answer_one

    return make


def _overlapping(visit: Visit) -> Response:
    response = visit.ask()
    page, cursor = json_object(response.body), visit.query.get("pq", "")
    entries = page.get("items") or []
    if entries and page.get("next") and ("asc" in visit.query.get("sort_by", "") or cursor in visit.known):
        visit.known[page["next"]] = entries[-1]
    if entries and cursor in visit.known:
        return change_json(response, lambda body: {**body, "items": [visit.known[cursor], *entries[:-1]]})
    return response


def _all_current(visit: Visit) -> Response:
    response = visit.ask()

    def shown(secret: dict[str, Any]) -> dict[str, Any]:
        if secret.get("is_current"):
            visit.known[str(secret["id"])] = True
        return {**secret, "is_current": str(secret["id"]) in visit.known}

    def change(body: dict[str, Any]) -> dict[str, Any]:
        return {**body, "items": [shown(one) for one in body["items"]]} if "items" in body else shown(body)

    return change_json(response, change) if response.status < 300 and response.body else response


def _label_as_before(visit: Visit) -> Response:
    if visit.operation == "update_callback_secret" and "label" in visit.body:
        before = visit.ask(replace(visit.request, method="GET", body=b""))
        response = visit.ask()
        if response.status < 300:
            visit.known[visit.request.path] = json_object(before.body).get("label")
        return response
    label = visit.known.get(visit.request.path, visit)
    return visit.ask() if label is visit else change_json(visit.ask(), lambda body: {**body, "label": label})


def _cancelled_late(visit: Visit) -> Response:
    response = visit.ask()
    record = json_object(response.body)
    if visit.operation == "cancel_run" and record.get("status_code") == "succeeded":
        visit.known[str(record["id"])] = True
    if visit.operation == "get_run" and str(record.get("id")) in visit.known:
        return change_json(response, lambda body: {**body, "status_code": "canceled", "output": None})
    return response


def _adding_up(visit: Visit) -> Response:
    response = visit.ask()
    id_ = str(json_object(response.body).get("id"))
    looks = visit.known[id_] = visit.known.get(id_, 0) + 1
    headers = tuple(
        (name, str(int(value) * looks).encode() if name == b"x-aimlapi-credits-used" else value)
        for name, value in response.headers
    )
    return replace(response, headers=headers)


def _queued_again(visit: Visit) -> Response:
    response = visit.ask()
    record = json_object(response.body)
    id_ = str(record.get("id"))
    if visit.operation == "submit_generation" and any(name.endswith("image_url") for name in visit.body):
        visit.known[id_] = 0
    if record.get("status") == "generating" and id_ in visit.known:
        visit.known[id_] += 1
        if visit.known[id_] == 2:
            return change_json(response, lambda body: {**body, "status": "queued"})
    return response


def _first_address(visit: Visit) -> Response:
    if visit.operation == "retry_webhook":
        first = visit.known.get(str(visit.body.get("webhookId")))
        return visit.resend(webhookUrl=first) if first else visit.ask()
    response = visit.ask()
    event = json_object(response.body).get("data") or {}
    visit.known.setdefault(str(event.get("id")), event.get("webhookUrl"))
    return response


def _cancelled_counted(visit: Visit) -> Response:
    response = visit.ask()
    fine = json_object(response.body).get("code") == 0
    if visit.operation == "cancel_task":
        visit.known["cancelled"] = visit.known.get("cancelled", 0) + fine
        return response
    more = visit.known.get("cancelled", 0)
    if not fine:
        return response
    return change_json(
        response,
        lambda body: {
            **body,
            "data": {**body["data"], "currentTaskCounts": str(int(body["data"]["currentTaskCounts"]) + more)},
        },
    )


def _remembering(
    name: str, says: str, provider: str, answer: Callable[[Visit], Response], *operations: str
) -> Saboteur:
    return Saboteur(name, says, provider, answering=on_visit(*operations, answer=answer))


_SECRETS = ("create_callback_secret", "update_callback_secret", "list_callback_secrets", "get_callback_secret")

GALLERY: tuple[Saboteur, ...] = (
    _remembering("page-overlaps-upwards", "sorted upwards, a page begins with the last entry of the one before",
                 "runflow", _overlapping, "list_runs"),
    _remembering("secrets-all-current", "a secret stays the current one when another is promoted",
                 "runflow", _all_current, *_SECRETS),
    _remembering("label-as-before", "a label that was changed is shown as it was",
                 "runflow", _label_as_before, "update_callback_secret", "get_callback_secret"),
    _remembering("cancelled-after-its-end", "a run that had succeeded is cancelled afterwards",
                 "runflow", _cancelled_late, "cancel_run", "get_run"),
    _remembering("credits-add-up", "the header of credits grows with each poll",
                 "aimlapi", _adding_up, "get_generation"),
    _remembering("queued-again-with-image", "a generation that was given an image is queued once more",
                 "aimlapi", _queued_again, "submit_generation", "get_generation"),
    _remembering("event-to-first-address", "an event is sent again to the address that it was sent to first",
                 "runninghub", _first_address, "get_webhook", "retry_webhook"),
    _remembering("cancelled-stay-counted", "a task that was cancelled is counted among those under way",
                 "runninghub", _cancelled_counted, "cancel_task", "get_account"),
)  # fmt: skip
