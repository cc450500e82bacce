"""Translate an OpenAPI 3.0, 3.1 or 3.2 schema to JSON Schema 2020-12, and record every change of meaning."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mockreel.authoring.corrections import settle_default
from mockreel.authoring.document_references import References, references_of
from mockreel.authoring.documented_model import Correction, PageError, number

_NAMED = ("title", "type", "deprecated")
_LIMITS = ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "multipleOf")
_FURTHER = (
    "exclusiveMinimum", "exclusiveMaximum", "pattern", "const", "uniqueItems", "minProperties", "maxProperties",
    "minContains", "maxContains", "dependentRequired",
)  # fmt: skip
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_MAPS = ("patternProperties", "dependentSchemas")
_SINGLE = (
    "not", "contains", "propertyNames", "additionalProperties", "if", "then", "else", "unevaluatedItems",
    "unevaluatedProperties", "additionalItems",
)  # fmt: skip
_OWN = ("format", "enum", "default", "required", "nullable", "properties", "items", "$ref", "$defs", "definitions")
# Annotations: no request is rejected for them.
_PROSE = (
    "description", "example", "examples", "summary", "externalDocs", "xml", "discriminator", "readOnly", "writeOnly",
    "$comment", "$id", "$schema", "$anchor", "contentEncoding", "contentMediaType", "contentSchema",
)  # fmt: skip
_KNOWN = {*_NAMED, *_LIMITS, *_FURTHER, *_LISTS, *_MAPS, *_SINGLE, *_OWN, *_PROSE}
_BASE64 = "base64"
_MOST_NODES = 50_000

Changes = list[Correction]


def translate(schema: Any, where: str, references: References | None = None) -> tuple[Any, tuple[Correction, ...]]:
    """The schema in JSON Schema 2020-12, without prose and examples, and the corrections.

    Targets of `$ref` are inlined; recursive ones go to `$defs`.

    Raises:
        PageError: a keyword is unknown, a reference has no target, or a part of the schema is not a schema.
    """
    changes: Changes = []
    found = _Translation(where, changes, references or references_of(schema, where)).full_schema(schema)
    return found, tuple(changes)


class _Translation:
    """The translation of one schema; it adds corrections to `changes`."""

    def __init__(self, where: str, changes: Changes, references: References) -> None:
        self.where = where
        self.changes = changes
        self.references = references
        self.old = references.version().startswith("3.0")
        self.open: list[str] = []
        self.recursive: dict[str, str] = {}
        self.nodes = 0

    def full_schema(self, node: Any) -> dict[str, Any]:
        """The schema, with `$defs` for recursive parts."""
        result = self.schema(node, "")
        defined: dict[str, Any] = {}
        while undefined := [address for address, name in self.recursive.items() if name not in defined]:
            address = undefined[0]
            file, _, fragment = address.partition("#")
            target, self.references, _ = replace(self.references, file=file).follow(f"#{fragment}", self.where)
            self.open = [address]
            defined[self.recursive[address]] = self.schema(target, f"/$defs/{self.recursive[address]}")
        return {**result, "$defs": defined} if defined else result

    def schema(self, node: Any, at: str, *, described: str = "") -> dict[str, Any]:
        self._count(at)
        if isinstance(node, bool):
            return {} if node else {"not": {}}
        if not isinstance(node, Mapping):
            raise PageError(f"{self.where} {at or '/'}", f"{node!r} is not a schema", expected="an object")
        unknown = sorted(key for key in set(node) - _KNOWN if not str(key).startswith("x-"))
        if unknown:
            raise PageError(
                f"{self.where} {at or '/'}",
                f"the keyword {unknown[0]!r} is not known",
                expected="one of " + ", ".join(sorted(_KNOWN)),
            )
        if "$ref" in node:
            return self._referred(node, at, described)
        described = f"{described} {node.get('description', '')}".lower()
        result: dict[str, Any] = {key: node[key] for key in _NAMED if key in node}
        result |= self._format(node, at, described)
        result |= {key: number(node[key]) for key in _LIMITS if key in node}
        result |= {"enum": [number(value) for value in node["enum"]]} if "enum" in node else {}
        result |= self._required(node, at)
        result |= self._nested(node, at, described)
        result |= {key: number(node[key]) for key in _FURTHER if key in node}
        return self._default(node, self._nullable(node, _numeric_bounds(result), at), at)

    def _count(self, at: str) -> None:
        self.nodes += 1
        if self.nodes > _MOST_NODES:
            raise PageError(f"{self.where} {at or '/'}", f"the schema has more than {_MOST_NODES} parts")

    def _referred(self, node: Mapping[str, Any], at: str, described: str) -> dict[str, Any]:
        """The target of a reference, with the keywords beside it if the version allows them."""
        before = self.references
        target, after, address = before.follow(node["$ref"], f"{self.where} {at or '/'}")
        if address in self.open:
            name = self.recursive.setdefault(address, re.sub(r"\W+", "-", address.rsplit("/", 1)[-1]))
            return {"$ref": f"#/$defs/{name}"}
        self.references = after
        self.open.append(address)
        found = self.schema(target, at, described=described)
        self.open.pop()
        self.references = before
        beside = {key: value for key, value in node.items() if key != "$ref"}
        more = {} if self.old else self.schema(beside, at, described=described)
        if set(found) & set(more):
            return {"allOf": [found, more]}
        return {**found, **more}

    def _format(self, node: Mapping[str, Any], at: str, described: str) -> dict[str, Any]:
        if "format" not in node:
            return {}
        if node["format"] == "uri" and _BASE64 in described:
            self._change(f"{at}/format", "uri", None, "the page also allows Base64, which is no URI")
            return {}
        return {"format": node["format"]}

    def _required(self, node: Mapping[str, Any], at: str) -> dict[str, Any]:
        stated = node.get("required")
        if isinstance(stated, bool):
            self._change(f"{at}/required", stated, None, "a list of names belongs there, in the object around it")
            return {}
        return {"required": list(stated)} if stated else {}

    def _nested(self, node: Mapping[str, Any], at: str, described: str) -> dict[str, Any]:
        result: dict[str, Any] = {}
        if "properties" in node:
            result["properties"] = self._map(node["properties"], f"{at}/properties")
        if "items" in node:
            result["items"] = self.schema(node["items"], f"{at}/items", described=described)
        for key in _LISTS:
            if key in node:
                result[key] = [
                    self.schema(branch, f"{at}/{key}/{n}", described=described) for n, branch in enumerate(node[key])
                ]
        result |= {key: self._map(node[key], f"{at}/{key}") for key in _MAPS if key in node}
        for key in _SINGLE:
            if key in node:
                plain = isinstance(node[key], bool)
                result[key] = node[key] if plain else self.schema(node[key], f"{at}/{key}", described=described)
        return result

    def _map(self, fields: Any, at: str) -> dict[str, Any]:
        if not isinstance(fields, Mapping):
            raise PageError(f"{self.where} {at}", f"{fields!r} holds no schemas", expected="an object")
        return {name: self.schema(field, f"{at}/{name}") for name, field in fields.items()}

    def _nullable(self, node: Mapping[str, Any], result: dict[str, Any], at: str) -> dict[str, Any]:
        if not node.get("nullable"):
            return result
        stated = result.get("type")
        if isinstance(stated, list):
            now: Any = [*stated, *(["null"] if "null" not in stated else [])]
        elif stated is None and result:
            either = {"anyOf": [result, {"type": "null"}]}
            self._change(at, result, either, "nullable, in the words of the newer dialect")
            return either
        else:
            now = [stated, "null"] if stated else "null"
        self._change(f"{at}/type", stated, now, "nullable, in the words of the newer dialect")
        widened = {"enum": [*result["enum"], None]} if "enum" in result else {}
        return {**result, "type": now, **widened}

    def _default(self, node: Mapping[str, Any], result: dict[str, Any], at: str) -> dict[str, Any]:
        if "default" not in node:
            return result
        settled, changes = settle_default({**result, "default": node["default"]}, at)
        self.changes.extend(changes)
        return settled

    def _change(self, at: str, was: Any, now: Any, why: str) -> None:
        self.changes.append(Correction(at, was, now, why))


def _numeric_bounds(schema: dict[str, Any]) -> dict[str, Any]:
    """Exclusive bounds as numbers; OpenAPI 3.0 marks them with `true` beside the bound."""
    result = dict(schema)
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(stated := result.get(exclusive), bool):
            del result[exclusive]
            if stated and bound in result:
                result[exclusive] = result.pop(bound)
    return result
