"""HTTP messages as the engine sees them: one request in, one response out, no server type anywhere."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from mockreel.contract.data.checked_types import HeaderFields, StatusCode

if TYPE_CHECKING:
    from mockreel.engine.faults import Fault

# Header names in lower case, as ASGI gives them.
Headers = Iterable[tuple[bytes, bytes]]


class HeaderFacts:
    """What was found out about the headers of a request: a client sends the same ones again and again.

    Who keeps headers, as a connection does until the next request, may keep this beside them, and no longer.
    """

    __slots__ = ("caller", "first", "kept")

    def __init__(self, headers: Headers) -> None:
        self.first: dict[bytes, bytes] = dict(reversed([*headers]))  # by name the first of that name
        self.caller: Any = None  # whose key stands in them, as the pipeline has found
        self.kept: Any = None  # what the journal keeps of them


@dataclass(slots=True)
class Request:
    """One HTTP request as it arrived; `path` is percent-decoded, `query` and `body` are not parsed.

    Where a key may stand is not shown.
    """

    method: str
    path: str
    headers: Headers = field(repr=False)
    query: bytes = field(repr=False)
    body: bytes = field(repr=False)
    base_url: str  # where this provider is reached: scheme, host, port, prefix; no slash at the end
    state: Mapping[str, Any] | None = field(default=None, repr=False)  # what its server knows besides
    known: HeaderFacts | None = field(default=None, repr=False, compare=False)

    def header(self, name: bytes) -> bytes | None:
        """The first header of that lower-case name, or None."""
        known = self.known
        return (self.facts if known is None else known).first.get(name)

    @property
    def facts(self) -> HeaderFacts:
        """What is known of its headers."""
        known = self.known
        if known is None:
            known = self.known = HeaderFacts(self.headers)
        return known

    def joined(self, name: bytes) -> bytes | None:
        """Every header of that lower-case name as one, as HTTP lets lists be written; None where there is none."""
        if self.header(name) is None:
            return None
        return b", ".join(value for key, value in self.headers if key == name)


@dataclass(slots=True)
class Response:
    """One HTTP response, complete; `fault` is what befalls it on its way to the client."""

    status: StatusCode
    body: bytes
    headers: HeaderFields = ()
    fault: "Fault | None" = None
    head: bytes | None = field(
        default=None, init=False, repr=False, compare=False
    )  # its headers as a server has written them


JSON_HEADERS = ((b"content-type", b"application/json"),)
PROBLEM_HEADERS = ((b"content-type", b"application/problem+json"),)


def json_reply(status: int, body: Any, *, headers: tuple[tuple[bytes, bytes], ...] = ()) -> Response:
    """A JSON response; `orjson.Fragment` may stand in `body` for bytes that are JSON already."""
    return Response(status, orjson.dumps(body), JSON_HEADERS + headers if headers else JSON_HEADERS)


def problem(status: int, title: str, detail: str, *, more: Mapping[str, Any] | None = None) -> Response:
    """The mock server's own error (RFC 9457), for what only the mock server has: scenarios, rules, the clock."""
    kind = "https://mockreel.invalid/problems/" + title.lower().replace(" ", "-")
    body = {"type": kind, "title": title, "status": status, "detail": detail, **(more or {})}
    return Response(status, orjson.dumps(body), PROBLEM_HEADERS)


def exact(data: bytes) -> bytes:
    """A copy that holds no more memory than its length; orjson's own results pin 4 KB each."""
    return bytes(memoryview(data))
