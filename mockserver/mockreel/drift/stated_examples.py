"""Examples beside the fields of a provider's OpenAPI documents, held to the fields' own schemas."""

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

from mockreel.authoring.docs_folder import Docs
from mockreel.authoring.documented_model import PageError, number
from mockreel.authoring.documents.openapi3 import translate
from mockreel.drift.finding import Finding
from mockreel.drift.models.model_facts import ModelFacts
from mockreel.drift.schema_drift import Subject


def stated_examples(name: str, models: list[ModelFacts], docs: Docs) -> Iterator[Finding]:
    """Every example in the documents that models were read from, which its own field refuses."""
    read: dict[str, ModelFacts] = {}
    for model in models:
        read |= dict.fromkeys(model.documents, model)
    for file, model in sorted(read.items()):
        for at, field in _fields(docs.json(file).get("paths", {}), ""):
            example = number(field["example"])
            if not _takes(field, example, f"{file} {at}"):
                subject = Subject(f"{name}/self/{file}", file, model.source)
                says = "an example that its own field refuses"
                yield subject.finding(at, "docs only", says, _shown(field), example, witness=example)


def _fields(node: Any, at: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The schemas below a place that have a type and an example."""
    if isinstance(node, Mapping):
        if "example" in node and isinstance(node.get("type"), str):
            yield at, node
        for key, value in node.items():
            if key not in ("example", "examples"):
                yield from _fields(value, f"{at}/{str(key).replace('~', '~0').replace('/', '~1')}")
    elif isinstance(node, list):
        for place, value in enumerate(node):
            yield from _fields(value, f"{at}/{place}")


def _takes(field: Mapping[str, Any], example: Any, where: str) -> bool:
    try:
        schema, _ = translate({key: value for key, value in field.items() if key != "default"}, where)
    except PageError:
        return True  # a schema that `build` does not read: nothing can be said of its example
    return jsonschema_rs.is_valid(schema, example, validate_formats=True)


def _shown(field: Mapping[str, Any]) -> dict[str, Any]:
    return {key: number(value) for key, value in field.items() if key in ("type", "format", "minimum", "maximum")} | (
        {"enum": [number(value) for value in field["enum"]]} if "enum" in field else {}
    )
