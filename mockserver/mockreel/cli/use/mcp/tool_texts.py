"""What a tool says, as an agent and its terminal may have it."""

from typing import Any

import orjson
from mcp.types import CallToolResult, TextContent
from pydantic import ValidationError

from mockreel.engine.redaction.url_redaction import masked_message
from mockreel.errors import OptionError
from mockreel.terminal import harmless_json


def error_text(tool: str, problem: Exception) -> str:
    """The text of a tool's error: in the words of its arguments, without a secret that was given for one."""
    cause = problem.__cause__
    origin = cause.__cause__ if cause is not None else None
    text = str(problem)
    if isinstance(cause, ValidationError):
        text = f"Error executing tool {tool}: {_wrong_arguments(cause)}"
    elif isinstance(origin, OptionError) and origin.what.startswith("--"):  # the name that a command has for it
        renamed = origin.renamed(origin.what.removeprefix("--").replace("-", "_"))
        text = f"Error executing tool {tool}: {renamed}"
    return masked_message(text)


def _wrong_arguments(problem: ValidationError) -> str:
    """Each argument that is not of its type: its value, and what is valid."""
    return " ".join([*map(_wrong_argument, problem.errors(include_url=False)), "Nothing was done."])


def _wrong_argument(row: Any) -> str:
    name = ".".join(map(str, row["loc"]))
    missing = row["type"] == "missing"
    wanted = row["msg"].partition(", ")[0].replace("Input should", "It should", 1)
    return str(OptionError(name, None if missing else row["input"], then="" if missing else f"{wanted}."))


def harmless_result(result: Any) -> Any:
    """A result whose text shows nothing that acts on a terminal: JSON stays the same JSON."""
    if isinstance(result, CallToolResult):
        for one in result.content:
            if isinstance(one, TextContent) and not one.text.isascii():
                one.text = harmless_json(orjson.loads(one.text), indent=2)
    return result
