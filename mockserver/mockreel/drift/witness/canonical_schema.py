"""A schema in one spelling, whatever the order in which its words, values and branches are written."""

import json
from collections.abc import Mapping
from typing import Any

_SETS = ("enum", "required", "type", "anyOf", "oneOf", "allOf")
_VALUES = ("const", "default", "examples", "example")


def unordered(schema: Any) -> str:
    """Two schemas that differ in nothing but order have the same text; 1 and 1.0 are one number."""
    return json.dumps(_plain(schema, ""), sort_keys=True, ensure_ascii=False)


def _plain(node: Any, word: str) -> Any:
    if isinstance(node, Mapping):
        return {str(key): _plain(value, _word(word, str(key))) for key, value in node.items()}
    if isinstance(node, list | tuple):
        items = [_plain(item, "") for item in node]
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True)) if word in _SETS else items
    return int(node) if isinstance(node, float) and node.is_integer() else node


def _word(above: str, key: str) -> str:
    """Below `properties` a key is the name of a field; inside of a value there are no words."""
    if above in ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas", *_VALUES):
        return "a value" if above in _VALUES else ""
    return "a value" if above == "a value" else key
