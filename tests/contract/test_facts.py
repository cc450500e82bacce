"""What was learnt since the fact sheets: each fact is in the contract, or left out with a reason."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.lacking import lacking

from mockreel._data import data_root
from mockreel.contract.data.data_files import read_document, read_list

TABLE: dict[str, list[dict[str, Any]]] = read_document(Path(__file__).with_name("facts.yaml"))
ROWS = [pytest.param(provider, row, id=row["fact"][:40]) for provider, rows in TABLE.items() for row in rows]
NUMBERS = range(1, 23)  # the numbered facts of the first sheet
SHEETS = ("evidence-aimlapi-runninghub-*.md", "runflow/evidence-*.md")


def left_out(provider: str) -> dict[str, str]:
    return {str(row["id"]): row["why"] for row in read_list(data_root() / "contracts" / provider / "NOT.yaml")}


@pytest.mark.parametrize(("provider", "row"), ROWS)
def test_a_fact_is_at_its_place_in_the_table_or_left_out_with_a_reason(provider: str, row: dict[str, Any]) -> None:
    """Each place leads to something in the data; each reason is a line of NOT.yaml."""
    assert row.get("held") or row.get("not")
    for place in row.get("held", ()):
        name, _, inside = place.partition("#")
        path = data_root() / name if name.startswith("schemas/") else data_root() / "contracts" / provider / name
        assert _is_there(read_document(path), inside), place
    assert set(row.get("not", ())) <= set(left_out(provider))


@pytest.mark.parametrize("provider", TABLE)
def test_every_reason_is_one_for_a_fact(provider: str) -> None:
    """And says more than a word."""
    named = {id_ for row in TABLE[provider] for id_ in row.get("not", ())}

    assert set(left_out(provider)) == named
    assert [id_ for id_, why in left_out(provider).items() if len(why) < 40] == []


def test_the_table_has_every_fact_of_the_sheets() -> None:
    """Each row is a line of a sheet, and each line that states a fact has its row."""
    if "MOCKREEL_DOCS" not in os.environ:
        lacking("docs", "MOCKREEL_DOCS does not name the providers' docs, so their facts are not compared")
    lines = list(_lines(Path(os.environ["MOCKREEL_DOCS"])))
    facts = [row["fact"] for rows in TABLE.values() for row in rows]

    assert [fact for fact in facts if not any(fact in line for line in lines)] == []
    assert [line for line in lines if not any(fact in line for fact in facts)] == []


def _is_there(value: Any, pointer: str) -> bool:
    """Whether a JSON pointer leads to a value."""
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return False
    return True


def _lines(docs: Path) -> Iterator[str]:
    """The statements of the sheets, each with its following lines."""
    first = (docs / "NEW-FACTS.md").read_text("utf-8")
    numbered = re.findall(r"^\d+\. .*(?:\n {2,}.*)*", first, re.MULTILINE)
    assert [int(line.split(".")[0]) for line in numbered] == list(NUMBERS)
    yield from numbered
    for pattern in SHEETS:
        (sheet,) = docs.glob(pattern)
        yield from _stated(sheet.read_text("utf-8"))


def _stated(sheet: str) -> Iterator[str]:
    """Rows of tables without their heads, and every other line that is no heading."""
    body = re.sub(r"\n(?: {2,}|(?=\())", " ", sheet.split("\n## 1.", 1)[1]).splitlines()[1:]
    for number, line in enumerate(body):
        head = number + 1 < len(body) and re.fullmatch(r"\|[-| ]+\|", body[number + 1].strip())
        if line.strip() and not line.startswith(("#", "|-", "|---")) and not head:
            yield line
