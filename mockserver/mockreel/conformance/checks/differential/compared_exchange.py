"""One exchange with a server beside what a model of the contract answers."""

from dataclasses import dataclass

from mockreel.conformance.checks.differential.reply_comparison import Difference
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest


@dataclass(frozen=True, slots=True)
class ComparedExchange:
    """One exchange with the server, what the first model said to the same, and in what they differ."""

    request: SentRequest
    response: ReceivedResponse
    model: ReceivedResponse
    differences: tuple[Difference, ...]
    number: int = -1  # which exchange of the log it is
