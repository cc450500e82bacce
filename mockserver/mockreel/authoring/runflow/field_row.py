"""The rows of a page's input table, in the three forms that pages use."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mockreel.authoring.documented_model import PageError
from mockreel.authoring.runflow.allowed_values import DASHES, glued_values, listed_values

TYPES = (
    "string",
    "integer",
    "number",
    "float",
    "boolean",
    "image",
    "video",
    "audio",
    "file",
    "json",
    "object",
    "array",
)
_KIND = rf"(?:{'|'.join(TYPES)})(?:\[\])?(?: \| null)?"
_GLUED_HEAD = "FieldTypeRequiredAllowed valuesDescription"
_GLUED = re.compile(rf"(?P<name>[A-Za-z_]\w*?)(?P<kind>{_KIND})(?P<need>required|optional)(?P<rest>.*)\Z")
_HEADING = re.compile(r"#{2,4} `(?P<name>\w+)` \((?P<kind>[^,()]+), (?P<need>required|optional)\)")
_BULLET = re.compile(r"- \*\*(?P<key>Default|Options)\*\*: (?P<value>.+)")
_NEEDS = {"required": True, "yes": True, "true": True, "optional": False, "no": False, "false": False, "": False}
_CELL = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One input field of a page, as text."""

    name: str
    kind: str
    required: bool
    allowed: tuple[str, ...]
    default: str | None
    where: str


def read_fields(lines: Sequence[str], page: str) -> tuple[FieldRow, ...]:
    """The input fields of a page in any form.

    Raises:
        PageError: there is no such table, or a row of it cannot be parsed.
    """
    for reader in (_glued_rows, _table_rows, _heading_rows):
        rows = tuple(reader(lines, page))
        if rows:
            return _unique(rows)
    raise PageError(
        page,
        "no input fields found",
        expected=f"a line {_GLUED_HEAD!r}, a Markdown table with Field, Type and Required, or headings "
        "such as ### `prompt` (string, required)",
    )


def _unique(rows: tuple[FieldRow, ...]) -> tuple[FieldRow, ...]:
    names: set[str] = set()
    for row in rows:
        if row.name in names:
            raise PageError(row.where, f"duplicate field {row.name!r}")
        names.add(row.name)
    return rows


def _glued_rows(lines: Sequence[str], page: str) -> Iterator[FieldRow]:
    if _GLUED_HEAD not in lines:
        return
    start = lines.index(_GLUED_HEAD) + 1
    for number, line in enumerate(lines[start:], start + 1):
        if not line.strip():
            return
        where = f"{page} line {number}"
        found = _GLUED.match(line)
        if found is None:
            raise PageError(
                where, f"{line[:60]!r} is not a row", expected=f"name, type ({', '.join(TYPES)}), need, values"
            )
        yield FieldRow(
            found["name"], found["kind"], _NEEDS[found["need"]], glued_values(found["rest"], where), None, where
        )


def _table_rows(lines: Sequence[str], page: str) -> Iterator[FieldRow]:
    head: list[str] = []
    for number, line in enumerate(lines, 1):
        if not line.startswith("|"):
            if head:
                return
            continue
        cells = _cells(line)
        if head and not all(set(cell) <= set(":- ") for cell in cells):
            yield _table_row(dict(zip(head, cells, strict=False)), f"{page} line {number}")
        elif {"field", "type", "required"} <= {cell.lower() for cell in cells}:
            head = [cell.lower() for cell in cells]


def _table_row(cells: dict[str, str], where: str) -> FieldRow:
    need = cells["required"].lower()
    if need not in _NEEDS or not cells["field"] or not cells["type"]:
        raise PageError(where, f"{cells!r} is not a row", expected="a field, its type, and required or optional")
    allowed = next((cells[key] for key in ("allowed values", "options", "values", "enum") if key in cells), "")
    default = cells.get("default", "")
    return FieldRow(cells["field"], cells["type"], _NEEDS[need], listed_values(allowed), _without_dash(default), where)


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|").removesuffix("|")
    return [cell.strip().strip("`").replace("\\|", "|") for cell in _CELL.split(inner)]


def _without_dash(text: str) -> str | None:
    return None if text in (*DASHES, "None", "none") else text


def _heading_rows(lines: Sequence[str], page: str) -> Iterator[FieldRow]:
    heads = [(number, found) for number, line in enumerate(lines) if (found := _HEADING.match(line))]
    ends = [*(number for number, _ in heads[1:]), len(lines)]
    for (start, found), end in zip(heads, ends, strict=False):
        stated = _bullets(lines[start + 1 : end])
        options = tuple(re.findall(r"`([^`]+)`", stated.get("Options", "")))
        default = stated.get("Default")
        yield FieldRow(
            found["name"],
            found["kind"].strip(),
            _NEEDS[found["need"]],
            options,
            default.strip().strip("`") if default else None,
            f"{page} field {found['name']}",
        )


def _bullets(lines: Sequence[str]) -> dict[str, str]:
    stated: dict[str, str] = {}
    for line in lines:
        if line.startswith("## "):
            break
        if found := _BULLET.match(line):
            stated[found["key"]] = found["value"]
    return stated
