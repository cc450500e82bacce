"""One row of a contract made false, and which checks notice it."""

import copy
import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from conformance.saboteurs.saboteur import honest_contract

from mockreel._data import data_root
from mockreel.conformance.check_context import CheckContext, Wanted
from mockreel.conformance.check_runner import run
from mockreel.contract import Contract, load_contract
from mockreel.contract.data.data_files import read_document
from mockreel.contract.evidence.evidence import KINDS
from mockreel.errors import MockreelError
from mockreel.simulator.in_process.mock_target import MockTarget

# Why no check could notice a row, by the beginning of the place where it stands.
REASONS: Mapping[str, str] = {
    "conversation.yaml /client": "how our own client reads a provider; its tests and `replay` hold it",
    "conversation.yaml /recording": "what our own recorder sends and keeps; its tests hold it",
    "conversation.yaml /demo": "what our own demo sends; its tests hold it",
    "conversation.yaml /client_rules": "what is expected of a client; the client rules hold clients to it",
    "scenarios.yaml /pace_evidence": "how long jobs usually take: an experience, no promise that a server could break",
    "readings/": "a fact of another reading: `check --readings all` holds the simulator to it",
    "pricing.yaml /opening_balance": "what our own simulator gives a new account",
    "pricing.yaml /models": "read when the data is built; the built rows are tried as prices",
    "pricing.yaml /charges_seen": "what others were once charged; the tests of prices hold our rows to it",
    "scenarios.yaml /jobs/stuck": "a course of our own simulator, which no provider promises",
    "scenarios.yaml /jobs/slow": "a course of our own simulator, which no provider promises",
    "pricing.yaml /units": "read when the data is built; the built rows are tried as prices",
    "operations.json /x-mockreel/wire/unnamed": "a placeholder of our own simulator",
}
# What of a row says nothing about the provider.
_SILENT = {"evidence", "source", "note", "inferred", "says", "title", "kind", "placeholder", "media", "aliases", "name"}
# What is changed first where a row has it: what the wire shows.
_LOUD = (
    "word",
    "code",
    "value",
    "status",
    "pattern",
    "header",
    "states",
    "row",
    "amount",
    "on",
    "at",
    "operation",
    "one",
)
# Of a row about how clients speak: where something stands, in the order in which it is looked for.
_PLACES = ("state", "items", "pattern", "at", "other")
_OPERATIONS = "operations.json"


@dataclass(frozen=True)
class Mutant:
    """A row: its sort, the file and the steps to it, and how people call the place."""

    provider: str
    sort: str
    file: str
    steps: tuple[str | int, ...]
    evidence: str

    @property
    def codes(self) -> bool:
        """Whether a provider's error responses show a code at all."""
        return bool(honest_contract(self.provider).conversation.codes)

    @property
    def where(self) -> str:
        return f"{self.file.rpartition('/')[2]} /{'/'.join(map(str, self.steps))}"

    def false(self, document: Any) -> Any:
        """The document with this row made false."""
        document = copy.deepcopy(document)
        parent: Any = None
        node: Any = document
        for step in self.steps:
            parent, node = node, node[step]
        if self.sort == "operations":
            item = document
            for step in self.steps[:-2]:
                item = item[step]
            del item[self.steps[-2]]
        elif self.sort in ("messages", "models"):
            owner = parent if self.steps and self.steps[-1] == "x-mockreel" else node
            owner["required"] = [*owner.get("required", []), "mockreel_mutant"]
        elif self.sort == "prices" or (self.steps[:1] == ("models",) and "certainty" in node):
            _dearer(node)
        elif self.sort == "error responses" and not self.codes and "message" in node:
            node["message"] = f"{node['message']}x"
        elif self.sort == "how clients speak":
            _mistake(node)
        elif isinstance(node, dict):
            _change(node)
        return document


def _dearer(row: dict[str, Any]) -> None:
    """Every amount of a price is one more."""
    for one in (row, *row.get("rules", [])):
        if one.get("amount") is not None:
            one["amount"] = str(Decimal(one["amount"]) + 1)


def _change(row: dict[str, Any]) -> bool:
    """Change the first leaf of a row that says something of the provider."""
    names = [*(name for name in _LOUD if name in row), *(name for name in row if name not in _LOUD)]
    for name in names:
        if name in _SILENT:
            continue
        changed = _other(row[name])
        if changed is not None:
            row[name] = changed
            return True
    return False


def _mistake(row: dict[str, Any]) -> None:
    """Make a row about places name others: to leave one out of several would only say less, which is not false."""
    name = next((name for name in _PLACES if name in row), None)
    if name is None:
        _change(row)
    elif name == "pattern":
        row[name] = f"(?:{row[name]})x"
    else:
        row[name] = [f"{one}x" for one in row[name]] if isinstance(row[name], list) else f"{row[name]}x"


def _other(value: Any) -> Any:
    """Another value of the same type; None where there is none."""
    changed: Any = None
    match value:
        case bool():
            changed = not value
        case int() | float():
            changed = value + 1
        case str():
            changed = f"{value}x"
        case [str(), _, *_]:
            changed = value[:-1]
        case [first, *rest]:
            changed = [_other(first), *rest]
        case dict():
            row = dict(value)
            changed = row if _change(row) else None
    return changed


def mutants(provider: str) -> Iterator[Mutant]:
    """Every row of a provider's data that carries evidence."""
    root = data_root()
    folder = root / "contracts" / provider
    yield from _rows(
        provider, "operations", f"contracts/{provider}/{_OPERATIONS}", _read(folder / _OPERATIONS), "paths"
    )
    wire = _read(folder / _OPERATIONS)["x-mockreel"].get("wire", {})
    for name, row in wire.items():
        if isinstance(row, dict) and row.get("evidence") in KINDS:
            steps = ("x-mockreel", "wire", name)
            yield Mutant(provider, "wire facts", f"contracts/{provider}/{_OPERATIONS}", steps, row["evidence"])
    sorts = {
        "lifecycle.yaml": "states and transitions", "errors.yaml": "error responses", "callbacks.yaml": "webhooks",
        "pricing.yaml": "rules about money", "scenarios.yaml": "scenarios", "conversation.yaml": "how clients speak",
    }  # fmt: skip
    for name, sort in sorts.items():
        if (folder / name).is_file():
            yield from _rows(provider, sort, f"contracts/{provider}/{name}", _read(folder / name))
    for model in _read(folder / "models.json"):
        row = _read(folder / "models.json")[model]["price"]
        yield Mutant(provider, "prices", f"contracts/{provider}/models.json", (model, "price"), row["evidence"])
    for path in sorted((root / "schemas" / provider).rglob("*.json")):
        document = _read(path)
        row = document.get("x-mockreel") if isinstance(document, dict) else None
        if isinstance(row, dict) and row.get("evidence") in KINDS:
            sort = "models" if "models" in path.parts else "messages"
            yield Mutant(provider, sort, path.relative_to(root).as_posix(), ("x-mockreel",), row["evidence"])


def _read(path: Path) -> Any:
    return copy.deepcopy(read_document(path))


def _rows(provider: str, sort: str, file: str, document: Any, only: str = "") -> Iterator[Mutant]:
    def walk(node: Any, steps: tuple[str | int, ...]) -> Iterator[Mutant]:
        if isinstance(node, dict):
            own = sort != "operations" or (steps and steps[-1] == "x-mockreel" and len(steps) == 4)
            if node.get("evidence") in KINDS and "source" in node and own:
                yield Mutant(provider, sort, file, steps, node["evidence"])
            for key, value in node.items():
                yield from walk(value, (*steps, key))
        elif isinstance(node, list):
            for number, value in enumerate(node):
                yield from walk(value, (*steps, number))

    yield from walk(document[only] if only else document, (only,) if only else ())


def reason_for(mutant: Mutant) -> str:
    """Why no check could notice a row; empty where one should."""
    if (
        mutant.sort == "prices"
        and honest_contract(mutant.provider).models[str(mutant.steps[0])].price.certainty != "exact"
    ):
        return "no document states this price exactly"
    place = mutant.where
    if mutant.file.endswith("conversation.yaml") and mutant.steps[:1] == ("jobs",) and "client" in mutant.steps:
        return REASONS["conversation.yaml /client"]
    return next((reason for start, reason in REASONS.items() if place.startswith(start)), "")


def noticed(mutant: Mutant) -> tuple[str, ...] | None:
    """The checks that notice a false row, in what is played or in what it is judged by; None: it cannot be read."""
    honest = _load(mutant.provider, None)
    with tempfile.TemporaryDirectory() as folder:
        root = _copy(Path(folder), mutant)
        if root is None:
            return None
        try:
            false = _load(mutant.provider, root)
        except (MockreelError, KeyError, ValueError, TypeError, AttributeError):
            return None
        return _told_apart(mutant, false, honest) or _told_apart(mutant, honest, false)


def _told_apart(mutant: Mutant, played: Contract, judge: Contract) -> tuple[str, ...]:
    every = mutant.sort in ("models", "prices")
    try:
        target = MockTarget(played)
    except (MockreelError, KeyError, ValueError, TypeError, AttributeError):
        return ()
    try:
        context = CheckContext(judge, target, Wanted(quick=not every, models=_named(mutant, judge) if every else ()))
        return tuple(one.check for one in run(context) if one.verdict != "holds")
    except (KeyError, ValueError, TypeError, AttributeError, AssertionError, IndexError):
        return ("the run",)
    finally:
        target.close()


def _named(mutant: Mutant, contract: Contract) -> tuple[str, ...]:
    """The model that a row is about: a run that is not narrowed asks for each of them in the same way."""
    if mutant.sort == "prices":
        return (str(mutant.steps[0]),)
    name = mutant.file.partition("/models/")[2]
    return tuple(one.id for one in contract.models.values() if one.schema == f"models/{name}")


def _load(provider: str, root: Path | None) -> Contract:
    return load_contract(provider, root=root)


def _copy(folder: Path, mutant: Mutant) -> Path | None:
    """The provider's data in a folder of its own, with one file changed; None where the row has nothing to change."""
    root = data_root()
    for top in ("contracts", "schemas"):
        for path in (root / top / mutant.provider).rglob("*"):
            if path.is_file() and "cassettes" not in path.parts:
                there = folder / path.relative_to(root)
                there.parent.mkdir(parents=True, exist_ok=True)
                there.symlink_to(path)
    there = folder / mutant.file
    document = _read(there)
    false = mutant.false(document)
    if false == document:
        return None
    there.unlink()
    there.write_text(json.dumps(false))  # which is YAML too
    return folder
