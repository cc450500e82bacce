"""HTTP requests and responses, independent of any server."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from mockreel.contract.data.base_types import HeaderFields, StatusCode

if TYPE_CHECKING:
    from mockreel.engine.faults import Fault

# Header names in lower case, as in ASGI.
Headers = Iterable[tuple[bytes, bytes]]


class HeaderFacts:
    """What was found out about the headers of a request: a client sends the same ones again and again.

    Who keeps headers, as a connection does until the next request, may keep this beside them, and no longer.
    """

    __slots__ = ("caller", "first", "stored", "written")

    def __init__(self, headers: Headers) -> None:
        self.first: dict[bytes, bytes] = dict(reversed([*headers]))  # by name the first of that name
        self.caller: Any = None  # the owner of their key, as found by the pipeline
        self.stored: Any = None  # what the journal stores of them
        self.written: Any = None  # what a log writes of them


@dataclass(slots=True)
class Request:
    """One received HTTP request; `path` is percent-decoded, `query` and `body` are not parsed.

    Its repr leaves out the parts that may contain a key.
    """

    method: str
    path: str
    headers: Headers = field(repr=False)
    query: bytes = field(repr=False)
    body: bytes = field(repr=False)
    base_url: str  # this provider's URL: scheme, host, port, prefix; no slash at the end
    state: Mapping[str, Any] | None = field(default=None, repr=False)  # further data of its server
    # of these headers alone: `replace` does not copy it to a request with others
    known: HeaderFacts | None = field(default=None, init=False, repr=False, compare=False)

    def header(self, name: bytes) -> bytes | None:
        """The first header with a lower-case name, or None."""
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
        """All headers with a lower-case name joined as an HTTP list, or None."""
        if self.header(name) is None:
            return None
        return b", ".join(value for key, value in self.headers if key == name)


@dataclass(slots=True)
class Response:
    """One complete HTTP response; `fault` is applied when it is sent."""

    status: StatusCode
    body: bytes
    headers: HeaderFields = ()
    fault: "Fault | None" = None
    head: bytes | None = field(
        default=None, init=False, repr=False, compare=False
    )  # its headers as a server has written them


JSON_HEADERS = ((b"content-type", b"application/json"),)
PROBLEM_HEADERS = ((b"content-type", b"application/problem+json"),)


def json_response(status: int, body: Any, *, headers: tuple[tuple[bytes, bytes], ...] = ()) -> Response:
    """A JSON response; `body` may contain an `orjson.Fragment` of JSON bytes."""
    return Response(status, orjson.dumps(body), JSON_HEADERS + headers if headers else JSON_HEADERS)


def problem(status: int, title: str, detail: str, *, more: Mapping[str, Any] | None = None) -> Response:
    """An error of the mock server itself (RFC 9457), such as for scenarios, rules and the clock."""
    kind = "https://mockreel.invalid/problems/" + title.lower().replace(" ", "-")
    body = {"type": kind, "title": title, "status": status, "detail": detail, **(more or {})}
    return Response(status, orjson.dumps(body), PROBLEM_HEADERS)


def exact(data: bytes) -> bytes:
    """A copy that uses no more memory than its length; orjson's own results use 4 KB each."""
    return b"".join((data, b""))
