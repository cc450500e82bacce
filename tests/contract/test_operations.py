"""The operations of an OpenAPI document, as the engine needs them."""

from typing import Any

import pytest
from support.caller import FOURTH

from mockreel.contract import Place, load_contract
from mockreel.contract.operations import operations, pointer, resolve
from mockreel.errors import DataError

CONTRACT = load_contract("encore", root=FOURTH)


def read(path_item: dict[str, Any]) -> Any:
    document = {
        "x-mockreel": {"key": [{"in": "header", "name": "X-Key"}]},
        "components": {"parameters": {"limit": {"name": "limit", "in": "query", "schema": {"type": "integer"}}}},
        "paths": {"/a/{id}": path_item},
    }
    return operations(document, where="openapi.json")


def row(**own: Any) -> dict[str, Any]:
    return {"operationId": "go", "x-mockreel": {"evidence": "documented", "source": ["x"], **own}}


@pytest.mark.parametrize(
    ("id_", "expected"),
    [
        ("create_job", ("POST", "json", True, True, "/input")),
        ("create_model_job", ("POST", "json", True, True, "")),
        ("get_model", ("GET", "none", False, False, "")),
        ("send_file", ("POST", "form", True, False, "")),
        ("echo", ("PUT", "bytes", False, False, "")),
        ("get_job", ("GET", "none", False, False, "")),
    ],
)
def test_an_operation_says_what_it_accepts(id_: str, expected: tuple[object, ...]) -> None:
    """Its method, the kind of body, whether that is required, whether a job starts, and the input's place."""
    one = CONTRACT.operation(id_)

    assert (one.method, one.body, one.body_required, one.submits, one.input) == expected


def test_the_documents_key_places_apply_unless_the_operation_has_its_own() -> None:
    """In that order; `none` opens it to everybody."""
    general = CONTRACT.operation("get_job").key

    assert general == (Place("header", "Authorization", "Bearer"), Place("body", "key"), Place("query", "key"))
    assert CONTRACT.operation("get_health").key == ()
    assert read({"get": row(key=[{"in": "query", "name": "k"}])})[0].key == (Place("query", "k"),)


def test_permissions_are_read_from_the_operation() -> None:
    """An admin, or a scope."""
    assert CONTRACT.operation("drop_job").admin
    assert CONTRACT.operation("send_file").scope == "files:write"
    assert (CONTRACT.operation("get_job").admin, CONTRACT.operation("get_job").scope) == (False, None)


def test_parameters_of_the_path_hold_for_all_its_methods_and_an_operations_own_come_first() -> None:
    """References are followed."""
    shared = [{"$ref": "#/components/parameters/limit"}, {"name": "id", "in": "path"}]
    own = {"name": "limit", "in": "query", "required": True, "schema": {"type": "string"}}
    get, put = read({"parameters": shared, "get": {**row(), "parameters": [own]}, "put": row()})

    assert [(one.name, one.required, one.schema) for one in get.query] == [("limit", True, {"type": "string"})]
    assert [(one.name, one.required) for one in put.query] == [("limit", False)]


def test_paths_of_single_models_are_for_tools() -> None:
    """The template serves them, and unknown models."""
    assert read({"get": row(expanded={"from": "go", "model": "m"})}) == ()


def test_a_reference_that_leads_back_to_itself_is_an_error() -> None:
    """And so is one that leads nowhere."""
    document = {"a": {"$ref": "#/b"}, "b": {"$ref": "#/a"}, "c~d/e": {"f": 1}}

    with pytest.raises(DataError, match="refers to itself"):
        resolve(document, {"$ref": "#/a"}, where="x.json")
    with pytest.raises(DataError, match=r"^x\.json: /a/g does not exist\. The part 'g' is missing\."):
        pointer(document, "/a/g", where="x.json")
    assert pointer(document, "/c~0d~1e/f", where="x.json") == 1
