"""Build self-contained OpenAPI documents of a simulated provider, with readings and each model's schema."""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urljoin

from mockreel.contract import Contract, Model, Operation
from mockreel.contract.schemas import BASE
from mockreel.errors import OptionError

# An operation with the model in its path or body, or None.
Part = tuple[Operation, Model | None]
# The keys of an operation for a generator, without callbacks, tags and examples of responses.
_KEPT = ("operationId", "parameters", "requestBody", "responses", "servers")
# The keys of an operation for a reader.
_SHOWN = (*_KEPT, "tags", "summary", "description", "security", "deprecated", "callbacks")
_ROOT = ("openapi", "info", "jsonSchemaDialect", "servers", "security", "tags")
_COMPONENTS = ("parameters", "responses", "requestBodies", "schemas", "headers", "links")


class Documents:
    """Builds documents of one contract."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._openapi = f"{BASE}contracts/{contract.provider}/openapi.json"
        self._folder = f"{BASE}schemas/{contract.provider}/"

    def document(self, parts: Iterable[Part]) -> dict[str, Any]:
        """A document with these operations; a model in the path gets its own path."""
        paths: dict[str, Any] = {}
        for operation, model in parts:
            path, item = self._placed(operation, model)
            paths.setdefault(path, {})[operation.method.lower()] = item
        bundle = _Bundle(self._contract, self._openapi, self._folder)
        components = {
            kind: bundle.rewritten(rows, self._openapi)
            for kind, rows in self._contract.document.get("components", {}).items()
            if kind in _COMPONENTS
        }
        found = bundle.rewritten(paths, self._openapi)
        components["schemas"] = {**components.get("schemas", {}), **bundle.schemas()}
        info = {"title": self._contract.title, "version": "1"}
        return _pruned({"openapi": "3.1.0", "info": info, "paths": found, "components": components})

    def full_document(self, models: Iterable[Model] | None = None, *, url: str | None = None) -> dict[str, Any]:
        """The provider's document for people and tools: every operation, and the input of each model.

        A model in a path gets its own path; models in a body are alternatives of that body.

        Args:
            models: only these; all if None.
            url: the server's URL in the document, instead of the provider's.
        """
        raw, chosen = self._contract.document, list(self._contract.models.values() if models is None else models)
        paths: dict[str, Any] = {}
        for operation in self._contract.operations:
            for path, item in self._paths(operation, chosen):
                paths.setdefault(path, {})[operation.method.lower()] = item
        bundle = _Bundle(self._contract, self._openapi, self._folder)
        components = {
            kind: rows if kind == "securitySchemes" else bundle.rewritten(rows, self._openapi)
            for kind, rows in raw.get("components", {}).items()
            if kind in (*_COMPONENTS, "callbacks", "securitySchemes")
        }
        found = bundle.rewritten(paths, self._openapi)
        webhooks = bundle.rewritten(raw.get("webhooks", {}), self._openapi)
        components["schemas"] = {**components.get("schemas", {}), **bundle.schemas()}
        root = {key: raw[key] for key in _ROOT if key in raw}
        servers = {"servers": [{"url": url}]} if url else {}
        return _pruned({**root, **servers, "paths": found, "webhooks": webhooks, "components": components})

    def _paths(self, operation: Operation, models: list[Model]) -> Iterable[tuple[str, dict[str, Any]]]:
        if operation.model is None or not operation.submits:
            yield self._placed(operation, None, keywords=_SHOWN)
            return
        accepted = self._contract.names_at[operation.id]
        chosen = [model for model in models if model.id in accepted]
        if operation.model.kind == "path":
            for model in chosen:
                path, item = self._placed(operation, model, keywords=_SHOWN)
                yield path, {**item, "operationId": f"{operation.id}_{_word(model.id)}"}
            return
        path, item = self._placed(operation, None, keywords=_SHOWN)
        if chosen:
            bodies = [self._placed(operation, model)[1]["requestBody"] for model in chosen]
            schemas = [body["content"]["application/json"]["schema"] for body in bodies]
            schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
            item["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
        yield path, item

    def callback(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """A document whose only operation is a callback."""
        post = {key: item[key] for key in ("parameters", "requestBody", "responses") if key in item}
        bundle = _Bundle(self._contract, self._openapi, self._folder)
        paths = bundle.rewritten({"/": {"post": {"operationId": "callback", **post}}}, self._openapi)
        components = self._contract.document.get("components", {}).get("schemas", {})
        schemas = {**bundle.rewritten(components, self._openapi), **bundle.schemas()}
        info = {"title": f"{self._contract.title} callback", "version": "1"}
        return {"openapi": "3.1.0", "info": info, "paths": paths, "components": {"schemas": schemas}}

    def _placed(
        self, operation: Operation, model: Model | None, *, keywords: Iterable[str] = _KEPT
    ) -> tuple[str, dict[str, Any]]:
        """The path and the operation object, with the model's schema in place."""
        shared = self._contract.document["paths"][operation.path].get("parameters", [])
        item = {key: operation.raw[key] for key in keywords if key in operation.raw}
        item["parameters"] = [*shared, *item.get("parameters", [])]
        path = operation.path
        if model is None or operation.model is None:
            return path, item
        name = model.routes.get(operation.route, model.schema) if model.routes else model.schema
        schema: Any = {"$ref": self._folder + name}
        if operation.model.kind == "path":
            path = path.replace(f"{{{operation.model.name}}}", model.id)
            item["parameters"] = [one for one in item["parameters"] if self._name(one) != operation.model.name]
        else:
            schema = self._with_name(schema, operation.model.name, model.id)
        item["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": self._body(operation, schema)}},
        }
        return path, item

    def _name(self, parameter: Mapping[str, Any]) -> str:
        while "$ref" in parameter:
            parameter = self._contract.document["components"]["parameters"][parameter["$ref"].rpartition("/")[2]]
        name: str = parameter["name"]
        return name

    def _with_name(self, schema: Mapping[str, Any], field: str, model: str) -> dict[str, Any]:
        """A model's schema with its name as the only option."""
        plain = dict(self._contract.schemas.document(schema["$ref"].removeprefix(self._folder)))
        plain["properties"] = {**plain.get("properties", {}), field: {"const": model}}
        plain["required"] = [*dict.fromkeys([*plain.get("required", []), field])]
        return {key: value for key, value in plain.items() if not key.startswith("$") and key != "x-mockreel"}

    def _body(self, operation: Operation, schema: Mapping[str, Any]) -> Any:
        """The operation's body with a model's input in place; at the root the input is the body."""
        step = operation.input.removeprefix("/")
        if not step:
            return schema
        body = operation.request_schema or {}
        if "$ref" in body:
            body = self._contract.schemas.document(body["$ref"].rpartition("/")[2])
        keywords = {key: value for key, value in body.items() if not key.startswith("$") and key != "x-mockreel"}
        return {**keywords, "properties": {**keywords.get("properties", {}), step: schema}}


def chosen_models(contract: Contract, names: Iterable[str]) -> list[Model] | None:
    """The models with these names, or None if there are no names.

    Raises:
        OptionError: the provider has no such model.
    """
    found = []
    for name in names:
        if name not in contract.names:
            raise OptionError(f"model of {contract.provider}", name, contract.models)
        found.append(contract.names[name])
    return found or None


class _Bundle:
    """Collects the referenced schema files into one document."""

    def __init__(self, contract: Contract, openapi: str, folder: str) -> None:
        self._contract = contract
        self._openapi = openapi
        self._folder = folder
        self._files: dict[str, Any] = {}

    def schemas(self) -> dict[str, Any]:
        """The collected files as schemas of the document."""
        return self._files

    def rewritten(self, node: Any, base: str) -> Any:
        """A node with every reference pointing into the document."""
        if isinstance(node, list):
            return [self.rewritten(item, base) for item in node]
        if not isinstance(node, Mapping):
            return node
        found = {
            key: self.rewritten(value, base)
            for key, value in node.items()
            if key not in ("$id", "$schema", "x-mockreel")
        }
        reference = node.get("$ref")
        if isinstance(reference, str):
            found["$ref"] = self._reference(urljoin(base, reference))
        return found

    def _reference(self, address: str) -> str:
        file, _, fragment = address.partition("#")
        if file == self._openapi:
            return f"#{fragment}"
        name = file.removeprefix(self._folder)
        key = "file-" + name.replace("/", "-").removesuffix(".json")
        if key not in self._files:
            self._files[key] = {}
            self._files[key] = self.rewritten(self._contract.schemas.document(name), file)
        return f"#/components/schemas/{key}{fragment}"


def _word(name: str) -> str:
    """A model's id in the form for an operation's id."""
    return re.sub(r"\W+", "_", name)


def _pruned(document: dict[str, Any]) -> dict[str, Any]:
    """The document without links to missing operations."""
    ids = {item["operationId"] for path in document["paths"].values() for item in path.values()}
    for response in _responses(document):
        links = response.get("links", {})
        response["links"] = {name: link for name, link in links.items() if _target(document, link) in ids}
    return document


def _responses(document: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    yield from document["components"].get("responses", {}).values()
    for path in document["paths"].values():
        for item in path.values():
            yield from item.get("responses", {}).values()


def _target(document: Mapping[str, Any], link: Mapping[str, Any]) -> Any:
    if "$ref" in link:
        link = document["components"]["links"][link["$ref"].rpartition("/")[2]]
    return link.get("operationId")
