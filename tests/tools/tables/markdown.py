"""Markdown tables and code."""

from collections.abc import Iterable, Mapping
from typing import Any


def table(head: Iterable[object], rows: Iterable[Iterable[object]]) -> str:
    titles = [str(title) for title in head]
    lines = [titles, ["---"] * len(titles), *([_cell(value) for value in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def code(value: object) -> str:
    return f"`{value}`" if str(value) else ""


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


def evidence_kind(row: Mapping[str, Any]) -> str:
    return str(row["evidence"])
