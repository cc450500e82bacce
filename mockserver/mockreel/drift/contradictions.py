"""Where one set of docs contradicts itself: invalid defaults, examples that break their schema, two texts."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mockreel.authoring.docs_folder import Docs
from mockreel.authoring.readers import read_models
from mockreel.contract import Contract, load_contract
from mockreel.contract.operations import resolve
from mockreel.contract.validation import violations
from mockreel.drift.example_check import stated_examples
from mockreel.drift.finding import NOTHING, Finding
from mockreel.drift.models.model_facts import ModelFacts, from_data, from_page
from mockreel.drift.operation_drift import documents_of
from mockreel.drift.schema_drift import Subject
from mockreel.drift.witness.schema_message import BASE, Message

# Corrections that were made because two texts disagree; the others only translate the docs into JSON Schema.
_DISAGREE = re.compile(
    r"cast to |the field's own schema|marked as |the pages and samples|only \S+ (?:has|states) it|.*says otherwise"
)


def contradictions(root: Path, names: tuple[str, ...], docs: Path | None = None) -> Iterator[Finding]:
    """Every place where a provider's contract, or its docs, contradict themselves.

    Args:
        root: the folder with `schemas/` and `contracts/`.
        names: the providers.
        docs: read the models from these docs, with the examples that no schema keeps; from the contract if None.
    """
    for name in names:
        contract = load_contract(name, root=root)
        models = list(_models(root, name, docs))
        for model in models:
            yield from _corrected(name, model)
        yield from _examples(contract)
        if docs is not None:
            yield from _page_examples(root, name, docs)
            yield from stated_examples(name, models, Docs(docs))
        yield from _from_readings(contract)


def _models(root: Path, name: str, docs: Path | None) -> Iterator[ModelFacts]:
    if docs is None:
        yield from from_data(root, name).values()
        return
    pages = read_models(root / "schemas" / name / "sources.yaml", Docs(docs))
    yield from (from_page(name, page) for page in pages.values())


def _corrected(name: str, model: ModelFacts) -> Iterator[Finding]:
    """What was corrected when the pages were read because they disagree."""
    subject = Subject(f"{name}/self/{model.id}", model.file, model.source)
    for number, change in enumerate(model.corrections):
        if _DISAGREE.match(str(change["why"])):
            aspect = f"{change['at']}/{number}" if _repeated(model, change["at"]) else change["at"]
            was, now = (NOTHING if change[key] is None else change[key] for key in ("was", "now"))
            yield subject.finding(aspect, "docs only", str(change["why"]), was, now, witness=was)


def _repeated(model: ModelFacts, at: str) -> bool:
    return [change["at"] for change in model.corrections].count(at) > 1


def _page_examples(root: Path, name: str, docs: Path) -> Iterator[Finding]:
    """Examples on the pages that break the pages' own schemas."""
    pages = read_models(root / "schemas" / name / "sources.yaml", Docs(docs))
    for page in pages.values():
        if page.example is not None:
            model = from_page(name, page)
            subject = Subject(f"{name}/self/{page.id}/example", model.file, page.source)
            yield from _broken_example(Message(model.schema, at=model.at), dict(page.example), subject)


def _examples(contract: Contract) -> Iterator[Finding]:
    """Examples of the OpenAPI document that break the schemas beside them."""
    documents = documents_of(contract)
    for operation in contract.operations:
        for where, content in _contents(contract, operation.raw, operation.id):
            schema = contract.schemas.absolute(content.get("schema", {}))
            message = Message(schema, at=f"{BASE}contracts/{contract.provider}/inline.json", documents=documents)
            for title, example in _stated_examples(content):
                subject = Subject(
                    f"{contract.provider}/self/{where}{title}",
                    f"contracts/{contract.provider}/openapi.yaml {where}",
                    tuple(operation.raw["x-mockreel"]["source"]),
                )
                yield from _broken_example(message, example, subject)


def _contents(contract: Contract, raw: Mapping[str, Any], id_: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    bodies = {"request": raw.get("requestBody") or {}, **{str(k): v for k, v in raw.get("responses", {}).items()}}
    for where, body in bodies.items():
        for media, content in resolve(contract.document, body, where=id_).get("content", {}).items():
            if "json" in media:
                yield f"{id_}/{where}", content


def _stated_examples(content: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    if "example" in content:
        yield "", content["example"]
    for title, example in content.get("examples", {}).items():
        if isinstance(example, Mapping) and "value" in example:
            yield f"/{title}", example["value"]


def _broken_example(message: Message, example: Any, subject: Subject) -> Iterator[Finding]:
    for violation in violations(message.settled("self").validator(), example):
        says = f"an example breaks its own schema: {violation.for_storage().message}"
        yield subject.finding(
            violation.pointer or "/", "docs only", says, violation.limit, violation.value, witness=violation.value
        )


def _from_readings(contract: Contract) -> Iterator[Finding]:
    """The contradictions that are kept as readings: each option with its statement."""
    for reading in contract.readings.values():
        options = {option.name: option.says for option in reading.options.values()}
        sources = tuple(dict.fromkeys(one for option in reading.options.values() for one in option.evidence.source))
        if reading.numbers:
            subject = Subject(f"{contract.provider}/self/readings/{reading.id}", _file(contract, reading.id), sources)
            yield subject.finding("", "docs only", reading.question, reading.default, options)


def _file(contract: Contract, reading: str) -> str:
    return f"contracts/{contract.provider}/readings/{reading}.yaml"
