"""Copies of the made-up provider's data to change, and two pages of one model as a provider's older and newer docs."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.caller import FOURTH

from mockreel.authoring import build
from mockreel.contract.data.data_files import read_document
from mockreel.drift.comparison import data_drift
from mockreel.drift.finding import Finding, ordered

OLDER = (
    "# Lens Wide > Moving pictures. ## Overview - **Endpoint**: `https://api.acme.test/v1/run/lens/wide` "
    "- **Model ID**: `lens/wide` ## Pricing - **Base price**: $0.15/second - **Note**: by the second "
    "## Input Schema ### `prompt` (string, required) What is to be seen. ### `size` (string, optional) How large. "
    "- **Default**: `720p` - **Options**: `720p`, `1080p` ### `first_frame` (image, required) Where it begins. "
    "## Usage Examples ### cURL ```bash curl -X POST https://api.acme.test/v1/run/lens/wide "
    '-d \'{ "prompt": "a lens", "first_frame": "https://example.com/a.png" }\' ``` '
    '### Python ```python data = response.json() print(data["video"]["url"]) ```'
)
NEWER = """\
Pricing: $0.1/second. Endpoint: POST /v1/models/lens/wide/runs.

  • Base price: $0.1/second
  • Note: Without audio

Endpoint: POST /v1/models/lens/wide/runs

curl -X POST https://api.acme.test/v1/models/lens/wide/runs \\
  --data-binary @- <<'JSON'
{"input": {"prompt": "a lens", "first_frame": "https://example.com/a.png"}}
JSON

Request parameters

ParameterTypeRequiredDescription
inputobjectrequiredWhat the model is given.

Input schema

FieldTypeRequiredAllowed valuesDescription
promptstringrequiredAnyWhat is to be seen.
sizestringoptional720p, 1080pHow large it is.
first_frameimagerequiredAnyWhere it begins.

Output schema

FieldTypeDescription
outputsjsonOne entry for each file.
seedjsonThe seed.
"""


@pytest.fixture
def pages(tmp_path: Path) -> tuple[Path, Path]:
    """The older and the newer page of one model, in the forms of Runflow's."""
    older, newer = tmp_path / "older.txt", tmp_path / "newer.txt"
    older.write_text(OLDER, encoding="utf-8")
    newer.write_text(NEWER, encoding="utf-8")
    return older, newer


@pytest.fixture
def held(tmp_path: Path) -> Path:
    """The data of `encore`, as it is held."""
    return Path(shutil.copytree(FOURTH, tmp_path / "held"))


Drift = Callable[..., dict[str, Finding]]


@pytest.fixture
def drift(held: Path, tmp_path: Path) -> Drift:
    """Change one file of a copy, and compare: `drift("contracts/encore/errors.yaml", edit)`; findings by id."""

    def compared(name: str, change: Callable[[Any], Any]) -> dict[str, Finding]:
        other = Path(shutil.copytree(held, tmp_path / "other"))
        document = read_document(other / name)
        change(document)
        written = json.dumps(document) if name.endswith(".json") else yaml.safe_dump(document, sort_keys=False)
        (other / name).write_text(written, encoding="utf-8")
        build(None, other)
        return {finding.id: finding for finding in ordered(data_drift(held, other))}

    return compared


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    """A provider whose data was built from three pages in `docs/`: two models, one of them with an older page."""
    docs, root = tmp_path / "docs", tmp_path / "acme"
    docs.mkdir()
    (docs / "wide.txt").write_text(NEWER, encoding="utf-8")
    (docs / "long.txt").write_text(NEWER.replace("lens/wide", "lens/long"), encoding="utf-8")
    (docs / "older.txt").write_text(OLDER, encoding="utf-8")
    row = {
        "reader": "runflow-page",
        "output": "video",
        "currency": "USD",
        "paths": ["/v1/models/{model}/runs", "/v1/run/{model}"],
        "pages": [
            {"file": "wide.txt", "source": "wide"},
            {"file": "long.txt", "source": "long"},
            {"file": "older.txt", "source": "older", "served": False},
        ],
    }
    sources = {name: {"title": name, "kind": "documented"} for name in ("wide", "long", "older")}
    _write(root / "schemas/acme/sources.yaml", {"sources": sources, "build": [row]})
    _write(root / "contracts/acme/openapi.yaml", {"openapi": "3.1.0", "x-mockreel": {"key": []}, "paths": {}})
    build(docs, root)
    return root


@pytest.fixture
def playable(acme: Path) -> Path:
    """The same provider with what a contract needs, and one operation whose example does not fit."""
    folder = acme / "contracts/acme"
    about = {"evidence": "documented", "source": ["wide"]}
    schema = {"type": "object", "properties": {"prompt": {"type": "string"}}}
    operation = {
        "operationId": "make_run",
        "x-mockreel": about,
        "requestBody": {"content": {"application/json": {"schema": schema, "example": {"prompt": 7}}}},
        "responses": {"200": {"description": "The run."}},
    }
    own = {"key": [], "title": "Acme", "package": "acme", "hosts": ["acme.test"], "keys": {"example": "key"}}
    document = {"openapi": "3.1.0", "x-mockreel": own, "paths": {"/v1/runs": {"post": operation}}}
    state = {"word": "done", "kind": "succeeded", **about}
    _write(folder / "openapi.yaml", document)
    _write(folder / "lifecycle.yaml", {"initial": "done", "states": {"done": state}, "transitions": []})
    _write(folder / "errors.yaml", {"rows": {}, "failures": {}})
    _write(folder / "callbacks.yaml", {"events": {}, "policy": {}})
    _write(folder / "scenarios.yaml", {"default": "x", "jobs": {}, "pace": {}})
    _write(folder / "pricing.yaml", {"currency": "USD"})
    build(None, acme)
    return acme


def _write(path: Path, document: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
