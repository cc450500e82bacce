"""Check the examples of fields in a provider's OpenAPI documents against the fields' own schemas."""

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
    """Every example in the models' documents that breaks the schema of its field."""
    read: dict[str, ModelFacts] = {}
    for model in models:
        read |= dict.fromkeys(model.documents, model)
    for file, model in sorted(read.items()):
        for at, field in _fields(docs.json(file).get("paths", {}), ""):
            example = number(field["example"])
            if not _accepts(field, example, f"{file} {at}"):
                subject = Subject(f"{name}/self/{file}", file, model.source)
                says = "an example that breaks its field's schema"
                yield subject.finding(at, "docs only", says, _limits(field), example, witness=example)


def _fields(node: Any, at: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The schemas below a node that have a type and an example."""
    if isinstance(node, Mapping):
        if "example" in node and isinstance(node.get("type"), str):
            yield at, node
        for key, value in node.items():
            if key not in ("example", "examples"):
                yield from _fields(value, f"{at}/{str(key).replace('~', '~0').replace('/', '~1')}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _fields(value, f"{at}/{index}")


def _accepts(field: Mapping[str, Any], example: Any, where: str) -> bool:
    try:
        schema, _ = translate({key: value for key, value in field.items() if key != "default"}, where)
    except PageError:
        return True  # `build` does not read this schema, so its example cannot be checked
    return jsonschema_rs.is_valid(schema, example, validate_formats=True)


def _limits(field: Mapping[str, Any]) -> dict[str, Any]:
    return {key: number(value) for key, value in field.items() if key in ("type", "format", "minimum", "maximum")} | (
        {"enum": [number(value) for value in field["enum"]]} if "enum" in field else {}
    )
