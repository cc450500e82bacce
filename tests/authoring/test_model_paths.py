"""Concrete paths for models that are named in a path."""

import copy
from typing import Any

import pytest

from mockreel.authoring.model_paths import with_model_paths
from mockreel.contract.operations import operations
from mockreel.errors import DataError

MODELS = {"lens/wide": {"schema": "models/lens/wide.json"}, "lens/macro": {"schema": "models/lens/macro.json"}}
OPERATION: dict[str, Any] = {
    "operationId": "create_run",
    "x-mockreel": {
        "evidence": "documented",
        "source": ["page"],
        "model": {"in": "path", "name": "model"},
        "input": "/input",
    },
    "parameters": [{"name": "model", "in": "path"}, {"name": "dry", "in": "query"}],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"type": "object"}, "example": {"input": {"prompt": "of one model"}}}
        },
    },
    "responses": {"201": {"description": "made"}},
}


def expanded(**changes: Any) -> dict[str, Any]:
    """A document with one template, expanded."""
    operation = copy.deepcopy(OPERATION)
    operation["x-mockreel"].update(changes)
    document = {"x-mockreel": {"key": []}, "paths": {"/models/{model}/runs": {"post": operation}}}
    before = copy.deepcopy(document)
    result = with_model_paths(document, MODELS, schemas="../../schemas/acme", where="openapi.yaml")
    assert document == before
    return result


def test_each_model_has_a_path_with_its_own_schema() -> None:
    """The body is the handwritten one with the model's input in place; the parameter is removed."""
    operation = expanded()["paths"]["/models/lens/wide/runs"]["post"]

    assert operation["operationId"] == "create_run__lens_wide"
    assert operation["x-mockreel"] == {
        "evidence": "documented",
        "source": ["page"],
        "expanded": {"from": "create_run", "model": "lens/wide"},
    }
    assert operation["parameters"] == [{"name": "dry", "in": "query"}]
    model = {"$ref": "../../schemas/acme/models/lens/wide.json"}
    assert operation["requestBody"]["content"]["application/json"] == {
        "schema": {"allOf": [{"type": "object"}, {"type": "object", "properties": {"input": model}}]}
    }


def test_the_whole_body_may_be_the_input() -> None:
    """An empty pointer means the body itself."""
    operation = expanded(input="")["paths"]["/models/lens/macro/runs"]["post"]

    assert operation["requestBody"]["content"]["application/json"]["schema"]["allOf"][1] == {
        "$ref": "../../schemas/acme/models/lens/macro.json"
    }


def test_examples_of_responses_are_in_the_template_once() -> None:
    """A field of a schema that is called `example` is no example."""
    schema = {"properties": {"example": {"type": "string"}}}
    media = {"application/json": {"schema": schema, "example": {"id": 1}, "examples": {"made": {"value": 1}}}}
    document = {"paths": {"/models/{model}/runs": {"post": {**OPERATION, "responses": {"201": {"content": media}}}}}}
    paths = with_model_paths(document, MODELS, schemas="..", where="openapi.yaml")["paths"]

    assert paths["/models/lens/wide/runs"]["post"]["responses"] == {
        "201": {"content": {"application/json": {"schema": schema}}}
    }


def test_the_engine_sees_only_the_written_paths() -> None:
    """Expanded paths are for other tools; an unknown model is routed by the template."""
    assert [operation.id for operation in operations(expanded(), where="openapi.json")] == ["create_run"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"input": "input"}, "'input' is not a JSON pointer"),
        ({"model": {"in": "path", "name": "id"}}, r"\{id\} is not in the path"),
    ],
)
def test_a_template_that_does_not_fit_is_rejected(changes: dict[str, Any], message: str) -> None:
    """The error names the document and the path."""
    with pytest.raises(DataError, match=f"openapi.yaml /models/.model./runs: {message}"):
        expanded(**changes)


def test_two_models_with_one_operation_id_are_rejected() -> None:
    """Ids that differ only in signs would be one word."""
    models = {"a-b": {"schema": "models/a-b.json"}, "a_b": {"schema": "models/a_b.json"}}

    with pytest.raises(DataError, match="has the operationId 'create_run__a_b' of"):
        with_model_paths({"paths": {"/{model}": {"post": OPERATION}}}, models, schemas="s", where="openapi.yaml")
