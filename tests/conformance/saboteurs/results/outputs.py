"""Saboteurs whose results are not what their jobs asked for, or are another job's."""

import struct
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from conformance.saboteurs.response_changes import setting
from conformance.saboteurs.saboteur import Saboteur, altering

from mockreel.contract.messages.message import Request, Response
from mockreel.engine.artifacts import media
from mockreel.simulator.in_process.mock_target import Answering
from mockreel.simulator.provider import Provider

_MEDIA = "/_mockreel/media/"


@cache
def _film(seconds: float, resolution: str, aspect: str) -> bytes:
    """A real film of this length and size."""
    return media.content(media.pick(media.ClipRequest("video", seconds, resolution, aspect, True, None)))


def _stamped(old: bytes, film: bytes) -> bytes:
    """Another film with bytes of its own, so that no two jobs have one file."""
    mark = old[-16:]
    return film + struct.pack(">I4s", 8 + len(mark), b"free") + mark


def serving(data: Callable[[bytes], bytes]) -> Callable[[], Answering]:
    """Films are other bytes than those that were made."""

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        response = provider.answer(request)
        if not request.path.startswith(_MEDIA) or not isinstance(response, Response) or response.body[4:8] != b"ftyp":
            return response
        remaining = tuple(pair for pair in response.headers if pair[0] != b"content-length")
        return replace(response, body=data(response.body), headers=remaining)

    return lambda: answer


def _first_file() -> Answering:
    """Every job has the file of the first one, at its own address."""
    remaining: list[Response] = []

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        response = provider.answer(request)
        if request.path.startswith(_MEDIA) and isinstance(response, Response) and response.body[4:8] == b"ftyp":
            remaining.append(response)
            return remaining[0]
        return response

    return answer


def sharing(operation: str, place: str) -> Callable[[], Answering]:
    """Every job of the operation has the address of the first one's result."""

    def make() -> Answering:
        remaining: list[Any] = []

        def first(old: Any) -> Any:
            remaining.append(old)
            return remaining[0]

        return altering(operation, change=setting(place, first))()

    return make


_PLACES: Mapping[str, tuple[str, str]] = {
    "runflow": ("get_run", "/output/outputs/*/url"),
    "aimlapi": ("get_generation", "/video/url"),
    "runninghub": ("query_task", "/results/*/url"),
}


def _of_each(provider: str) -> tuple[Saboteur, ...]:
    operation, place = _PLACES[provider]
    rows = (
        (
            "seven-seconds",
            "Every clip lasts seven seconds.",
            serving(lambda _: _film(10, "720p", "16:9")),
        ),
        (
            "square",
            "Every clip is a square of five seconds.",
            serving(lambda old: _stamped(old, _film(5, "720p", "1:1"))),
        ),
        ("too-large", "Every clip is as large as can be.", serving(lambda old: _stamped(old, _film(4, "4k", "16:9")))),
        ("one-address", "Every job has the address of the first result.", sharing(operation, place)),
        ("one-file", "Every job has the file of the first one.", _first_file),
    )
    return tuple(Saboteur(f"{provider}-{name}", says, provider, answering=made) for name, says, made in rows)


GALLERY = (
    *(one for provider in _PLACES for one in _of_each(provider)),
    Saboteur(
        "says-other-width",
        "The record says another width than the file has.",
        "runflow",
        answering=altering("get_run", change=setting("/output/outputs/*/width", 64)),
    ),
    Saboteur(
        "says-other-length",
        "The record says another length than the file has.",
        "runflow",
        answering=altering("get_run", change=setting("/output/outputs/*/duration", 99)),
    ),
)
