"""RunningHub's data: every contradiction has its place, every documented code its row, every example its schema."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from mockreel._data import data_root
from mockreel.contract import Contract, load_contract
from mockreel.contract.data.data_files import read_document, read_list
from mockreel.contract.operations import Operation, resolve

# W-err and A4, and the codes that were seen beside them.
NUMERIC = "301 380 412 415 416 421 423 433 435 436 500 801 802 803 804 805 806 807 808 809 810 811 812 813 814 901"
OBSERVED = ("401", "1601", "-1")
TEXTS = "1000 1001 1002 1003 1004 1005 1006 1007 1008 1009 1010 1011 1012 1013 1014 1015 1101 1501 1504 1505"


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load_contract("runninghub")


def test_every_contradiction_is_a_reading_or_listed_as_none(contract: Contract) -> None:
    """The sixteen of the fact sheet, each once."""
    listed = read_list(data_root() / "contracts/runninghub/readings/NOT.yaml")
    numbers = [number for reading in contract.readings.values() for number in reading.numbers]

    assert sorted([*numbers, *(row["number"] for row in listed)], key=int) == [str(n) for n in range(1, 17)]
    assert all(row["why"] for row in listed)


def test_the_default_of_a_reading_changes_nothing(contract: Contract) -> None:
    """The files as they are written are the default."""
    for reading in contract.readings.values():
        default = reading.options[reading.default]
        assert (reading.id, default.overlay, dict(default.patch)) == (reading.id, (), {})


@pytest.mark.parametrize("code", [*NUMERIC.split(), *OBSERVED, *TEXTS.split()])
def test_every_documented_code_is_a_row(contract: Contract, code: str) -> None:
    """So that each of them can be returned."""
    assert code in {str(row.code) for row in contract.errors.values()}


def test_operations_and_settings_name_rows_that_exist(contract: Contract) -> None:
    """The errors of an operation, their replacements, and the errors of the old outputs."""
    named: list[str] = [contract.wire["ended_row"], *contract.wire["pending_rows"].values()]
    for operation in contract.operations:
        own = operation.raw["x-mockreel"]
        named += [*own.get("refusals", []), *own.get("instead", {}), *own.get("instead", {}).values()]

    assert sorted(set(named) - set(contract.errors)) == []


def test_every_fact_has_its_evidence_and_a_known_source() -> None:
    """Every mapping with an evidence or a source has both, and the source is one of the table's."""
    root = data_root()
    known = set(read_document(root / "schemas/runninghub/sources.yaml")["sources"])
    files = [
        *(root / "contracts/runninghub").glob("[a-z]*.yaml"),
        *(root / "contracts/runninghub/readings").glob("[a-z]*.yaml"),
        *(root / "schemas/runninghub").glob("*.json"),
    ]
    faults = [
        (path.name, where)
        for path in files
        for where, row in _rows(read_document(path))
        if row.get("evidence") not in ("documented", "published", "client", "inferred")
        or not row.get("source")
        or not set(row["source"]) <= known
    ]

    assert faults == []


def _rows(node: Any, where: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every mapping with evidence, and its place."""
    if isinstance(node, Mapping):
        if "evidence" in node or "source" in node:
            yield where, node
        for key, value in node.items():
            yield from _rows(value, f"{where}/{key}")
    elif isinstance(node, list):
        for index, item in enumerate(node):
            yield from _rows(item, f"{where}/{index}")


def test_every_example_fits_its_schema(contract: Contract) -> None:
    """Our own requests, and the responses that the docs show."""
    checked = [
        (operation.id, name, [error.message for error in validator.iter_errors(example)])
        for operation in contract.operations
        for name, validator, example in _examples(contract, operation)
    ]

    assert [row for row in checked if row[2]] == []
    assert len(checked) > 15


def _examples(contract: Contract, operation: Operation) -> Iterator[tuple[str, Any, Any]]:
    for holder in (operation.raw.get("requestBody"), *operation.raw["responses"].values()):
        message = resolve(contract.document, holder or {}, where=operation.id)
        for media in message.get("content", {}).values():
            validator = contract.schemas.compile(contract.schemas.absolute(media["schema"]), where=operation.id)
            for name, example in media.get("examples", {}).items():
                yield name, validator, example["value"]


def test_every_link_leads_to_an_operation(contract: Contract) -> None:
    """From a submission to its poll, its outputs, its cancellation and its webhook."""
    followed = {
        operation.id: [
            contract.operation(resolve(contract.document, link, where=operation.id)["operationId"]).id
            for link in operation.raw["responses"]["200"].get("links", {}).values()
        ]
        for operation in contract.operations
        if operation.submits
    }

    assert all(followed.values())
    assert followed["submit_task"] == ["query_task"]
