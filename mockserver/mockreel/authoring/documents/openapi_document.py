"""Facts of a provider's OpenAPI files other than models: servers, security, parameters, responses."""

from collections.abc import Iterator, Mapping
from typing import Any

from mockreel.authoring.docs_folder import Docs
from mockreel.authoring.document_references import References
from mockreel.authoring.documented_model import PageError
from mockreel.authoring.documents.openapi3 import translate
from mockreel.contract.data.parser import Cursor

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_VERSIONS = ("3.0", "3.1", "3.2")
# The keys of a security scheme that affect requests.
_SCHEME = ("type", "scheme", "in", "name")
OPEN = "none"

Rows = dict[str, Any]


def is_json(media: str) -> bool:
    """Whether a media type is JSON, with any parameters."""
    essence = media.partition(";")[0].strip().lower()
    return essence == "application/json" or essence.endswith("+json")


def operations(document: Any, name: str, references: References) -> Iterator[tuple[str, str, Rows, References]]:
    """Every operation of a file: method, path, operation object, and the resolver for its references.

    Raises:
        PageError: the file is not an OpenAPI 3 document.
    """
    paths = document.get("paths") if isinstance(document, Mapping) else None
    version = str(document.get("openapi", "")) if isinstance(document, Mapping) else ""
    if not isinstance(paths, Mapping) or not version.startswith(_VERSIONS):
        raise PageError(
            name, f"no OpenAPI document of version {', '.join(_VERSIONS)}", expected="openapi: 3.x, and paths"
        )
    for path, stated in paths.items():
        item, here = references.settled(stated, f"{name} {path}")
        if not isinstance(item, Mapping):
            raise PageError(f"{name} {path}", f"{item!r} is no path", expected="an object")
        for method in (method for method in _METHODS if method in item):
            if not isinstance(item[method], Mapping):
                raise PageError(f"{name} {method.upper()} {path}", f"{item[method]!r} is no operation")
            shared = {key: item[key] for key in ("parameters", "servers") if key in item}
            operation = {**shared, **item[method]}
            operation["parameters"] = [*item.get("parameters", ()), *item[method].get("parameters", ())]
            yield method, path, operation, here


def flat_objects(schema: Mapping[str, Any], where: str) -> list[Mapping[str, Any]]:
    """The objects that a body may be, each flat: `allOf` is merged, `oneOf` and `anyOf` are split.

    Raises:
        PageError: a branch has no properties.
    """
    whole = _joined(schema)
    if isinstance(whole.get("properties"), Mapping) and "model" in whole["properties"]:
        return [whole]
    for keyword in ("oneOf", "anyOf"):
        if keyword in whole:
            rest = {key: value for key, value in whole.items() if key != keyword}
            return [
                one
                for branch in whole[keyword]
                for one in flat_objects({**rest, "allOf": [branch]} if rest else branch, where)
            ]
    if not isinstance(whole.get("properties"), Mapping):
        raise PageError(where, "the body is not a flat object", expected="a schema with properties")
    return [whole]


def _joined(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema merged with those parts of its `allOf` that are objects with fields."""
    if "allOf" not in schema:
        return dict(schema)
    parts = [{key: value for key, value in schema.items() if key != "allOf"}, *map(_joined, schema["allOf"])]
    result: dict[str, Any] = {}
    unmerged: list[Any] = []
    for part in parts:
        for name, field in part.get("properties", {}).items():
            fields = result.setdefault("properties", {})
            fields[name] = field if fields.get(name, field) == field else {"allOf": [fields[name], field]}
        needed = [*result.get("required", ()), *part.get("required", ())]
        result |= {"required": list(dict.fromkeys(needed))} if needed else {}
        rest = {key: value for key, value in part.items() if key not in ("properties", "required")}
        if any(key in result and result[key] != value for key, value in rest.items()):
            unmerged.append(rest)
        else:
            result |= rest
    return {**result, "allOf": unmerged} if unmerged else result


def openapi_documents(row: Cursor, docs: Docs) -> Iterator[tuple[str, Rows]]:
    """The facts of each file of a row other than models, by path."""
    for name in docs.names(row.at("folder").text(), ".json"):
        with docs.part(name):
            yield name, document_rows(docs.json(name), name, docs.references(name))


def document_rows(document: Any, name: str, references: References) -> Rows:
    """The rows of one file, and its messages with their direction and schema.

    Raises:
        PageError: a part of it cannot be parsed.
    """
    reader = DocumentReader(document, name, references)
    found = list(operations(document, name, references))
    rows: Rows = {
        "schemes": sorted(set(reader.schemes().values())),
        "operations": {f"{method.upper()} {path}": reader.operation(one, at) for method, path, one, at in found},
        "webhooks": {},
        "messages": {},
    }
    for method, path, operation, here in found:
        rows["messages"] |= reader.messages(f"{method.upper()} {path}", operation, here)
        for title, called in (operation.get("callbacks") or {}).items():
            reader.calls(title, called, here, rows)
    reader.calls("", document.get("webhooks") or {}, references, rows)
    return rows


class DocumentReader:
    """Reads the rows of one file."""

    def __init__(self, document: Mapping[str, Any], name: str, references: References) -> None:
        self.document = document
        self.name = name
        self.references = references

    def servers(self, node: Mapping[str, Any]) -> Rows:
        return {str(one.get("url")): {} for one in node.get("servers") or () if isinstance(one, Mapping)}

    def schemes(self) -> dict[str, str]:
        """Each security scheme by name, as a text of the keys that affect requests."""
        stated = (self.document.get("components") or {}).get("securitySchemes") or {}
        found = {name: self.references.settled(one, self.name)[0] for name, one in stated.items()}
        return {name: " ".join(str(one[key]) for key in _SCHEME if key in one) for name, one in found.items()}

    def security(self, operation: Rows) -> Rows:
        """Each way in which a request may authenticate; `none` if it need not."""
        known = self.schemes()
        stated = operation.get("security", self.document.get("security")) or [{}]
        return {" + ".join(sorted(known.get(name, name) for name in one)) or OPEN: {} for one in stated}

    def operation(self, operation: Rows, here: References) -> Rows:
        """The facts of an operation other than schemas."""
        body, _ = here.settled(operation.get("requestBody") or {}, self.name)
        responses = {
            str(status): here.settled(one, self.name)[0] for status, one in (operation.get("responses") or {}).items()
        }
        return {
            "servers": self.servers(operation) or self.servers(self.document),
            "security": self.security(operation),
            "parameters": {
                f"{one.get('in')} {one.get('name')}": {"required": bool(one.get("required"))}
                for one in (here.settled(one, self.name)[0] for one in operation.get("parameters", ()))
            },
            "body": {"required": bool(body.get("required")), "media": _rows_by_name(body, "content")},
            "statuses": {
                status: {
                    "headers": _rows_by_name(one, "headers"),
                    "media": _rows_by_name(one, "content"),
                }
                for status, one in responses.items()
            },
        }

    def messages(self, called: str, operation: Rows, here: References) -> Rows:
        """Every message of an operation, except bodies that name a model: those are compared with the models."""
        found: Rows = {}
        for one in operation.get("parameters", ()):
            parameter, there = here.settled(one, f"{self.name} {called}")
            name = f"{parameter.get('in')} {parameter.get('name')}"
            self._add(found, f"{called} {name}", "requests", parameter, there)
        body, there = here.settled(operation.get("requestBody") or {}, f"{self.name} {called}")
        for media, entry in (body.get("content") or {}).items():
            self._add(found, f"{called} request {media}", "requests", entry, there, without_models=True)
        for status, stated in (operation.get("responses") or {}).items():
            response, there = here.settled(stated, f"{self.name} {called} {status}")
            for media, entry in (response.get("content") or {}).items():
                self._add(found, f"{called} {status} {media}", "replies", entry, there)
            for title, header in (response.get("headers") or {}).items():
                entry, inside = there.settled(header, f"{self.name} {called} {status}")
                self._add(found, f"{called} {status} header {title}", "replies", entry, inside)
        return found

    def calls(self, title: str, called: Any, here: References, rows: Rows) -> None:
        """Add the messages of webhooks and callbacks; like responses, the provider sends them."""
        paths, there = here.settled(called, f"{self.name} {title}")
        for path, stated in (paths or {}).items():
            item, inside = there.settled(stated, f"{self.name} {title} {path}")
            for method in (method for method in _METHODS if method in item):
                name = f"{title} {method.upper()} {path}".strip()
                rows["webhooks"][name] = {}
                body, deeper = inside.settled(item[method].get("requestBody") or {}, f"{self.name} {name}")
                for media, entry in (body.get("content") or {}).items():
                    self._add(rows["messages"], f"webhook {name} {media}", "replies", entry, deeper)

    def _add(
        self, found: Rows, name: str, direction: str, entry: Any, here: References, *, without_models: bool = False
    ) -> None:
        if not isinstance(entry, Mapping) or "schema" not in entry:
            return
        schema, _ = translate(entry["schema"], f"{self.name} {name}", here)
        if not (without_models and _names_models(schema)):
            found[name] = {"direction": direction, "schema": schema}


def _rows_by_name(node: Any, key: str) -> Rows:
    """An empty row for each key below `key`."""
    return {name: {} for name in node.get(key) or {}}


def _names_models(schema: Mapping[str, Any]) -> bool:
    try:
        return all("model" in one["properties"] for one in flat_objects(schema, ""))
    except PageError:
        return False
