"""Saboteurs whose result URLs answer with another file than was made."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from conformance.saboteurs.saboteur import (
    Saboteur,
    altering,
)

from mockreel.contract.messages.message import Request, Response, json_response
from mockreel.simulator.in_process.mock_target import Answering
from mockreel.simulator.provider import Provider

_RUN, _GEN, _TASK = "get_run", "get_generation", "query_task"
_RUN, _LIST, _HISTORY = "get_run", "list_runs", "get_run_callback_history"


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


def _replacing(old: bytes, new: bytes) -> Callable[[Response, Request], Response]:
    return lambda response, _: replace(response, body=response.body.replace(old, new))


def _run(name: str, says: str, change: Callable[[Response, Request], Response]) -> Saboteur:
    return Saboteur(name, says, "runflow", answering=altering(_RUN, change=change))


GALLERY = (
    Saboteur("png-for-mp4", "A result is a picture in place of a clip.", "aimlapi", answering=files(_png)),
    Saboteur("half-a-file", "A result is half a file.", "aimlapi", answering=files(_half)),
    Saboteur("half-a-run", "A result is half a file.", "runflow", answering=files(_half)),
    Saboteur("file-once", "A result can be fetched once.", "runninghub", answering=files(_once)),
    Saboteur("file-changes", "A result is another file the second time.", "runninghub", answering=files(_other_bytes)),
    Saboteur("file-as-text", "A result is called a text.", "runflow", answering=files(_typed(b"audio/mpeg"))),
    Saboteur("file-is-a-page", "A result is a web page.", "runninghub", answering=files(_html_page)),
    _run(
        "file-on-disk",
        "The URL of a result is a file of the server.",
        _replacing(b'"http://mock.test/', b'"file:///srv/'),
    ),
    _run(
        "no-such-port",
        "The URL of a result has a port that cannot be.",
        _replacing(b"//mock.test/", b"//mock.test:99999/"),
    ),
)
