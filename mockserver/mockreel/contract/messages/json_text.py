"""A text that may be JSON."""

from typing import Any

import orjson


def parsed_json(text: bytes | str | None) -> Any:
    """The value of a JSON text; None if there is no text, or it is not JSON."""
    try:
        return orjson.loads(text) if text else None
    except orjson.JSONDecodeError:
        return None
