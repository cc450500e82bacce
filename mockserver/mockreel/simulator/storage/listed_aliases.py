"""The listed keys of a recorded run, each under the alias that replaces it in the log."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from mockreel.engine.accounts.account import KeyEntry
from mockreel.engine.faults import Faults, read_fault
from mockreel.simulator.storage.logs.log_entry import Entry
from mockreel.simulator.storage.written_request import alias


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
