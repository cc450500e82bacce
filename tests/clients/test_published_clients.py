"""The gallery's clients: each is pinned, and the docs say of each whether it is run, or why not."""

import re
from pathlib import Path
from typing import Any

import pytest

from clients.client_runs import HERE, published_clients

ROWS = [pytest.param(row, id=row["name"]) for row in published_clients()]
PAGE = Path(__file__).parents[2].joinpath("docs/reference/clients.md")


@pytest.mark.parametrize("row", ROWS)
def test_a_client_is_pinned_to_one_version(row: dict[str, Any]) -> None:
    """By its index's way of writing it."""
    sign = {"PyPI": "==", "npm": "@"}[row["index"]]
    name, at, version = row["pin"].rpartition(sign)

    assert (name, at) == (row["name"], sign)
    assert re.fullmatch(r"\d+(\.\d+)+\w*", version)


@pytest.mark.parametrize("row", ROWS)
def test_a_client_is_run_or_the_page_says_why_not(row: dict[str, Any]) -> None:
    """One that the index does not have says since when."""
    (reason,) = {"program", "without", "absent"} & set(row)
    if reason == "program":
        assert (HERE / "programs" / row["program"]).is_file()
        return
    (line,) = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith(f"| `{row['pin']}` |")]
    assert f" {row[reason]}" in line
