"""A small provider of our own, with its documents, for the tests of the build."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

PAGE = """\
Pricing: $0.02/second. Endpoint: POST /acme/models/lens/wide/runs.

Overview

  • Base price: $0.02/second
  • Note: 720p without audio

Endpoint: POST /acme/models/lens/wide/runs

Request parameters

ParameterTypeRequiredDescription
inputobjectrequiredWhat the model is given.

Input schema

FieldTypeRequiredAllowed valuesDescription
promptstringrequiredAnyWhat is to be seen.
sizestringoptional720p, 1080p, 4kHow large the picture is. Only 720p, 1080p and 4k.
audio_onbooleanoptionalAny
stepsintegeroptional10, 20
first_frameimagerequiredAnyWhere the first picture is.

Output schema

FieldTypeDescription
outputsjsonOne entry for each file.
"""

OLDER_PAGE = (
    "# Lens Wide > Pictures that move. ## Overview - **Endpoint**: `https://api.acme.test/acme/run/lens/wide` "
    "- **Model ID**: `lens/wide` ## Pricing - **Base price**: $0.05/second - **Note**: by the second "
    "## Input Schema ### `prompt` (string, required) What is to be seen. ### `size` (string, optional) How large. "
    "- **Default**: `1080p` - **Options**: `720p`, `1080p` ### `steps` (integer, optional) - **Default**: `20` "
    "- **Options**: `10`, `20`, `30` ### `grain` (number, optional) - **Default**: `0.5` "
    "## Usage Examples ### cURL ```bash curl -X POST https://api.acme.test/acme/run/lens/wide ```"
)

OPENAPI: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Acme", "version": "1"},
    "x-mockreel": {"title": "Acme"},
    "components": {
        "parameters": {
            "Model": {"name": "model", "in": "path", "required": True, "schema": {"type": "string"}},
        }
    },
    "paths": {
        "/acme/models/{model}/runs": {
            "parameters": [{"$ref": "#/components/parameters/Model"}],
            "post": {
                "operationId": "create_run",
                "x-mockreel": {
                    "evidence": "documented",
                    "source": ["page"],
                    "model": {"in": "path", "name": "model"},
                    "input": "/input",
                },
                "parameters": [{"name": "dry", "in": "query", "schema": {"type": "boolean"}}],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {"schema": {"type": "object"}, "example": {"input": {"prompt": "a lens"}}}
                    },
                },
                "responses": {200: {"description": "The run."}},
            },
            "get": {
                "operationId": "list_runs",
                "x-mockreel": {
                    "evidence": "documented",
                    "source": ["page"],
                    "model": {"in": "path", "name": "model"},
                },
                "responses": {"200": {"description": "The runs."}},
            },
        },
        "/acme/runs/{id}": {
            "get": {
                "operationId": "get_run",
                "x-mockreel": {"evidence": "documented", "source": ["page"]},
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": {"200": {"description": "The run."}},
            }
        },
    },
}

SOURCES: dict[str, Any] = {
    "sources": {
        "page": {"title": "Lens Wide", "kind": "documented"},
        "old": {"title": "Lens Wide, older", "kind": "documented"},
        "ours": {"title": "decided here", "kind": "inferred"},
    },
    "build": [
        {
            "reader": "runflow-page",
            "output": "video",
            "currency": "USD",
            "paths": ["/acme/models/{model}/runs", "/acme/run/{model}"],
            "pages": [{"file": "new.txt", "source": "page"}, {"file": "old.txt", "source": "old"}],
        }
    ],
    "corrections": [],
}

HAND_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "https://mockreel.invalid/schemas/acme/models/lens/macro.json",
    "x-mockreel": {
        "model": "lens/macro",
        "aliases": ["macro"],
        "output": "image",
        "by": "hand",
        "evidence": "client",
        "source": ["ours"],
        "media": {"width": 640},
        "corrections": [],
    },
    "type": "object",
    "properties": {"prompt": {"type": "string"}, "size": {"type": "integer", "default": 3}},
}

PRICING: dict[str, Any] = {
    "currency": "USD",
    "models": {
        "macro": {
            "certainty": "exact",
            "currency": "USD",
            "unit": "image",
            "amount": "0.10",
            "evidence": "client",
            "source": ["ours"],
        }
    },
}


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """The documents of the provider."""
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "new.txt").write_text(PAGE, encoding="utf-8")
    (folder / "old.txt").write_text(OLDER_PAGE, encoding="utf-8")
    return folder


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the written files of the provider, and nothing built."""
    root = tmp_path / "checkout"
    contract, schemas = root / "contracts" / "acme", root / "schemas" / "acme"
    (schemas / "models" / "lens").mkdir(parents=True)
    contract.mkdir(parents=True)
    (contract / "openapi.yaml").write_text(yaml.safe_dump(OPENAPI, sort_keys=False), encoding="utf-8")
    (contract / "pricing.yaml").write_text(yaml.safe_dump(PRICING, sort_keys=False), encoding="utf-8")
    (schemas / "sources.yaml").write_text(yaml.safe_dump(SOURCES, sort_keys=False), encoding="utf-8")
    (schemas / "models" / "lens" / "macro.json").write_text(json.dumps(HAND_SCHEMA), encoding="utf-8")
    return root


Edit = Callable[[str, Callable[[Any], Any]], None]


@pytest.fixture
def edit(checkout: Path) -> Edit:
    """Change one YAML file of the checkout: `edit("contracts/acme/pricing.yaml", lambda d: {**d, ...})`."""

    def change(name: str, how: Callable[[Any], Any]) -> None:
        path = checkout / name
        changed = how(yaml.safe_load(path.read_text(encoding="utf-8")))
        path.write_text(yaml.safe_dump(changed, sort_keys=False), encoding="utf-8")

    return change


@pytest.fixture
def check_schema() -> Callable[[Any], None]:
    """Fail where a schema does not fit the 2020-12 meta-schema, in the second engine's opinion."""
    check: Callable[[Any], None] = jsonschema.Draft202012Validator.check_schema
    return check
