"""An event as one line: when, who, what, and the outcome, in columns."""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from mockreel.engine.clock import utc
from mockreel.simulator.events import Event
from mockreel.terminal import fitted, folded, harmless, width

# The columns: the provider's name, and what happened. With these a line that needs no explaining fits in 80.
_NAME = 10
_WHAT = 44
_OWN = "mockreel"
# Time, gaps and name before the event, and the indent of a line that is wider than the terminal.
_BEFORE = 26
_INDENT = " " * 14

_PLAIN, _DIM, _RED, _GREEN, _YELLOW, _CYAN = "", "2", "31", "32", "33", "36"
_BY_KIND = {"succeeded": _GREEN, "failed": _RED, "cancelled": _YELLOW, "partial": _YELLOW, "pending": _DIM}

# The event, its outcome, and the outcome's colour.
_Columns = tuple[str, str, str]


class Lines:
    """Writes events as lines; with `colours`, the result is marked by ANSI colours.

    Args:
        columns: how wide a line may be on a terminal; None in a pipe or a file, where nothing is wrapped or shortened.
    """

    def __init__(self, *, colours: bool = False, columns: int | None = None) -> None:
        self._colours = colours
        self._columns = columns

    def line(self, event: Event) -> str:
        what, outcome, colour = _KINDS.get(event.kind, _other)(event)
        second = int(event.at)
        when = f"{_time(second)}.{int((event.at - second) * 1000):03}"
        name = _column(event.provider or _OWN)
        what, outcome = harmless(what), harmless(outcome)
        if self._columns is None and not self._colours:  # in a pipe or a file
            return f"{when}  {name}  {_padded(what, _WHAT)}  {outcome}".rstrip()
        outcome = self._result(what, outcome, colour)
        what = self._fitted(what)
        if self._colours:
            when, name = _in(_DIM, when), _in(_CYAN, name)
        before = f"{when}  {name}  {what}"
        return f"{before.rstrip()}{outcome}" if outcome.startswith("\n") else f"{before}  {outcome}".rstrip()

    def _fitted(self, what: str) -> str:
        if self._columns is None or width(what) <= _WHAT:
            return _padded(what, _WHAT)
        return _padded(fitted(what, min(width(what), max(_WHAT, self._columns - _BEFORE))), _WHAT)

    def _result(self, what: str, outcome: str, colour: str) -> str:
        """The outcome: behind the event, or below it if the terminal is narrow."""
        colour = colour if self._colours else _PLAIN
        if self._columns is None or _BEFORE + 2 + max(width(what), _WHAT) + width(outcome) <= self._columns:
            return _in(colour, outcome)
        lines = folded(outcome, self._columns, _INDENT)
        return "\n" + "\n".join(_in(colour, line) for line in lines)

    def skipped(self, count: int) -> str:
        """What was omitted, because the reader was slower than the events."""
        return _in(_YELLOW if self._colours else _PLAIN, f"… {count:,} events were omitted: {_TOO_SLOW}")

    def sentence(self, kind: str, text: str, fields: Mapping[str, Any]) -> str:
        """A sentence of mockreel itself, as it is."""
        return "\n".join(harmless(line) for line in text.splitlines())


@lru_cache(maxsize=64)
def _time(second: int) -> str:
    return utc(second).strftime("%H:%M:%S")


@lru_cache(maxsize=64)
def _column(name: str) -> str:
    return _padded(harmless(name), _NAME)


_TOO_SLOW = "they came faster than they could be written."


def _padded(text: str, columns: int) -> str:
    return text.ljust(columns) if text.isascii() else text + " " * (columns - width(text))


def _in(colour: str, text: str) -> str:
    return f"\x1b[{colour}m{text}\x1b[0m" if colour and text else text


def _request(event: Event) -> _Columns:
    fields = event.fields
    status = fields["status"]
    outcome = f"→ {status or 'no answer'}"
    if fields["refusal"] or fields["violations"] or fields.get("fault") or fields.get("notes"):
        outcome = "  ".join([outcome, *_details(fields)])
    colour = _GREEN if 200 <= status < 400 and not fields["refusal"] else _YELLOW if status < 500 and status else _RED
    return f"{fields['method']} {fields['path']}", outcome, colour


def _details(fields: Mapping[str, Any]) -> Iterator[str]:
    """The error response or fault, and what was wrong with the request."""
    if fields["refusal"]:
        yield str(fields["refusal"])
    if fields.get("fault"):
        yield f"fault {fields['fault']}"
    yield from fields["violations"]
    if fields["more_violations"]:
        yield f"and {fields['more_violations']} more"
    yield from (f"note: {note}" for note in fields.get("notes", ()))


def _state(event: Event) -> _Columns:
    fields = event.fields
    return f"  job {event.job}", f"= {fields['word']}", _BY_KIND.get(fields["state_kind"], _PLAIN)


def _attempt(event: Event) -> _Columns:
    fields = event.fields
    status, error = fields["status"], fields["error"]
    outcome = [
        f"→ {error or status}",
        f"fault {fields['fault']}" if fields.get("fault") else "",
        "by hand" if fields.get("forged") else "",
        fields["url"],
        f"for {event.job}",
        fields["detail"] if error else "",
    ]
    accepted = error is None and status is not None and 200 <= status < 300
    return (
        f"  webhook {fields['event']}, attempt {fields['attempt']}",
        "  ".join(one for one in outcome if one),
        _GREEN if accepted else _RED,
    )


def _clock(event: Event) -> _Columns:
    fields = event.fields
    moment = utc(fields["now"]).strftime("%Y-%m-%dT%H:%M:%SZ")
    return "clock", f"= {moment}, " + ("paused" if fields["held"] else f"speed {fields['speed']:g}"), _DIM


def _data(event: Event) -> _Columns:
    fields = event.fields
    if fields["taken"]:
        return "data", f"= reloaded: {', '.join(fields['files'])}", _GREEN
    return "data", f"= not loaded, the old data stays in use. {fields['problem']}", _RED


def _rejected(event: Event) -> _Columns:
    """A request that could not even be read, so that no provider has seen it."""
    fields = event.fields
    where = "" if fields["port"] is None else f" on port {fields['port']}"
    return f"rejected a request{where}", f"→ {fields['status'] or 'no answer'}  {fields['reason']}", _RED


def _misdirected(event: Event) -> _Columns:
    """A request to the control port that a provider's port was meant for."""
    fields = event.fields
    return f"{fields['method']} {fields['path']}", f"→ 404  note: {fields['reason']}", _YELLOW


def _other(event: Event) -> _Columns:
    """Any other kind: its fields as they are."""
    what = " ".join(one for one in (event.kind, event.account, event.job) if one)
    return what, ", ".join(f"{name}: {_short(value)}" for name, value in event.fields.items() if value), _DIM


def _short(value: Any) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{name}={one}" for name, one in value.items())
    return str(value)


_KINDS: Mapping[str, Callable[[Event], _Columns]] = {
    "request": _request,
    "state": _state,
    "attempt": _attempt,
    "clock": _clock,
    "data": _data,
    "rejected": _rejected,
    "misdirected": _misdirected,
}
