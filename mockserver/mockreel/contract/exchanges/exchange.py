"""One HTTP exchange in the form for checks: the request, the response, and a curl command to repeat it."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import orjson

from mockreel.contract import Operation
from mockreel.contract.messages.json_text import parsed_json

# The key of a request: the given one, another account's, an admin's, an invalid one, or none.
Who = Literal["own", "other", "admin", "invalid", "nobody"]


@dataclass(frozen=True)
class SentRequest:
    """One request without its key."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    operation: Operation | None = None
    who: Who = "own"

    @cached_property
    def json(self) -> Any:
        """The parsed body, or None if it is not JSON."""
        return parsed_json(self.body)

    def with_json(self, value: Any) -> "SentRequest":
        """The same request with another body."""
        return replace(self, body=orjson.dumps(value))

    def curl(self, base_url: str, *, secrets: tuple[str, ...] = ()) -> str:
        """The curl command for the request, without the key."""
        url = base_url + self.path + (f"?{self.query}" if self.query else "")
        parts = ["curl", "-sS", "-X", self.method, shlex.quote(url)]
        keyed = {place.name.lower() for place in (self.operation.key if self.operation else ())}
        for name, value in self.headers.items():
            if name.lower() in keyed:
                continue
            parts += ["-H", shlex.quote(f"{name}: {value}")]
        if self.who not in ("nobody", "invalid") and self.operation is not None:
            parts += _key_arguments(self.operation)
        if self.body:
            parts += ["--data-raw", shlex.quote(self.body.decode("utf-8", "replace"))]
        return _without(" ".join(parts), secrets)


def _key_arguments(operation: Operation) -> list[str]:
    place = next((place for place in operation.key if place.kind == "header"), None)
    if place is None:
        return []
    scheme = f"{place.scheme} " if place.scheme else ""
    return ["-H", f'"{place.name}: {scheme}$KEY"']


def _without(text: str, secrets: tuple[str, ...]) -> str:
    for secret in secrets:
        if secret:
            text = text.replace(secret, "$KEY")
    return text


@dataclass(frozen=True)
class ReceivedResponse:
    """One response, complete; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @cached_property
    def json(self) -> Any:
        """The parsed body, or None if it is not JSON."""
        return parsed_json(self.body)

    @property
    def media(self) -> str:
        """The content type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def shown(self) -> str:
        """The response in one line, shortened if it is long."""
        text = self.body.decode("utf-8", "replace")
        return f"{self.status} {text[:400]}{'…' if len(text) > 400 else ''}".strip()
