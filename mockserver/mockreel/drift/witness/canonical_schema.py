"""A schema in one spelling, whatever the order of its keywords, values and branches."""

import json
from collections.abc import Mapping
from typing import Any

_SETS = ("enum", "required", "type", "anyOf", "oneOf", "allOf")
_VALUES = ("const", "default", "examples", "example")


def unordered(schema: Any) -> str:
    """A text that is equal for schemas that differ only in order; 1 and 1.0 are one number."""
    return json.dumps(_plain(schema, ""), sort_keys=True, ensure_ascii=False)


def _plain(node: Any, keyword: str) -> Any:
    if isinstance(node, Mapping):
        return {str(key): _plain(value, _keyword(keyword, str(key))) for key, value in node.items()}
    if isinstance(node, list | tuple):
        items = [_plain(item, "") for item in node]
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True)) if keyword in _SETS else items
    return int(node) if isinstance(node, float) and node.is_integer() else node


def _keyword(above: str, key: str) -> str:
    """The keyword of a key: below `properties` a key is a field's name, and in a value there are no keywords."""
    if above in ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas", *_VALUES):
        return "a value" if above in _VALUES else ""
    return "a value" if above == "a value" else key
