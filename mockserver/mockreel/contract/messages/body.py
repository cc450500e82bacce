"""Read a request's body: JSON, a form or bytes; what cannot be read is refused, never guessed."""

import logging
from collections.abc import Collection
from typing import Any
from urllib.parse import parse_qsl

import orjson
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import FormParser, parse_options_header

from mockreel.contract import Operation
from mockreel.contract.messages import content_encoding
from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.form import FilePart, Form
from mockreel.contract.messages.json_problem import why_no_json
from mockreel.contract.messages.message import Request
from mockreel.contract.validation import Violation

# Bounds within which a body is read: beyond them somebody tries to keep the server busy, or to break what comes after.
DEEPEST = 200
MOST_VALUES = 200_000
MOST_FIELDS = 1000

# What it finds wrong with a form is told to who sent it, not to the terminal.
logging.getLogger("python_multipart").addHandler(logging.NullHandler())


def read_body(request: Request, operation: Operation, *, unpacked: bool = False) -> Any:
    """The body as the operation wants it, or None where there is none and none is needed.

    Raises:
        ErrorResponse: it cannot be read so (`malformed-json`, `wrong-content-type`).
    """
    if operation.body == "none":
        return None
    if operation.body == "bytes":
        return request.body
    if operation.body == "json":
        return _json(request, operation, unpacked=unpacked)
    return _form(request)


def _json(request: Request, operation: Operation, *, unpacked: bool) -> Any:
    if not request.body:
        if operation.body_required:
            raise _malformed("the body is empty")
        return None
    kind = request.header(b"content-type")
    if kind is not None and b"json" not in kind.partition(b";")[0].lower():  # a page may send `text/plain;json`
        raise ErrorResponse("wrong-content-type", values={"content_type": kind.decode("latin-1")})
    if len(request.body) > MOST_VALUES and _has_more_values(request.body, MOST_VALUES):
        raise _malformed(f"it has more than {MOST_VALUES:,} values, as its commas and brackets count")
    try:
        return read_json(request.body)
    except orjson.JSONDecodeError as problem:
        coding = None if unpacked else content_encoding.named(request.header(b"content-encoding"))
        raise _malformed(why_no_json(request.body, problem, coding=coding)) from problem
    except ValueError as problem:
        raise _malformed(str(problem)) from problem


def read_json(raw: bytes) -> Any:
    """What a JSON text says, in UTF-8, and no deeper than everything that shows it can write.

    Raises:
        ValueError: it is none, or too deep; its text says why.
    """
    value = orjson.loads(raw)
    if raw.count(b"{") + raw.count(b"[") > DEEPEST and _is_deeper(value, DEEPEST):
        raise ValueError(f"it is nested deeper than {DEEPEST} levels")
    return value


def unpack(request: Request, known: Collection[str], *, most: int) -> bool:
    """Take the `Content-Encoding` off a body, where it is one of those that the provider is known to read; whether so.

    Raises:
        ErrorResponse: it cannot be unpacked (`malformed-json`), or is larger than `most` bytes then (`body-too-large`).
    """
    coding = content_encoding.named(request.header(b"content-encoding"))
    if coding not in known or coding not in content_encoding.CODINGS:
        return False
    try:
        request.body = content_encoding.unpack(request.body, coding, most=most)
    except content_encoding.TooLarge as problem:
        raise ErrorResponse("body-too-large", values={"limit": most}) from problem
    except content_encoding.NotUnpacked as problem:
        raise _malformed(str(problem)) from problem
    return True


def _malformed(reason: str) -> ErrorResponse:
    """What cannot be read; why is told to who runs the server, as the provider does not tell its client."""
    return ErrorResponse(
        "malformed-json", values={"reason": reason}, told=(Violation((), "readable", reason, None, None),)
    )


def _has_more_values(raw: bytes, most: int) -> bool:
    """Whether a text may hold more values: as a tree they take twenty times its memory, and minutes to check."""
    return raw.count(b",") > most or raw.count(b",") + raw.count(b"[") + raw.count(b"{") > most


def _is_deeper(value: Any, most: int) -> bool:
    """Whether lists and objects stand inside each other more than `most` deep."""
    level = [value]
    for _ in range(most + 1):
        level = [inner for outer in level if isinstance(outer, dict | list) for inner in _inside(outer)]
        if not level:
            return False
    return True


def _inside(outer: Any) -> list[Any]:
    return list(outer.values()) if isinstance(outer, dict) else outer


def _form(request: Request) -> Form:
    header = request.header(b"content-type") or b""
    kind, options = parse_options_header(header)
    if kind == b"multipart/form-data" and b"boundary" in options:
        return _multipart(request.body, options[b"boundary"])
    if kind == b"application/x-www-form-urlencoded":
        return _urlencoded(request.body)
    raise ErrorResponse("wrong-content-type", values={"content_type": header.decode("latin-1")})


def _urlencoded(body: bytes) -> Form:
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as problem:
        raise _malformed(str(problem)) from problem
    return Form(dict(pairs), {})


def _multipart(body: bytes, boundary: bytes) -> Form:
    parts = _Parts()
    config = {"MAX_MEMORY_FILE_SIZE": len(body) + 1}
    try:
        parser = FormParser(
            "multipart/form-data", parts.field, parts.file, on_end=parts.end, boundary=boundary, config=config
        )
        parser.write(body)
        parser.finalize()
    except (FormParserError, ValueError) as problem:
        raise _malformed(str(problem)) from problem
    if not parts.complete:
        raise _malformed("the form does not end with its boundary")
    return Form(parts.fields, parts.files)


class _Parts:
    """What the parser of a multipart form hands over."""

    def __init__(self) -> None:
        self.fields: dict[str, str] = {}
        self.files: dict[str, FilePart] = {}
        self.complete = False
        self._count = 0

    def field(self, field: Any) -> None:
        self._number()
        self.fields[_text(field.field_name)] = _text(field.value)

    def file(self, file: Any) -> None:
        self._number()
        name = _text(file.field_name)
        file.file_object.seek(0)
        mime = _text(file.content_type) or "application/octet-stream"
        self.files[name] = FilePart(name, _text(file.file_name), mime, file.file_object.read())
        file.close()

    def end(self) -> None:
        self.complete = True

    def _number(self) -> None:
        self._count += 1
        if self._count > MOST_FIELDS:
            raise _malformed(f"it has more than {MOST_FIELDS} parts")


def _text(value: bytes | str | None) -> str:
    if value is None:
        return ""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def read_query(query: bytes) -> dict[str, str]:
    """The query's parameters; of several with one name the last counts."""
    if not query:
        return {}
    if b"%" in query or b"+" in query:
        return dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    text = query.decode("latin-1")
    pairs = (part.partition("=") for part in text.split("&"))
    return {name: value for name, _, value in pairs if name}
