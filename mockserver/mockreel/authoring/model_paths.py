"""`openapi.json`: the handwritten OpenAPI document with a concrete path for each model in a path parameter."""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from mockreel.contract.operations import METHODS, pointer, resolve
from mockreel.errors import DataError

Document = dict[str, Any]
_WORD = re.compile(r"[^A-Za-z0-9]+")


def with_model_paths(document: Document, models: Mapping[str, Any], *, schemas: str, where: str) -> Document:
    """The document with its expanded paths after the written ones, in the order of model ids.

    Args:
        document: `openapi.yaml`, which is not changed.
        models: the rows of `models.json`.
        schemas: where the model schemas are, relative to the document.
        where: the name of the document in messages.

    Raises:
        DataError: two paths or operation ids would be equal, or a template does not name its model.
    """
    expanded: Document = {}
    for path, item in document.get("paths", {}).items():
        templates = {method: item[method] for method in METHODS if _expands(item.get(method))}
        for model, row in models.items() if templates else ():
            template = _Template(document, path, item, f"{where} {path}")
            concrete, operations = template.fill(templates, model, f"{schemas}/{row['schema']}")
            if concrete in expanded or concrete in document["paths"]:
                raise DataError(where, f"duplicate path {concrete!r}")
            expanded[concrete] = operations
    result = {**document, "paths": {**document.get("paths", {}), **expanded}}
    _distinct(result, where)
    return result


def _expands(operation: Any) -> bool:
    """Whether an operation accepts a model's input under the model's own path."""
    extension = operation.get("x-mockreel", {}) if operation else {}
    return extension.get("model", {}).get("in") == "path" and "input" in extension and "requestBody" in operation


class _Template:
    """One handwritten path whose parameter is the model."""

    def __init__(self, document: Document, path: str, item: Document, where: str) -> None:
        self.document = document
        self.path = path
        self.item = item
        self.where = where

    def fill(self, templates: Mapping[str, Document], model: str, schema: str) -> tuple[str, Document]:
        """The path of one model, and its operations."""
        name = next(iter(templates.values()))["x-mockreel"]["model"]["name"]
        if f"{{{name}}}" not in self.path:
            raise DataError(self.where, f"{{{name}}} is not in the path")
        filled: Document = {
            key: value for key, value in self.item.items() if key not in (*METHODS, "parameters", "x-mockreel")
        }
        if shared := self._parameters(self.item, name):
            filled["parameters"] = shared
        for method, operation in templates.items():
            filled[method] = self._operation(operation, name, model, schema)
        return self.path.replace(f"{{{name}}}", model), filled

    def _operation(self, operation: Document, name: str, model: str, schema: str) -> Document:
        extension = {key: value for key, value in operation["x-mockreel"].items() if key not in ("model", "input")}
        id_ = operation["operationId"]
        result = deepcopy(operation)
        result["operationId"] = f"{id_}__{_WORD.sub('_', model).strip('_')}"
        result["x-mockreel"] = {**extension, "expanded": {"from": id_, "model": model}}
        result.pop("parameters", None)
        if parameters := self._parameters(operation, name):
            result["parameters"] = parameters
        result["requestBody"] = self._body(operation, schema)
        result["responses"] = _without_examples(result.get("responses", {}))
        return result

    def _parameters(self, holder: Document, name: str) -> list[Any]:
        found = []
        for parameter in holder.get("parameters", ()):
            stated = resolve(self.document, parameter, where=self.where)
            if (stated["in"], stated["name"]) != ("path", name):
                found.append(parameter)
        return found

    def _body(self, operation: Document, schema: str) -> Document:
        """The handwritten body with the model's input schema, without examples of other models."""
        body: Document = resolve(self.document, operation["requestBody"], where=self.where)
        narrowed = _at(operation["x-mockreel"]["input"], {"$ref": schema}, self.where)
        content = {
            media: {"schema": {"allOf": [entry["schema"], narrowed]} if "schema" in entry else narrowed}
            for media, entry in body["content"].items()
        }
        return {**body, "content": content}


def _without_examples(node: Any) -> Any:
    """Responses without examples: the template has them once."""
    if isinstance(node, dict):
        schema_only = {key: value for key, value in node.items() if key not in ("example", "examples")}
        return {key: value if key == "schema" else _without_examples(value) for key, value in schema_only.items()}
    return node


def _at(place: str, schema: Document, where: str) -> Document:
    """A schema for what contains `schema` at the JSON pointer `place`."""
    if place and not place.startswith("/"):
        raise DataError(where, f"{place!r} is not a JSON pointer", expected='"" or /input')
    for name in reversed(place.split("/")[1:]):
        schema = {"type": "object", "properties": {name.replace("~1", "/").replace("~0", "~"): schema}}
    return schema


def _distinct(document: Document, where: str) -> None:
    paths: dict[str, str] = {}
    for path, id_ in _operation_ids(document):
        if id_ in paths:
            raise DataError(where, f"{path} has the operationId {id_!r} of {paths[id_]}")
        paths[id_] = path


def _operation_ids(document: Document) -> Iterator[tuple[str, str]]:
    for path, item in document.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                yield path, pointer(item, f"/{method}/operationId", where=path)
