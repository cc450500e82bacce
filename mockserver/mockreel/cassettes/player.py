"""Replay a cassette: the recorded response that matches a request, or why none does and which is nearest."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson

from mockreel.cassettes.cassette import Exchange
from mockreel.cassettes.cassette_errors import NoRecording

# How many recordings a miss names.
NEAREST = 3


@dataclass(frozen=True, slots=True)
class RequestKey:
    """The parts of a request that identify its recording; host, headers and key are ignored."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: Any = None

    @classmethod
    def of(cls, method: str, url: str, body: bytes, *, without: Iterable[str] = ()) -> "RequestKey":
        """A request by its URL and bytes; `without` are the fields for keys."""
        parts, fields = urlsplit(url), set(without)
        query = sorted((name, value) for name, value in parse_qsl(parts.query, True) if name not in fields)
        found = _parsed(body)
        if isinstance(found, dict):
            found = {name: value for name, value in found.items() if name not in fields}
        return cls(method, unquote(parts.path), tuple(query), found)

    def __str__(self) -> str:
        query = "&".join(f"{name}={value}" for name, value in self.query)
        return f"{self.method} {self.path}" + (f"?{query}" if query else "")


@dataclass
class CassettePlayer:
    """The exchanges of a cassette, each replayed once, in their order among those that match.

    `freely` are the exchanges whose bodies are not compared: a submit that the client phrases in its own way.
    """

    request: Sequence[RequestKey]
    exchanges: Sequence[Exchange]
    freely: frozenset[int] = frozenset()
    used: list[int] = field(default_factory=list)

    def replay(self, request: RequestKey) -> int:
        """The number of the exchange that answers a request.

        Raises:
            NoRecording: none that is left does; it names the nearest and what they differ in.
        """
        reasons: dict[int, list[str]] = {}
        for number, recorded in enumerate(self.request):
            why = list(self._reasons(number, recorded, request))
            if not why:
                self.used.append(number)
                return number
            reasons[number] = why
        nearest = sorted(reasons.items(), key=lambda item: len(item[1]))[:NEAREST]
        raise NoRecording(
            str(request), [(f"exchange {number}: {self.request[number]}", why) for number, why in nearest]
        )

    @property
    def unused(self) -> tuple[int, ...]:
        """The exchanges that were not requested."""
        return tuple(number for number in range(len(self.exchanges)) if number not in self.used)

    def _reasons(self, number: int, recorded: RequestKey, request: RequestKey) -> Iterator[str]:
        if recorded.method != request.method:
            yield f"method {recorded.method} is not {request.method}"
        if recorded.path != request.path:
            yield f"path {recorded.path!r} is not {request.path!r}"
        yield from _differences(dict(recorded.query), dict(request.query), "query ")
        if number not in self.freely:
            yield from _differences(recorded.body, request.body, "body ")
        if number in self.used:
            yield "it was used already"


def body_differences(recorded: Any, request: Any) -> list[str]:
    """The differences between a request's body and the recorded one."""
    return list(_differences(recorded, request, "body "))


def _differences(recorded: Any, request: Any, what: str, at: str = "") -> Iterator[str]:
    """Each place at which two JSON values differ."""
    if isinstance(recorded, dict) and isinstance(request, dict):
        for key in dict.fromkeys((*recorded, *request)):
            here = f"{at}/{key}"
            if key not in request:
                yield f"{what}{here} is recorded, and was not sent"
            elif key not in recorded:
                yield f"{what}{here} was sent, and is not recorded"
            else:
                yield from _differences(recorded[key], request[key], what, here)
    elif type(recorded) is not type(request) or recorded != request:
        yield f"{what}{at or '/'} {_short(recorded)} is not {_short(request)}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}…"


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body) if body else None
    except orjson.JSONDecodeError:
        return body.decode("utf-8", "replace")
