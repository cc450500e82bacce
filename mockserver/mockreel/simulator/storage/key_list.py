"""The listed keys of a run: what its log has of each entry of the list, and the list that a log makes up for."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from mockreel.engine.accounts.account import KeyEntry
from mockreel.engine.faults import Faults, read_fault
from mockreel.simulator.storage.logs.log_entry import Entry
from mockreel.simulator.storage.request_record import alias


def listed_row(entry: KeyEntry | None) -> dict[str, Any] | None:
    """A list's entry for a key, without the key and the secret; None for a key that is not listed."""
    if entry is None:
        return None
    return {
        "account": entry.account,
        "scopes": None if entry.scopes is None else sorted(entry.scopes),
        "balance": None if entry.balance is None else str(entry.balance),
        "scenario": entry.scenario,
        "faults": [one.row() for one in entry.faults or ()],
    }


def difference(before: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> str:
    """In what a key's entry is not what it was, in words; empty if it is."""
    if before is None or now is None or before == now:
        return ""
    name = next(name for name in now if before.get(name) != now[name])
    return f"{name} {_shown(before.get(name))}, and has {_shown(now[name])} now"


def _shown(value: Any) -> str:
    if value in (None, []):
        return "none"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def listed_aliases(entries: Iterable[tuple[int, Entry]]) -> list[KeyEntry]:
    """What a keys file would list, so that a log can be applied without it."""
    found = []
    for _, entry in entries:
        row = entry.fields
        if entry.kind == "key" and row["listed"] is not None:
            found.append(_entry(row["p"], alias(row["number"]), row["listed"]))
    return found


def _entry(provider: str, name: str, row: Any) -> KeyEntry:
    scopes, balance = row["scopes"], row["balance"]
    faults = [read_fault(one) for one in row["faults"]]
    return KeyEntry(
        name,
        row["account"],
        provider,
        None if scopes is None else frozenset(scopes),
        None if balance is None else Decimal(balance),
        row["scenario"],
        Faults.of(faults) if faults else None,
    )
