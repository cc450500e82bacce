"""Why an exchange failed, without what the HTTP library quotes of the other side's bytes."""

import pytest

from mockreel.engine.redaction.transport_reason import transport_reason

SECRET = "hush-Zk4mPq9XwL2vTn8B"


class InvalidURL(Exception):
    """As the HTTP client's own is called."""


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        (OSError(f"illegal header line: {bytearray(f'X Key: {SECRET}'.encode())!r}"), "illegal header line"),
        (OSError(f"illegal status line: {bytearray(f'it{chr(39)}s {SECRET}'.encode())!r}"), "illegal status line"),
        (OSError(f"Illegal header value {SECRET.encode()!r}"), "Illegal header value"),
        (
            OSError(f"illegal chunk header: {bytearray(f'{SECRET}{chr(34)}{chr(39)}'.encode())!r}"),
            "illegal chunk header",
        ),
        (InvalidURL(f"Invalid port: '{SECRET}@host'"), "Invalid port"),
        (
            ValueError(f"Port could not be cast to integer value as '{SECRET}'"),
            "Port could not be cast to integer value",
        ),
        (OSError("Server disconnected without sending a response."), "Server disconnected without sending a response"),
        (OSError("[Errno 111] Connection refused"), "[Errno 111] Connection refused"),
        (OSError("Request URL is missing an 'http://' protocol."), "Request URL is missing an 'http://' protocol"),
        (OSError(), "OSError"),
    ],
)
def test_a_reason_quotes_nothing_of_the_other_side(problem: Exception, reason: str) -> None:
    """It stays a clause, and one without words has the error's name."""
    assert transport_reason(problem) == reason
