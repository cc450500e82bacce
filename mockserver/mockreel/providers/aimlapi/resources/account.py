"""Balances and transactions."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from mockreel.contract.messages.error_response import Refused
from mockreel.contract.messages.message import json_reply
from mockreel.contract.validation import Violation
from mockreel.engine.billing import Entry
from mockreel.engine.randomness import digest
from mockreel.providers.aimlapi.query_parameters import refuse_unknown
from mockreel.providers.aimlapi.responses import moment
from mockreel.providers.aimlapi.state import State
from mockreel.providers.templates import fill
from mockreel.simulator.adapter import Answer
from mockreel.simulator.context import Call


def balance(call: Call) -> Answer:
    """The balance in the shape that the operation names."""
    state: State = call.part.state
    rows = call.part.contract.wire["balances"]
    usd = call.part.ledger.balance(call.account, call.now)
    assert usd is not None, "the contract has an opening balance for an account without a limit"
    credits_left = state.tariff.credits(usd)
    words = {
        "usd": float(usd),
        "credits": credits_left,
        "currency": call.part.contract.pricing["currency"],
        "low": credits_left < rows["low"],
        "now": moment(call.now),
        "account": call.account.number,
    }
    return json_reply(200, fill(rows[call.operation.raw["x-mockreel"]["reply"]], words))


def transactions(call: Call) -> Answer:
    """One page of the ledger, newest first. It has rows for what changes hands; a hold is none."""
    refuse_unknown(call)
    wanted = _period(call)
    rows = call.part.contract.wire["ledger"]
    entries = reversed(call.part.ledger.entries(call.account, call.now))
    told = (entry for entry in entries if entry.sort in rows)
    chosen = [entry for entry in told if wanted(entry) and _matches(call, rows[entry.sort])]
    rest = chosen[_place(call, chosen) :]
    limit = call.query.get("limit", _default(call, "limit"))
    page, more = rest[:limit], len(rest) > limit
    words = {
        "entries": [fill(rows["entry"], _words(call, rows[entry.sort], entry)) for entry in page],
        "next": _cursor(page[-1]) if more else None,
        "more": more,
    }
    return json_reply(200, fill(rows["page"], words))


def _words(call: Call, row: dict[str, Any], entry: Entry) -> dict[str, Any]:
    usage = call.part.state.tariff.usage(None if entry.amount is None else abs(entry.amount))
    return {
        "direction": row["direction"],
        "type": row["type"],
        "at": moment(entry.at),
        "usd": usage.dollars,
        "credits": usage.credits,
        "model": entry.job.model.id if entry.job and entry.job.model else None,
        "id": entry.job.id if entry.job else None,
    }


def _matches(call: Call, row: dict[str, Any]) -> bool:
    return all(call.query.get(name, row[name]) == row[name] for name in ("direction", "type"))


def _period(call: Call) -> Callable[[Entry], bool]:
    """Which entries lie in the asked period.

    Raises:
        Refused: it ends before it begins, or a moment is none.
    """
    start, end = _moment(call, "from", float("-inf")), _moment(call, "to", float("inf"))
    if end <= start:
        raise _refused("to", call.query.get("to"), "it is not later than `from`")
    return lambda entry: start <= entry.at < end


def _moment(call: Call, name: str, default: float) -> float:
    text = call.query.get(name)
    if text is None:
        return default
    try:
        return datetime.fromisoformat(text.upper()).timestamp()
    except (ValueError, OverflowError) as problem:
        raise _refused(name, text, f"it is not a moment ({problem})") from problem


def _place(call: Call, entries: list[Entry]) -> int:
    """Where the page begins: behind the entry that the cursor names.

    Raises:
        Refused: no entry has that cursor.
    """
    cursor = call.query.get("cursor")
    if cursor is None:
        return 0
    for place, entry in enumerate(entries, 1):
        if _cursor(entry) == cursor:
            return place
    raise _refused("cursor", cursor, "it was not issued here for this query")


def _cursor(entry: Entry) -> str:
    """An opaque name for a place in the ledger."""
    return digest(0, "cursor", entry.sort, moment(entry.at), entry.job.id if entry.job else "", size=24).hex()


def _default(call: Call, name: str) -> int:
    defaults: Iterator[int] = (row.schema["default"] for row in call.operation.query if row.name == name)
    return next(defaults)


def _refused(name: str, value: Any, why: str) -> Refused:
    return Refused("invalid-query", violations=(Violation(("query", name), "other", why, value, None),))
