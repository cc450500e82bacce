"""Read the address of a control port and its certificate authority from a ready file."""

import json
from pathlib import Path

from mockreel.errors import ControlUnreachable, DataError
from mockreel.file_problem import unreadable


def control_address(path: Path) -> tuple[str, str | None]:
    """The address of the control port in a ready file, and the file of its certificate authority, if any.

    Raises:
        ControlUnreachable: the file does not exist.
        DataError: it is not a ready file.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError as problem:
        why = "there is no such file: it exists while the server runs"
        raise ControlUnreachable(str(path), why) from problem
    except OSError as problem:
        raise unreadable(path, problem) from problem
    try:
        content = json.loads(text)
        return str(content["control"]["url"]), content.get("ca")
    except (ValueError, KeyError, TypeError) as problem:
        expected = "what `mockreel serve --ready-file` writes"
        raise DataError(str(path), "it is not a ready file", expected=expected) from problem
