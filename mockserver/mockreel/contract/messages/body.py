"""Read a request's body: JSON, a form or bytes; an unreadable body is rejected, never guessed."""

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
from mockreel.contract.messages.json_skeleton import skeleton
from mockreel.contract.messages.message import Request
from mockreel.contract.validation import Violation

# Limits of a body; larger values would only keep the server busy or break later steps.
DEEPEST = 200
MOST_VALUES = 50_000
MOST_FIELDS = 1000
# Of a body of fewer bytes the marks are counted faster than its texts are found.
WORTH_A_SKELETON = 256 * 1024

# Its findings go into the response, not to the terminal.
logging.getLogger("python_multipart").addHandler(logging.NullHandler())


def read_body(request: Request, operation: Operation, *, unpacked: bool = False) -> Any:
    """The body in the form of the operation, or None if it is absent and not required.

    Raises:
        ErrorResponse: it is unreadable (`malformed-json`, `wrong-content-type`).
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
    if kind is not None and b"json" not in kind.partition(b";")[0].lower():  # a web page may send `text/plain;json`
        raise ErrorResponse("wrong-content-type", values={"content_type": kind.decode("latin-1")})
    try:
        return read_json(request.body, most=MOST_VALUES)
    except orjson.JSONDecodeError as problem:
        coding = None if unpacked else content_encoding.coding_of(request.header(b"content-encoding"))
        raise _malformed(why_no_json(request.body, problem, coding=coding)) from problem
    except ValueError as problem:
        raise _malformed(str(problem)) from problem


def read_json(raw: bytes, *, most: int | None = None) -> Any:
    """The value of a JSON text in UTF-8, which must not be deeper than all its writers allow.

    Args:
        most: how many values it may have; parsed, they need twenty times its memory and minutes to check.

    Raises:
        ValueError: it is invalid, too deep, or has too many values; the message says why.
    """
    frame = skeleton(raw) if len(raw) > WORTH_A_SKELETON else raw
    brackets = frame.count(b"{") + frame.count(b"[")
    if most is not None and len(raw) > most and brackets + frame.count(b",") > most:
        raise ValueError(f"it has more than {most:,} values, as its commas and brackets count")
    value = orjson.loads(raw)
    if brackets > DEEPEST and _is_deeper(value, DEEPEST):
        raise ValueError(f"it is nested deeper than {DEEPEST} levels")
    return value


def unpack(request: Request, known: Collection[str], *, most: int) -> bool:
    """Decode a body's `Content-Encoding` if the provider is known to accept it; returns whether it was decoded.

    Raises:
        ErrorResponse: it cannot be decoded (`malformed-json`), or is larger than `most` bytes (`body-too-large`).
    """
    coding = content_encoding.coding_of(request.header(b"content-encoding"))
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
    """The error for an unreadable body; only the journal has the reason, as the provider does not send it."""
    return ErrorResponse(
        "malformed-json", values={"reason": reason}, journal_violations=(Violation((), "readable", reason, None, None),)
    )


def _is_deeper(value: Any, most: int) -> bool:
    """Whether lists and objects are nested deeper than `most`."""
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
    """Collects the parts from the parser of a multipart form."""

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
    """The query's parameters; the last of several with one name counts."""
    if not query:
        return {}
    if b"%" in query or b"+" in query:
        return dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    text = query.decode("latin-1")
    pairs = (part.partition("=") for part in text.split("&"))
    return {name: value for name, _, value in pairs if name}
