"""Keys: which ones a check uses, and where in a request they are put."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from urllib.parse import parse_qsl, urlencode

from mockreel.contract import Contract
from mockreel.contract.exchanges.exchange import Ask, Who
from mockreel.engine.accounts.account import KeyEntry

INVALID = "invalid-mockreel-check"


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one run by whose they are; who is missing cannot be played."""

    of: Mapping[Who, str] = field(repr=False)

    def secrets(self) -> tuple[str, ...]:
        """What no report may show, the longest first."""
        return tuple(sorted({key for key in self.of.values() if key}, key=len, reverse=True))


def drawn(contract: Contract) -> tuple[Keys, tuple[KeyEntry, ...]]:
    """Keys for the mock: two accounts, and an admin of the first where the contract has admins."""
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
    entries = tuple(_entry(who, key) for who, key in found.items() if who != "invalid")
    return Keys(found), entries


def _entry(who: Who, key: str) -> KeyEntry:
    """The other account has a balance, so that what it pays can be seen; nothing else is ever short of money."""
    return KeyEntry(key, "other", balance=Decimal(1000)) if who == "other" else KeyEntry(key, "own")


def dressed(ask: Ask, keys: Keys) -> Ask:
    """The request with its key in the contract's places, and nowhere else."""
    operation = ask.operation
    if operation is None or not operation.key:
        return ask
    key = keys.of.get(ask.who)
    for place in operation.key:
        if place.kind == "body":
            ask = _in_body(ask, place.name, key)
        elif place.kind == "query":
            ask = _in_query(ask, place.name)
    if key is not None and all(place.kind == "body" for place in operation.key):
        body = ask.json
        return ask.with_json({**body, operation.key[0].name: key}) if isinstance(body, Mapping) else ask
    return _in_header(ask, key)


def _in_body(ask: Ask, name: str, key: str | None) -> Ask:
    """A key field that the body has already gets the real key; where nobody asks it is left out."""
    body = ask.json
    if not isinstance(body, Mapping) or not isinstance(body.get(name), str):
        return ask
    if key is None:
        return ask.with_json({field: value for field, value in body.items() if field != name})
    return ask.with_json({**body, name: key})


def _in_query(ask: Ask, name: str) -> Ask:
    pairs = parse_qsl(ask.query, keep_blank_values=True)
    if all(field != name for field, _ in pairs):
        return ask
    return replace(ask, query=urlencode([(field, value) for field, value in pairs if field != name]))


def _in_header(ask: Ask, key: str | None) -> Ask:
    assert ask.operation is not None
    place = next((place for place in ask.operation.key if place.kind == "header"), None)
    if place is None:
        return ask
    kept = {name: value for name, value in ask.headers.items() if name.lower() != place.name.lower()}
    if key is not None:
        kept[place.name] = f"{place.scheme} {key}".strip()
    return replace(ask, headers=kept)
