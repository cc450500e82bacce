"""The `expect` of a cassette's metadata: the calls of the reference client, and the requests to the mock server.

expect:
  calls:          # in order; what each gives is compared with the client's result
    - {call: submit, of: 0, gives: {job: "…"}}
    - {call: wait, job: "…", gives: {state: succeeded, urls: ["…"]}}
  callbacks:
    - {of: 0, gives: {event: "…", job: "…", state: succeeded}}
  play:           # the requests to the mock server, if they do not follow from the exchange
    - {exchange: 0, who: invalid, why: "…"}
  known:          # differences between the mock server's response and the recorded one that have a reason
    - {exchange: 0, at: /meta, what: missing, why: "…"}
  outside:        # exchanges and webhooks that the contract does not cover
    - {exchange: 0, why: "…"}
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from mockreel.cassettes.cassette import Cassette
from mockreel.contract.data.parser import Cursor
from mockreel.contract.exchanges.exchange import Who
from mockreel.errors import DataError

# read: a poll on a route that the client itself does not use; ask: an operation that the client has no method for.
Doing = Literal["submit", "poll", "wait", "cancel", "quote", "read", "ask"]
Kind = Literal["exchange", "callback"]
# What a call must state: the exchange of its request, or the job.
_NEEDS: Mapping[str, tuple[str, ...]] = {"submit": ("of",), "quote": ("of",), "ask": ("of",), "read": ("of", "job")}
KEYS = ("calls", "callbacks", "play", "known", "outside")


@dataclass(frozen=True, slots=True)
class Place:
    """An exchange or a callback of a cassette, by its number."""

    kind: Kind
    number: int

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


@dataclass(frozen=True, slots=True)
class ClientCall:
    """One call of the reference client; `of` is the exchange of its request, if no job identifies it."""

    do: Doing
    of: int | None
    job: str | None
    sort: str | None
    gives: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.do} {self.job}" if self.job is not None else f"{self.do} of exchange {self.of}"


@dataclass(frozen=True, slots=True)
class Notice:
    """What the reference client must make of a callback."""

    of: int
    gives: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Play:
    """A request to the mock server: the account, the `Prefer` header, another path or body, and the delay in seconds.

    For a webhook: the request that begins its job.
    """

    why: str = ""
    who: Who = "own"
    prefer: str | None = None
    path: str | None = None
    body: Any = None
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class KnownDifference:
    """A difference that is there for a reason; `at` is a JSON pointer in which `*` is any step."""

    place: Place
    at: str
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Expectation:
    """All that a cassette states."""

    calls: tuple[ClientCall, ...]
    callbacks: tuple[Notice, ...]
    play: Mapping[Place, Play]
    known: tuple[KnownDifference, ...]
    outside: Mapping[Place, str]


def expectation(cassette: Cassette) -> Expectation:
    """What a cassette states.

    Raises:
        DataError: a row does not fit; the message names its place.
    """
    file = Cursor(f"{cassette.path} metadata/mockreel/expect", dict(cassette.expect))
    for key in file.mapping():
        if key not in KEYS:
            raise DataError(file.where, f"{key!r} is not known", expected=f"any of {', '.join(KEYS)}")
    places = {"exchange": len(cassette.exchanges), "callback": len(cassette.callbacks)}
    reader = _Reader(places)
    return Expectation(
        tuple(reader.call(row) for row in _rows(file, "calls")),
        tuple(Notice(reader.number(row, "of", "callback"), _gives(row)) for row in _rows(file, "callbacks")),
        dict(reader.play(row) for row in _rows(file, "play")),
        tuple(reader.known_difference(row) for row in _rows(file, "known")),
        {reader.place(row): row.at("why").text() for row in _rows(file, "outside")},
    )


def _rows(file: Cursor, key: str) -> list[Cursor]:
    found = file.maybe(key)
    if found is None:
        return []
    if not isinstance(found.value, list):
        raise DataError(found.where, f"{found.value!r} is no list", expected="a list of rows")
    return [Cursor(f"{found.where}/{number}", row) for number, row in enumerate(found.value)]


def _gives(row: Cursor) -> Mapping[str, Any]:
    found = row.maybe("gives")
    return found.mapping() if found else {}


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads rows; `counts` is how many exchanges and callbacks there are."""

    counts: Mapping[str, int]

    def call(self, row: Cursor) -> ClientCall:
        fields = row.mapping()
        if fields.get("call") not in get_args(Doing):
            expected = ", ".join(get_args(Doing))
            raise DataError(row.where, f"call is {fields.get('call')!r}", expected=f"one of {expected}")
        needed = [key for key in _NEEDS.get(fields["call"], ("job",)) if fields.get(key) is None]
        if needed:
            raise DataError(row.where, f"{fields['call']} lacks {' and '.join(needed)}", expected=f"{needed[0]}: …")
        of = self.number(row, "of", "exchange") if "of" in fields else None
        job, sort = (found.text() if (found := row.maybe(key)) else None for key in ("job", "sort"))
        return ClientCall(fields["call"], of, job, sort, _gives(row))

    def play(self, row: Cursor) -> tuple[Place, Play]:
        fields = row.mapping()
        who = fields.get("who", "own")
        if who not in get_args(Who):
            raise DataError(row.where, f"who is {who!r}", expected=f"one of {', '.join(get_args(Who))}")
        prefer, path = (found.text() if (found := row.maybe(key)) else None for key in ("prefer", "path"))
        body = found.mapping() if (found := row.maybe("body")) else None
        return self.place(row), Play(row.at("why").text(), who, prefer, path, body, row.get("wait", 0.0))

    def known_difference(self, row: Cursor) -> KnownDifference:
        at, what, why = (row.at(key).text() for key in ("at", "what", "why"))
        return KnownDifference(self.place(row), at, what, why)

    def place(self, row: Cursor) -> Place:
        kind: Kind = "callback" if "callback" in row.mapping() else "exchange"
        return Place(kind, self.number(row, kind, kind))

    def number(self, row: Cursor, key: str, kind: Kind) -> int:
        found = row.mapping().get(key)
        if not isinstance(found, int) or not 0 <= found < self.counts[kind]:
            expected = (
                f"a number from 0 to {self.counts[kind] - 1}" if self.counts[kind] else f"no {kind}: there is none"
            )
            raise DataError(row.where, f"{key} is {found!r}", expected=expected)
        return found
