"""The rows of a contract that carry evidence, and why some of them are no check's business."""

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from conformance.mutants.falsehoods import falsehoods
from conformance.mutants.other_options import other_options
from conformance.saboteurs.saboteur import honest_contract

from mockreel._data import data_root
from mockreel.contract import Contract
from mockreel.contract.data.data_files import read_document
from mockreel.contract.evidence.evidence import KINDS

_OUT_OF_CREDIT = (
    "shows only in an account that runs out of credit, which a check does not bring about; the tests of billing hold it"
)
_BESIDE = "one of several forms of a reply, and another one of them allows all that it does"
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
    "pricing.yaml /money/admission": _OUT_OF_CREDIT,
    "pricing.yaml /money/batch": _OUT_OF_CREDIT,
    "pricing.yaml /money/overdraft": _OUT_OF_CREDIT,
    "pricing.yaml /money/in_flight": _OUT_OF_CREDIT,
    "outputs-queued.json": _BESIDE,
    "outputs-running.json": _BESIDE,
    "outputs-failed.json": _BESIDE,
    "price-refusal.json": _BESIDE,
    "model-id.json": "the form of a name in a path; each model is a row of its own",
    "node-run.json": "only flows have nodes, and no operation of the contract begins one",
    "evaluation-summary.json": "of evaluations that the provider begins by itself; no client brings them about",
    "operations.json /x-mockreel/wire/sdk_fields": "whether further fields come, which break nothing",
    "operations.json /x-mockreel/wire/rate_headers": "whether further headers come, which break nothing",
    "operations.json /x-mockreel/wire/own_output": "how our own simulator shows a result that its user gives",
    "operations.json /x-mockreel/wire/output_lifetime": "shows only after hours that no run lasts",
    "operations.json /x-mockreel/wire/upload_lifetime": "shows only after minutes that no run lasts",
    "operations.json /x-mockreel/wire/unnamed": "a placeholder of our own simulator",
}
_OPERATIONS = "operations.json"
_NAMED = re.compile(r"([\w.-]+\.json)")
# What stands in each file that is written by hand.
KINDS_OF_ROWS: Mapping[str, str] = {
    "lifecycle.yaml": "states and transitions", "errors.yaml": "error responses", "callbacks.yaml": "webhooks",
    "pricing.yaml": "rules about money", "scenarios.yaml": "scenarios", "conversation.yaml": "how clients speak",
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """A row: its kind, the file and the steps to it, and its evidence."""

    provider: str
    kind: str
    file: str
    steps: tuple[str | int, ...]
    evidence: str

    @property
    def where(self) -> str:
        """How people call the place."""
        return f"{self._file} /{'/'.join(map(str, self.steps))}"

    @property
    def name(self) -> str:
        """The same, shorter."""
        if self.kind == "operations":
            path, method = self.steps[1:3]
            return f"{str(method).upper()} {path}"
        if self.kind == "prices":
            return str(self.steps[0])
        shown = self.where.removeprefix("operations.json /x-mockreel/").removesuffix(" /x-mockreel")
        return shown.removeprefix("models/") if self.kind == "models" else shown

    @property
    def _file(self) -> str:
        """The file within its folder: models of different vendors share a name."""
        return self.file.partition(f"/{self.provider}/")[2]

    def read(self) -> Any:
        """The document in which the row stands."""
        return _document(data_root() / self.file)

    def row(self) -> Any:
        """The row itself."""
        row = self.read()
        for step in self.steps:
            row = row[step]
        return row

    def false(self) -> Iterator[Any]:
        """The document with this row made false, in one way after the other."""
        document, contract = self.read(), honest_contract(self.provider)
        codes, names = bool(contract.conversation.codes), tuple(contract.errors)
        yield from other_options(self.provider, self.file, document, self.steps)
        yield from falsehoods(document, self.kind, self.steps, codes=codes, names=names)


def mutants(provider: str) -> Iterator[Mutant]:
    """Every row of a provider's data that carries evidence."""
    folder, place = data_root() / "contracts" / provider, f"contracts/{provider}"
    operations = _document(folder / _OPERATIONS)
    yield from _rows(provider, "operations", f"{place}/{_OPERATIONS}", operations, "paths")
    for name, row in operations["x-mockreel"].get("wire", {}).items():
        if isinstance(row, dict) and row.get("evidence") in KINDS:
            steps = ("x-mockreel", "wire", name)
            yield Mutant(provider, "wire facts", f"{place}/{_OPERATIONS}", steps, row["evidence"])
    for name, kind in KINDS_OF_ROWS.items():
        if (folder / name).is_file():
            yield from _rows(provider, kind, f"{place}/{name}", _document(folder / name))
    for model, built in _document(folder / "models.json").items():
        yield Mutant(provider, "prices", f"{place}/models.json", (model, "price"), built["price"]["evidence"])
    yield from _schemas(provider)


def _schemas(provider: str) -> Iterator[Mutant]:
    root = data_root()
    for path in sorted((root / "schemas" / provider).rglob("*.json")):
        document = _document(path)
        row = document.get("x-mockreel")
        if isinstance(row, dict) and row.get("evidence") in KINDS:
            kind = "models" if "models" in path.parts else "messages"
            yield Mutant(provider, kind, path.relative_to(root).as_posix(), ("x-mockreel",), row["evidence"])


def _document(path: Path) -> Any:
    return copy.deepcopy(read_document(path))


def _rows(provider: str, kind: str, file: str, document: Any, only: str = "") -> Iterator[Mutant]:
    def walk(node: Any, steps: tuple[str | int, ...]) -> Iterator[Mutant]:
        if isinstance(node, dict):
            own = kind != "operations" or (steps and steps[-1] == "x-mockreel" and len(steps) == 4)
            if node.get("evidence") in KINDS and "source" in node and own:
                yield Mutant(provider, kind, file, steps, node["evidence"])
            for key, value in node.items():
                yield from walk(value, (*steps, key))
        elif isinstance(node, list):
            for number, value in enumerate(node):
                yield from walk(value, (*steps, number))

    yield from walk(document[only] if only else document, (only,) if only else ())


def reason_for(mutant: Mutant) -> str:
    """Why no check could notice a row; empty where one should."""
    placed = (reason for start, reason in REASONS.items() if mutant.where.startswith(start))
    return _of_built(mutant) or _of_conversation(mutant) or _of_lifecycle(mutant) or next(placed, "")


def _of_built(mutant: Mutant) -> str:
    """The reason of a price or a message."""
    if mutant.kind == "prices":
        price = honest_contract(mutant.provider).models[str(mutant.steps[0])].price
        return "" if price.certainty == "exact" else "no document states this price exactly"
    if mutant.kind == "messages" and Path(mutant.file).name not in _message_schemas(mutant.provider):
        return "a message of another reading: `check --readings all` holds the simulator to it"
    return ""


def _of_conversation(mutant: Mutant) -> str:
    if mutant.kind != "how clients speak":
        return ""
    if mutant.steps[:1] == ("jobs",) and "client" in mutant.steps:
        return REASONS["conversation.yaml /client"]
    if mutant.steps[-1] in ("constant", "stays"):
        return "that something stays as it is: the saboteurs change it"
    plain = {name for name, value in mutant.row().items() if value != []} - {"evidence", "source", "note"}
    return "" if plain else "a promise without a value that could be another: the saboteurs break it"


def _of_lifecycle(mutant: Mutant) -> str:
    if mutant.kind != "states and transitions" or "transitions" not in mutant.steps:
        return ""
    row = mutant.row()
    return _no_course(honest_contract(mutant.provider), row["from"], row["to"])


@cache
def _message_schemas(provider: str) -> frozenset[str]:
    """The schemas of messages that the contract as it is refers to, by their files."""
    root = data_root()
    texts = [(root / "contracts" / provider / name).read_text("utf-8") for name in ("openapi.json", _OPERATIONS)]
    texts += [(root / "contracts" / provider / name).read_text("utf-8") for name in ("callbacks.yaml",)]
    found: list[str] = []
    for text in texts:
        for name in _NAMED.findall(text):
            path = root / "schemas" / provider / name
            if name not in found and path.is_file():
                found.append(name)
                texts.append(path.read_text("utf-8"))
    return frozenset(found)


def _no_course(contract: Contract, start: str, end: str) -> str:
    """Why nobody could miss a step of the lifecycle; empty where a scenario takes it, or only it leads there."""
    if any((start, end) in pairwise(job.states) for job in contract.scenarios.jobs.values()):
        return ""
    reached = [start]
    for state in reached:
        steps = contract.lifecycle.transitions - {(start, end)}
        reached += [to for before, to in sorted(steps) if before == state and to not in reached]
    if end in reached:
        return "other steps lead there too, and a state may pass between two looks"
    if contract.lifecycle.states[end].kind == "cancelled":
        return ""
    return "allows a step that no course of the contract takes: a server that never takes it breaks nothing"
