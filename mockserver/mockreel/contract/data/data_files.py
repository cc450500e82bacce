"""Read data files: YAML written by hand, JSON written by `build`; an unreadable file is an error."""

import os
import select
import stat
import time
from collections.abc import Mapping
from io import FileIO
from pathlib import Path
from typing import Any

import orjson

from mockreel.contract.data.key_repetition import repeated_key
from mockreel.contract.data.value_size import check_size
from mockreel.errors import DataError
from mockreel.file_problem import unreadable

Document = dict[str, Any]
MOST_BYTES = 16 * 1024 * 1024  # of an untrusted file
MOST_SECONDS = 10.0  # for a pipe that a user names


def parse_yaml(text: str | bytes, *, where: str, untrusted: bool = False) -> Any:
    """The value of a YAML text; the size and depth of an `untrusted` one are limited.

    Raises:
        DataError: the text is not YAML, a mapping repeats a key (the message names the line), its aliases expand
            too far, or it is untrusted and too large or too deep.
    """
    if untrusted and len(text) > MOST_BYTES:
        raise DataError(where, f"it is larger than {MOST_BYTES} bytes")
    from mockreel.contract.data.yaml_loader import read_yaml  # noqa: PLC0415  (a start with built files reads none)

    value = read_yaml(text, where=where)
    if untrusted or (b"*" if isinstance(text, bytes) else "*") in text:  # type: ignore[operator]
        check_size(value, where=where)
    return value


def read_bytes(path: Path) -> bytes:
    """The bytes of a data file.

    Raises:
        DataError: it is missing or cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as problem:
        raise unreadable(path, problem) from problem


def read_user_file(path: Path, *, seconds: float = MOST_SECONDS) -> bytes:
    """The bytes of a file or pipe that a user names, with limits of size and of real time.

    Raises:
        DataError: it is missing, not a file, too large, or the pipe is not closed in time.
    """
    if path.is_dir():
        raise DataError(str(path), "it is a folder", expected="a file or a pipe")
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError as problem:
        raise unreadable(path, problem) from problem
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISFIFO(mode):
            return _from_pipe(file, path, time.monotonic() + seconds)
        if not stat.S_ISREG(mode):
            raise DataError(str(path), "it is a device", expected="a file or a pipe")
        return _within_bounds(file.read(MOST_BYTES + 1), path)


def _from_pipe(file: FileIO, path: Path, until: float) -> bytes:
    """The content of a pipe until its writers have closed it."""
    found = b""
    while select.select([file], [], [], max(0.0, until - time.monotonic()))[0]:
        piece = file.read(MOST_BYTES)
        if piece == b"":
            return found
        found = _within_bounds(found + (piece or b""), path)
    raise DataError(str(path), "it is a pipe that its writers have not closed", expected="a file, or a pipe that ends")


def _within_bounds(data: bytes, path: Path) -> bytes:
    if len(data) > MOST_BYTES:
        raise DataError(str(path), f"it is larger than {MOST_BYTES} bytes")
    return data


def read_document(path: Path, *, once: bool = False) -> Document:
    """A YAML or JSON file, by its ending, whose root is a mapping.

    Args:
        once: a repeated key of an object is an error in JSON too, as it always is in YAML.

    Raises:
        DataError: it is missing, unreadable, or its root is not a mapping.
    """
    raw = read_bytes(path)
    document = parse_document(raw, path)
    if once and path.suffix == ".json" and (found := repeated_key(raw.decode())) is not None:
        key, line = found
        raise DataError(str(path), f"the key {key!r} stands twice in one object, line {line}", then="Keep one of them.")
    return document


def parse_document(raw: bytes, path: Path) -> Document:
    """Like `read_document`, from its bytes.

    Raises:
        DataError: it is unreadable, or its root is not a mapping.
    """
    if path.suffix == ".json":
        try:
            value = orjson.loads(raw)
        except orjson.JSONDecodeError as problem:
            raise DataError(str(path), f"not readable as JSON ({problem})") from problem
    else:
        value = parse_yaml(raw, where=str(path))
    if not isinstance(value, dict):
        raise DataError(str(path), f"its root is {type(value).__name__}", expected="a mapping")
    return value


def read_list(path: Path) -> list[Any]:
    """A YAML file whose root is a list.

    Raises:
        DataError: it is missing, unreadable, or its root is not a list.
    """
    value = parse_yaml(read_bytes(path), where=str(path))
    if not isinstance(value, list):
        raise DataError(str(path), f"its root is {type(value).__name__}", expected="a list")
    return value


def merge_patch(target: Any, patch: Any) -> Any:
    """JSON Merge Patch (RFC 7396); neither argument is changed."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge_patch(result.get(key), value)
    return result
