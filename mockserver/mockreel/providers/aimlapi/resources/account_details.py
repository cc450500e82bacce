"""Balances and transactions."""

from collections.abc import Callable, Iterator
from datetime import datetime
from heapq import merge
from itertools import chain, islice
from typing import Any

from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.message import Response, json_response
from mockreel.contract.validation import Violation
from mockreel.engine.billing import Entry
from mockreel.engine.randomness import digest
from mockreel.providers.aimlapi.query_parameters import reject_unknown
from mockreel.providers.aimlapi.responses import moment
from mockreel.providers.aimlapi.state import State
from mockreel.providers.templates import fill
from mockreel.simulator.cooperative_work import FEW, Work, chunks, respond_settled, run_work
from mockreel.simulator.provider_adapter import Answer
from mockreel.simulator.request_context import RequestContext

# How many parts of the ledger are released in one step.
_RELEASED = 20


def balance(context: RequestContext) -> Answer:
    """The balance in the shape that the operation names."""
    return respond_settled(context, _balance)


def _balance(context: RequestContext) -> Response:
    state: State = context.provider.state
    rows = context.provider.contract.wire["balances"]
    usd = context.provider.ledger.balance(context.account, context.now)
    assert usd is not None, "the contract has an opening balance for an account without a limit"
    credits_left = state.rates.credits(usd)
    words = {
        "usd": float(usd),
        "credits": credits_left,
        "currency": context.provider.contract.pricing["currency"],
        "low": credits_left < rows["low"],
        "now": moment(context.now),
        "account": context.account.number,
    }
    return json_response(200, fill(rows[context.operation.raw["x-mockreel"]["reply"]], words))


def transactions(context: RequestContext) -> Answer:
    """One page of the ledger, newest first. It has rows for what changes hands; a hold is none."""
    reject_unknown(context)
    return run_work(context, _transactions(context, _period(context)))


def _transactions(context: RequestContext, in_period: Callable[[Entry], bool]) -> Work:
    rows, ledger, account = context.provider.contract.wire["ledger"], context.provider.ledger, context.account
    settling = ledger.settling(account, context.now)
    next(settling)
    yield from settling
    parts: list[list[Entry]] = []  # each the newest first
    for jobs in chain([()], chunks([*account.jobs], size=FEW)):
        entries = ledger.moved(jobs, context.now) if jobs else ledger.set_by_hand(account, context.now)
        reported = (entry for entry in entries if entry.sort in rows)
        chosen = [entry for entry in reported if in_period(entry) and _matches(context, rows[entry.sort])]
        parts.append(sorted(chosen, key=_moment_of)[::-1])
        if len(jobs) == FEW:
            yield
    newest_first = merge(*reversed(parts), key=_moment_of, reverse=True)  # of one moment: the later one first
    yield from _skip(context, newest_first)
    limit = context.query.get("limit", _default(context, "limit"))
    page, more = [*islice(newest_first, limit)], next(newest_first, None) is not None
    del newest_first
    for place in range(len(parts), 0, -1):  # to release a million entries at once would take its time
        parts.pop()
        if not place % _RELEASED:
            yield
    words = {
        "entries": [fill(rows["entry"], _words(context, rows[entry.sort], entry)) for entry in page],
        "next": _cursor(page[-1]) if more else None,
        "more": more,
    }
    return json_response(200, fill(rows["page"], words))


def _words(context: RequestContext, row: dict[str, Any], entry: Entry) -> dict[str, Any]:
    usage = context.provider.state.rates.usage(None if entry.amount is None else abs(entry.amount))
    return {
        "direction": row["direction"],
        "type": row["type"],
        "at": moment(entry.at),
        "usd": usage.dollars,
        "credits": usage.credits,
        "model": entry.job.model.id if entry.job and entry.job.model else None,
        "id": entry.job.id if entry.job else None,
    }


def _matches(context: RequestContext, row: dict[str, Any]) -> bool:
    return all(context.query.get(name, row[name]) == row[name] for name in ("direction", "type"))


def _period(context: RequestContext) -> Callable[[Entry], bool]:
    """Which entries are in the requested period.

    Raises:
        ErrorResponse: it ends before it begins, or a time is invalid.
    """
    start, end = _moment(context, "from", float("-inf")), _moment(context, "to", float("inf"))
    if end <= start:
        raise _rejection("to", context.query.get("to"), "it is not later than `from`")
    return lambda entry: start <= entry.at < end


def _moment(context: RequestContext, name: str, default: float) -> float:
    text = context.query.get(name)
    if text is None:
        return default
    try:
        return datetime.fromisoformat(text.upper()).timestamp()
    except (ValueError, OverflowError) as problem:
        raise _rejection(name, text, f"it is not a moment ({problem})") from problem


def _moment_of(entry: Entry) -> float:
    return entry.at


def _skip(context: RequestContext, entries: Iterator[Entry]) -> Iterator[None]:
    """Pass the entries up to the one that the cursor names, if there is a cursor.

    Raises:
        ErrorResponse: no entry has that cursor.
    """
    cursor = context.query.get("cursor")
    if cursor is None:
        return
    for place, entry in enumerate(entries, 1):
        if _cursor(entry) == cursor:
            return
        if not place % FEW:
            yield
    raise _rejection("cursor", cursor, "it was not issued here for this query")


def _cursor(entry: Entry) -> str:
    """An opaque name for a place in the ledger."""
    return digest(0, "cursor", entry.sort, moment(entry.at), entry.job.id if entry.job else "", size=24).hex()


def _default(context: RequestContext, name: str) -> int:
    defaults: Iterator[int] = (row.schema["default"] for row in context.operation.query if row.name == name)
    return next(defaults)


def _rejection(name: str, value: Any, why: str) -> ErrorResponse:
    return ErrorResponse("invalid-query", violations=(Violation(("query", name), "other", why, value, None),))
