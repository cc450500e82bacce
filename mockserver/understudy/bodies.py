"""Read a request's body: JSON, a form or bytes; what cannot be read is refused, never guessed."""

from typing import Any
from urllib.parse import parse_qsl

import orjson
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import FormParser, parse_options_header

from understudy.call import FilePart, Form, Refused
from understudy.contract import Operation
from understudy.messages import Request


def read_body(request: Request, operation: Operation) -> Any:
    """The body as the operation wants it, or None where there is none and none is needed.

    Raises:
        Refused: it cannot be read so (`malformed-json`, `wrong-content-type`).
    """
    if operation.body == "none":
        return None
    if operation.body == "bytes":
        return request.body
    if operation.body == "json":
        return _json(request, operation)
    return _form(request)


def _json(request: Request, operation: Operation) -> Any:
    if not request.body:
        if operation.body_required:
            raise Refused("malformed-json", values={"reason": "the body is empty"})
        return None
    kind = request.header(b"content-type")
    if kind is not None and b"json" not in kind.lower():
        raise Refused("wrong-content-type", values={"content_type": kind.decode("latin-1")})
    try:
        return orjson.loads(request.body)
    except orjson.JSONDecodeError as problem:
        raise Refused("malformed-json", values={"reason": str(problem)}) from problem


def _form(request: Request) -> Form:
    header = request.header(b"content-type") or b""
    kind, options = parse_options_header(header)
    if kind == b"multipart/form-data" and b"boundary" in options:
        return _multipart(request.body, options[b"boundary"])
    if kind == b"application/x-www-form-urlencoded":
        return Form(dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)), {})
    raise Refused("wrong-content-type", values={"content_type": header.decode("latin-1")})


def _multipart(body: bytes, boundary: bytes) -> Form:
    fields: dict[str, str] = {}
    files: dict[str, FilePart] = {}

    def on_field(field: Any) -> None:
        fields[_text(field.field_name)] = _text(field.value)

    def on_file(file: Any) -> None:
        name = _text(file.field_name)
        file.file_object.seek(0)
        mime = _text(getattr(file, "content_type", None)) or "application/octet-stream"
        files[name] = FilePart(name, _text(file.file_name), mime, file.file_object.read())
        file.close()

    config = {"MAX_MEMORY_FILE_SIZE": len(body) + 1}
    try:
        parser = FormParser("multipart/form-data", on_field, on_file, boundary=boundary, config=config)
        parser.write(body)
        parser.finalize()
    except (FormParserError, ValueError) as problem:
        raise Refused("malformed-json", values={"reason": str(problem)}) from problem
    return Form(fields, files)


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
