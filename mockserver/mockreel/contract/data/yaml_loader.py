"""YAML as the data files have it: 1.2's core schema, and no key twice in a mapping."""

import re
from typing import Any

import yaml

from mockreel.errors import DataError

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _CoreSchemaLoader(_Base):  # type: ignore[misc]
    """YAML 1.2's core schema: `on`, `off`, `16:9` and `2026-11-20` are the strings that they look like."""


def _mapping(loader: Any, node: yaml.MappingNode) -> Any:
    """A mapping with unique keys; merged keys (`<<`) may be overridden."""
    keys: set[Any] = set()
    for key, _ in node.value:
        if key.tag == "tag:yaml.org,2002:merge" or not isinstance(key, yaml.ScalarNode):
            continue
        if (key.tag, key.value) in keys:
            raise yaml.constructor.ConstructorError(None, None, "a mapping repeats a key", key.start_mark)
        keys.add((key.tag, key.value))
    yield from loader.construct_yaml_map(node)


_CoreSchemaLoader.add_constructor("tag:yaml.org,2002:map", _mapping)
_CoreSchemaLoader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("int", r"^[-+]?[0-9]+$", "-+0123456789"),
    ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", "-+.0123456789"),
):
    _CoreSchemaLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first))
# `012` is twelve: only YAML 1.1 reads a leading zero as octal.
_CoreSchemaLoader.add_constructor("tag:yaml.org,2002:int", lambda _, node: int(node.value))


def read_yaml(text: str | bytes, *, where: str) -> Any:
    """The value of a YAML text.

    Raises:
        DataError: the text is not YAML, or a mapping repeats a key (the message names the line).
    """
    try:
        return yaml.load(text, Loader=_CoreSchemaLoader)
    except yaml.YAMLError as problem:
        raise DataError(where, f"not readable as YAML ({_yaml_error(problem)})") from None
    except (RecursionError, ValueError) as problem:
        raise DataError(where, f"not readable as YAML ({problem})") from problem


def _yaml_error(problem: yaml.YAMLError) -> str:
    """The error and its position, without the text, which may be a key."""
    mark = getattr(problem, "problem_mark", None)
    place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    error = getattr(problem, "problem", None) or getattr(problem, "reason", None) or type(problem).__name__
    return f"{error}{place}"
