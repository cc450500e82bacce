"""What a client did that it may not do, as it passes by: the client rules over exchanges with the real provider."""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from urllib.parse import unquote

from mockreel.contract import Contract
from mockreel.contract.exchanges.error_detection import ErrorDetector
from mockreel.contract.exchanges.exchange import ReceivedResponse
from mockreel.contract.messages.duplicate_keys import duplicates
from mockreel.engine.journal.exchange_content import Said
from mockreel.engine.journal.journal import Entry
from mockreel.proxy.passed_exchange import Asked
from mockreel.simulator.client_rules import Judge, Selection, Violation

# As the journal of a simulator calls a response that did not arrive whole, and a job that nobody was told of.
LOST = "lost-answer"
# As many errors are named where a response may be several.
MOST_NAMED = 3
UNTOLD = "a job that nobody was told of"


class ClientWatch:
    """Holds what passes by against the client rules, in the order in which responses end.

    Args:
        selection: the rules that are looked for.
    """

    def __init__(self, contract: Contract, selection: Selection) -> None:
        self._contract = contract
        self._error_detector = ErrorDetector(contract)
        self._judge = Judge(contract, selection)

    def look(
        self,
        asked: Asked,
        status: int,
        response: ReceivedResponse | None,
        *,
        job: str | None,
        keys: Iterable[str],
        whole: bool,
    ) -> Iterator[Violation]:
        """What one more exchange breaks.

        Args:
            response: the response, where it can be read.
            job: the id of the job that it began or asked about.
            keys: every key that the request carries; only a hash of them is kept.
            whole: the response came to its end.
        """
        lost = not whole or status >= 500
        operation = asked.operation
        begins = operation is not None and operation.submits and lost
        yield from self._judge.request(
            Entry(
                at=asked.at,
                provider=self._contract.provider,
                account=sha256("\n".join(keys).encode()).hexdigest(),
                method=asked.method,
                path=unquote(asked.path),
                operation=operation.id if operation else None,
                status=status,
                row=self._row(asked, response),
                violations=duplicates(asked.plain, asked.ask().json) if asked.plain else (),
                said=Said(
                    asked.query,
                    tuple(asked.headers),
                    asked.plain or b"",
                    response.body if response else b"",
                    _pairs(response),
                ),
                job=UNTOLD if begins else job,
                fault=LOST if lost else None,
                real=asked.at,
            )
        )

    def _row(self, asked: Asked, response: ReceivedResponse | None) -> str | None:
        """The error that a response tells of; where it may be several, one that may be tried again."""
        if response is None or not self._error_detector.refused(response):
            return None
        rows = [
            row.name
            for row in self._contract.errors.values()
            if self._error_detector.is_row(response, row, asked.operation)
        ]
        again = self._contract.conversation.client_rules.retry
        mild = [name for name in rows if again is not None and name in again[0]]
        return mild[0] if mild else " or ".join(rows[:MOST_NAMED]) or None


def _pairs(response: ReceivedResponse | None) -> tuple[tuple[bytes, bytes], ...]:
    headers = response.headers if response else {}
    return tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items())
