"""Play a cassette: the recorded response that fits a request, or why none does and which comes nearest."""

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
class Asked:
    """A request as far as recordings are told apart by it; host, headers and key are not looked at."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: Any = None

    @classmethod
    def of(cls, method: str, url: str, body: bytes, *, without: Iterable[str] = ()) -> "Asked":
        """A request by its URL and bytes; `without` are the fields in which a key stands."""
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
    """The exchanges of a cassette, each of which is played once, in their order among those that fit.

    `freely` are the exchanges whose bodies are compared by nobody: a submit that the client phrases in its own way.
    """

    asked: Sequence[Asked]
    exchanges: Sequence[Exchange]
    freely: frozenset[int] = frozenset()
    played: list[int] = field(default_factory=list)

    def play(self, asked: Asked) -> int:
        """The number of the exchange that answers a request.

        Raises:
            NoRecording: none that is left does; it names the nearest and what they differ in.
        """
        reasons: dict[int, list[str]] = {}
        for number, recorded in enumerate(self.asked):
            why = list(self._reasons(number, recorded, asked))
            if not why:
                self.played.append(number)
                return number
            reasons[number] = why
        nearest = sorted(reasons.items(), key=lambda item: len(item[1]))[:NEAREST]
        raise NoRecording(str(asked), [(f"exchange {number}: {self.asked[number]}", why) for number, why in nearest])

    @property
    def unused(self) -> tuple[int, ...]:
        """The exchanges that nobody asked for."""
        return tuple(number for number in range(len(self.exchanges)) if number not in self.played)

    def _reasons(self, number: int, recorded: Asked, asked: Asked) -> Iterator[str]:
        if recorded.method != asked.method:
            yield f"method {recorded.method} is not {asked.method}"
        if recorded.path != asked.path:
            yield f"path {recorded.path!r} is not {asked.path!r}"
        yield from _told_apart(dict(recorded.query), dict(asked.query), "query ")
        if number not in self.freely:
            yield from _told_apart(recorded.body, asked.body, "body ")
        if number in self.played:
            yield "it was played already"


def otherwise(recorded: Any, asked: Any) -> list[str]:
    """What a client says in a body otherwise than the recording does."""
    return list(_told_apart(recorded, asked, "body "))


def _told_apart(recorded: Any, asked: Any, what: str, at: str = "") -> Iterator[str]:
    """Each place at which two JSON values differ."""
    if isinstance(recorded, dict) and isinstance(asked, dict):
        for key in dict.fromkeys((*recorded, *asked)):
            here = f"{at}/{key}"
            if key not in asked:
                yield f"{what}{here} is recorded, and was not sent"
            elif key not in recorded:
                yield f"{what}{here} was sent, and is not recorded"
            else:
                yield from _told_apart(recorded[key], asked[key], what, here)
    elif type(recorded) is not type(asked) or recorded != asked:
        yield f"{what}{at or '/'} {_short(recorded)} is not {_short(asked)}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}…"


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body) if body else None
    except orjson.JSONDecodeError:
        return body.decode("utf-8", "replace")
