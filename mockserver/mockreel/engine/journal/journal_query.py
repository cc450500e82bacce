"""Questions to the journal: which exchanges fit, how often, in which order; and why none does."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from heapq import nsmallest
from typing import Any

import orjson

from mockreel.engine.journal.journal import Entry
from mockreel.errors import OptionError

# An exchange with its number in the journal.
Numbered = tuple[int, Entry]
# How many exchanges an explanation names.
NEAREST = 3
# Among how many of the newest exchanges the nearest are looked for.
LOOKED_AT = 10_000
# A longer value is cut in an explanation.
LONGEST = 120


@dataclass(frozen=True, slots=True)
class JournalQuery:
    """The conditions for an exchange; None matches anything.

    `*` in a path matches anything. `body` and `reply` are parts of the request's and the response's JSON: each of their
    fields must occur with that value; other fields are ignored.
    """

    provider: str | None = None
    operation: str | None = None
    method: str | None = None
    path: str | None = None
    account: str | None = None
    job: str | None = None
    status: int | None = None
    refusal: str | None = None
    body: Mapping[str, Any] | None = None
    reply: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, conditions: Mapping[str, Any]) -> "JournalQuery":
        """The query of these fields.

        Raises:
            OptionError: an unknown field, or a value of another type.
        """
        names = [field.name for field in fields(cls)]
        for name, value in conditions.items():
            if name not in names:
                raise OptionError("field of a journal query", name, names)
            expected = int if name == "status" else Mapping if name in ("body", "reply") else str
            if value is not None and (not isinstance(value, expected) or isinstance(value, bool)):
                kind = {int: "a number", str: "a text", Mapping: "a JSON object"}[expected]
                raise OptionError(name, value, [kind])
            if value == "":
                raise OptionError(name, value, then="Give it a value, or leave it out.")
        return cls(**conditions)

    def misfits(self, entry: Entry) -> list[str]:
        """Why an exchange does not fit, one reason a field; empty where it fits."""
        reasons = (_MATCHERS[name](entry, expected) for name, expected in self._conditions())
        return [reason for reason in reasons if reason is not None]

    def among(self, entries: Iterable[Numbered]) -> Iterator[Numbered]:
        """Those of many exchanges that fit, one after the other; each is looked at up to the first difference."""
        conditions = [(_MATCHERS[name], expected) for name, expected in self._conditions()]
        for numbered in entries:
            for match, expected in conditions:
                if match(numbered[1], expected) is not None:
                    break
            else:
                yield numbered

    def _conditions(self) -> Iterable[tuple[str, Any]]:
        found = ((field.name, getattr(self, field.name)) for field in fields(self))
        return ((name, value) for name, value in found if value is not None)

    def __str__(self) -> str:
        return ", ".join(f"{name} {_short(value)}" for name, value in self._conditions()) or "any request"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a journal assertion holds; `found` are the matching exchanges, `message` says what differs.

    It is true if it holds.
    """

    holds: bool
    found: tuple[Numbered, ...]
    message: str = ""

    def __bool__(self) -> bool:
        return self.holds

    def __repr__(self) -> str:
        """One line, as pytest shows it of a claim that does not hold; `message` has all of it."""
        if self.holds:
            return f"<holds: {len(self.found)} found>"
        return f"<does not hold: {self.message.partition(chr(10))[0]}>"


# The work of a verdict: it yields where others may have their turn, and returns the verdict.
Work = Generator[None, None, Verdict]


def count_verdict(
    entries: Sequence[Numbered],
    query: JournalQuery,
    *,
    times: int | None = None,
    at_least: int | None = None,
    at_most: int | None = None,
) -> Verdict:
    """Whether this many exchanges match; at least one if no number is given."""
    return _finish(counting(entries, query, times=times, at_least=at_least, at_most=at_most))


def ordered(entries: Sequence[Numbered], queries: Sequence[JournalQuery]) -> Verdict:
    """Whether an exchange fits each question, each after the one before; others may lie between."""
    return _finish(ordering(entries, queries))


def counting(
    entries: Sequence[Numbered],
    query: JournalQuery,
    *,
    times: int | None = None,
    at_least: int | None = None,
    at_most: int | None = None,
) -> Work:
    """The work of `counted`."""
    found: list[Numbered] = []
    for numbered in entries:
        found += query.among([numbered])
        yield
    least = times if times is not None else 1 if at_least is None and at_most is None else at_least or 0
    most = times if times is not None else at_most
    if least <= len(found) and (most is None or len(found) <= most):
        return Verdict(True, tuple(found))
    report = f"Expected {_expected(least, most)} with {query}; the journal has {len(found)}."
    if len(found) >= least:
        lines = [f"  {_line(numbered)}" for numbered in found[-NEAREST:]]
        return Verdict(False, tuple(found), "\n".join([report, "The last of them:", *lines]))
    nearest = yield from _nearest(entries, query, leaving=found)
    return Verdict(False, tuple(found), "\n".join([report, *nearest]))


def ordering(entries: Sequence[Numbered], queries: Sequence[JournalQuery]) -> Work:
    """The work of `ordered`."""
    found: list[Numbered] = []
    rest = iter(entries)
    for place, query in enumerate(queries):
        fitting = yield from _next(query, rest)
        if fitting is None:
            last = found[-1][0] if found else 0
            after = f" after #{last}" if found else ""
            report = f"Step {place + 1} of {len(queries)} was not found{after}: {query}."
            steps = [f"  found: {_line(numbered)}" for numbered in found]
            nearest = yield from _nearest([numbered for numbered in entries if numbered[0] > last], query)
            return Verdict(False, tuple(found), "\n".join([report, *steps, *nearest]))
        found.append(fitting)
    return Verdict(True, tuple(found))


def _finish(work: Work) -> Verdict:
    """The verdict, without a turn for anybody."""
    try:
        while True:
            next(work)
    except StopIteration as done:
        verdict: Verdict = done.value
        return verdict


def _next(query: JournalQuery, entries: Iterator[Numbered]) -> Generator[None, None, Numbered | None]:
    """The first that fits; what comes before it is used up."""
    for numbered in entries:
        for fitting in query.among([numbered]):
            return fitting
        yield
    return None


def _expected(least: int, most: int | None) -> str:
    if most is None:
        return f"at least {least} request{'s' if least != 1 else ''}"
    if least == most:
        return f"{least} request{'s' if least != 1 else ''}"
    return f"{least} to {most} requests" if least else f"at most {most} request{'s' if most != 1 else ''}"


def _nearest(
    entries: Sequence[Numbered], query: JournalQuery, *, leaving: Sequence[Numbered] = ()
) -> Generator[None, None, list[str]]:
    """The exchanges that fit best, with what is otherwise; of equals the newest."""
    fitting = {number for number, _ in leaving}
    others = []
    for number, entry in entries[-LOOKED_AT:]:
        if number not in fitting:
            others.append((query.misfits(entry), number, entry))
            yield
    if not others:
        return ["There is no other request in the journal."] if fitting else ["There is no request in the journal."]
    nearest = nsmallest(NEAREST, others, key=lambda other: (len(other[0]), -other[1]))
    lines = [f"  {_line((number, entry))}: {'; '.join(reasons)}" for reasons, number, entry in nearest]
    return ["Nearest first:", *lines]


def _line(numbered: Numbered) -> str:
    number, entry = numbered
    return f"#{number} {entry.method} {entry.path} ({entry.account or 'no account'}, {entry.status})"


def _short(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else orjson.dumps(value, default=str).decode()
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


# A matcher answers None, or the reason why the exchange does not fit.
_Matcher = Callable[[Entry, Any], str | None]


def _same(name: str, read: Callable[[Entry], Any]) -> _Matcher:
    def match(entry: Entry, expected: Any) -> str | None:
        found = read(entry)
        return None if found == expected else f"{name} is {_short(found)}, not {_short(expected)}"

    return match


def _path(entry: Entry, expected: str) -> str | None:
    if entry.path == expected or fnmatchcase(entry.path, expected):
        return None
    return f"path is {_short(entry.path)}, not {_short(expected)}"


def _inside(name: str, raw: Callable[[Entry], bytes], read: Callable[[Entry], Any]) -> _Matcher:
    def match(entry: Entry, expected: Mapping[str, Any]) -> str | None:
        if not raw(entry):
            return f"{name} is empty or not stored"
        return _lack(read(entry), expected, name)

    return match


def _lack(found: Any, expected: Any, where: str) -> str | None:
    """The first place where a JSON value lacks what is expected; None if it has all."""
    if not isinstance(expected, Mapping):
        same = found == expected and isinstance(found, bool) == isinstance(expected, bool)
        return None if same else f"{where} is {_short(found)}, not {_short(expected)}"
    if not isinstance(found, Mapping):
        return f"{where} is {_short(found)}, no JSON object"
    for name, value in expected.items():
        if name not in found:
            return f"{where} has no {name!r}"
        lack = _lack(found[name], value, f"{where}.{name}")
        if lack is not None:
            return lack
    return None


_MATCHERS: Mapping[str, _Matcher] = {
    "provider": _same("provider", lambda entry: entry.provider),
    "operation": _same("operation", lambda entry: entry.operation),
    "method": _same("method", lambda entry: entry.method),
    "path": _path,
    "account": _same("account", lambda entry: entry.account),
    "job": _same("job", lambda entry: entry.job),
    "status": _same("status", lambda entry: entry.status),
    "refusal": _same("refusal", lambda entry: entry.row),
    "body": _inside("body", lambda entry: entry.body, lambda entry: entry.json),
    "reply": _inside("reply", lambda entry: entry.reply, lambda entry: entry.reply_json),
}
