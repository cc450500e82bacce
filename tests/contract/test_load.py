"""Loading a contract: data in, one frozen value out; a mistake in the data is an error that leads to its place."""

import shutil
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from support.caller import FOURTH

from mockreel.contract import load_contract, providers
from mockreel.contract.data.data_files import read_document
from mockreel.errors import DataError, OptionError

# Changes one document in place.
Change = Callable[[Any], Any]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A copy of the made-up provider's data, to break one thing in."""
    return Path(shutil.copytree(FOURTH, tmp_path / "data"))


def change(data: Path, name: str, how: Change) -> None:
    path = data / "contracts" / "encore" / name
    document = read_document(path)
    how(document)
    path.write_bytes(
        orjson.dumps(document) if path.suffix == ".json" else yaml.safe_dump(document, sort_keys=False).encode()
    )


def change_openapi(data: Path, how: Change) -> None:
    """The document in both of its built forms."""
    for name in ("openapi.json", "operations.json"):
        change(data, name, how)


def test_everything_that_is_held_about_a_provider_is_in_its_contract() -> None:
    """Rows as frozen values, with their evidence."""
    contract = load_contract("encore", root=FOURTH)

    assert (contract.title, contract.package, contract.hosts) == ("Encore", "encore_player", ("api.encore.invalid",))
    assert contract.lifecycle.initial.word == "waiting"
    assert contract.errors["no-key"].status == 401
    assert contract.failures["stage-fright"].fields == {"act": 1}
    assert contract.callbacks.policies["callback"].delays == (1.0, 2.0)
    assert contract.scenarios.paces["quick"] == {"waiting": (1.0, 2.0), "working": (3.0, 5.0)}
    assert contract.models["encore/solo"].price.rules[0].amount == Decimal("0.10")
    assert contract.models["encore/solo"].defaults == {"seconds": 4, "size": "720p", "sound": False}
    assert contract.wire == {"lenient_numbers": False, "envelope": "error"}
    assert contract.errors["no-key"].evidence.source == ("guide",)
    with pytest.raises(FrozenInstanceError):
        contract.title = "other"  # type: ignore[misc]


def test_a_model_is_found_by_its_id_and_its_aliases() -> None:
    """Both lead to the same value."""
    contract = load_contract("encore", root=FOURTH)

    assert contract.names["solo"] is contract.names["encore/solo"] is contract.models["encore/solo"]


def test_an_operation_is_found_by_its_id_or_the_ids_are_listed() -> None:
    """By its operationId."""
    contract = load_contract("encore", root=FOURTH)

    assert contract.operation("get_job").path == "/v1/jobs/{id}"
    with pytest.raises(OptionError, match=r"operation: 'get_jobs' is not valid\. Valid: create_job, .*get_job"):
        contract.operation("get_jobs")


def test_an_unknown_provider_is_rejected_with_the_known_ones(tmp_path: Path) -> None:
    """And a folder without any is an error."""
    with pytest.raises(OptionError, match=r"provider: 'encor' is not valid\. Valid: encore\."):
        load_contract("encor", root=FOURTH)
    with pytest.raises(DataError, match="no contract in it"):
        providers(root=tmp_path)
    assert providers(root=FOURTH) == ("encore",)


@pytest.mark.parametrize(
    ("reading", "option", "look", "default", "changed"),
    [
        ("done-word", "finished", lambda c: c.lifecycle.states["done"].word, "done", "finished"),
        (
            "done-word",
            "finished",
            lambda c: c.schemas.document("job.json")["properties"]["state"]["enum"][2],
            "done",
            "finished",
        ),
        ("envelope", "bare", lambda c: c.wire["envelope"], "error", "bare"),
        (
            "lenient-numbers",
            "lenient",
            lambda c: c.schemas.validator("models/encore/solo.json").is_valid({"prompt": "x", "seconds": "8"}),
            False,
            True,
        ),
    ],
)
def test_a_chosen_reading_changes_what_it_says_and_the_default_nothing(
    reading: str, option: str, look: Callable[[Any], Any], default: Any, changed: Any
) -> None:
    """By overlay and by patch, in any file."""
    assert look(load_contract("encore", root=FOURTH)) == default
    assert look(load_contract("encore", root=FOURTH, readings={reading: option})) == changed


def test_the_document_of_a_chosen_reading_is_changed_too() -> None:
    """Response checks read it there."""
    contract = load_contract("encore", root=FOURTH, readings={"envelope": "bare"})

    rejected = contract.document["components"]["responses"]["refused"]["content"]["application/json"]["schema"]
    assert rejected["$ref"].endswith("error-bare.json")


def test_a_contract_without_the_lean_document_is_read_from_the_whole_one(data: Path) -> None:
    """The paths of single models are for tools: no request needs them."""
    with_lean = load_contract("encore", root=data)
    (data / "contracts/encore/operations.json").unlink()
    without = load_contract("encore", root=data)

    assert [one.id for one in without.operations] == [one.id for one in with_lean.operations]


BROKEN: list[tuple[str, Change, str]] = [
    ("lifecycle.yaml", lambda d: d.pop("initial"), "lifecycle.yaml: 'initial' is missing"),
    ("lifecycle.yaml", lambda d: d.update(initial="gone"), r"/initial: 'gone' is not known\. Expected one of waiting"),
    ("lifecycle.yaml", lambda d: d["states"]["done"].update(kind="over"), r"/states /done /kind: 'over' is not known"),
    ("lifecycle.yaml", lambda d: d["states"]["done"].pop("evidence"), r"/states /done: 'evidence' is missing"),
    ("lifecycle.yaml", lambda d: d["states"]["done"].pop("source"), r"/states /done: 'source' is missing"),
    ("lifecycle.yaml", lambda d: d["transitions"][0].update(to="gone"), r"/transitions /to: 'gone' is not known"),
    ("errors.yaml", lambda d: d["rows"]["no-key"].update(status="401"), r"/no-key /status: '401' has the wrong type"),
    ("errors.yaml", lambda d: d["rows"]["no-key"].update(evidence="heard"), r"/no-key /evidence: 'heard' is not known"),
    ("errors.yaml", lambda d: d.pop("failures"), "'failures' is missing"),
    ("callbacks.yaml", lambda d: d["policy"]["callback"].update(delays=[1]), "3 attempts with 1 delays"),
    ("callbacks.yaml", lambda d: d["policy"]["callback"].update(delays=[1, "x"]), r"/delays: 'x' is not a delay"),
    ("callbacks.yaml", lambda d: d["policy"]["callback"].update(delays=[1, -1]), r"/delays: -1 is not a delay"),
    ("callbacks.yaml", lambda d: d["policy"]["callback"].update(success=["2x"]), "'2x' is not a pattern of statuses"),
    ("callbacks.yaml", lambda d: d["policy"]["callback"]["retry"].update(statuses=["500-599"]), "is not a pattern"),
    ("callbacks.yaml", lambda d: d["policy"]["callback"].pop("success"), "'success' is missing"),
    ("callbacks.yaml", lambda d: d["events"]["done"].update(on=5), r"/events /done /on: 5 is not a list of texts"),
    ("callbacks.yaml", lambda d: d["signature"].pop("header"), r"/signature: 'header' is missing"),
    ("scenarios.yaml", lambda d: d["pace"]["quick"].update(waiting=[2, 1]), r"/waiting: \[2, 1\] is not a span"),
    ("scenarios.yaml", lambda d: d["pace"]["quick"].update(waiting=[1]), "is not a span"),
    ("scenarios.yaml", lambda d: d.pop("default"), "'default' is missing"),
    ("models.json", lambda d: d["encore/solo"]["price"].update(amount=0.05), "0.05 is not a text"),
    ("models.json", lambda d: d["encore/solo"]["price"].update(amount="cheap"), "'cheap' is not an amount"),
    ("models.json", lambda d: d["encore/solo"]["price"].update(amount="NaN"), "'NaN' is not an amount"),
    ("models.json", lambda d: d["encore/solo"]["price"].update(certainty="maybe"), "'maybe' is not known"),
    ("models.json", lambda d: d["encore/solo"].pop("schema"), "'schema' is missing"),
]


@pytest.mark.parametrize(("name", "how", "says"), BROKEN)
def test_a_row_that_does_not_fit_is_an_error_that_leads_to_it(name: str, how: Change, says: str, data: Path) -> None:
    """The file, the place, the value, and what is expected."""
    load_contract("encore", root=data)
    change(data, name, how)

    with pytest.raises(DataError, match=says) as caught:
        load_contract("encore", root=data)
    assert caught.value.where.startswith(f"contracts/encore/{name}")


@pytest.mark.parametrize(
    ("how", "says"),
    [
        (lambda d: d["paths"]["/v1/jobs"]["post"].pop("x-mockreel"), r"POST /v1/jobs: 'x-mockreel' is missing"),
        (lambda d: d["paths"]["/v1/jobs"]["post"]["x-mockreel"].pop("evidence"), "'evidence' is missing"),
        (lambda d: d["paths"]["/v1/jobs"]["post"].pop("operationId"), "'operationId' is missing"),
        (
            lambda d: d["paths"]["/v1/models/{model_id}"]["parameters"].append({"$ref": "#/components/parameters/no"}),
            "/components/parameters/no does not exist",
        ),
        (lambda d: d["x-mockreel"].pop("key"), "'key' is missing"),
        (lambda d: d["x-mockreel"]["key"][0].update({"in": "cookie"}), r"/in: 'cookie' is not known"),
        (lambda d: d["x-mockreel"].pop("keys"), "'keys' is missing"),
        (lambda d: d["x-mockreel"].update(order="first"), "/order: 'first' has the wrong type"),
    ],
)
def test_a_mistake_in_the_openapi_document_is_an_error(how: Change, says: str, data: Path) -> None:
    """That names the operation."""
    change_openapi(data, how)

    with pytest.raises(DataError, match=says):
        load_contract("encore", root=data)


@pytest.mark.parametrize(
    "path",
    [
        "contracts/encore/lifecyle.yaml",
        "contracts/encore/openapi.json",
        "schemas/encore/gone.json",
        "schemas/runflow/run.json",
        "lifecycle.yaml",
    ],
)
def test_a_patch_for_a_file_that_is_not_read_is_an_error(path: str, data: Path) -> None:
    """It would have no effect."""
    change(data, "readings/done-word.yaml", lambda d: d["options"]["finished"]["patch"].update({path: {"a": 1}}))
    load_contract("encore", root=data)

    with pytest.raises(DataError, match=f"a patch for '{path}'"):
        load_contract("encore", root=data, readings={"done-word": "finished"})


def test_a_missing_file_is_an_error(data: Path) -> None:
    """Bad data is never treated as missing."""
    (data / "contracts/encore/errors.yaml").unlink()

    with pytest.raises(DataError, match=r"errors\.yaml: it cannot be read"):
        load_contract("encore", root=data)
