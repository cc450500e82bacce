"""Every document that the providers have, read into a folder of its own (needs MOCKREEL_DOCS)."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from mockreel._data import data_root
from mockreel.authoring import build
from mockreel.authoring.docs_folder import Docs
from mockreel.authoring.model_documents import schema_document
from mockreel.authoring.readers import read_models
from mockreel.contract.data.data_files import read_document

CheckSchema = Callable[[Any], None]


@pytest.fixture
def everything(tmp_path: Path) -> Path:
    """The written files, with `include` widened to everything."""
    for name in ("aimlapi", "runninghub"):
        shutil.copytree(data_root() / "schemas" / name, tmp_path / "schemas" / name)
        (tmp_path / "contracts" / name).mkdir(parents=True)
        for written in ("openapi.yaml", "pricing.yaml"):
            shutil.copy(data_root() / "contracts" / name / written, tmp_path / "contracts" / name)
        sources = tmp_path / "schemas" / name / "sources.yaml"
        document = read_document(sources)
        for row in document["build"]:
            row["include"] = ["*"]
        sources.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(("provider", "count"), [("aimlapi", 143), ("runninghub", 396)])
def test_every_model_is_read_into_a_sound_schema(
    everything: Path, real_docs: Path, check_schema: CheckSchema, *, provider: str, count: int
) -> None:
    """Each is valid, accepts its own defaults, and has no prose of the docs."""
    models = read_models(everything / "schemas" / provider / "sources.yaml", Docs(real_docs))

    assert len(models) == count
    for model in models.values():
        schema = schema_document(provider, model)
        check_schema(schema)
        jsonschema_rs.Draft202012Validator(schema, validate_formats=True, offline=True)
        assert "description" not in {key for field in schema["properties"].values() for key in field}
        for name, field in schema["properties"].items():
            if "default" in field:
                assert jsonschema_rs.is_valid(field, field["default"]), f"{model.id} {name}"


def test_the_whole_build_writes_and_then_changes_nothing(everything: Path, real_docs: Path) -> None:
    """Every model has its file, its path and its row, and no two of them clash."""
    report = build(real_docs, everything)

    assert dict(report.models) == {"aimlapi": 149, "runninghub": 396}
    assert build(real_docs, everything).same
