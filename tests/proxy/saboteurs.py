"""Servers and clients that are each broken in one way, to measure what a proxy reports."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson
from proxy.day import STEP, Day, Script, contract_of

from mockreel.contract import pointers
from mockreel.contract.conversation.conversation import JobTalk
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.messages.message import Request, Response, json_response
from mockreel.simulator.in_process.mock_target import Answering
from mockreel.simulator.in_process.target_keys import dressed
from mockreel.simulator.provider import Provider

PROVIDERS = ("runflow", "aimlapi", "runninghub")
Change = Callable[[Any, JobTalk], Any]


def _at(body: Any, pointer: str, value: Any) -> Any:
    """A body with a value at a pointer (`*` is the first); None takes it away."""
    steps = pointer.split("/")[1:]
    if not steps:
        return value
    if isinstance(body, list):
        return [_at(body[0] if body else {}, "/" + "/".join(steps[1:]) if steps[1:] else "", value), *body[1:]]
    held = dict(body) if isinstance(body, dict) else {}
    rest = "/" + "/".join(steps[1:]) if steps[1:] else ""
    inner = held.get(steps[0])
    if steps[1:] and steps[1] == "*" and not isinstance(inner, list):
        inner = [{}]
    held[steps[0]] = _at(inner, rest, value)
    return held


def _without(body: Any, pointer: str) -> Any:
    top, _, rest = pointer[1:].partition("/")
    if not isinstance(body, dict) or top not in body:
        return body
    if rest and isinstance(body[top], dict):
        return {**body, top: _without(body[top], "/" + rest)}
    return {key: value for key, value in body.items() if key != top}


def _word(body: Any, talk: JobTalk) -> Any:
    return pointers.value(body, talk.state)


@dataclass(frozen=True)
class Server:
    """One server that is broken in one way: `change` gets provider, request, operation and response."""

    id: str
    change: Callable[[Provider, Request, str, Response], Response]

    def answering(self) -> Answering:
        def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
            response = provider.answer(request)
            if not isinstance(response, Response):
                return response
            found = provider.contract.router.find(request.path)
            operation = found.methods.get(request.method) if found else None
            return self.change(provider, request, operation.id if operation else "", response)

        return answer


def _talk(provider: Provider, operation: str, *, polls: bool) -> JobTalk | None:
    talks = provider.contract.conversation.jobs.values()
    fits = (talk for talk in talks if (operation == talk.poll if polls else operation in talk.submits))
    return next(fits, None)


def _json(response: Response) -> Any:
    try:
        return orjson.loads(response.body)
    except orjson.JSONDecodeError:
        return None


def _is_fine(response: Response, talk: JobTalk) -> bool:
    return response.status < 300 and _word(_json(response), talk) is not None


def at_polls(id_: str, change: Change, *, when: str = "") -> Server:
    """Changes what polls say, of jobs in states of some kind where one is named."""

    def changed(provider: Provider, _: Request, operation: str, response: Response) -> Response:
        talk = _talk(provider, operation, polls=True)
        if talk is None or not _is_fine(response, talk):
            return response
        word = _word(_json(response), talk)
        kinds = {state.kind for state in provider.contract.lifecycle.states.values() if state.word == word}
        if when and when not in kinds:
            return response
        return replace(response, body=orjson.dumps(change(_json(response), talk)))

    return Server(id_, changed)


def at_submits(id_: str, change: Callable[[Response], Response]) -> Server:
    def changed(provider: Provider, _: Request, operation: str, response: Response) -> Response:
        talk = _talk(provider, operation, polls=False)
        return change(response) if talk is not None and response.status < 300 else response

    return Server(id_, changed)


def at_errors(id_: str, change: Callable[[Response], Response]) -> Server:
    return Server(
        id_, lambda _provider, _request, _operation, response: change(response) if response.status >= 400 else response
    )


def everywhere(id_: str, change: Callable[[Response], Response]) -> Server:
    return Server(id_, lambda _provider, _request, _operation, response: change(response))


def _header(response: Response, name: bytes, value: bytes | None) -> Response:
    body = tuple(pair for pair in response.headers if pair[0].lower() != name)
    return replace(response, headers=body if value is None else (*body, (name, value)))


def _bare(response: Response) -> Response:
    """Without the headers of the provider's own."""
    return replace(response, headers=tuple(pair for pair in response.headers if not pair[0].lower().startswith(b"x-")))


def _reworded(response: Response, name: bytes, value: bytes) -> Response:
    """Another value for a header, where it is there."""
    return _header(response, name, value) if any(key.lower() == name for key, _ in response.headers) else response


def _bodied(response: Response, change: Callable[[Any], Any]) -> Response:
    body = _json(response)
    return response if body is None else replace(response, body=orjson.dumps(change(body)))


class _Once:
    """One id for all."""

    def __init__(self) -> None:
        self.first: dict[str, bytes] = {}

    def __call__(self, provider: Provider, _: Request, operation: str, response: Response) -> Response:
        if _talk(provider, operation, polls=False) is None or response.status >= 300:
            return response
        return replace(response, body=self.first.setdefault(operation, response.body))


class _Forgetful:
    """Heeds no idempotency key."""

    def __call__(self, provider: Provider, request: Request, operation: str, response: Response) -> Response:
        if _talk(provider, operation, polls=False) is None or not any(
            n == b"idempotency-key" for n, _ in request.headers
        ):
            return response
        headers = [pair for pair in request.headers if pair[0] != b"idempotency-key"]
        answer = provider.answer(replace(request, headers=headers))
        assert isinstance(answer, Response)
        return answer


def _backwards() -> Server:
    looks: dict[str, int] = {}

    def change(provider: Provider, request: Request, operation: str, response: Response) -> Response:
        talk = _talk(provider, operation, polls=True)
        if talk is None or not _is_fine(response, talk):
            return response
        where = request.path + request.query.decode() + request.body.decode()
        looks[where] = looks.get(where, 0) + 1
        states = list(provider.contract.lifecycle.states.values())
        kinds = ["running", "queued"]
        word = next((one.word for one in states if one.kind == kinds[min(looks[where], 2) - 1]), states[0].word)
        return (
            replace(response, body=orjson.dumps(_at(_json(response), talk.state, word)))
            if looks[where] < 3
            else response
        )

    return Server("goes-backwards", change)


def _unlimited(provider: Provider, request: Request, _: str, response: Response) -> Response:
    if b"limit=" not in request.query:
        return response
    answer = provider.answer(replace(request, query=b""))
    assert isinstance(answer, Response)
    return answer


def _accepting(provider: Provider, request: Request, operation: str, response: Response) -> Response:
    """Accepts what it should reject."""
    talk = _talk(provider, operation, polls=False)
    if talk is None or response.status < 400 or response.status == 401:
        return response
    jobs = list(provider.jobs)
    return json_response(201, {"id": jobs[0].id if jobs else "x", "status": "queued"})


def servers() -> tuple[Server, ...]:
    """Every broken server, made again, as some of them remember."""
    url = "https://cdn.example.com/early.mp4"
    return (
        at_polls("unknown-state", lambda body, talk: _at(body, talk.state, "sleeping")),
        at_polls("state-in-capitals", lambda body, talk: _at(body, talk.state, str(_word(body, talk)).swapcase())),
        at_polls("state-is-null", lambda body, talk: _at(body, talk.state, None)),
        at_polls("state-is-a-number", lambda body, talk: _at(body, talk.state, 3)),
        at_polls("another-id", lambda body, talk: _at(body, talk.id, "another") if talk.id else body),
        at_polls("another-id-of-its-form", _shifted),
        at_polls("early-result", lambda body, talk: _at(body, talk.results[0], url), when="running"),
        at_polls("early-result-when-queued", lambda body, talk: _at(body, talk.results[0], url), when="queued"),
        at_polls("no-result", lambda body, talk: _without(body, talk.results[0].partition("/*")[0]), when="succeeded"),
        at_polls(
            "null-result", lambda body, talk: _at(body, "/" + talk.results[0].split("/")[1], None), when="succeeded"
        ),
        at_polls("empty-result", _emptied, when="succeeded"),
        at_polls("result-is-no-url", lambda body, talk: _at(body, talk.results[0], 7), when="succeeded"),
        at_polls("failure-without-reason", lambda body, _: _unreasoned(body), when="failed"),
        at_polls("first-field-lost", lambda body, _: dict(list(body.items())[1:])),
        at_polls("body-is-a-list", lambda body, _: [body]),
        at_polls("wrapped", lambda body, _: {"data": body}),
        at_submits("submit-without-id", lambda response: _bodied(response, lambda body: dict(list(body.items())[1:]))),
        at_submits("submit-with-299", lambda response: replace(response, status=299)),
        at_submits("submit-with-202", lambda response: replace(response, status=202)),
        at_submits("submit-is-html", lambda response: _header(response, b"content-type", b"text/html")),
        at_submits("submit-is-no-json", lambda response: replace(response, body=response.body[:-3])),
        at_submits("submit-is-empty", lambda response: replace(response, body=b"")),
        at_submits(
            "submit-is-refused", lambda response: json_response(422, {"code": "VALIDATION_ERROR", "message": "no"})
        ),
        at_submits("usage-lost", lambda response: _header(response, b"x-aimlapi-credits-used", None)),
        at_submits("inference-id-lost", lambda response: _header(response, b"x-inference-id", None)),
        at_submits("usd-is-words", lambda response: _reworded(response, b"x-aimlapi-usd-spent", b"lots")),
        Server("one-id-for-all", _Once()),
        Server("heeds-no-idempotency-key", _Forgetful()),
        Server("limit-ignored", _unlimited),
        at_submits("all-headers-lost", _bare),
        Server("accepts-what-is-wrong", _accepting),
        _backwards(),
        at_errors("errors-as-200", lambda response: replace(response, status=200)),
        at_errors("errors-as-418", lambda response: replace(response, status=418)),
        at_errors("errors-in-a-foreign-form", lambda response: json_response(response.status, {"fault": "no"})),
        at_errors(
            "errors-as-html",
            lambda response: replace(response, body=b"<html>", headers=((b"content-type", b"text/html"),)),
        ),
        at_errors("errors-with-a-strange-code", lambda response: _bodied(response, _recoded)),
        at_errors("errors-are-500", lambda response: replace(response, status=500)),
        everywhere("numbers-as-text", lambda response: _bodied(response, _stringly)),
        everywhere("lists-are-objects", lambda response: _bodied(response, _unlisted)),
        everywhere("all-keys-in-capitals", lambda response: _bodied(response, _shouting)),
    )


def _shifted(body: Any, talk: JobTalk) -> Any:
    own = str(pointers.value(body, talk.id)) if talk.id else ""
    return _at(body, talk.id, own[:-1] + ("0" if own[-1:] != "0" else "1")) if talk.id and own else body


def _emptied(body: Any, talk: JobTalk) -> Any:
    holder, star, _ = talk.results[0].partition("/*")
    return _at(body, holder if star else talk.results[0], [] if star else "")


def _unreasoned(body: Any) -> Any:
    if not isinstance(body, dict):
        return body
    return {key: None if "fail" in key or "error" in key else value for key, value in body.items()}


def _recoded(body: Any) -> Any:
    return {key: "NOBODY_KNOWS" if "code" in key.lower() else value for key, value in body.items()}


def _stringly(body: Any) -> Any:
    if isinstance(body, dict):
        return {key: _stringly(value) for key, value in body.items()}
    if isinstance(body, list):
        return [_stringly(value) for value in body]
    return str(body) if isinstance(body, int | float) and not isinstance(body, bool) else body


def _unlisted(body: Any) -> Any:
    if isinstance(body, dict):
        return {key: _unlisted(value) for key, value in body.items()}
    return {"list": body} if isinstance(body, list) else body


def _shouting(body: Any) -> Any:
    return {str(key).upper(): value for key, value in body.items()} if isinstance(body, dict) else body


# -- clients


def _good(day: Day, number: int = 0) -> SentRequest:
    _, operation, model = list(day.submits())[number]
    return day.requests.good(operation, model)


def _inside(day: Day, request: SentRequest, change: Callable[[dict[str, Any]], Any]) -> SentRequest:
    """A submit with its model's input changed."""
    assert request.operation is not None
    place = request.operation.input_path
    body = request.json
    if not place:
        return request.with_json(change(body))
    return request.with_json({**body, place[0]: change(body[place[0]])})


def _lost(day: Day) -> None:
    request = _good(day)
    day.target.send(request)
    day.see(dressed(request, day.target.keys), None)
    day.send(request)


def _reused(day: Day) -> None:
    request = _good(day)
    headers = {**request.headers, "Idempotency-Key": "one"}
    day.send(replace(request, headers=headers))
    day.send(replace(_inside(day, request, lambda own: {**own, "prompt": "Another."}), headers=headers))


def _fast(day: Day) -> None:
    talk, operation, model = next(iter(day.submits()))
    request = day.requests.good(operation, model)
    response = day.send(request)
    link = day.links.find(operation, response, talk.poll)
    assert link is not None
    for _ in "abc":
        day.send(day.links.follow(link, request, response))
        day.target.wait(STEP / 10)


def _again(day: Day) -> None:
    for _ in "ab":
        day.send(_good(day).with_json([]))


def _early(day: Day) -> None:
    request = _good(day)
    refused = day.contract.errors["rate-limited"]
    body = orjson.dumps({"code": refused.code, "message": refused.message})
    response = ReceivedResponse(429, {"content-type": "application/json", "retry-after": "30"}, body)
    day.see(dressed(request, day.target.keys), response)
    day.target.wait(3)
    day.send(request)


def _raw(body: bytes, media: str = "application/json") -> Script:
    def script(day: Day) -> None:
        request = _good(day)
        day.send(replace(request, body=body, headers={**request.headers, "content-type": media}))

    return script


def _no_such_model(day: Day) -> SentRequest:
    request = _good(day)
    assert request.operation is not None
    place = request.operation.model
    assert place is not None
    if place.kind == "body":
        return request.with_json({**request.json, place.name: "google/none"})
    name = next(iter(day.contract.names_at[request.operation.id]))
    return replace(request, path=request.path.replace(name, "google/none"))


def _doubled(day: Day) -> SentRequest:
    request = _good(day)
    name = next(iter(request.json))
    twice = orjson.dumps({name: request.json[name]})[1:-1] + b","
    return replace(request, body=b"{" + twice + request.body[1:])


def _sending(make: Callable[[Day], SentRequest]) -> Script:
    def script(day: Day) -> None:
        day.send(make(day))

    return script


def _with(**fields: Any) -> Script:
    """A submit with these fields in its model's input."""
    return _sending(lambda day: _inside(day, _good(day), lambda own: {**own, **fields}))


# Each with the providers at which a document speaks of it.
CLIENTS: Mapping[str, tuple[Script, tuple[str, ...]]] = {
    "wrong-type": (_with(prompt=7), PROVIDERS),
    "nothing-required": (_sending(lambda day: _inside(day, _good(day), lambda _: {})), ("aimlapi", "runninghub")),
    "unknown-model": (_sending(_no_such_model), PROVIDERS),
    "misspelt-field": (_with(promt="x"), PROVIDERS),
    "foreign-field": (_with(cfgScaleFactor=1), PROVIDERS),
    "unknown-query": (_sending(lambda day: replace(_good(day), query="dry_run=true")), PROVIDERS),
    "no-key": (_sending(lambda day: replace(_good(day), who="nobody")), PROVIDERS),
    "unknown-path": (_sending(lambda _: SentRequest("GET", "/v9/nothing")), PROVIDERS),
    "wrong-method": (_sending(lambda day: replace(_good(day), method="PATCH")), PROVIDERS),
    "no-json": (_raw(b'{"prompt": '), PROVIDERS),
    "empty-body": (_raw(b""), PROVIDERS),
    "duplicate-name": (_sending(_doubled), PROVIDERS),
    "retries-what-is-refused": (_again, ("runflow",)),
    "polls-too-fast": (_fast, ("runninghub",)),
    "ignores-retry-after": (_early, ("runflow",)),
    "unsafe-retry": (_lost, ("runflow",)),
    "reused-key": (_reused, ("runflow",)),
}


@dataclass(frozen=True)
class Found:
    """Whether a pair was reported: None if it changed nothing."""

    id: str
    provider: str
    reported: bool | None
    lines: tuple[str, ...] = ()


def server_report(server: Server, provider: str, honest: Day) -> Found:
    """What a proxy reports of a broken server."""
    day = Day(provider, server.answering())
    day.spend()
    if day.answers == honest.answers:
        return Found(server.id, provider, None)
    found = [str(one) for one in day.violations if one.side != "request"]
    return Found(server.id, provider, bool(found), tuple(found[:3]))


def client_report(id_: str, provider: str) -> Found:
    """What a proxy reports of a broken client."""
    script, providers = CLIENTS[id_]
    if provider not in providers:
        return Found(id_, provider, None)
    day = Day(provider)
    script(day)
    day.target.close()
    found = [str(one) for one in day.violations if one.side == "request"]
    return Found(id_, provider, bool(found), tuple(found[:3]))


def honest_day(provider: str) -> Day:
    day = Day(provider)
    day.spend()
    assert contract_of(provider) is day.contract
    return day
