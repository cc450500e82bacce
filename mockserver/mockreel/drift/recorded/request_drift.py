"""Drift of requests: what was taken that we would refuse, and what was refused that we would take."""

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
    """Compares requests, and what became of them, with one contract."""

    def __init__(self, contract: Contract, core: Core) -> None:
        self._core = core
        self._request_checker = RequestChecker(contract)
        self._error_detector = ErrorDetector(contract)

    def drift(self, recorded: Recorded) -> Iterator[Finding]:
        """Where the provider takes or refuses a request otherwise than the contract says."""
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
        refused = self._error_detector.refused(recorded.told)
        witness = {"method": exchange.method, "path": parts.path, "query": parts.query, "body": _json(exchange.body)}
        if not refused and verdict.row is not None:
            says = "a request was taken that the contract forbids"
            told = list(verdict.violations)
            yield recorded.finding("request", "compatible", says, told, "taken", witness=witness)
        elif refused and verdict.row is None and self._is_for_its_form(recorded):
            says, came = "a request was refused for its form that the contract allows", recorded.told.json
            yield recorded.finding("request", "breaking for requests", says, "taken", came, witness=witness)

    def _is_for_its_form(self, recorded: Recorded) -> bool:
        response = recorded.told
        return (
            self._core.error_reader.kind(IncomingResponse(response.status, response.headers, response.body))
            == "invalid"
        )


def _json(body: bytes) -> object:
    try:
        return orjson.loads(body) if body else NOTHING
    except orjson.JSONDecodeError:
        return body.decode("utf-8", "replace")
