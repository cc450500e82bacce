"""The control API's own OpenAPI document, as one JSON document without references to other files."""

import asyncio
from functools import cache
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from mockreel._data import data_dir
from mockreel.contract import Contract, Model
from mockreel.contract.data.data_files import read_document
from mockreel.contract.openapi_documents import Documents, chosen_models
from mockreel.server.admin.reading_routes import read_otherwise
from mockreel.server.admin.route import Row
from mockreel.simulator.simulator import Simulator

_SNAPSHOT = "snapshot.json"
_HOME = "#/components/schemas/Snapshot"


async def describe(_: Simulator, __: Request) -> Any:
    """The operations of the control API."""
    return await asyncio.to_thread(document)


@cache
def document() -> Any:
    """The document, with the schema of a snapshot in it.

    Raises:
        DataError: it cannot be read.
    """
    folder = data_dir("schemas") / "control"
    written = read_document(folder / "openapi.yaml")
    snapshot = read_document(folder / _SNAPSHOT)
    written["components"]["schemas"]["Snapshot"] = {
        name: value for name, value in snapshot.items() if not name.startswith("$") or name == "$defs"
    }
    return _settled(written)


def _settled(value: Any) -> Any:
    """A value with its references as they are within the one document."""
    if isinstance(value, dict):
        return {name: _target(inner) if name == "$ref" else _settled(inner) for name, inner in value.items()}
    return [_settled(inner) for inner in value] if isinstance(value, list) else value


def _target(reference: str) -> str:
    if reference.startswith("#/$defs/"):
        return f"{_HOME}/{reference.removeprefix('#/')}"
    return _HOME if reference == _SNAPSHOT else reference


async def describe_provider(simulator: Simulator, request: Request) -> Any:
    """A provider's document with the readings that are chosen now, or with others; `model` picks one or more models."""
    provider = simulator.provider(request.path_params["provider"])
    readings = dict(_pair(text) for text in request.query_params.getlist("reading"))
    contract = await asyncio.to_thread(read_otherwise, provider, readings) if readings else provider.contract
    models = chosen_models(contract, request.query_params.getlist("model"))
    # In a thread, so that others are answered while a document of hundreds of models is put together.
    written = await asyncio.to_thread(_whole, contract, models, provider.base_url or None)
    return Response(written, media_type="application/json")


def _whole(contract: Contract, models: list[Model] | None, url: str | None) -> bytes:
    return orjson.dumps(Documents(contract).full_document(models, url=url))


def _pair(text: str) -> tuple[str, str]:
    id_, _, option = text.partition("=")
    return id_, option


ROWS = (
    Row("GET", "openapi.json", describe),
    Row("GET", "openapi/{provider}", describe_provider, ("model", "reading"), ("model", "reading")),
)
