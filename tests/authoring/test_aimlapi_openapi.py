"""OpenAPI files: one schema for each model, gathered from every file that has it."""

import copy
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mockreel.authoring.aimlapi.openapi_files import read_aimlapi
from mockreel.authoring.docs_folder import Docs
from mockreel.authoring.documented_model import Correction, ModelPage, PageError
from mockreel.contract.data.parser import Cursor

ROW: dict[str, Any] = {
    "folder": "openapi",
    "source": "files",
    "output": "video",
    "currency": "USD",
    "include": ["*"],
    "paths": ["/v2/make", "/v1/make"],
    "placeholder": ["usd"],
    "models": {"wide": {"aliases": ["lens/wide"], "source": ["wide"]}},
}


def operation(*models: str, **fields: Any) -> dict[str, Any]:
    """A POST operation with these models and fields."""
    schema = {
        "type": "object",
        "properties": {"model": {"type": "string", "enum": list(models)}, **fields},
        "required": ["model"],
    }
    usage = {"type": "object", "properties": {"usd": {"type": "number", "example": 0.06}}}
    return {
        "requestBody": {"content": {"application/json": {"schema": schema}}},
        "responses": {"200": {"content": {"application/json": {"schema": {"properties": {"usage": usage}}}}}},
    }


def document(**paths: Any) -> dict[str, Any]:
    """An OpenAPI document: `document(v2=operation(...))`."""
    return {"openapi": "3.0.0", "paths": {f"/{version}/make": {"post": post} for version, post in paths.items()}}


Read = Callable[..., dict[str, ModelPage]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read files by their names."""

    def reader(files: dict[str, Any], **row: Any) -> dict[str, ModelPage]:
        for name, content in files.items():
            path = tmp_path / "openapi" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(content), encoding="utf-8")
        return {model.id: model for model in read_aimlapi(Cursor("row", {**ROW, **row}), Docs(tmp_path))}

    return reader


def test_a_model_accepts_its_own_name_and_its_aliases(read: Read) -> None:
    """Two models that share a file each take only themselves; an alias is a correction."""
    models = read({"a/one.json": document(v2=operation("wide", "tall"))})

    assert models["wide"].schema["properties"]["model"]["enum"] == ["wide", "lens/wide"]
    assert models["tall"].schema["properties"]["model"]["enum"] == ["tall"]
    assert (models["wide"].aliases, models["wide"].source, models["tall"].source) == (
        ("lens/wide",),
        ("wide",),
        ("files",),
    )
    assert models["wide"].corrections[-1].at == "/properties/model/enum"


def test_the_price_is_unknown_and_the_example_is_a_placeholder(read: Read) -> None:
    """An example in a response's schema looks like a price and is none."""
    price = read({"one.json": document(v2=operation("tall"))})["tall"].price

    assert (price.certainty, price.amount, price.placeholder) == ("unknown", None, {"usd": Decimal("0.06")})


def test_copies_are_united_and_their_differences_recorded(read: Read) -> None:
    """The first file of the first path wins; further fields are added and differences recorded."""
    models = read(
        {
            "a.json": document(
                v1=operation("tall", seed={"type": "integer"}), old=operation("tall", odd={"type": "string"})
            ),
            "b.json": document(v2=operation("tall", seed={"type": "string"})),
            "c.json": document(v2=operation("tall", seed={"type": "string"}, tail={"type": "string"})),
        }
    )

    tall = models["tall"]
    assert tall.endpoints == ("POST /v2/make", "POST /v1/make", "POST /old/make")
    assert list(tall.schema["properties"]) == ["model", "seed", "tail"]
    assert tall.corrections == (
        Correction("/properties/tail", None, {"type": "string"}, "only openapi/c.json has it"),
        Correction("/properties/seed", {"type": "integer"}, {"type": "string"}, "openapi/a.json says otherwise"),
    )


def test_include_chooses_and_files_without_a_post_are_passed_over(read: Read) -> None:
    """A file may describe only the poll."""
    poll = {"openapi": "3.0.0", "paths": {"/v2/make": {"get": {}}}}

    assert list(read({"p.json": poll, "a.json": document(v2=operation("wide", "tall"))}, include=["t*"])) == ["tall"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(openapi="2.0"), "openapi/a.json: no OpenAPI document of version 3.0"),
        (lambda d: d.pop("paths"), "no OpenAPI document"),
        (lambda d: d["paths"]["/v2/make"]["post"].pop("requestBody"), "a.json POST /v2/make: the body has no schema"),
        (
            lambda d: d["paths"]["/v2/make"]["post"]["requestBody"]["content"]["application/json"].update(schema={}),
            "the body is not a flat object",
        ),
        (
            lambda d: d["paths"]["/v2/make"]["post"]["requestBody"]["content"]["application/json"]["schema"][
                "properties"
            ].pop("model"),
            "None names no model",
        ),
    ],
)
def test_a_file_that_is_not_understood_is_named(
    read: Read, change: Callable[[dict[str, Any]], Any], message: str
) -> None:
    """One thing broken in a file that fits."""
    broken = copy.deepcopy(document(v2=operation("tall")))
    change(broken)

    with pytest.raises(PageError, match=message):
        read({"a.json": broken})


def test_a_folder_without_files_is_rejected(tmp_path: Path) -> None:
    """An empty folder is a mistake, not a provider without models."""
    with pytest.raises(PageError, match=r"openapi: no file with the ending \.json"):
        list(read_aimlapi(Cursor("row", ROW), Docs(tmp_path)))


def test_an_older_path_keeps_its_own_schema(read: Read) -> None:
    """The input at another path is stored with the model, with its corrections."""
    text, number = {"type": "string"}, {"type": "integer", "default": "5"}
    model = read(
        {
            "a.json": document(v2=operation("wide", prompt=text)),
            "b.json": document(old=operation("wide", ratio=text)),
            "c.json": document(old=operation("wide", seconds=number)),
        }
    )["wide"]

    (route,) = model.routes
    assert model.endpoints == ("POST /v2/make", "POST /old/make")
    assert model.documents == ("openapi/a.json", "openapi/b.json", "openapi/c.json")
    assert (route.endpoint, route.file(model.id)) == ("POST /old/make", "models/wide.old-make.json")
    assert list(route.schema["properties"]) == ["model", "ratio", "seconds"]
    assert list(model.schema["properties"]) == ["model", "prompt"]
    assert Correction("/properties/seconds", None, {"type": "integer", "default": 5}, "only openapi/c.json has it") in (
        route.corrections
    )


def test_a_folder_may_have_a_source_of_its_own(read: Read) -> None:
    """Other folders have the row's."""
    files = {"lens/a.json": document(v2=operation("macro")), "b.json": document(v2=operation("far"))}
    models = read(files, folders={"lens": "lenses"})

    assert {id_: model.source for id_, model in models.items()} == {"far": ("files",), "macro": ("lenses",)}
