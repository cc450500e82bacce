"""Keys: which ones a check uses, and where in a request they are put."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from urllib.parse import parse_qsl, urlencode

from mockreel.contract import Contract
from mockreel.contract.exchanges.exchange import SentRequest, Who
from mockreel.engine.accounts.account import KeyEntry

INVALID = "invalid-mockreel-check"


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one run by account; checks that need a missing one are skipped."""

    of: Mapping[Who, str] = field(repr=False)

    def secrets(self) -> tuple[str, ...]:
        """What no report may show, the longest first."""
        return tuple(sorted({key for key in self.of.values() if key}, key=len, reverse=True))


def drawn(contract: Contract, *, balance: Decimal | None = None, named: str = "") -> tuple[Keys, tuple[KeyEntry, ...]]:
    """Keys for the mock: two accounts, and an admin of the first where the contract has admins.

    Args:
        balance: what the first account has; unlimited by default.
        named: what the names of the accounts end with.
    """
    prefixes = contract.root.get("keys", {}).get("prefixes", [])
    member = next((row["prefix"] for row in prefixes if row.get("role") != "admin"), "")
    admin = next((row["prefix"] for row in prefixes if row.get("role") == "admin"), None)
    found: dict[Who, str] = {
        "own": f"{member}mockreel-check",
        "other": f"{member}mockreel-check-other",
        "invalid": f"{member}{INVALID}",
    }
    if admin is not None:
        found["admin"] = f"{admin}mockreel-check"
    entries = tuple(_entry(who, key, balance, named) for who, key in found.items() if who != "invalid")
    return Keys(found), entries


def _entry(who: Who, key: str, balance: Decimal | None, named: str) -> KeyEntry:
    """The other account has a balance, so that what it pays can be seen; nothing else is ever short of money."""
    others = Decimal(1000) if balance is None else balance / 3
    if who == "other":
        return KeyEntry(key, f"other{named}", balance=others)
    return KeyEntry(key, f"own{named}", balance=balance)


def dressed(request: SentRequest, keys: Keys) -> SentRequest:
    """The request with its key in the contract's places, and nowhere else."""
    operation = request.operation
    if operation is None or not operation.key:
        return request
    key = keys.of.get(request.who)
    for place in operation.key:
        if place.kind == "body":
            request = _in_body(request, place.name, key)
        elif place.kind == "query":
            request = _in_query(request, place.name)
    if key is not None and all(place.kind == "body" for place in operation.key):
        body = request.json
        return request.with_json({**body, operation.key[0].name: key}) if isinstance(body, Mapping) else request
    return _in_header(request, key)


def _in_body(request: SentRequest, name: str, key: str | None) -> SentRequest:
    """Put the real key into a key field that the body has; without a key the field is removed."""
    body = request.json
    if not isinstance(body, Mapping) or not isinstance(body.get(name), str):
        return request
    if key is None:
        return request.with_json({field: value for field, value in body.items() if field != name})
    return request.with_json({**body, name: key})


def _in_query(request: SentRequest, name: str) -> SentRequest:
    pairs = parse_qsl(request.query, keep_blank_values=True)
    if all(field != name for field, _ in pairs):
        return request
    return replace(request, query=urlencode([(field, value) for field, value in pairs if field != name]))


def _in_header(request: SentRequest, key: str | None) -> SentRequest:
    assert request.operation is not None
    place = next((place for place in request.operation.key if place.kind == "header"), None)
    if place is None:
        return request
    headers = {name: value for name, value in request.headers.items() if name.lower() != place.name.lower()}
    if key is not None:
        headers[place.name] = f"{place.scheme} {key}".strip()
    return replace(request, headers=headers)
