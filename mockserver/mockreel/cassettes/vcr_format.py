"""Exchanges as vcrpy has them, and as we do."""

from collections.abc import Mapping, Sequence
from typing import Any

from mockreel.cassettes.cassette import Exchange
from mockreel.contract.messages.reason_phrase import reason_phrase


def exchanges_of(requests: Sequence[Any], replies: Sequence[Mapping[str, Any]]) -> list[Exchange]:
    """What vcrpy has recorded."""
    return [_exchange(request, reply) for request, reply in zip(requests, replies, strict=True)]


def _exchange(request: Any, reply: Mapping[str, Any]) -> Exchange:
    body = request.body
    body = b"" if body is None else body.encode() if isinstance(body, str) else bytes(body)
    reply_headers = tuple((name, value) for name, values in reply["headers"].items() for value in values)
    content = reply["body"]["string"]
    content = content.encode() if isinstance(content, str) else bytes(content or b"")
    request_headers = tuple((name, str(value)) for name, value in request.headers.items())
    return Exchange(
        request.method, request.uri, request_headers, body, int(reply["status"]["code"]), reply_headers, content
    )


def vcr_of(exchanges: Sequence[Exchange]) -> tuple[list[Any], list[dict[str, Any]]]:
    from vcr.request import Request  # noqa: PLC0415

    requests = [Request(one.method, one.uri, one.body or None, dict(one.headers)) for one in exchanges]
    return requests, [_reply(one) for one in exchanges]


def _reply(exchange: Exchange) -> dict[str, Any]:
    headers: dict[str, list[str]] = {}
    for name, value in exchange.reply_headers:
        headers.setdefault(name, []).append(value)
    return {
        # The server's own phrase could say anything.
        "status": {"code": exchange.status, "message": reason_phrase(exchange.status)},
        "headers": headers,
        "body": {"string": exchange.reply},
    }
