"""Schemas: found by `$id`, patched, compiled on first use, never fetched."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from support.caller import FOURTH

from mockreel.contract.schemas import BASE, Schemas
from mockreel.errors import DataError


def schemas(root: Path = FOURTH, **options: Any) -> Schemas:
    return Schemas(root, "encore", **{"patches": {}, **options})


def test_a_reference_between_documents_resolves_by_their_ids() -> None:
    """Relative ones too, through any number of documents."""
    validator = schemas().validator("callback.json")
    job: Any = {"id": "0", "state": "done", "model": "m", "input": {}, "url": None, "why": None, "paid": None}

    assert not validator.is_valid({"event": "job.done", "job": {}})
    assert not validator.is_valid({"event": "job.done", "job": job})  # the id is not a UUID
    assert validator.is_valid({"event": "job.done", "job": {**job, "id": "019b76da-a800-738e-8cb3-6c348a3277c3"}})


def test_a_document_is_read_and_compiled_once() -> None:
    """The same objects are given again."""
    found = schemas()

    assert found.document("job.json") is found.document("job.json")
    assert found.validator("models/encore/solo.json") is found.validator("models/encore/solo.json")
    assert found.sources()
    assert found.sources() is found.sources()


def test_nothing_is_read_before_it_is_needed(tmp_path: Path) -> None:
    """An unused model costs nothing, and may even be broken."""
    data = Path(shutil.copytree(FOURTH, tmp_path / "data"))
    (data / "schemas/encore/models/encore/grand/finale.json").write_bytes(b"{")
    found = schemas(data)

    assert found.validator("models/encore/solo.json").is_valid({"prompt": "x"})
    with pytest.raises(DataError, match=r"finale\.json: not readable as JSON"):
        found.validator("models/encore/grand/finale.json")


def test_patches_are_applied_in_order() -> None:
    """To the document that they name."""
    patches = {"schemas/encore/error-bare.json": [{"required": ["code"]}, {"required": ["code", "at"], "type": None}]}
    found = schemas(patches=patches)

    assert found.document("error-bare.json")["required"] == ["code", "at"]
    assert "type" not in found.document("error-bare.json")
    assert found.document("error.json")["type"] == "object"
    assert not found.validator("error.json").is_valid({"error": {"code": "x"}})


def test_only_models_are_rewritten() -> None:
    """Wire facts about models do not apply to responses."""
    found = schemas(rewrite=lambda schema: {**schema, "title": "rewritten"})

    assert found.document("models/encore/solo.json")["title"] == "rewritten"
    assert "title" not in found.document("job.json")


def test_a_schema_of_the_openapi_document_may_refer_to_files_and_to_its_own_components() -> None:
    """As it does in the file, relative to it."""
    components = {"schemas": {"word": {"enum": ["a"]}, "job": {"$ref": "../../schemas/encore/job.json"}}}
    found = schemas(components=components)
    schema = {
        "properties": {
            "word": {"$ref": "#/components/schemas/word"},
            "jobs": {"items": {"$ref": "#/components/schemas/job"}},
            "error": {"$ref": "../../schemas/encore/error.json"},
        }
    }
    validator = found.compile(found.absolute(schema), where="here")

    assert validator.is_valid({"word": "a", "jobs": [], "error": {"error": {"code": "c", "message": "m"}}})
    assert not validator.is_valid({"word": "b"})
    assert not validator.is_valid({"jobs": [{}]})
    assert not validator.is_valid({"error": {}})


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        ({"type": "nothing"}, " /type: not usable as a schema"),
        ({"$ref": "gone.json"}, " /$ref: not usable as a schema"),
        ({"$ref": "https://example.com/schema.json"}, " /$ref: not usable as a schema"),
        ({"pattern": "("}, " /pattern: not usable as a schema"),
        ({"$ref": "#/components/schemas/gone"}, ": not usable as a schema"),
    ],
)
def test_what_is_no_schema_or_would_be_fetched_is_an_error(schema: dict[str, Any], says: str) -> None:
    """Nothing is ever read from the network."""
    found = schemas()

    with pytest.raises(DataError, match=f"^the body of x{re.escape(says)}"):
        found.compile(found.absolute(schema), where="the body of x")


@pytest.mark.parametrize("name", ["gone.json", "../encore/job.json", "models/../../encore/job.json"])
def test_a_document_that_is_not_there_or_leads_out_is_an_error(name: str) -> None:
    """A name from data must stay below its folder."""
    with pytest.raises(DataError, match=r"cannot be read|leads out of its folder"):
        schemas().document(name)


def test_a_document_is_known_by_its_id() -> None:
    """Under which other documents refer to it."""
    assert schemas().uri("job.json") == f"{BASE}schemas/encore/job.json" == schemas().document("job.json")["$id"]
