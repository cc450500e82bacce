"""What a fault makes of a response, without a socket: another response, or steps."""

import pytest

from mockreel.contract.messages.message import Response, json_response
from mockreel.engine.faults import Fault, in_place_of_an_answer, read_fault, spoilt, steps
from mockreel.engine.faults.response_effects import Begin, Close, Piece, Raw, Reset, Step, Wait
from mockreel.engine.faults.response_faults import LONGEST_WAIT

REPLY = json_response(200, {"id": "7"}, headers=((b"retry-after", b"9"), (b"x-kept", b"yes")))


def taken(text: str, body: bytes = b"0123456789", *, head: bool = False) -> list[Step]:
    headers = [(b"x-kept", b"yes"), (b"content-length", b"%d" % len(body))]
    return list(steps(read_fault(text), Response(200, body), headers=headers, head=head))


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("delay; seconds=2", [Wait(2.0), Begin(), Piece(b"0123456789", last=True)]),
        ("delay; seconds=2; before=body", [Begin(), Wait(2.0), Piece(b"0123456789", last=True)]),
        (
            "drip; bytes=4; every=0.5",
            [
                *(Begin(), Wait(0.5), Piece(b"0123"), Wait(0.5), Piece(b"4567")),
                *(Wait(0.5), Piece(b"89", last=True)),
            ],
        ),
        ("reset", [Reset()]),
        ("close", [Close()]),
        ("hang; seconds=7", [Wait(7.0), Close()]),
        ("lost-answer", [Reset()]),
        ("lost-answer; by=close", [Close()]),
        ("lost-answer; by=hang; seconds=7", [Wait(7.0), Close()]),
    ],
)
def test_the_steps_of_a_fault(fault: str, expected: list[Step]) -> None:
    """In their order; the last piece ends the response."""
    assert taken(fault) == expected


@pytest.mark.parametrize(
    ("fault", "length", "body", "end"),
    [
        ("truncated", b"10", b"01234", Close()),
        ("reset; at=middle", b"10", b"01234", Reset()),
        ("wrong-length; by=5", b"15", b"0123456789", Close()),
        ("wrong-length; by=-3", b"7", b"0123456789", Close()),
        ("wrong-length; by=-30", b"0", b"0123456789", Close()),
    ],
)
def test_a_response_may_have_a_wrong_length(fault: str, length: bytes, body: bytes, end: Step) -> None:
    """The head is written as it would be, but for the length."""
    raw, last = taken(fault)

    assert isinstance(raw, Raw)
    assert raw.data == (
        b"HTTP/1.1 200 OK\r\nx-kept: yes\r\ncontent-length: " + length + b"\r\nconnection: close\r\n\r\n" + body
    )
    assert last == end


def test_a_response_to_a_head_has_no_body_to_lose() -> None:
    """Under any fault."""
    assert taken("drip", head=True) == [Begin(), Wait(0.1), Piece(b"", last=True)]


def test_a_drip_ends_in_the_end() -> None:
    """The rest is sent at once after the longest wait."""
    found = taken("drip; bytes=1; every=60", b"x" * 100_000)
    waits = [step.seconds for step in found if isinstance(step, Wait)]

    assert sum(waits) <= LONGEST_WAIT + 60
    assert sum(len(step.data) for step in found if isinstance(step, Piece)) == 100_000


def test_no_header_can_end_the_head() -> None:
    """What is written past the server's own checks is checked here."""
    headers = [(b"x-evil", b"a\r\nx-more: b"), (b"content-length", b"0")]
    raw, _ = steps(Fault.of("truncated"), Response(299, b""), headers=headers, head=False)

    assert isinstance(raw, Raw)
    assert b"x-evil: ax-more: b\r\n" in raw.data
    assert raw.data.startswith(b"HTTP/1.1 299 \r\n")


@pytest.mark.parametrize(
    ("fault", "status", "body", "changed"),
    [
        ("malformed", 200, REPLY.body[: len(REPLY.body) // 2], {}),
        ("empty", 200, b"", {}),
        ("wrong-content-type; type=text/plain", 200, REPLY.body, {b"content-type": b"text/plain"}),
        ("throttled", 200, REPLY.body, {b"retry-after": None}),
        ("throttled; retry_after=0", 200, REPLY.body, {b"retry-after": b"0"}),
    ],
)
def test_a_fault_within_http_is_another_response(
    fault: str, status: int, body: bytes, changed: dict[bytes, bytes | None]
) -> None:
    """Its other headers stay; the one that was given is left as it is."""
    found = spoilt(read_fault(fault), REPLY)
    expected = {name: value for name, value in {**dict(REPLY.headers), **changed}.items() if value is not None}

    assert (found.status, found.body, dict(found.headers), found.fault) == (status, body, expected, None)
    assert REPLY.fault is None


def test_a_body_that_cannot_be_cut_is_broken_all_the_same() -> None:
    """Of one byte, or none."""
    assert spoilt(Fault.of("malformed"), Response(200, b"7")).body == b"{"


@pytest.mark.parametrize("status", ["502", "503", "504", "524"])
def test_a_gateways_page_is_whole(status: str) -> None:
    """In words of ours, which name no product."""
    found = in_place_of_an_answer(read_fault(f"gateway; status={status}"))

    assert found.status == int(status)
    assert found.body.startswith(b"<!doctype html>")
    assert status.encode() in found.body
    assert spoilt(read_fault(f"gateway; status={status}"), REPLY) == found
