"""Read data files: YAML as people write it, JSON as `build` writes it; a file that cannot be read is an error."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import yaml

from mockreel.errors import DataError

Document = dict[str, Any]
# Aliases let a few lines stand for more values than any memory holds.
MOST_NODES = 1_000_000

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _CoreSchemaLoader(_Base):  # type: ignore[misc]
    """YAML 1.2's core schema: `on`, `off`, `16:9` and `2026-11-20` are the strings that they look like."""


_CoreSchemaLoader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("int", r"^[-+]?[0-9]+$", "-+0123456789"),
    ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", "-+.0123456789"),
):
    _CoreSchemaLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first))
# `012` is twelve: only YAML 1.1 takes a leading zero for octal.
_CoreSchemaLoader.add_constructor("tag:yaml.org,2002:int", lambda _, node: int(node.value))


def parse_yaml(text: str | bytes, *, where: str) -> Any:
    """The value of a YAML text.

    Raises:
        DataError: the text is no YAML; the message names the line.
    """
    try:
        value = yaml.load(text, Loader=_CoreSchemaLoader)
    except yaml.YAMLError as problem:
        raise DataError(where, f"not readable as YAML ({_told(problem)})") from None
    except (RecursionError, ValueError) as problem:
        raise DataError(where, f"not readable as YAML ({problem})") from problem
    if (b"*" if isinstance(text, bytes) else "*") in text and _is_endless(value):  # type: ignore[operator]
        then = "Write out what its aliases stand for."
        raise DataError(where, f"its aliases make more than {MOST_NODES:,} values of it, or a circle", then=then)
    return value


def _is_endless(value: Any) -> bool:
    """Whether there are too many values in a value, each counted where it stands again."""
    left, count = [value], 0
    while left:
        one = left.pop()
        count += 1
        if count > MOST_NODES:
            return True
        if isinstance(one, dict):
            left += one.values()
        elif isinstance(one, list):
            left += one
    return False


def _told(problem: yaml.YAMLError) -> str:
    """What is wrong and where, without the text that stands there: it may be a file of keys."""
    mark = getattr(problem, "problem_mark", None)
    place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    said = getattr(problem, "problem", None) or getattr(problem, "reason", None) or type(problem).__name__
    return f"{said}{place}"


def read_bytes(path: Path) -> bytes:
    """The bytes of a data file.

    Raises:
        DataError: it is missing or cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as problem:
        raise DataError(str(path), f"cannot be read ({problem.strerror})") from problem


def read_document(path: Path) -> Document:
    """A YAML or JSON file whose root is a mapping, by its ending.

    Raises:
        DataError: it is missing, unreadable, or its root is no mapping.
    """
    return parse_document(read_bytes(path), path)


def parse_document(raw: bytes, path: Path) -> Document:
    """The same from its bytes.

    Raises:
        DataError: it is unreadable, or its root is no mapping.
    """
    if path.suffix == ".json":
        try:
            value = orjson.loads(raw)
        except orjson.JSONDecodeError as problem:
            raise DataError(str(path), f"not readable as JSON ({problem})") from problem
    else:
        value = parse_yaml(raw, where=str(path))
    if not isinstance(value, dict):
        raise DataError(str(path), f"its root is {type(value).__name__}", expected="a mapping")
    return value


def read_list(path: Path) -> list[Any]:
    """A YAML file whose root is a list.

    Raises:
        DataError: it is missing, unreadable, or its root is no list.
    """
    value = parse_yaml(read_bytes(path), where=str(path))
    if not isinstance(value, list):
        raise DataError(str(path), f"its root is {type(value).__name__}", expected="a list")
    return value


def merge_patch(target: Any, patch: Any) -> Any:
    """JSON Merge Patch (RFC 7396); neither argument is changed."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge_patch(result.get(key), value)
    return result
