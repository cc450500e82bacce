"""Saboteurs whose records, lists, balances and files say what is not so."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson
from conformance.saboteurs.saboteur import Saboteur, age_job, altering, change_json, operation_id

from mockreel.contract.messages.message import Request, Response, json_response
from mockreel.simulator.in_process.mock_target import Answering
from mockreel.simulator.provider import Provider

Change = Callable[[Response, Request], Response]


def setting(place: str, value: Any) -> Change:
    """Another value at a pointer (of plain keys and indexes), where something stands there."""

    def change(response: Response, _: Request) -> Response:
        return change_json(response, lambda body: _set(body, place.split("/")[1:], value))

    return change


def _set(node: Any, steps: list[str], value: Any) -> Any:
    if not steps:
        return value(node) if callable(value) else value
    if isinstance(node, dict) and node.get(steps[0]) is not None:
        return {**node, steps[0]: _set(node[steps[0]], steps[1:], value)}
    if isinstance(node, list) and steps[0] == "*":
        return [_set(one, steps[1:], value) for one in node]
    return node


def dropping(name: str) -> Change:
    return lambda response, _: change_json(
        response, lambda body: {key: one for key, one in body.items() if key != name}
    )


def header(name: str, value: str | None) -> Change:
    """Another value of a header, or none."""

    def change(response: Response, _: Request) -> Response:
        remaining = tuple(pair for pair in response.headers if pair[0] != name.encode())
        there = len(remaining) < len(response.headers)
        return replace(
            response,
            headers=(*remaining, (name.encode(), value.encode())) if value is not None and there else remaining,
        )

    return change


def rewrite_query(operation: str, *, without: tuple[str, ...] = (), **instead: str) -> Callable[[], Answering]:
    """Parts of the query are ignored, or read as others."""

    def make() -> Answering:
        def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
            if operation_id(provider, request) != operation:
                return provider.answer(request)
            pairs = [(name, instead.get(name, value)) for name, value in parse_qsl(request.query.decode())]
            remaining = urlencode([(name, value) for name, value in pairs if name not in without])
            return provider.answer(replace(request, query=remaining.encode()))

        return answer

    return make


def without_headers(*names: str) -> Callable[[], Answering]:
    """Headers of requests are ignored."""

    def make() -> Answering:
        def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
            remaining = [(name, value) for name, value in request.headers if name.decode() not in names]
            return provider.answer(replace(request, headers=remaining))

        return answer

    return make


def first_again(operation: str) -> Callable[[], Answering]:
    """The first response of an operation over and over."""

    def make() -> Answering:
        remaining: dict[bytes, Response] = {}

        def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
            response = provider.answer(request)
            if operation_id(provider, request) != operation or not isinstance(response, Response):
                return response
            key = next((value for name, value in request.headers if name == b"authorization"), b"")
            if response.status == 200:
                remaining.setdefault(key, response)
            return remaining.get(key, response)

        return answer

    return make


def files(change: Callable[[Response, int], Response]) -> Callable[[], Answering]:
    """Change what the URL of a result answers, by how often it was asked."""

    def make() -> Answering:
        counts: dict[str, int] = {}

        def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
            response = provider.answer(request)
            if "/media/" not in request.path or not isinstance(response, Response):
                return response
            counts[request.path] = counts.get(request.path, 0) + 1
            return change(response, counts[request.path])

        return answer

    return make


def later(operation: str, after: float, change: Change) -> Callable[[], Answering]:
    """The responses of an operation change so many seconds after it was first seen that its job had ended."""

    def make() -> Answering:
        seen: dict[bytes, float] = {}

        def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
            response = provider.answer(request)
            if operation_id(provider, request) != operation or not isinstance(response, Response):
                return response
            key = request.path.encode() + request.query + request.body
            is_terminal = any(word in response.body for word in (b'"succeeded"', b'"completed"', b'"SUCCESS"'))
            if is_terminal:
                seen.setdefault(key, provider.clock.now())
            return (
                change(response, request)
                if provider.clock.now() - seen.get(key, provider.clock.now()) > after
                else response
            )

        return answer

    return make


def _png(response: Response, _: int) -> Response:
    return replace(response, body=b"\x89PNG\r\n\x1a\n" + b"\x00" * 40 + b"IEND\xaeB`\x82")


def _half(response: Response, _: int) -> Response:
    remaining = tuple(pair for pair in response.headers if pair[0] != b"content-length")
    return replace(response, body=response.body[: len(response.body) // 2], headers=remaining)


def _once(response: Response, number: int) -> Response:
    return response if number == 1 else json_response(404, {})


def _other_bytes(response: Response, number: int) -> Response:
    return replace(response, body=response.body[:-4] + str(number).encode().rjust(4, b"0")) if number > 1 else response


def _typed(kind: bytes) -> Callable[[Response, int], Response]:
    return lambda response, _: replace(response, headers=((b"content-type", kind),))


def _html_page(response: Response, _: int) -> Response:
    return replace(response, body=b"<html>expired</html>", headers=((b"content-type", b"text/html"),))


def _items(change: Callable[[list[Any]], list[Any]], name: str) -> Change:
    return lambda response, _: change_json(
        response, lambda body: {**body, name: change(body[name])} if name in body else body
    )


def _reversed_twin() -> Answering:
    """Asks for a list in the other order."""

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        query = request.query.replace(b"%3Aasc", b"%3Adesc")
        return provider.answer(replace(request, query=query))

    return answer


def _repeating_page(operation: str, cursor: str) -> Callable[[], Answering]:
    return rewrite_query(operation, without=(cursor,))


def _reused(operation: str, every: int, place: str) -> Callable[[], Answering]:
    """Now and then a job gets an id that one had before."""

    def make() -> Answering:
        ids: list[Any] = []

        def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
            response = provider.answer(request)
            if (
                operation_id(provider, request) != operation
                or not isinstance(response, Response)
                or response.status >= 400
            ):
                return response
            body = orjson.loads(response.body)
            if body.get(place):
                ids.append(body[place])
                if len(ids) % every == 0:
                    return change_json(response, lambda one: {**one, place: ids[0]})
            return response

        return answer

    return make


def _deaf_to(operation: str, status: int, body: Any) -> Callable[[], Answering]:
    """An operation says that it is done, and does nothing."""

    def make() -> Answering:
        def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
            keyed = any(name == b"authorization" for name, _ in request.headers) or b"piKey" in request.body
            if (
                operation_id(provider, request) == operation
                and keyed
                and b"invalid" not in dict(request.headers).get(b"authorization", b"")
            ):
                return json_response(status, body)
            return provider.answer(request)

        return answer

    return make


def _pushed_by_queries() -> Answering:
    """A poll of a generation makes it older."""

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        if operation_id(provider, request) in ("get_generation", "query_task"):
            body = request.body + request.query
            for job in list(provider.jobs):
                if job.id.encode() in body:
                    age_job(provider, job, 0.5)
        return provider.answer(request)

    return answer


def _without_end(word: str, pending: str) -> Change:
    return lambda response, _: replace(response, body=response.body.replace(word.encode(), pending.encode()))


_RUN, _GEN, _TASK = "get_run", "get_generation", "query_task"
_NEGATIVE = -5


def _on(provider: str, operation: str, *rows: tuple[str, str, Change]) -> tuple[Saboteur, ...]:
    return tuple(
        Saboteur(name, says, provider, answering=altering(operation, change=change)) for name, says, change in rows
    )


GALLERY = (
    *_on(
        "runflow",
        _RUN,
        ("forgets-metadata", "The record has no metadata.", setting("/metadata", None)),
        ("other-input", "The record shows another input.", setting("/input", {})),
        ("forgets-client-ref", "The record has no client_ref.", setting("/client_ref", "")),
        (
            "other-callback-url",
            "The record shows another callback URL.",
            setting("/callback_url", "http://127.0.0.1:1/x"),
        ),
        (
            "ends-before-it-starts",
            "A run ends before it was created.",
            setting("/completed_at", "2020-01-01T00:00:00+00:00"),
        ),
        ("never-started", "An ended run has no moment of its end.", setting("/completed_at", None)),
        (
            "lasts-for-ever",
            "A run lasted longer than the time between its moments.",
            setting("/duration_ms", 99_000_000),
        ),
        ("costs-more", "A run costs more than its price.", setting("/cost", "99.5")),
        ("costs-nothing", "A run that succeeded has no cost.", setting("/cost", None)),
        ("fails-without-a-code", "A failed run has no code.", setting("/failure_code", None)),
        ("fails-without-a-stage", "A failed run does not say at which stage.", setting("/failure_stage_code", None)),
    ),
    Saboteur(
        "calls-it-audio",
        "The record says that the result is audio.",
        "runflow",
        answering=altering(_RUN, change=setting("/output/outputs/*/type", "audio")),
        thorough=True,
    ),
    *_on(
        "aimlapi",
        "submit_generation",
        ("begins-generating", "The reply to a submit says that it is generating.", setting("/status", "generating")),
        (
            "other-charge-in-the-header",
            "The header with the charge has another sum.",
            header("x-aimlapi-usd-spent", "0.990000000"),
        ),
        ("no-charge-in-the-header", "The header with the charge is missing.", header("x-aimlapi-credits-used", None)),
        ("no-inference-id", "The header with the inference's id is missing.", header("x-inference-id", None)),
    ),
    *_on(
        "aimlapi",
        _GEN,
        ("fails-without-a-reason", "A failed generation has no error.", setting("/error", {"name": "", "message": ""})),
        ("loses-the-tracing-header", "The caller's own id does not come back.", header("x-client-request-id", None)),
        ("changes-the-tracing-header", "The caller's own id comes back changed.", header("x-client-request-id", "x.1")),
    ),
    *_on(
        "runninghub",
        "submit_task",
        ("begins-running", "The reply to a submit says that it is running.", setting("/status", "RUNNING")),
        ("numeric-id", "The id of a task is a number.", setting("/taskId", lambda old: int(old) if old else old)),
    ),
    *_on(
        "runninghub",
        _TASK,
        ("charges-more", "A task costs more than its price.", setting("/usage/thirdPartyConsumeMoney", "99.5")),
        ("charges-nothing", "A task has no price.", setting("/usage/thirdPartyConsumeMoney", None)),
        ("fails-as-nothing", "A failed task has no code.", setting("/errorCode", "")),
        (
            "fails-as-other",
            "A failed task has the code of another failure.",
            setting("/errorCode", lambda old: "1010" if old else old),
        ),
        ("calls-it-png", "The record says that the result is a PNG.", setting("/results/*/outputType", "png")),
    ),
    *_on(
        "runninghub",
        "start_workflow",
        (
            "old-begins-running",
            "The reply to an old submit says that it is running.",
            setting("/data/taskStatus", "RUNNING"),
        ),
    ),
    *_on(
        "runflow",
        "list_runs",
        ("list-loses-the-newest", "The newest runs are missing in the list.", _items(lambda items: items[5:], "items")),
        ("list-twice", "The list has its first entry twice.", _items(lambda items: [*items[:1], *items], "items")),
        ("list-backwards", "The list comes in the other order.", _items(lambda items: items[::-1], "items")),
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
    *_on(
        "aimlapi",
        "list_transactions",
        ("transactions-backwards", "Transactions come oldest first.", _items(lambda rows: rows[::-1], "data")),
        ("transactions-lost", "The newest transactions are missing.", _items(lambda rows: rows[8:], "data")),
    ),
    Saboteur(
        "models-no-filter",
        "The list of models ignores its filters.",
        "aimlapi",
        answering=rewrite_query("list_models", without=("id", "type")),
    ),
    *_on(
        "aimlapi",
        "list_models",
        ("models-empty", "The list of models is empty.", _items(lambda _: [], "data")),
        ("models-doubled", "The list names each model twice.", _items(lambda rows: rows + rows, "data")),
    ),
    Saboteur("balance-stands", "The balance never moves.", "runflow", answering=first_again("get_balance")),
    Saboteur("aimlapi-balance-stands", "The balance never moves.", "aimlapi", answering=first_again("get_balance")),
    *_on(
        "runflow",
        "get_balance",
        ("balance-drifts", "The balance falls twice as fast.", setting("/balance", lambda old: str(2 * float(old)))),
    ),
    Saboteur(
        "forgets-idempotency", "An Idempotency-Key is ignored.", "runflow", answering=without_headers("idempotency-key")
    ),
    Saboteur("png-for-mp4", "A result is a picture in place of a clip.", "aimlapi", answering=files(_png)),
    Saboteur("half-a-file", "A result is half a file.", "aimlapi", answering=files(_half)),
    Saboteur("half-a-run", "A result is half a file.", "runflow", answering=files(_half)),
    Saboteur("file-once", "A result can be fetched once.", "runninghub", answering=files(_once)),
    Saboteur("file-changes", "A result is another file the second time.", "runninghub", answering=files(_other_bytes)),
    Saboteur("file-as-text", "A result is called a text.", "runflow", answering=files(_typed(b"audio/mpeg"))),
    Saboteur("file-is-a-page", "A result is a web page.", "runninghub", answering=files(_html_page)),
    Saboteur(
        "fails-later",
        "A run that has succeeded fails in the end.",
        "runflow",
        answering=later(_RUN, 3.0, setting("/status_code", "failed")),
    ),
    Saboteur(
        "vanishes-later",
        "The result of a generation vanishes.",
        "aimlapi",
        answering=later(_GEN, 0.2, setting("/video", None)),
    ),
    Saboteur(
        "task-vanishes",
        "The results of a task vanish.",
        "runninghub",
        answering=later(_TASK, 5.0, setting("/results", None)),
    ),
    Saboteur(
        "gone-later",
        "A run that has ended is gone.",
        "runflow",
        answering=later(
            _RUN, 2.0, lambda *_: json_response(404, {"code": "RUN_NOT_FOUND", "message": "x", "errors": None})
        ),
    ),
    Saboteur(
        "ids-come-back",
        "Every seventh run has the id of the first.",
        "runflow",
        answering=_reused("create_run", 7, "id"),
    ),
    Saboteur(
        "generation-ids-come-back",
        "Every fifth generation has the id of the first.",
        "aimlapi",
        answering=_reused("submit_generation", 5, "id"),
    ),
    Saboteur(
        "task-ids-come-back",
        "Every fifth task has the id of the first.",
        "runninghub",
        answering=_reused("submit_task", 5, "taskId"),
    ),
    Saboteur(
        "cancels-nothing",
        "A cancelled task runs on.",
        "runninghub",
        answering=_deaf_to("cancel_task", 200, {"code": 0, "msg": "success", "data": None}),
    ),
    Saboteur("pushed-by-queries", "A poll moves a generation on.", "aimlapi", answering=_pushed_by_queries),
    Saboteur("pushed-by-query-task", "A poll moves a task on.", "runninghub", answering=_pushed_by_queries),
    Saboteur(
        "generation-endless",
        "No generation ever ends.",
        "aimlapi",
        answering=altering(_GEN, change=_without_end('"status":"completed"', '"status":"generating"')),
    ),
    Saboteur(
        "run-endless",
        "No run ever ends.",
        "runflow",
        answering=altering(_RUN, change=_without_end('"status_code":"succeeded"', '"status_code":"running"')),
    ),
    *_on(
        "runflow",
        "create_run",
        ("says-running", "The reply to a submit says that the run is running.", setting("/status_code", "running")),
        ("blames-nobody", "A refusal does not say what is wrong.", setting("/errors", None)),
        ("blames-elsewhere", "A refusal blames another field.", setting("/errors/*/loc", ["body", "input"])),
    ),
    *_on(
        "aimlapi",
        "submit_generation",
        ("hints-at-nothing", "A refusal has no hints.", setting("/error/data", None)),
        ("hints-elsewhere", "A refusal hints at another field.", setting("/error/data/*/path", ["nothing"])),
    ),
    *_on(
        "runninghub",
        "submit_task",
        (
            "says-invalid",
            "A refusal does not name the field.",
            setting("/errorMessage", lambda old: "invalid" if old else old),
        ),
    ),
)
