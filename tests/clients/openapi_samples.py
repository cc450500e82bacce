"""What AI/ML API's OpenAPI files state that can be sent: required fields, examples, defaults, and every option.

A file that shows no whole request still shows values. Each becomes one request: the required fields, and the value.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs

from clients.documented_sample import AUDIO, IMAGE, TEXT, VIDEO, DocumentedSample

Schema = dict[str, Any]


def openapi_samples(docs: Path) -> Iterator[DocumentedSample]:
    """Every sample of every file, in the order of the files."""
    folder = docs / "aimlapi/openapi"
    for file in sorted(folder.rglob("*.json")):
        document = json.loads(file.read_text("utf-8"))
        for path, operations in document["paths"].items():
            if "post" in operations:
                yield from _of_operation(str(file.relative_to(docs)), document, path)


def _of_operation(file: str, document: Schema, path: str) -> Iterator[DocumentedSample]:
    schema = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    # Draft 2020-12 with what OpenAPI 3.0 says otherwise in words of its own: `nullable` alone is used here.
    checked = _plain({**_whole(schema, document), "components": document.get("components", {})})
    validator = jsonschema_rs.Draft202012Validator(checked, validate_formats=True, offline=True)
    for variant in _variants(_whole(schema, document), document):
        for what, body in _bodies(variant, document):
            misfit = next((f"{list(one.instance_path)}: {one.message}" for one in validator.iter_errors(body)), "")
            yield DocumentedSample(
                document=file, what=f"{path} {what}", provider="aimlapi", path=path, body=body, misfit=misfit
            )


def _bodies(schema: Schema, document: Schema) -> Iterator[tuple[str, Schema]]:
    """The required fields alone, then one value more at a time."""
    fields = {name: _whole(field, document) for name, field in schema["properties"].items()}
    least = {name: _value(name, fields[name], document) for name in schema.get("required", ())}
    for model in fields.get("model", {}).get("enum", [least.get("model")]):
        base = {**least, "model": model} if model else least
        yield f"{model}, required fields", base
        for name, field in fields.items():
            for kind, value in _shown(field):
                if name != "model":
                    yield f"{model}, {kind} of {name}: {json.dumps(value)}", {**base, name: value}


def _shown(field: Schema) -> Iterator[tuple[str, Any]]:
    for kind in ("example", "default"):
        if kind in field:
            yield kind, field[kind]
    for value in field.get("enum", ()):
        yield "option", value


def _value(name: str, field: Schema, document: Schema) -> Any:
    """The value that stands for a required field."""
    for _, value in _shown({key: value for key, value in field.items() if key != "default"}):
        return value
    for word in ("oneOf", "anyOf", "allOf"):
        if word in field:
            return _value(name, _whole(field[word][0], document), document)
    if field.get("type") == "object":
        inner = field.get("properties", {})
        return {key: _value(key, _whole(inner[key], document), document) for key in field.get("required", ())}
    if field.get("type") == "array":
        return [_value(name, _whole(field.get("items", {}), document), document)] * max(1, field.get("minItems", 1))
    plain = {"integer": field.get("minimum", 1), "number": field.get("minimum", 1), "boolean": True}
    return field.get("default", plain[field["type"]]) if field.get("type") in plain else _text(name, field)


def _text(name: str, field: Schema) -> str:
    if field.get("format") != "uri" and "url" not in name and not name.endswith(("image", "video")):
        return TEXT
    return VIDEO if "video" in name else AUDIO if "audio" in name else IMAGE


def _variants(schema: Schema, document: Schema) -> list[Schema]:
    """The schemas of which a body is one."""
    for word in ("oneOf", "anyOf"):
        if word in schema and "properties" not in schema:
            return [_whole(one, document) for one in schema[word]]
    return [schema]


def _whole(schema: Schema, document: Schema) -> Schema:
    """The schema to which a reference leads."""
    while "$ref" in schema:
        found: Any = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        schema = found
    return schema


def _plain(value: Any) -> Any:
    """Without what JSON Schema does not know: `nullable`, one more type, and a field's own `required: true`."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    plain = {key: _plain(one) for key, one in value.items() if key != "nullable" and (key, one) != ("required", True)}
    if value.get("nullable") is True and "type" in plain:
        return {"anyOf": [plain, {"type": "null"}]}
    return plain
