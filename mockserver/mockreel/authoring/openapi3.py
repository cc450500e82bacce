"""From an OpenAPI 3.0 schema object to JSON Schema 2020-12, with every change of meaning recorded."""

from collections.abc import Mapping
from typing import Any

from mockreel.authoring.corrections import settle_default
from mockreel.authoring.documented_model import Correction, PageError, number

_COPIED = ("title", "deprecated", "format")
_LIMITS = ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "multipleOf")
_NESTED = ("properties", "items", "anyOf", "oneOf", "allOf")
_OWN = ("type", "enum", "default", "required", "nullable")
_PROSE = ("description", "example")
_KNOWN = {*_COPIED, *_LIMITS, *_NESTED, *_OWN, *_PROSE}
_BASE64 = "base64"

Changes = list[Correction]


def translate(schema: Any, where: str) -> tuple[dict[str, Any], tuple[Correction, ...]]:
    """The schema in the newer dialect, without prose and examples, and what was changed on the way.

    Raises:
        PageError: a keyword is not known, or a part of the schema is no schema.
    """
    changes: Changes = []
    return _Translation(where, changes).schema(schema, ""), tuple(changes)


class _Translation:
    """One schema on its way; `changes` grows as it is read."""

    def __init__(self, where: str, changes: Changes) -> None:
        self.where = where
        self.changes = changes

    def schema(self, node: Any, at: str, *, described: str = "") -> dict[str, Any]:
        if not isinstance(node, Mapping):
            raise PageError(f"{self.where} {at or '/'}", f"{node!r} is not a schema", expected="an object")
        unknown = sorted(set(node) - _KNOWN)
        if unknown:
            raise PageError(
                f"{self.where} {at or '/'}",
                f"the keyword {unknown[0]!r} is not known",
                expected="one of " + ", ".join(sorted(_KNOWN)),
            )
        described = f"{described} {node.get('description', '')}".lower()
        result: dict[str, Any] = {key: node[key] for key in ("title", "type", "deprecated") if key in node}
        result |= self._format(node, at, described)
        result |= {key: number(node[key]) for key in _LIMITS if key in node}
        result |= {"enum": [number(value) for value in node["enum"]]} if "enum" in node else {}
        result |= self._required(node, at)
        result |= self._nested(node, at, described)
        return self._default(node, self._nullable(node, result, at), at)

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
            result["properties"] = {
                name: self.schema(field, f"{at}/properties/{name}") for name, field in node["properties"].items()
            }
        if "items" in node:
            result["items"] = self.schema(node["items"], f"{at}/items", described=described)
        for key in ("anyOf", "oneOf", "allOf"):
            if key in node:
                result[key] = [
                    self.schema(branch, f"{at}/{key}/{n}", described=described) for n, branch in enumerate(node[key])
                ]
        return result

    def _nullable(self, node: Mapping[str, Any], result: dict[str, Any], at: str) -> dict[str, Any]:
        if not node.get("nullable"):
            return result
        now: Any = [result["type"], "null"] if "type" in result else "null"
        self._change(f"{at}/type", result.get("type"), now, "nullable, in the words of the newer dialect")
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
