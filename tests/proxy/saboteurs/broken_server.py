"""A server that is broken in one way, and the places where one breaks."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import orjson
from proxy.saboteurs.body_edits import put, word_of

from mockreel.contract.conversation.conversation import JobTalk
from mockreel.contract.messages.message import Request, Response, json_response
from mockreel.simulator.in_process.mock_target import Answering
from mockreel.simulator.provider import Provider

Change = Callable[[Any, JobTalk], Any]


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
    return response.status < 300 and word_of(_json(response), talk) is not None


def at_polls(id_: str, change: Change, *, when: str = "") -> Server:
    """Changes what polls say, of jobs in states of some kind where one is named."""

    def changed(provider: Provider, _: Request, operation: str, response: Response) -> Response:
        talk = _talk(provider, operation, polls=True)
        if talk is None or not _is_fine(response, talk):
            return response
        word = word_of(_json(response), talk)
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


def with_header(response: Response, name: bytes, value: bytes | None) -> Response:
    body = tuple(pair for pair in response.headers if pair[0].lower() != name)
    return replace(response, headers=body if value is None else (*body, (name, value)))


def bare(response: Response) -> Response:
    """Without the headers of the provider's own."""
    return replace(response, headers=tuple(pair for pair in response.headers if not pair[0].lower().startswith(b"x-")))


def reworded(response: Response, name: bytes, value: bytes) -> Response:
    """Another value for a header, where it is there."""
    return with_header(response, name, value) if any(key.lower() == name for key, _ in response.headers) else response


def edited(response: Response, change: Callable[[Any], Any]) -> Response:
    body = _json(response)
    return response if body is None else replace(response, body=orjson.dumps(change(body)))


class OneId:
    """One id for all."""

    def __init__(self) -> None:
        self.first: dict[str, bytes] = {}

    def __call__(self, provider: Provider, _: Request, operation: str, response: Response) -> Response:
        if _talk(provider, operation, polls=False) is None or response.status >= 300:
            return response
        return replace(response, body=self.first.setdefault(operation, response.body))


class Forgetful:
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


def backwards() -> Server:
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
            replace(response, body=orjson.dumps(put(_json(response), talk.state, word)))
            if looks[where] < 3
            else response
        )

    return Server("goes-backwards", change)


def unlimited(provider: Provider, request: Request, _: str, response: Response) -> Response:
    if b"limit=" not in request.query:
        return response
    answer = provider.answer(replace(request, query=b""))
    assert isinstance(answer, Response)
    return answer


def accepting(provider: Provider, request: Request, operation: str, response: Response) -> Response:
    """Accepts what it should reject."""
    talk = _talk(provider, operation, polls=False)
    if talk is None or response.status < 400 or response.status == 401:
        return response
    jobs = list(provider.jobs)
    return json_response(201, {"id": jobs[0].id if jobs else "x", "status": "queued"})
