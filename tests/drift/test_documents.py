"""What documents state besides their models, and how far one that cannot be read reaches: made-up OpenAPI files."""

# ruff: noqa: E501  (rows of tables)
import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from mockreel.authoring import build
from mockreel.drift.comparison import docs_drift

Document = dict[str, Any]
Drift = Callable[..., dict[str, str]]

STATUS = {"type": "string", "enum": ["queued", "done"]}
RESPONSE = {"type": "object", "properties": {"id": {"type": "string"}, "status": STATUS}, "required": ["id"]}


def _document(*models: str, **fields: Any) -> Document:
    """One file: a submit of some models, and a poll."""
    fields = {"prompt": {"type": "string"}, "size": {"type": "string", "enum": ["small", "large"]}, **fields}
    properties = {"model": {"type": "string", "enum": list(models)}, **fields}
    body = {"type": "object", "properties": properties, "required": ["model", "prompt"]}
    response = {
        "200": {"content": {"application/json": {"schema": copy.deepcopy(RESPONSE)}}, "headers": {"X-Left": {}}}
    }
    poll = {
        "parameters": [{"name": "id", "in": "query", "schema": {"type": "string"}}],
        "responses": copy.deepcopy(response),
    }
    submit = {
        "requestBody": {"required": False, "content": {"application/json": {"schema": body}}},
        "responses": response,
    }
    return {
        "openapi": "3.0.0",
        "servers": [{"url": "https://api.acme.test"}],
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
        "paths": {"/v2/make": {"post": submit, "get": poll}},
    }


FILES: dict[str, Document] = {
    "one.json": _document("lens/wide"),
    "two.json": _document("lens/wide", "lens/tall"),
    "three.json": _document("lens/long"),
}


@pytest.fixture
def drift(tmp_path: Path) -> Drift:
    """Change some of the files, and compare: the verdicts by the ends of their ids."""
    docs, root = tmp_path / "docs", tmp_path / "root"
    row = {
        "reader": "aimlapi-openapi", "folder": "openapi", "source": "files", "output": "video", "currency": "USD",
        "include": ["*"], "paths": ["/v2/make"], "placeholder": [],
    }  # fmt: skip
    sources = {"sources": {"files": {"title": "files", "kind": "documented"}}, "build": [row]}
    for path, content in (
        (root / "schemas/acme/sources.yaml", yaml.safe_dump(sources)),
        (root / "contracts/acme/openapi.yaml", '{"openapi": "3.1.0", "x-mockreel": {"key": []}, "paths": {}}'),
        *((docs / "openapi" / name, json.dumps(document)) for name, document in FILES.items()),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    build(docs, root)

    def compared(**changes: Callable[[Document], Any] | str | None) -> dict[str, str]:
        for name, change in changes.items():
            path = docs / "openapi" / f"{name}.json"
            if change is None:
                path.unlink()
            elif isinstance(change, str):
                path.write_text(change, encoding="utf-8")
            else:
                document = copy.deepcopy(FILES.get(path.name, FILES["one.json"]))
                change(document)
                path.write_text(json.dumps(document), encoding="utf-8")
        return {finding.id.removeprefix("acme/"): finding.verdict for finding in docs_drift(root, docs)}

    return compared


def _at(document: Document, place: str) -> Any:
    node: Any = document
    for step in place.split("|"):
        node = node[step]
    return node


BODY = "paths|/v2/make|post|requestBody|content|application/json|schema"
ANSWER = "paths|/v2/make|get|responses|200"
SCHEMA = f"{ANSWER}|content|application/json|schema"


def _edit(place: str, **words: Any) -> Callable[[Document], None]:
    return lambda document: _at(document, place).update(words)


def _drop(place: str, word: str) -> Callable[[Document], None]:
    return lambda document: _at(document, place).pop(word)


# What is changed in the third file, the end of the finding's id, and whom it breaks.
CHANGES: list[tuple[str, Callable[[Document], Any], str, str]] = [
    ("a server", lambda d: d.update(servers=[{"url": "https://new.test"}]), "servers/https:~1~1api.acme.test", "requests"),
    ("how a key is shown", _edit("components|securitySchemes|key", scheme="basic"), "schemes", "requests"),
    ("a key is demanded", lambda d: d.update(security=[{"key": []}]), "security/none", "requests"),
    ("a required parameter", lambda d: _at(d, "paths|/v2/make|get")["parameters"][0].update(required=True), "required", "requests"),
    ("a narrower parameter", lambda d: _at(d, "paths|/v2/make|get")["parameters"][0]["schema"].update(maxLength=3), "query id/schema", "requests"),
    ("the body is required", _edit("paths|/v2/make|post|requestBody", required=True), "body/required", "requests"),
    ("an operation goes", _drop("paths|/v2/make", "get"), "operations/GET ~1v2~1make", "requests"),
    ("a word in a response", lambda d: _at(d, SCHEMA)["properties"]["status"]["enum"].append("paused"), "properties/status", "replies"),
    ("a field of a response goes", _drop(f"{SCHEMA}|properties", "status"), "properties/status", "replies"),
    ("a field need not be there", _drop(SCHEMA, "required"), "properties/id", "replies"),
    ("a header goes", _drop(ANSWER, "headers"), "headers/X-Left", "replies"),
    ("another success", lambda d: _at(d, "paths|/v2/make|get|responses").update({"202": {}}), "statuses/202", "replies"),
    ("another content type", lambda d: _at(d, f"{ANSWER}|content").update({"text/csv": {}}), "media/text~1csv", "replies"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "end", "breaks"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES])
def test_what_a_file_states_besides_its_models_is_compared(drift: Drift, change: Any, end: str, breaks: str) -> None:
    """One thing changed in one file of three."""
    found = drift(three=change)

    assert {verdict for id_, verdict in found.items() if id_.endswith(end)} == {f"breaking for {breaks}"}


def _reference(document: Document) -> None:
    """The schemas behind references, their parts in `allOf`."""
    schema, response = _at(document, BODY), _at(document, SCHEMA)
    size = schema["properties"].pop("size")
    document["components"]["schemas"] = {"Make": schema, "Size": {"properties": {"size": size}}, "Told": response}
    whole = {"allOf": [{"$ref": "#/components/schemas/Make"}, {"$ref": "#/components/schemas/Size"}]}
    _at(document, BODY.rpartition("|")[0])["schema"] = whole
    _at(document, SCHEMA.rpartition("|")[0])["schema"] = {"$ref": "#/components/schemas/Told"}


SAME: dict[str, Callable[[Document], Any]] = {
    "references and allOf": _reference,
    "OpenAPI 3.1": lambda d: d.update(openapi="3.1.0"),
    "OpenAPI 3.2": lambda d: d.update(openapi="3.2.0"),
    "a model as a constant": lambda d: _at(d, BODY)["properties"].update(model={"type": "string", "const": "lens/long"}),
    "options in another order": lambda d: _at(d, BODY)["properties"]["size"]["enum"].reverse(),
    "another description": lambda d: d.update(info={"description": "New."}),
    "a scheme under another name": lambda d: d.update(components={"securitySchemes": {"other": {"type": "http", "scheme": "bearer"}}}),
}  # fmt: skip


@pytest.mark.parametrize("change", SAME.values(), ids=list(SAME))
def test_an_equivalent_wording_is_no_finding(drift: Drift, change: Any) -> None:
    """Nothing is reported."""
    assert drift(three=change) == {}


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "{",
        "null",
        "[]",
        '{"openapi": "2.0"}',
        '{"openapi": "3.0.0", "paths": {"/x": {"post": {"requestBody": {"$ref": "#/no"}}}}}',
    ],
)
def test_a_file_that_cannot_be_read_costs_itself_only(drift: Drift, broken: str) -> None:
    """It is unchecked, its model is not reported as gone, and other changes are reported."""
    found = drift(three=broken, one=lambda d: _at(d, BODY)["properties"]["prompt"].update(maxLength=3))

    assert [verdict for id_, verdict in found.items() if "three.json" in id_] == ["unchecked"]
    assert found["models/lens/wide/properties/prompt"] == "breaking for requests"
    assert not any("lens/long" in id_ for id_ in found)


@pytest.mark.parametrize("file", ["one", "two"])
def test_a_model_is_narrowed_in_either_of_its_files(drift: Drift, file: str) -> None:
    """In either file, whichever of them gives the stored schema."""
    found = drift(**{file: lambda d: _at(d, BODY)["properties"]["size"].update(enum=["small"])})

    assert found["models/lens/wide/properties/size"] == "breaking for requests"


def test_a_field_that_moves_from_one_file_of_a_model_to_the_other_has_not_moved(drift: Drift) -> None:
    """The two are one description."""
    assert drift(one=_drop(f"{BODY}|properties", "size")) == {}


def test_a_file_with_an_unknown_keyword_is_left_out(drift: Drift) -> None:
    """And nothing else."""
    found = drift(three=_edit(BODY, enumeration=["x"]))

    assert set(found.values()) == {"unchecked"}
    assert all("three.json" in id_ for id_ in found)


def test_a_schema_that_refers_to_itself_is_compared(drift: Drift) -> None:
    """A tree: new parts are reported."""

    def tree(document: Document) -> None:
        node = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}}}
        document["components"]["schemas"] = {"Node": node}
        _at(document, BODY)["properties"]["tree"] = {"$ref": "#/components/schemas/Node"}

    assert drift(three=tree) == {"models/lens/long/schema": "compatible"}
