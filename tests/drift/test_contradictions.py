"""What one set of docs says against itself."""

import json
from pathlib import Path

import pytest

from mockreel._data import data_root
from mockreel.authoring.docs_folder import Docs
from mockreel.drift.comparison import selected_providers
from mockreel.drift.contradictions import contradictions
from mockreel.drift.example_check import stated_examples
from mockreel.drift.finding import Finding
from mockreel.drift.models.model_facts import ModelFacts


def _found(acme: Path, docs: Path | None = None) -> dict[str, Finding]:
    return {finding.id: finding for finding in contradictions(acme, ("acme",), docs)}


@pytest.mark.parametrize(
    ("edit", "id_", "says"),
    [
        (("**Default**: `720p`", "**Default**: `4k`"), "properties/size/default", "the field's own schema refuses it"),
        (('"prompt": "a lens"', '"prompt": 7'), "example/prompt", "an example breaks its own schema"),
    ],
)
def test_a_page_against_itself(playable: Path, tmp_path: Path, edit: tuple[str, str], id_: str, says: str) -> None:
    """A default that is no option, and an example that breaks its own schema."""
    page = tmp_path / "docs" / "older.txt"
    page.write_text(page.read_text(encoding="utf-8").replace(*edit), encoding="utf-8")
    (tmp_path / "docs" / "wide.txt").write_text(page.read_text(encoding="utf-8"), encoding="utf-8")

    found = _found(playable, tmp_path / "docs")[f"acme/self/lens/wide/{id_}"]

    assert found.says.startswith(says)
    assert found.verdict == "docs only"


def test_two_texts_on_one_model(playable: Path) -> None:
    """Facts of only one of two pages are reported from the data alone."""
    assert _found(playable)["acme/self/lens/wide/properties/size/default"].says == "only older states it"


def test_an_example_of_the_contract_that_breaks_its_schema(playable: Path) -> None:
    """Written examples are held to the schema beside them."""
    found = _found(playable)["acme/self/make_run/request/prompt"]

    assert (found.witness, found.verdict) == (7, "docs only")


def test_the_packaged_examples_fit_their_schemas() -> None:
    """No example of the three providers' contracts breaks its own schema."""
    root = data_root()
    found = contradictions(root, selected_providers(root))

    assert [finding.id for finding in found if "example" in finding.says] == []


def test_an_example_that_breaks_its_fields_schema_is_found(tmp_path: Path) -> None:
    """Examples of fields in requests and responses; one with an unsupported schema is ignored."""
    fields = {
        "size": {"type": "string", "enum": ["720p"], "example": "4k"},
        "seed": {"type": "integer", "example": 7},
        "odd": {"type": "string", "oddity": "a", "enum": ["a"], "example": "b"},
    }
    content = {"application/json": {"schema": {"type": "object", "properties": fields}}}
    document = {"paths": {"/v1": {"post": {"requestBody": {"content": content}}}}}
    (tmp_path / "file.json").write_text(json.dumps(document), encoding="utf-8")
    model = ModelFacts("m", "schemas/acme/models/m.json", {}, None, ("page",), "video", documents=("file.json",))

    (found,) = stated_examples("acme", [model], Docs(tmp_path))

    assert (found.before, found.witness) == ({"type": "string", "enum": ["720p"]}, "4k")
    assert found.id.startswith("acme/self/file.json/~1v1/post/requestBody")
