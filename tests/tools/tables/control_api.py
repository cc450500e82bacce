"""The operations of the control API."""

from collections.abc import Mapping
from typing import Any

from mockreel.server.admin import document
from mockreel.simulator.pipeline import OWN_PATHS
from tools.tables.markdown import code, table


def control() -> str:
    """Every operation of the control API, as its own document has them."""
    rows = [
        (code(f"{method.upper()} {OWN_PATHS}{path.removeprefix('/')}"), operation["summary"], _parameters(operation))
        for path, item in document()["paths"].items()
        for method, operation in item.items()
        if method in ("get", "post", "delete")
    ]
    return table(("route", "what it does", "parameters and fields"), rows)


def _parameters(operation: Mapping[str, Any]) -> str:
    """The query parameters of an operation, and the fields of its body; those that must be given without a `?`."""
    given = [_resolved(one) for one in operation.get("parameters", ())]
    words = [code(f"?{one['name']}") for one in given if one["in"] == "query"]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if body is not None:
        schema = _resolved(body)
        required = schema.get("required", ())
        if len(required) > 5:
            return "a snapshot"
        words += [code(name if name in required else f"{name}?") for name in schema.get("properties", {})]
    return ", ".join(words)


def _resolved(value: Any) -> Any:
    while "$ref" in value:
        found: Any = document()
        for step in value["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        value = found
    return value
