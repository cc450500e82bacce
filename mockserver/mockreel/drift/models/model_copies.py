"""Models that several files describe: each description with its older version, completed from the others."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from mockreel.drift.models.model_facts import ModelFacts

Schema = Mapping[str, Any]


def copy_pairs(before: ModelFacts, after: ModelFacts) -> Iterator[tuple[Schema, Schema]]:
    """Each description of a model with the newer one of the same file and path.

    A field that moved to another file is no difference in the model. A description without a counterpart is compared
    with the others on its path.
    """
    old, new = _completed(before), _completed(after)
    if not any(split_copy(name)[0] == split_copy(other)[0] for name in old for other in new):
        # The model moved to another endpoint; its input is compared all the same.
        yield next(iter(old.values())), next(iter(new.values()))
        return
    for name, schema in old.items():
        other = new.get(name) or next(_other_copies(name, new), None)
        if other is not None:
            yield schema, other
    for name, schema in new.items():
        other = next(_other_copies(name, old), None)
        if name not in old and other is not None:
            yield other, schema


def _other_copies(name: str, copies: Mapping[str, Schema]) -> Iterator[Schema]:
    """The descriptions on the same path."""
    path, _ = split_copy(name)
    yield from (schema for other, schema in copies.items() if split_copy(other)[0] == path)


def split_copy(name: str) -> tuple[str, str]:
    """The path and the file in the name of a copy: `POST /v2/make folder/file.json`."""
    method, _, rest = name.partition(" ")
    path, _, file = rest.partition(" ")
    return f"{method} {path}", file


def without_files(copies: Mapping[str, Schema], lost: Collection[str]) -> dict[str, Schema]:
    """The copies except those of files that could not be read."""
    return {name: schema for name, schema in copies.items() if split_copy(name)[1] not in lost}


def _completed(model: ModelFacts) -> dict[str, Schema]:
    copies = model.copies or {_only(model): model.schema}
    return {name: _with_model_names(_with_missing_fields(name, copies), model) for name in copies}


def _only(model: ModelFacts) -> str:
    return f"{next(iter(model.endpoints), 'POST')} {next(iter(model.documents), model.file)}"


def _with_missing_fields(name: str, copies: Mapping[str, Schema]) -> Schema:
    """A copy with the fields that only the others on its path have."""
    path, schema = split_copy(name)[0], copies[name]
    fields = dict(schema.get("properties", {}))
    for other, one in copies.items():
        if split_copy(other)[0] == path:
            fields |= {key: field for key, field in one.get("properties", {}).items() if key not in fields}
    return {**schema, "properties": fields} if fields else schema


def _with_model_names(schema: Schema, model: ModelFacts) -> Schema:
    """A copy that accepts every name of its model."""
    fields = schema.get("properties", {})
    model_field = fields.get("model", {})
    if model.id not in model_field.get("enum", ()):
        return schema
    return {**schema, "properties": {**fields, "model": {**model_field, "enum": [model.id, *model.aliases]}}}
