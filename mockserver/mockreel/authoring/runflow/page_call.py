"""The call on a model page: an example request, the envelope of the input, and the result."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_DATA = re.compile(r"(?:-d|--data(?:-raw|-binary)?)\s+'(?=\{)|<<'?JSON'?\s+(?=\{)")
_WRAPPER = re.compile(r"\|?\s*`?(?P<name>[a-z_]+?)`?\s*\|?\s*object\s*\|?\s*required", re.IGNORECASE)
_REQUEST = re.compile(r"(?:#+ )?Request parameters\s*\Z")
_OUTPUT = re.compile(r"(?:#+ )?Output schema\s*\Z", re.IGNORECASE)
_HEAD = re.compile(r"(?:FieldTypeDescription|\|\s*Field\s*\|\s*Type\s*\|)", re.IGNORECASE)
_GLUED = re.compile(r"(?P<name>[a-z_]+?)(?:json|string|object|array|integer|number|boolean)(?!_)")
_CELL = re.compile(r"\|\s*`?(?P<name>\w+)`?\s*\|")
_READ = re.compile(r"""\bdata(?P<steps>(?:\["\w+"\]|\['\w+'\]|\[\d+\]|\.(?!json\b)\w+)+)""")
_STEP = re.compile(r"\w+")


def example_body(text: str) -> Mapping[str, Any] | None:
    """The JSON body of the first example call that has one."""
    found = _DATA.search(text)
    if found is None:
        return None
    try:
        body, _ = json.JSONDecoder().raw_decode(text, found.end())
    except json.JSONDecodeError:
        return None
    return body if isinstance(body, dict) else None


def envelope(example: Mapping[str, Any] | None, fields: Sequence[str], lines: Sequence[str]) -> str | None:
    """The place of the input in a request, as a JSON pointer; None if the page does not show it."""
    if example is not None and any(name in example for name in fields):
        return ""
    for key, value in (example or {}).items():
        if isinstance(value, Mapping) and any(name in value for name in fields):
            return f"/{key}"
    wrappers = (_WRAPPER.match(line) for line in _section(lines, _REQUEST))
    return next((f"/{found['name']}" for found in wrappers if found), None)


def result(lines: Sequence[str]) -> tuple[str, ...]:
    """The fields of a result as JSON pointers, from the output schema or else from the sample programs."""
    return tuple(dict.fromkeys(_output_pointers(lines))) or tuple(dict.fromkeys(_accessed(lines)))


def _output_pointers(lines: Sequence[str]) -> Iterator[str]:
    for line in _section(lines, _OUTPUT):
        found = None if _HEAD.match(line) else _CELL.match(line) or _GLUED.match(line)
        if found:
            yield f"/{found['name']}"


def _accessed(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        for found in _READ.finditer(line):
            yield "".join(f"/{step}" for step in _STEP.findall(found["steps"]))


def _section(lines: Sequence[str], head: re.Pattern[str]) -> Iterator[str]:
    """The lines of the first table below a heading."""
    start = next((number for number, line in enumerate(lines) if head.match(line)), None)
    in_table = False
    for line in lines[start + 1 :] if start is not None else ():
        if line.strip():
            in_table = in_table or bool(re.match(r"(?:Parameter|Field|\|)", line))
            if in_table:
                yield line
        elif in_table:
            return
