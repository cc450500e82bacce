"""Check the client rules on exchanges with the real provider."""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from urllib.parse import unquote

from mockreel.contract import Contract
from mockreel.contract.exchanges.error_detection import ErrorDetector
from mockreel.contract.exchanges.exchange import ReceivedResponse
from mockreel.contract.messages.duplicate_keys import duplicates
from mockreel.engine.journal.exchange_content import ExchangeContent
from mockreel.engine.journal.journal import Entry
from mockreel.proxy.proxy_exchange import ClientRequest
from mockreel.simulator.client_rules import Judge, Selection, Violation

# As in a simulator's journal: the fault of an incomplete response, and a job whose id the client never received.
LOST = "lost-answer"
# The most errors to name for an ambiguous response.
MOST_NAMED = 3
UNREPORTED = "a job without a received id"


class ClientWatch:
    """Checks exchanges against the client rules, in the order in which responses end.

    Args:
        selection: the rules to check.
    """

    def __init__(self, contract: Contract, selection: Selection) -> None:
        self._contract = contract
        self._error_detector = ErrorDetector(contract)
        self._judge = Judge(contract, selection)

    def look(
        self,
        client_request: ClientRequest,
        status: int,
        response: ReceivedResponse | None,
        *,
        job: str | None,
        keys: Iterable[str],
        whole: bool,
    ) -> Iterator[Violation]:
        """The violations of one more exchange.

        Args:
            response: the response, if it can be read.
            job: the id of the job that it started or polled.
            keys: every key that the request carries; only a hash of them is kept.
            whole: the response arrived completely.
        """
        lost = not whole or status >= 500
        operation = client_request.operation
        begins = operation is not None and operation.submits and lost
        yield from self._judge.request(
            Entry(
                at=client_request.at,
                provider=self._contract.provider,
                account=sha256("\n".join(keys).encode()).hexdigest(),
                method=client_request.method,
                path=unquote(client_request.path),
                operation=operation.id if operation else None,
                status=status,
                row=self._row(client_request, response),
                violations=duplicates(client_request.plain, client_request.sent_request().json)
                if client_request.plain
                else (),
                content=ExchangeContent(
                    client_request.query,
                    tuple(client_request.headers),
                    client_request.plain or b"",
                    response.body if response else b"",
                    _pairs(response),
                ),
                job=UNREPORTED if begins else job,
                fault=LOST if lost else None,
                real=client_request.at,
            )
        )

    def _row(self, client_request: ClientRequest, response: ReceivedResponse | None) -> str | None:
        """The error of a response; if it is ambiguous, preferably one that may be retried."""
        if response is None or not self._error_detector.refused(response):
            return None
        rows = [
            row.name
            for row in self._contract.errors.values()
            if self._error_detector.is_row(response, row, client_request.operation)
        ]
        again = self._contract.conversation.client_rules.retry
        mild = [name for name in rows if again is not None and name in again[0]]
        return mild[0] if mild else " or ".join(rows[:MOST_NAMED]) or None


def _pairs(response: ReceivedResponse | None) -> tuple[tuple[bytes, bytes], ...]:
    headers = response.headers if response else {}
    return tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items())
