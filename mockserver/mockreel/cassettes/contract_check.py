"""Whether each response and webhook of a cassette conforms to the contract, under the cassette's readings."""

import codecs
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson

from mockreel.authoring.documents.openapi_document import is_json
from mockreel.cassettes.cassette import Cassette, Exchange, InboundCallback
from mockreel.cassettes.expectation import Place
from mockreel.contract import Contract, Operation
from mockreel.contract.exchanges.exchange import ReceivedResponse
from mockreel.contract.exchanges.response_check import ResponseChecker
from mockreel.contract.messages.json_text import parsed_json
from mockreel.contract.validation import Violation
from mockreel.webhooks.payloads import documented


class Validity:
    """Judges the cassettes of one contract; what is compiled once serves them all."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._response_checker = ResponseChecker(contract)
        self._callbacks = documented(contract)

    def wrong(self, cassette: Cassette, place: Place) -> Iterator[str]:
        """What breaks the contract about an exchange's response, or about a callback."""
        if place.kind == "callback":
            return self._callback(cassette.callbacks[place.number])
        return self._reply(cassette.exchanges[place.number])

    def is_covered(self, cassette: Cassette, place: Place) -> bool:
        """Whether the contract covers it at all."""
        if place.kind == "exchange":
            return self.operation(cassette.exchanges[place.number]) is not None
        payload = parsed_json(cassette.callbacks[place.number].body)
        fields = set(payload) if isinstance(payload, dict) else set()
        return any(one.required and one.required <= fields for one in self._callbacks)

    def operation(self, exchange: Exchange) -> Operation | None:
        """The requested operation; None if the contract does not have it."""
        found = self._contract.router.find(unquote(urlsplit(exchange.uri).path))
        return found.methods.get(exchange.method) if found else None

    def _reply(self, exchange: Exchange) -> Iterator[str]:
        operation = self.operation(exchange)
        if operation is None:
            yield f"the contract has no operation {exchange.method} {urlsplit(exchange.uri).path}"
            return
        found = self._response_checker.documented(operation, exchange.status)
        if found is None:
            yield f"{operation.id} documents no status {exchange.status}, only {', '.join(operation.statuses)}"
            return
        if exchange.reply_trouble:
            yield f"its body cannot be read: {exchange.reply_trouble}"
            return
        key, response = found
        received = received_response(exchange)
        media = self._response_checker.wrong_media(response, received)
        if media:
            yield media
        elif trouble := body_trouble(response, received):
            yield trouble
        else:
            yield from self._response_checker.violations(operation, key, response, received)

    def _callback(self, callback: InboundCallback) -> Iterator[str]:
        payload = parsed_json(callback.body)
        found: list[tuple[Violation, ...]] = [one.wrong(payload) for one in self._callbacks]
        if not found:
            yield "the contract has no callback"
        elif all(found):
            yield from (f"{one.pointer or '/'}: {one.message[:300]}" for one in min(found, key=len))


def body_trouble(response: Mapping[str, Any], received: ReceivedResponse, media: str | None = None) -> str:
    """Why a body is not JSON where the documented response is; empty if it is.

    Args:
        media: the expected content type; the response's own if None.
    """
    media = received.media if media is None else media
    entry = response.get("content", {}).get(media)
    if entry is None or "schema" not in entry or not is_json(media):
        return ""
    if not received.body.strip():
        return "its body is empty"
    try:
        orjson.loads(received.body)
    except orjson.JSONDecodeError as problem:
        if received.body.startswith(codecs.BOM_UTF8):
            return "its body begins with a byte order mark, which JSON must not have (RFC 8259, 8.1)"
        return f"its body is no JSON ({problem})"
    return ""


def received_response(exchange: Exchange) -> ReceivedResponse:
    """The recorded response as the checks see one."""
    return ReceivedResponse(
        exchange.status, {name.lower(): value for name, value in exchange.reply_headers}, exchange.reply
    )
