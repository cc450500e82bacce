"""The broken clients."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import orjson
from proxy.day import STEP, Day, Script

from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.simulator.in_process.target_keys import dressed

PROVIDERS = ("runflow", "aimlapi", "runninghub")


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
