"""Cassettes: exchanges with a provider, and where they come from. Reading one needs nothing but YAML."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

import jsonschema_rs
import orjson

from mockreel._data import data_root
from mockreel.cassettes.cassette_errors import (
    CassetteUnreadable,
    CassetteVersion,
    NoProvenance,
    OurOwnReply,
    UnknownProvider,
)
from mockreel.cassettes.recorded_body import unpack
from mockreel.contract import providers
from mockreel.contract.data.data_files import parse_yaml, read_user_file
from mockreel.contract.messages.version_header import VERSION_HEADER
from mockreel.contract.validation import violations
from mockreel.errors import DataError

VERSION = 1
KEY = "mockreel"
Origin = Literal["live", "published"]
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Filled:
    """A place in the cassette's file that its source does not show, or that was left out, and why."""

    at: str
    why: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its response. Header names keep their spelling; a name may occur more than once.

    Bodies are decoded; if that failed, the body is as recorded, and `body_trouble` or `reply_trouble` says why.
    """

    method: str
    uri: str
    headers: Headers
    body: bytes
    status: int
    reply_headers: Headers
    reply: bytes
    body_trouble: str = ""
    reply_trouble: str = ""

    def request_header(self, name: str) -> str | None:
        """A header of the request, whatever its case."""
        return _header(self.headers, name)

    def reply_header(self, name: str) -> str | None:
        """A header of the response, whatever its case."""
        return _header(self.reply_headers, name)


@dataclass(frozen=True, slots=True)
class InboundCallback:
    """A callback that the provider sent; `at` is when, or after which exchange, as stated in the cassette."""

    url: str
    headers: Headers
    body: bytes
    method: str = "POST"
    at: str | None = None
    filled: tuple[Filled, ...] = ()


@dataclass(frozen=True, slots=True)
class Cassette:
    """What a cassette holds. `expect` is what the reference client gets from it."""

    path: Path
    origin: Origin
    provider: str
    title: str
    recorded: str
    source: tuple[str, ...]
    contract: str
    reading: Mapping[str, str]
    filled: tuple[Filled, ...]
    expect: Mapping[str, Any]
    exchanges: tuple[Exchange, ...] = field(repr=False)
    callbacks: tuple[InboundCallback, ...] = field(repr=False)


def read_cassette(path: Path, *, root: Path | None = None) -> Cassette:
    """A cassette by its path.

    Args:
        root: the folder of the contracts; the packaged one if None.

    Raises:
        CassetteUnreadable: it is missing, not YAML, or not a cassette.
        CassetteVersion: it is of another version of the format.
        NoProvenance: it does not state its origin.
        UnknownProvider: there is no contract for its provider.
        OurOwnReply: it contains a response of our own server.
    """
    document = _document(path)
    reply_header = _provenance(path, document)
    held = providers(root=root)
    if reply_header["provider"] not in held:
        raise UnknownProvider(path, reply_header["provider"], held)
    exchanges = [_exchange(path, number, one) for number, one in enumerate(document["interactions"])]
    for one in exchanges:
        if one.reply_header(VERSION_HEADER) is not None:
            raise OurOwnReply(path, VERSION_HEADER)
    callbacks = [_callback(path, number, one) for number, one in enumerate(reply_header.get("callbacks", []))]
    return cassette_of(path, reply_header, exchanges, callbacks)


def cassette_of(
    path: Path, reply_header: Mapping[str, Any], exchanges: Sequence[Exchange], callbacks: Sequence[InboundCallback]
) -> Cassette:
    """A cassette from its metadata, which must be valid, and its exchanges."""
    return Cassette(
        path,
        reply_header["origin"],
        reply_header["provider"],
        reply_header["title"],
        reply_header["recorded"],
        tuple(reply_header["source"]),
        reply_header["contract"],
        reply_header["reading"],
        _filled(reply_header),
        reply_header["expect"],
        tuple(exchanges),
        tuple(callbacks),
    )


def cassettes_of(provider: str, root: Path | None = None) -> list[Path]:
    """Where the cassettes of a provider lie, the live ones first; they need not be readable."""
    folder = (root or data_root()) / "contracts" / provider / "cassettes"
    return [path for origin in get_args(Origin) for path in sorted((folder / origin).rglob("*.yaml"))]


def check_metadata(reply_header: Any) -> str:
    """What is wrong with a cassette's metadata; empty if nothing is."""
    wrong = violations(_validator(), reply_header)
    if not wrong and not _is_date(reply_header["recorded"]):
        return f"metadata/{KEY}/recorded: {reply_header['recorded']!r} is not a day, month or year"
    return "; ".join(f"metadata/{KEY}{one.pointer}: {one.message}" for one in wrong[:3])


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(f"{text}-01-01"[:10])
    except ValueError:
        return False
    return True


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    schema = orjson.loads((Path(__file__).parent / "metadata.json").read_bytes())
    return jsonschema_rs.Draft202012Validator(schema, offline=True)


def _document(path: Path) -> Mapping[str, Any]:
    try:
        document = parse_yaml(read_user_file(path), where=path.name, untrusted=True)
    except DataError as problem:
        raise CassetteUnreadable(path, problem.what) from None
    if not isinstance(document, dict):
        raise CassetteUnreadable(path, f"its root is {type(document).__name__}, and no mapping")
    if document.get("version") != VERSION:
        raise CassetteVersion(path, document.get("version"), VERSION)
    if not isinstance(document.get("interactions"), list):
        raise CassetteUnreadable(path, "it has no list of `interactions`")
    return document


def _provenance(path: Path, document: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = document.get("metadata")
    reply_header = metadata.get(KEY) if isinstance(metadata, dict) else None
    if not isinstance(reply_header, dict):
        raise NoProvenance(path, f"there is no metadata/{KEY}")
    if wrong := check_metadata(reply_header):
        raise NoProvenance(path, wrong)
    return reply_header


def _filled(row: Mapping[str, Any]) -> tuple[Filled, ...]:
    return tuple(Filled(one["at"], one["why"]) for one in row.get("filled", []))


def _callback(path: Path, number: int, row: Mapping[str, Any]) -> InboundCallback:
    at = row.get("at")
    try:
        url = _address(row["url"])
    except ValueError as problem:
        raise CassetteUnreadable(path, f"metadata/{KEY}/callbacks/{number} is no callback ({problem})") from None
    return InboundCallback(
        url,
        _pairs(row["headers"]),
        row["body"].encode(),
        row.get("method", "POST"),
        None if at is None else str(at),
        _filled(row),
    )


def _exchange(path: Path, number: int, row: Any) -> Exchange:
    try:
        request, reply = row["request"], row["response"]
        headers, reply_headers = (_pairs(side.get("headers") or {}) for side in (request, reply))
        body, reply_header = unpack(body_of(request), headers), unpack(body_of(reply), reply_headers)
        return Exchange(
            _text(request["method"]),
            _address(request["uri"]),
            headers,
            body.body,
            int(reply["status"]["code"]),
            reply_headers,
            reply_header.body,
            body.trouble,
            reply_header.trouble,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        what = f"{problem} is missing" if isinstance(problem, KeyError) else str(problem)
        raise CassetteUnreadable(path, f"interactions/{number} is no exchange ({what})") from None


def body_of(side: Mapping[str, Any]) -> bytes:
    """The body of a request or a response as vcrpy has written it: a text, bytes, or either in a mapping.

    Raises:
        ValueError: it is of no such form.
    """
    body = side.get("body")
    if not isinstance(body, Mapping):
        return _bytes(body)
    if (packed := body.get("base64_string")) is not None:
        return base64.b64decode(_bytes(packed), validate=True)
    return _bytes(body.get("string"))


def _pairs(headers: Mapping[str, Any]) -> Headers:
    return tuple(
        (name, _text(value))
        for name, values in headers.items()
        for value in (values if isinstance(values, list) else [values])
    )


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} is not a text")
    return value


def _address(value: Any) -> str:
    """A URL that can be parsed.

    Raises:
        ValueError: it cannot.
    """
    text = _text(value)
    try:
        parts = urlsplit(text)
        _ = parts.hostname, parts.port
    except ValueError as problem:
        raise ValueError(f"{text[:80]!r} is no address: {problem}") from None
    return text


def _bytes(value: Any) -> bytes:
    if value is None:
        return b""
    return value if isinstance(value, bytes) else _text(value).encode()


def _header(headers: Headers, name: str) -> str | None:
    return next((value for known, value in headers if known.lower() == name.lower()), None)
