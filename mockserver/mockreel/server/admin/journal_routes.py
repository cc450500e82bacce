"""The journal: exchanges, deliveries and states of jobs; queried, asserted, exported."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from heapq import heappush, heappushpop, merge
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import StreamingResponse

from mockreel import __version__
from mockreel.engine.journal import har
from mockreel.engine.journal.journal import AttemptEntry
from mockreel.engine.journal.journal_query import JournalQuery, Numbered, Work, counting, ordering
from mockreel.errors import OptionError
from mockreel.server.admin.request_reader import (
    NotThere,
    any_name,
    choice,
    flag,
    json_object,
    limit,
    number_in_path,
    providers,
    whole,
)
from mockreel.server.admin.route import Row
from mockreel.server.admin.views import attempt_row, entry_detail, entry_row, shown_entry, shown_line, shown_tried
from mockreel.server.cooperative_loop import finish_work, write_rows, yielding
from mockreel.simulator.simulator import Change, Simulator

_CONDITIONS = ("provider", "operation", "method", "path", "account", "job", "refusal")
_COUNTS = ("times", "at_least", "at_most")


async def list_entries(simulator: Simulator, request: Request) -> Any:
    """The matching exchanges, the newest first unless `order=oldest`; with their content if `bodies=true`."""
    query = _question(request, simulator)
    most, bodies = limit(request), flag(request, "bodies")
    found = [one async for one in _fitting(query, _behind(simulator, request), most + 1)]
    more = found[most - 1][0] if len(found) > most else None
    shown = (_detail(simulator, one) if bodies else entry_row(*_line(simulator, one)) for one in found[:most])
    return {"count": simulator.journal.count, "entries": await write_rows(shown), "next": more}


async def _fitting(query: JournalQuery, entries: Iterable[Numbered], most: int) -> AsyncIterator[Numbered]:
    """Those that fit, at most so many; where few fit, others have their turn meanwhile."""
    count = 0
    async for looked in yielding(entries):
        for one in query.among([looked]):
            yield one
            count += 1
        if count >= most:
            return


def _detail(simulator: Simulator, numbered: Numbered) -> Mapping[str, Any]:
    number, entry = numbered
    return entry_detail(number, shown_entry(simulator.provider(entry.provider), entry))


def _behind(simulator: Simulator, request: Request) -> list[Numbered]:
    """Every exchange in the requested order, after the one that `after` names."""
    entries, after = simulator.journal.numbered(), _after(request)
    if choice(request, "order", ("newest", "oldest")) == "newest":
        entries.reverse()
        return entries if after is None else [one for one in entries if one[0] < after]
    return entries if after is None else [one for one in entries if one[0] > after]


def _question(request: Request, simulator: Simulator) -> JournalQuery:
    """The conditions of the query; an unknown name is an error, as it would never match."""
    conditions: dict[str, Any] = {
        name: request.query_params[name] for name in _CONDITIONS if name in request.query_params
    }
    status = request.query_params.get("status")
    if status is not None:
        conditions["status"] = whole(status, "status")
    return _query(simulator, conditions)


def _after(request: Request) -> int | None:
    text = request.query_params.get("after")
    return None if text is None else whole(text, "after")


async def get_entry(simulator: Simulator, request: Request) -> Any:
    """One exchange, with its content."""
    number = number_in_path(request, "number", "exchange")
    entry = simulator.journal.get(number)
    if entry is None:
        numbered = simulator.journal.numbered()
        then = f"The journal has {numbered[0][0]} to {numbered[-1][0]}." if numbered else "The journal is empty."
        raise NotThere("exchange", number, then=then)
    return entry_detail(number, shown_entry(simulator.provider(entry.provider), entry))


async def list_attempts(simulator: Simulator, request: Request) -> Any:
    """The attempts to deliver a callback, the newest first; forged ones (of tests) are left out."""
    names = {provider.name for provider in providers(simulator, request)}
    most = limit(request)
    tried = [one for one in simulator.journal.attempts(job=any_name(request, "job")) if one.provider in names]
    shown = (attempt_row(simulator.provider(one.provider), one) for one in tried[: -most - 1 : -1])
    return {"count": len(tried), "attempts": await write_rows(shown)}


async def list_changes(simulator: Simulator, request: Request) -> Any:
    """The states that jobs have entered, the newest first."""
    chosen, most = providers(simulator, request), limit(request)
    count = 0
    newest: list[tuple[float, int, Change]] = []
    async for change in yielding(simulator.entered(chosen, job=any_name(request, "job"))):
        count += 1
        (heappush if len(newest) < most else heappushpop)(newest, (change.at, count, change))
    return {"count": count, "changes": [change._asdict() for _, _, change in sorted(newest, reverse=True)]}


async def assert_journal(simulator: Simulator, request: Request) -> Any:
    """Whether a journal assertion holds: so many matching exchanges, or one for each of `order`, in that order."""
    body = await json_object(request)
    verdict = await finish_work(_ordered(simulator, body) if "order" in body else _counted(simulator, body))
    shown = (entry_row(*_line(simulator, one)) for one in verdict.found)
    return {
        "holds": verdict.holds,
        "message": _without_keys(simulator, verdict.message),
        "found": await write_rows(shown),
    }


def _without_keys(simulator: Simulator, text: str) -> str:
    for provider in simulator.providers.values():
        text = provider.keyring.known.masked_text(text)
    return text


def _counted(simulator: Simulator, body: Mapping[str, Any]) -> Work:
    counts = {name: _count(body[name], name) for name in _COUNTS if body.get(name) is not None}
    if "times" in counts and len(counts) > 1:
        raise OptionError("times", counts["times"], then="Give either `times`, or `at_least` and `at_most`.")
    query = _query(simulator, {name: value for name, value in body.items() if name not in _COUNTS})
    return counting(simulator.journal.numbered(), query, **counts)


def _ordered(simulator: Simulator, body: Mapping[str, Any]) -> Work:
    steps = body["order"]
    if not isinstance(steps, list) or not steps or not all(isinstance(step, dict) for step in steps):
        raise OptionError("order", steps, ["a list of questions"])
    shared = {name: value for name, value in body.items() if name != "order"}
    return ordering(simulator.journal.numbered(), [_query(simulator, {**shared, **step}) for step in steps])


def _query(simulator: Simulator, conditions: Mapping[str, Any]) -> JournalQuery:
    query = JournalQuery.of(conditions)
    simulator.journal.check(**conditions)
    return query


def _count(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise OptionError(name, value, ["a whole number from 0 up"])
    return value


async def export_har(simulator: Simulator, request: Request) -> Any:
    """The exchanges that fit, and the attempts to deliver callbacks, as an HTTP archive (HAR 1.2), as it is made."""
    query = _question(request, simulator)
    tried = simulator.journal.attempts(provider=query.provider, job=query.job)
    plain = query == JournalQuery(provider=query.provider, job=query.job)
    attempts = sorted(tried if plain else (), key=lambda one: one.at)
    rows = _archived(simulator, query, attempts)
    return StreamingResponse(_archive(rows), media_type="application/json")


def _archived(
    simulator: Simulator, query: JournalQuery, attempts: Iterable[AttemptEntry]
) -> Iterator[Mapping[str, Any] | None]:
    """Exchanges that fit and attempts in the order of time, without secrets; None for what does not fit."""
    both: list[Iterable[tuple[float, Numbered | AttemptEntry]]] = [
        ((one[1].at, one) for one in simulator.journal.numbered()),
        ((one.at, one) for one in attempts),
    ]
    for _, one in merge(*both, key=lambda timed: timed[0]):
        if isinstance(one, AttemptEntry):
            yield har.attempt_row(shown_tried(simulator.provider(one.provider), one))
        elif not any(query.among([one])):
            yield None
        else:
            number, entry = one
            provider = simulator.provider(entry.provider)
            yield har.exchange_row(number, shown_entry(provider, entry), provider.base_url)


async def _archive(rows: Iterable[Mapping[str, Any] | None]) -> AsyncIterator[bytes]:
    """An archive piece by piece."""
    before, behind = har.archive_frame(__version__)
    comma = b""
    yield before
    async for row in yielding(rows):
        if row is not None:
            yield comma + orjson.dumps(row)
            comma = b","
    yield behind


def _line(simulator: Simulator, numbered: Numbered) -> Numbered:
    number, entry = numbered
    return number, shown_line(simulator.provider(entry.provider), entry)


ROWS = (
    Row("GET", "journal", list_entries, (*_CONDITIONS, "status", "limit", "order", "after", "bodies")),
    Row("GET", "journal/attempts", list_attempts, ("limit", "provider", "job")),
    Row("GET", "journal/changes", list_changes, ("limit", "provider", "job")),
    Row("GET", "journal/har", export_har, (*_CONDITIONS, "status")),
    Row("POST", "journal/assert", assert_journal),
    Row("GET", "journal/{number:digits}", get_entry),
)
