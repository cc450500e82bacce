"""What was learnt of Runflow in November 2026: each fact is in the contract, or left out with a reason."""

from pathlib import Path
from typing import Any

import pytest

from mockreel._data import data_root
from mockreel.contract.data.data_files import read_document, read_list
from mockreel.contract.operations import pointer

ROWS: list[dict[str, Any]] = read_list(Path(__file__).with_name("runflow_facts.yaml"))
NOT = {row["id"]: row["why"] for row in read_list(data_root() / "contracts/runflow/NOT.yaml")}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["fact"][:40])
def test_a_fact_is_held_where_the_table_says_or_left_out_with_a_reason(row: dict[str, Any]) -> None:
    assert row.get("held") or row.get("not")
    for place in row.get("held", ()):
        name, _, inside = place.partition("#")
        path = data_root() / name if name.startswith("schemas/") else data_root() / "contracts/runflow" / name
        assert pointer(read_document(path), inside, where=place) is not None
    assert set(row.get("not", ())) <= set(NOT)


def test_every_reason_is_one_for_a_fact_and_says_more_than_a_word() -> None:
    named = {id_ for row in ROWS for id_ in row.get("not", ())}

    assert set(NOT) == named
    assert [id_ for id_, why in NOT.items() if len(why) < 40] == []
