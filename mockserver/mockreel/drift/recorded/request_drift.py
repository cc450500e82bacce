"""Drift of requests: accepted ones that the contract forbids, and rejected ones that it allows."""

from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

import orjson

from mockreel.client.flows import Core
from mockreel.client.http.steps import IncomingResponse
from mockreel.contract import Contract
from mockreel.contract.exchanges.error_detection import ErrorDetector
from mockreel.contract.exchanges.exchange import SentRequest
from mockreel.contract.exchanges.request_check import RequestChecker
from mockreel.drift.finding import NOTHING, Finding
from mockreel.drift.recorded.recorded_exchange import Recorded


class RequestJudge:
    """Compares requests and their outcome with one contract."""

    def __init__(self, contract: Contract, core: Core) -> None:
        self._core = core
        self._request_checker = RequestChecker(contract)
        self._error_detector = ErrorDetector(contract)

    def drift(self, recorded: Recorded) -> Iterator[Finding]:
        """Where the provider accepts or rejects a request and the contract does not."""
        operation, exchange = recorded.operation, recorded.exchange
        if exchange.body_trouble:
            says = f"the recorded request cannot be read: {exchange.body_trouble}"
            yield recorded.finding("request", "unchecked", says)
        if operation is None or recorded.filled("request/body") or recorded.filled("request/uri"):
            return
        parts = urlsplit(exchange.uri)
        request = SentRequest(
            exchange.method, unquote(parts.path), parts.query, dict(exchange.headers), exchange.body, operation
        )
        verdict = self._request_checker.judge(request)
        refused = self._error_detector.refused(recorded.response)
        witness = {"method": exchange.method, "path": parts.path, "query": parts.query, "body": _json(exchange.body)}
        if not refused and verdict.row is not None:
            says = "the provider accepted a request that the contract forbids"
            violations = list(verdict.violations)
            yield recorded.finding("request", "compatible", says, violations, "accepted", witness=witness)
        elif refused and verdict.row is None and self._is_for_its_form(recorded):
            says, error = "the provider rejected the form of a request that the contract allows", recorded.response.json
            yield recorded.finding("request", "breaking for requests", says, "accepted", error, witness=witness)

    def _is_for_its_form(self, recorded: Recorded) -> bool:
        response = recorded.response
        return (
            self._core.error_reader.kind(IncomingResponse(response.status, response.headers, response.body))
            == "invalid"
        )


def _json(body: bytes) -> object:
    try:
        return orjson.loads(body) if body else NOTHING
    except orjson.JSONDecodeError:
        return body.decode("utf-8", "replace")
