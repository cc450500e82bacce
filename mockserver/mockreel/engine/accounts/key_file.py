"""A keys file, read and checked: who is admitted, as whom, for what."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from mockreel.contract import Contract
from mockreel.contract.data.data_files import parse_yaml, read_user_file
from mockreel.contract.data.parser import Cursor
from mockreel.contract.pricing import read_amount
from mockreel.engine.accounts.account import KeyEntry
from mockreel.engine.faults import Faults, read_faults
from mockreel.errors import DataError, FaultError, OptionError, nearest

FIELDS = ("key", "account", "provider", "scopes", "balance", "scenario", "fault", "webhook_secret")
# How like a field a name is that is one with a mistake in it.
_ALIKE = 0.7
_UNSENDABLE = "is blank, or has controls or spaces that no request can carry"


def check_keys(entries: Iterable[KeyEntry], contracts: Mapping[str, Contract], *, known: Iterable[str]) -> None:
    """Check that listed keys name existing providers and scenarios.

    Args:
        contracts: of the served providers; `known` are the names of all.

    Raises:
        OptionError: a name does not exist, or no request can carry a key; a key is never part of the message.
    """
    names = (*contracts, *(name for name in known if name not in contracts))
    for entry in entries:
        if not _is_sendable(entry.key):
            raise OptionError("listed key", "…", secret=f"one that {_UNSENDABLE}", then="List another.")
        if entry.provider is not None and entry.provider not in names:
            raise OptionError("provider of a listed key", entry.provider, names)
        served = [contract for name, contract in contracts.items() if entry.provider in (None, name)]
        scenarios = dict.fromkeys(name for contract in served for name in contract.scenarios.names)
        if entry.scenario is not None and served and entry.scenario not in scenarios:
            raise OptionError("scenario of a listed key", entry.scenario, scenarios)


def read_keys(path: Path) -> tuple[KeyEntry, ...]:
    """The entries of a keys file: a YAML list of `{key, account, provider?, scopes?, balance?, scenario?, fault?}`.

    Raises:
        DataError: the file is unreadable, or an entry lacks its key; a key is never part of the message.
    """
    return entries_of(parse_yaml(read_user_file(path), where=str(path), untrusted=True), where=str(path))


def entries_of(value: Any, *, where: str) -> tuple[KeyEntry, ...]:
    """The same of a list that has been read.

    Raises:
        DataError: it is not a list of entries.
    """
    if not isinstance(value, list):
        raise DataError(where, "its root is not a list", expected="a list of {key, account, …}")
    if not value:
        raise DataError(where, "it lists no key, so no request would be admitted", expected="{key, account, …}")
    return tuple(_entry(Cursor(f"{where} entry {number}", row)) for number, row in enumerate(value, 1))


def _entry(row: Cursor) -> KeyEntry:
    if not isinstance(row.value, Mapping):
        raise DataError(row.where, "it is not a mapping", expected="{key, account, …}")  # the value may be a key
    fields: Mapping[str, Any] = row.value
    for number, name in enumerate(fields, 1):
        if name not in FIELDS:
            is_mistyped = isinstance(name, str) and nearest(name, FIELDS, most=1, least=_ALIKE)
            shown = f"{name!r}" if is_mistyped else f"number {number}"  # another name may be a key
            raise DataError(row.where, f"unknown field {shown}", expected=", ".join(FIELDS))
    key = fields.get("key")
    if not isinstance(key, str) or not key.strip():
        raise DataError(row.where, "it has no key", expected="a text under 'key'")
    if not _is_sendable(key):
        raise DataError(row.where, f"its key {_UNSENDABLE}", expected="one printable line")
    scopes = row.maybe("scopes")
    return KeyEntry(
        key,
        row.get("account", "listed"),
        row.get("provider", "") or None,
        frozenset(scopes.texts()) if scopes else None,
        _balance(row),
        row.get("scenario", "") or None,
        _faults(row),
        _secret(row),
    )


def _is_sendable(key: str) -> bool:
    """Whether a request can have it in a header: HTTP takes spaces away at both ends."""
    return bool(key) and key.isprintable() and key == key.strip()


def _secret(row: Cursor) -> str | None:
    found = row.maybe("webhook_secret")
    if found is None:
        return None
    if not isinstance(found.value, str) or not found.value.strip():
        raise DataError(found.where, "it is not a secret", expected="a text")  # the value may be one
    return found.value


def _faults(row: Cursor) -> Faults | None:
    found = row.maybe("fault")
    if found is None:
        return None
    try:
        return read_faults(found.value)
    except FaultError as wrong:
        raise DataError(found.where, str(wrong).rstrip(".")) from wrong


def _balance(row: Cursor) -> Decimal | None:
    found = row.maybe("balance")
    if found is None:
        return None
    balance = read_amount(found.value)
    if balance is None or balance < 0:
        raise DataError(found.where, f"{found.value!r} is not an amount", expected="a number from 0 up")
    return balance
