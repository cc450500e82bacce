"""Runflow's data: every contradiction has its place, every fact its evidence, every message its schema."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from mockreel._data import data_root
from mockreel.contract import Contract, load_contract
from mockreel.contract.data.data_files import read_document, read_list
from mockreel.contract.operations import resolve
from mockreel.engine.randomness import uuid7

NUMBERS = [*(f"C{number}" for number in range(1, 27)), "C8b"]
# What errors, runs and their callbacks can say, as the docs list it.
CODES = (
    "UNAUTHORIZED PERMISSION_DENIED EMAIL_NOT_VERIFIED ORGANIZATION_MEMBERSHIP_REQUIRED ROLE_UNRESOLVED "
    "IMPERSONATION_READ_ONLY INSUFFICIENT_CREDIT RUN_NOT_FOUND CONFLICT RATE_LIMITED MODEL_UNAVAILABLE"
)
SCHEMAS = sorted(
    path.relative_to(data_root() / "schemas/runflow").as_posix()
    for path in (data_root() / "schemas/runflow").rglob("*.json")
)


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load_contract("runflow")


def test_every_contradiction_is_a_reading_or_listed_as_none(contract: Contract) -> None:
    """C1 to C26 and C8b of the fact sheet, each once."""
    listed = read_list(data_root() / "contracts/runflow/readings/NOT.yaml")
    numbers = [number for reading in contract.readings.values() for number in reading.numbers]

    assert sorted([*numbers, *(row["number"] for row in listed)]) == sorted(NUMBERS)
    assert all(row["why"] for row in listed)


def test_the_default_of_a_reading_changes_nothing(contract: Contract) -> None:
    """The files as they are written are the default."""
    for reading in contract.readings.values():
        default = reading.options[reading.default]
        assert (reading.id, default.overlay, dict(default.patch)) == (reading.id, (), {})


@pytest.mark.parametrize("code", CODES.split())
def test_every_documented_code_is_a_row(contract: Contract, code: str) -> None:
    """So that each of them can be returned."""
    assert code in {str(row.code) for row in contract.errors.values()}


def test_operations_name_rows_that_exist(contract: Contract) -> None:
    """The possible errors of an operation."""
    named = {row for operation in contract.operations for row in operation.raw["x-mockreel"].get("refusals", [])}

    assert sorted(named - set(contract.errors)) == []


def _written() -> list[Path]:
    root = data_root()
    return [
        *(path for path in (root / "contracts/runflow").rglob("*.yaml") if path.name != "NOT.yaml"),
        *(root / "schemas/runflow").rglob("*.json"),
    ]


def test_every_fact_has_its_evidence_and_a_known_source() -> None:
    """Every mapping with an evidence has a source, and every source is one of the table's."""
    known = set(read_document(data_root() / "schemas/runflow/sources.yaml")["sources"])
    faults = [
        (path.name, where)
        for path in _written()
        for where, row in _rows(read_document(path))
        if row["evidence"] not in ("documented", "published", "client", "inferred")
        or not row.get("source")
        or not set(row["source"]) <= known
    ]

    assert faults == []


def test_every_row_of_a_table_has_evidence() -> None:
    """Errors, failures, states, events, policies, scenarios, prices, operations and wire facts."""
    folder = data_root() / "contracts/runflow"
    tables = {
        "errors": ["rows", "failures"],
        "lifecycle": ["states"],
        "callbacks": ["events", "policy"],
        "scenarios": ["jobs", "requests", "pace_evidence"],
        "pricing": ["models", "units", "money"],
    }
    rows = [
        (name, key)
        for file, tabled in tables.items()
        for name in tabled
        for key, row in read_document(folder / f"{file}.yaml")[name].items()
        if "evidence" not in row
    ]
    document = read_document(folder / "openapi.yaml")
    rows += [("wire", key) for key, row in document["x-mockreel"]["wire"].items() if "evidence" not in row]

    assert rows == []


def _rows(node: Any, where: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every mapping with evidence, and its place."""
    if isinstance(node, Mapping):
        if isinstance(node.get("evidence"), str):
            yield where, node
        for key, value in node.items():
            yield from _rows(value, f"{where}/{key}")
    elif isinstance(node, list):
        for index, item in enumerate(node):
            yield from _rows(item, f"{where}/{index}")


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_one_and_its_references_resolve(contract: Contract, name: str) -> None:
    """By its meta-schema, and by the validator that the server uses."""
    document = contract.schemas.document(name)
    jsonschema.Draft202012Validator.check_schema(document)

    assert document["$id"] == f"https://mockreel.invalid/schemas/runflow/{name}"
    contract.schemas.validator(name)


def test_every_schema_is_reached_from_the_contract() -> None:
    """From an operation, or from a reading; models through their index."""
    root = data_root()
    texts = [path.read_text() for path in _written() if "models" not in path.parts]
    unreached = [name for name in SCHEMAS if not name.startswith("models/") and not any(name in text for text in texts)]

    assert unreached == []
    assert {f"models/{path}" for path in _models(root)} == {name for name in SCHEMAS if name.startswith("models/")}


def _models(root: Path) -> set[str]:
    rows = read_document(root / "contracts/runflow/models.json").values()
    return {row["schema"].removeprefix("models/") for row in rows}


def test_every_example_fits_its_schema(contract: Contract) -> None:
    """Our own requests."""
    faults = []
    for name, body in contract.document["components"]["requestBodies"].items():
        content = body["content"]["application/json"]
        validator = contract.schemas.compile(contract.schemas.absolute(content["schema"]), where=name)
        faults += [(name, error.message) for error in validator.iter_errors(content["example"])]

    assert faults == []


def test_every_link_leads_to_an_operation(contract: Contract) -> None:
    """From what is created to reading it, and on."""
    ids = {operation.id for operation in contract.operations}
    links = {
        name: [link["operationId"] for link in response.get("links", {}).values()]
        for name, response in contract.document["components"]["responses"].items()
    }

    assert {target for targets in links.values() for target in targets} <= ids
    assert links["RunCreated"][0] == "get_run"
    assert links["BatchCreated"][0] == "get_batch"


def test_what_ends_has_callbacks(contract: Contract) -> None:
    """Runs and batches have callbacks for their end."""
    for name in ("create_run", "create_batch"):
        called = resolve(contract.document, contract.operation(name).raw["callbacks"]["ended"], where=name)
        assert list(called) == ["{$request.body#/callback_url}"]


def test_every_state_is_left_by_a_known_transition(contract: Contract) -> None:
    """Each scenario goes by transitions of the lifecycle."""
    for scenario in contract.scenarios.jobs.values():
        for pair in zip(scenario.states, scenario.states[1:], strict=False):
            assert pair in contract.lifecycle.transitions


def test_the_callback_policy_is_the_model_pages(contract: Contract) -> None:
    """Three attempts, one and two seconds apart, server errors only."""
    policy = contract.callbacks.policies["callback"]

    assert (policy.attempts, policy.delays, policy.retry_statuses) == (3, (1.0, 2.0), ("5xx",))
    assert (policy.retry_network, policy.retry_timeout) == (True, True)


def test_run_ids_are_of_the_documented_form(contract: Contract) -> None:
    """UUIDs of version 7."""
    assert uuid7(0, bytes(16))[14] == "7"
    assert contract.schemas.validator("run.json").is_valid({"id": uuid7(0, bytes(16)), "status_code": "queued"})
