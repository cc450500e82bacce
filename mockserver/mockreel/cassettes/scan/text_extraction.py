"""Every text of a document or a cassette, decoded, with its place and the names above it."""

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mockreel.cassettes.recorded_body import unpack
from mockreel.cassettes.redaction.text_places import display_name, parsed

_DEEPEST = 12
_PARTS = ("request", "response")
_LONGEST_BASE64 = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class NamedText:
    """One text: its place, its name, and its parent's; `trouble` if it could not be read."""

    place: str
    text: str
    name: str = ""
    around: str = ""
    trouble: str = ""


def named_texts(value: Any) -> Iterator[NamedText]:
    """Every text below a value, and the names of its fields; bodies of recorded exchanges are unpacked."""
    yield from _Walk().below(value, "", ("", ""), 0)


class _Walk:
    """One walk through a document."""

    def below(self, value: Any, place: str, names: tuple[str, str], depth: int) -> Iterator[NamedText]:
        if depth > _DEEPEST * 10:
            return
        if isinstance(value, Mapping):
            yield from self._fields(value, place, names, depth)
        elif isinstance(value, list | tuple):
            for number, inner in enumerate(value):
                yield from self.below(inner, f"{place}/{number}", names, depth + 1)
        elif isinstance(value, bytes):
            yield from self._bytes(value, (), place, names, depth)
        elif isinstance(value, str):
            yield from self.text(value, place, names, depth)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield NamedText(place, str(value), *names)

    def _fields(self, value: Mapping[Any, Any], place: str, names: tuple[str, str], depth: int) -> Iterator[NamedText]:
        recorded = names[0] in _PARTS and "headers" in value
        for name, inner in value.items():
            yield NamedText(f"{place} (a name)", str(name))
            if recorded and name == "body":
                yield from self._body(value, place, depth)
                continue
            yield from self.below(inner, f"{place}/{display_name(str(name))}", (str(name), names[0]), depth + 1)

    def _body(self, side: Mapping[str, Any], place: str, depth: int) -> Iterator[NamedText]:
        """The body of a request or response, decoded by its headers."""
        body, here = side["body"], f"{place}/body"
        if isinstance(body, Mapping):
            for key in body:
                packed = _from_base64(body[key]) if key == "base64_string" else body[key]
                yield from self._packed(packed, side["headers"], f"{here}/{display_name(str(key))}", depth)
        else:
            yield from self._packed(body, side["headers"], here, depth)

    def _packed(self, body: Any, headers: Any, place: str, depth: int) -> Iterator[NamedText]:
        if isinstance(body, str | bytes):
            raw = body.encode("utf-8", "surrogateescape") if isinstance(body, str) else body
            yield from self._bytes(raw, _pairs(headers), place, ("", ""), depth)
        else:
            yield from self.below(body, place, ("", ""), depth + 1)

    def _bytes(
        self, raw: bytes, headers: tuple[tuple[str, str], ...], place: str, names: tuple[str, str], depth: int
    ) -> Iterator[NamedText]:
        found = unpack(raw, headers)
        if found.trouble:
            yield NamedText(place, "", *names, trouble=found.trouble)
        yield from self.text(found.body.decode("utf-8", "replace"), place, names, depth)

    def text(self, value: str, place: str, names: tuple[str, str], depth: int) -> Iterator[NamedText]:
        """A text, and what is in it: JSON, or bytes that were packed and written in base64."""
        inner = parsed(value) if depth < _DEEPEST else None
        if isinstance(inner, dict | list):
            yield NamedText(place, value, *names, trouble="")
            yield from self.below(inner, f"{place}:", names, depth + 1)
            return
        yield NamedText(place, value, *names)
        if isinstance(inner, str):
            yield from self.text(inner, f"{place}:", names, depth + 1)
        elif depth < _DEEPEST and (packed := _from_base64(value)).startswith((b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd")):
            yield from self._bytes(packed, (), f"{place}:", names, depth + 1)


def _pairs(headers: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(headers, Mapping):
        return ()
    return tuple(
        (str(name), str(value))
        for name, values in headers.items()
        for value in (values if isinstance(values, list) else [values])
    )


def _from_base64(value: Any) -> bytes:
    """The bytes in a text of base64; empty if there are none."""
    if not isinstance(value, str | bytes) or not 16 <= len(value) <= _LONGEST_BASE64:
        return b""
    try:
        return base64.b64decode("".join(value.split()) if isinstance(value, str) else value, validate=True)
    except (binascii.Error, ValueError):
        return b""
