"""Requests and responses as the engine sees them."""

import tracemalloc
from dataclasses import replace

import orjson
import pytest

from mockreel.contract.messages.message import Request, exact, json_response, problem

REQUEST = Request("GET", "/", [(b"a", b"1"), (b"b", b"2"), (b"a", b"3")], b"", b"", "http://mock.test")


def test_the_first_header_of_a_name_is_given() -> None:
    """None where there is none."""
    assert REQUEST.header(b"a") == b"1"
    assert REQUEST.header(b"c") is None


def test_a_request_with_other_headers_has_those() -> None:
    """What is cached about the headers of the first is not used."""
    request = replace(REQUEST)
    assert request.header(b"a") == b"1"

    assert replace(request, headers=[(b"a", b"4")]).header(b"a") == b"4"


def test_a_request_does_not_show_where_a_key_may_stand() -> None:
    """Its text gets into logs and tracebacks."""
    headers = [(b"authorization", b"Bearer s3cret")]

    assert "s3cret" not in repr(Request("POST", "/v1", headers, b"key=s3cret", b'{"key":"s3cret"}', ""))


def test_headers_of_one_name_can_be_read_as_one_list() -> None:
    """As HTTP lets a list be sent in several lines."""
    assert REQUEST.joined(b"a") == b"1, 3"
    assert REQUEST.joined(b"b") == b"2"
    assert REQUEST.joined(b"c") is None


def test_a_json_response_can_hold_bytes_that_are_json_already() -> None:
    """The content type comes first, then the other headers."""
    response = json_response(201, {"input": orjson.Fragment(b'{"a":1}')}, headers=((b"x-a", b"1"),))

    assert (response.status, response.body) == (201, b'{"input":{"a":1}}')
    assert response.headers == ((b"content-type", b"application/json"), (b"x-a", b"1"))


def test_the_mock_servers_own_error_differs_from_a_providers() -> None:
    """It has its own media type, and a type that no provider has."""
    response = problem(400, "Unknown scenario", "there is none", more={"valid": ["succeed"]})

    assert dict(response.headers)[b"content-type"] == b"application/problem+json"
    assert orjson.loads(response.body) == {
        "type": "https://mockreel.invalid/problems/unknown-scenario",
        "title": "Unknown scenario",
        "status": 400,
        "detail": "there is none",
        "valid": ["succeed"],
    }


@pytest.mark.parametrize("size", [0, 1, 284, 5000])
def test_stored_bytes_use_no_more_memory_than_their_length(size: int) -> None:
    """What orjson gives may pin a page; the copy does not."""
    stored = []
    tracemalloc.start()
    try:
        for _ in range(100):
            stored.append(exact(orjson.dumps("x" * size)))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert stored[0] == b'"' + b"x" * size + b'"'
    assert held < 100 * (size + 200)
