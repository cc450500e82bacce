"""The effect of a fault on a response: another response if HTTP allows it, else the steps on the connection."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from mockreel.contract.messages.message import Headers, Response
from mockreel.contract.messages.reason_phrase import reason_phrase
from mockreel.engine.faults.fault import Fault
from mockreel.engine.faults.gateway_pages import page, storage_error
from mockreel.engine.faults.response_faults import LONGEST_WAIT

# What no HTTP client takes for the beginning of a response.
GARBAGE = b"\x16\x03 this is no status line\r\n\r\n"
# What a response holds that is never sent.
NOTHING = Response(0, b"")

_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")


def in_place_of_an_answer(fault: Fault) -> Response:
    """What is answered where the request is not handled; status 0 where nothing is."""
    if fault.name == "gateway":
        return page(fault.word("status"))
    if fault.name == "throttled":
        return page("429")
    if fault.name == "expired-link":
        return storage_error(fault.word("status"))
    return replace(NOTHING, fault=fault)


def spoilt(fault: Fault, response: Response) -> Response:
    """The response with its fault: altered, or with the steps that the connection needs."""
    match fault.name:
        case "gateway" | "expired-link":
            return in_place_of_an_answer(fault)
        case "throttled":
            seconds = fault.values["retry_after"]
            return _with(
                response, b"retry-after", None if seconds is None else b"%d" % int(fault.number("retry_after"))
            )
        case "malformed":
            return _with(
                replace(response, body=response.body[: len(response.body) // 2] or b"{"), b"content-length", None
            )
        case "empty":
            return _with(replace(response, body=b""), b"content-length", None)
        case "wrong-content-type":
            return _with(response, b"content-type", fault.word("type").encode())
    return replace(response, fault=fault)


def _with(response: Response, name: bytes, value: bytes | None) -> Response:
    """The response with one header in place of those of that name; with none of them if the value is None."""
    others = tuple(pair for pair in response.headers if pair[0] != name)
    return replace(response, headers=others if value is None else (*others, (name, value)))


# Steps ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait for real seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Begin:
    """Send the status and the headers."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Send a piece of the body; `last` ends the response."""

    data: bytes
    last: bool = False


@dataclass(frozen=True, slots=True)
class Raw:
    """Write bytes to the connection as they are."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Reset:
    """End the connection with a TCP RST."""


@dataclass(frozen=True, slots=True)
class Close:
    """End the connection when everything is written."""


Step = Wait | Begin | Piece | Raw | Reset | Close


def steps(fault: Fault, response: Response, *, headers: Headers, head: bool) -> Iterator[Step]:
    """The steps on the connection for a fault that needs more than another response.

    Args:
        headers: as they would be sent, Content-Length included.
        head: the request was a HEAD, whose response has no body.
    """
    body = b"" if head else response.body
    simple = _without_a_reply(fault)
    if simple is not None:
        return iter(simple)
    if fault.name == "delay":
        return _late(fault, body)
    if fault.name == "drip":
        return _dripping(fault, body)
    return _broken_off(fault, _head(response.status, headers, longer=_off(fault)), body)


def _without_a_reply(fault: Fault) -> list[Step] | None:
    """The steps where nothing of the response is sent; None where something is."""
    match fault.name, fault.values.get("by"):
        case ("hang", _) | ("lost-answer", "hang"):
            return [Wait(fault.number("seconds")), Close()]
        case ("close", _) | ("lost-answer", "close"):
            return [Close()]
        case ["garbage", _]:
            return [Raw(GARBAGE), Close()]
        case ["lost-answer", _]:
            return [Reset()]
        case ["reset", _] if not fault.handled:
            return [Reset()]
    return None


def _late(fault: Fault, body: bytes) -> Iterator[Step]:
    wait = Wait(fault.number("seconds"))
    first: tuple[Step, ...] = (wait, Begin()) if fault.word("before") == "headers" else (Begin(), wait)
    return iter([*first, Piece(body, last=True)])


def _dripping(fault: Fault, body: bytes) -> Iterator[Step]:
    """Piece by piece; what is left after the longest wait comes at once."""
    size, every = int(fault.number("bytes")), fault.number("every")
    yield Begin()
    at, waited = 0, 0.0
    while len(body) - at > size and waited + every <= LONGEST_WAIT:
        yield Wait(every)
        yield Piece(body[at : at + size])
        at, waited = at + size, waited + every
    yield Wait(every)
    yield Piece(body[at:], last=True)


def _broken_off(fault: Fault, head: bytes, body: bytes) -> Iterator[Step]:
    """A head and the body, or half of it, then the end of the connection."""
    part = body if fault.name == "wrong-length" else body[: len(body) // 2]
    end: Step = Reset() if fault.name == "reset" else Close()
    return iter([Raw(head + part), end])


def _off(fault: Fault) -> int:
    return int(fault.number("by")) if fault.name == "wrong-length" else 0


def _head(status: int, headers: Headers, *, longer: int) -> bytes:
    """Status line and headers as bytes, with a Content-Length that is off by so much."""
    lines = [f"HTTP/1.1 {status} {reason_phrase(status)}".encode()]
    for name, value in headers:
        changed = b"%d" % max(0, int(value) + longer) if name == b"content-length" else _CONTROL.sub(b"", value)
        lines.append(name + b": " + changed)
    return b"\r\n".join([*lines, b"connection: close", b"", b""])
