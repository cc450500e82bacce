"""The built files of this checkout: in step with the written ones, and sound."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from support.every import every

from mockreel._data import data_root
from mockreel.authoring import build, expand
from mockreel.contract.data.data_files import read_document
from mockreel.contract.loader import providers
from mockreel.contract.operations import METHODS, pointer

ROOT = data_root()
CheckSchema = Callable[[Any], None]
SCHEMAS = [path.relative_to(ROOT).as_posix() for path in sorted(ROOT.glob("schemas/*/models/**/*.json"))]


@pytest.mark.parametrize("provider", providers())
def test_the_servers_files_follow_from_the_written_ones(provider: str) -> None:
    """Building them again gives the same bytes; if this fails, run `mockreel build`."""
    for name, content in expand(ROOT / "contracts" / provider).items():
        assert (ROOT / "contracts" / provider / name).read_bytes() == content, (
            f"contracts/{provider}/{name} is not in step"
        )


@pytest.mark.parametrize("provider", providers())
def test_the_lean_document_is_the_whole_one_without_a_path_for_each_model(provider: str) -> None:
    """The server and other tools read the same operations; what only tools see is marked as expanded."""
    folder = ROOT / "contracts" / provider
    lean, whole = (json.loads((folder / name).read_bytes()) for name in ("operations.json", "openapi.json"))
    extra = {path: item for path, item in whole["paths"].items() if path not in lean["paths"]}

    assert {**whole, "paths": {path: item for path, item in whole["paths"].items() if path not in extra}} == lean
    for path, item in extra.items():
        methods = [item[method] for method in METHODS if method in item]
        assert methods, path
        assert all("expanded" in method["x-mockreel"] for method in methods), path


@pytest.mark.parametrize("provider", providers())
def test_a_model_schema_is_sound_and_accepts_its_own_defaults(provider: str, check_schema: CheckSchema) -> None:
    """It fits the 2020-12 meta-schema, has the `$id` of its place, and each default is a value that it allows."""
    files = [file for file in SCHEMAS if file.startswith(f"schemas/{provider}/")]
    every(files, lambda file: _assert_sound(file, check_schema))


def test_every_schema_is_a_providers() -> None:
    """None lies where no test looks."""
    assert {file.split("/")[1] for file in SCHEMAS} == set(providers())


def _assert_sound(file: str, check_schema: CheckSchema) -> None:
    schema = json.loads((ROOT / file).read_bytes())
    check_schema(schema)
    assert schema["$id"] == f"https://mockreel.invalid/{file}"
    for name, field in schema.get("properties", {}).items():
        if "default" in field:
            assert jsonschema_rs.is_valid(field, field["default"], validate_formats=True), name


@pytest.mark.parametrize("provider", providers())
def test_every_model_has_its_evidence_and_listed_sources(provider: str) -> None:
    """The sources of a model and of its price are in `sources.yaml`."""
    known = read_document(ROOT / "schemas" / provider / "sources.yaml")["sources"]
    for model, row in json.loads((ROOT / "contracts" / provider / "models.json").read_bytes()).items():
        assert {*row["source"], *row["price"]["source"]} <= set(known), model


@pytest.mark.parametrize("provider", providers())
def test_no_amount_is_a_float(provider: str) -> None:
    """Money is written as text."""
    for row in json.loads((ROOT / "contracts" / provider / "models.json").read_bytes()).values():
        assert all(isinstance(amount, str) for amount in _amounts(row["price"]))


def test_the_committed_data_follows_from_the_real_documents(real_docs: Path) -> None:
    """Reading the documents again changes nothing."""
    checkout = Path(__file__).resolve().parents[2]
    assert build(real_docs, checkout, check=True).lines()[len(providers()) :] == ()


def _amounts(price: dict[str, Any]) -> Iterator[Any]:
    yield from (price[key] for key in ("amount",) if key in price)
    yield from (rule["amount"] for rule in price.get("rules", []))
    yield from price.get("placeholder", {}).values()


@pytest.mark.parametrize("provider", providers())
def test_every_reference_in_the_servers_document_leads_somewhere(provider: str) -> None:
    """To a place in the document, or to a schema file beside it."""
    folder = ROOT / "contracts" / provider
    document = json.loads((folder / "openapi.json").read_bytes())

    for reference in _references(document):
        if reference.startswith("#"):
            pointer(document, reference[1:], where="openapi.json")
        else:
            assert (folder / reference.partition("#")[0]).is_file(), reference


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for item in node:
            yield from _references(item)
