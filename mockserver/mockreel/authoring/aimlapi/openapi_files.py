"""Read AI/ML API's OpenAPI files: one schema per model, gathered from every file that describes it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

from mockreel.authoring.docs_folder import Docs
from mockreel.authoring.document_references import References
from mockreel.authoring.documented_model import Correction, ModelPage, PageError, PagePrice, Route
from mockreel.authoring.documents.openapi3 import translate
from mockreel.authoring.documents.openapi_document import flat_objects, is_json, operations
from mockreel.contract.data.parser import Cursor

_METHOD = "post"
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Copy:
    """One model as one operation of one file describes it."""

    model: str
    file: str
    path: str
    schema: Mapping[str, Any]
    corrections: tuple[Correction, ...]
    examples: Mapping[str, Decimal]


def read_aimlapi(row: Cursor, docs: Docs) -> Iterator[ModelPage]:
    """The models that the `include` of an `aimlapi-openapi` row names, in the order of their ids."""
    example_fields = row.at("placeholder").texts()
    copies: list[Copy] = []
    for name in docs.names(row.at("folder").text(), ".json"):
        with docs.part(name):
            copies += read_file(docs.json(name), name, example_fields, docs.references(name))
    include = row.at("include").texts()
    for model in sorted({copy.model for copy in copies}):
        if any(fnmatchcase(model, pattern) for pattern in include):
            yield _gather([copy for copy in copies if copy.model == model], row)


def read_file(document: Any, name: str, example_fields: tuple[str, ...], references: References) -> list[Copy]:
    """Every model of every POST operation of a file, with the response examples of the `example_fields`.

    Raises:
        PageError: the file is not an OpenAPI 3 document, or an operation has no model.
    """
    found = []
    for method, path, operation, at in operations(document, name, references):
        if method == _METHOD:
            where = f"{name} POST {path}"
            schema, here = _body(operation, where, at)
            translated, corrections = translate(schema, where, here)
            examples = dict(_examples(operation.get("responses", {}), example_fields))
            for one in flat_objects(translated, where):
                found += [
                    Copy(model, name, path, _only(one, model), corrections, examples) for model in _ids(one, where)
                ]
    return found


def _body(operation: Any, where: str, references: References) -> tuple[Any, References]:
    body, here = references.settled(operation.get("requestBody"), where)
    content = body.get("content") if isinstance(body, Mapping) else None
    for media, entry in (content if isinstance(content, Mapping) else {}).items():
        if is_json(media) and isinstance(entry, Mapping) and "schema" in entry:
            return entry["schema"], here
    raise PageError(where, "the body has no schema", expected=f"requestBody/content/{_JSON}/schema")


def _ids(schema: Mapping[str, Any], where: str) -> list[str]:
    field = schema["properties"].get("model", {})
    ids = [field["const"]] if "const" in field else field.get("enum")
    if not isinstance(ids, list) or not ids or not all(isinstance(id_, str) for id_ in ids):
        raise PageError(f"{where} /properties/model/enum", f"{ids!r} names no model", expected="a list of model ids")
    return ids


def _only(schema: Mapping[str, Any], model: str) -> Mapping[str, Any]:
    """The schema for one of the models that share it."""
    fields = schema["properties"]
    model_field = {key: value for key, value in fields["model"].items() if key != "const"}
    return {**schema, "properties": {**fields, "model": {**model_field, "enum": [model]}}}


def _examples(node: Any, example_fields: tuple[str, ...]) -> Iterator[tuple[str, Decimal]]:
    """The examples of these fields, anywhere in the responses."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key in example_fields and isinstance(value, Mapping) and "example" in value:
                yield key, Decimal(str(value["example"]))
            yield from _examples(value, example_fields)
    elif isinstance(node, list):
        for item in node:
            yield from _examples(item, example_fields)


def _gather(copies: list[Copy], row: Cursor) -> ModelPage:
    preferred = row.at("paths").texts()
    order = {path: number for number, path in enumerate(preferred)}
    first, *others = sorted(copies, key=lambda copy: (order.get(copy.path, len(order)), copy.file))
    stated: dict[str, Any] = row.get("models", {})
    row_of_model = stated.get(first.model, {})
    source = tuple(row_of_model.get("source") or _source(first, row))
    schema, changes = first.schema, list(first.corrections)
    alike = preferred if first.path in order else (first.path,)
    for other in others:
        if other.path in alike:
            schema, more = _merged(schema, other)
            changes.extend(change for change in more if change not in changes)
    page = ModelPage(
        id=first.model,
        output=row.at("output").text(),  # type: ignore[arg-type]  # the contract's parser knows the kinds
        schema=schema,
        price=_price(first, row, source),
        source=source,
        endpoints=tuple(dict.fromkeys(f"POST {copy.path}" for copy in (first, *others))),
        documents=tuple(dict.fromkeys(copy.file for copy in (first, *others))),
        corrections=tuple(changes),
        copies={f"POST {copy.path} {copy.file}": copy.schema for copy in (first, *others)} if others else {},
        routes=tuple(_routes([copy for copy in others if copy.path not in alike])),
    )
    return _with_aliases(page, tuple(row_of_model.get("aliases", ())))


def _source(copy: Copy, row: Cursor) -> tuple[str, ...]:
    """The source of a file: its folder's own source, or the row's."""
    folders = row.maybe("folders")
    folder = copy.file.removeprefix(row.at("folder").text()).strip("/").partition("/")[0]
    own_source = folders.maybe(folder) if folders else None
    return (own_source or row.at("source")).texts()


def _routes(copies: list[Copy]) -> Iterator[Route]:
    """The routes of the model's older paths."""
    for path in dict.fromkeys(copy.path for copy in copies):
        first, *others = [copy for copy in copies if copy.path == path]
        schema, changes = first.schema, list(first.corrections)
        for other in others:
            schema, more = _merged(schema, other)
            changes.extend(change for change in more if change not in changes)
        yield Route(f"POST {path}", schema, tuple(changes))


def _merged(schema: Mapping[str, Any], other: Copy) -> tuple[Mapping[str, Any], list[Correction]]:
    """The schema with the fields that only another copy has; where the two differ, the first wins."""
    fields = dict(schema["properties"])
    changes = []
    for name, field in other.schema["properties"].items():
        at = f"/properties/{name}"
        if name not in fields:
            fields[name] = field
            changes.append(Correction(at, None, field, f"only {other.file} has it"))
        elif fields[name] != field:
            changes.append(Correction(at, field, fields[name], f"{other.file} says otherwise"))
    return {**schema, "properties": fields}, changes


def _price(copy: Copy, row: Cursor, source: tuple[str, ...]) -> PagePrice:
    return PagePrice(
        "unknown",
        row.at("currency").text(),
        "request",
        source,
        note="no page states it; the placeholder is the example of the reply's schema" if copy.examples else "",
        placeholder=copy.examples,
    )


def _with_aliases(page: ModelPage, aliases: tuple[str, ...]) -> ModelPage:
    if not aliases:
        return page
    fields = page.schema["properties"]
    names = [page.id, *aliases]
    change = Correction("/properties/model/enum", [page.id], names, "the pages and samples write the id so")
    model = {**fields["model"], "enum": names}
    return replace(
        page,
        aliases=aliases,
        schema={**page.schema, "properties": {**fields, "model": model}},
        corrections=(*page.corrections, change),
    )
