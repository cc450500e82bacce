"""The webhooks that a server sent, beside those that the models send for the same jobs."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mockreel.conformance.checks.differential.differential_replay import PlayedLog
from mockreel.conformance.checks.differential.reply_comparison import ComparedExchange, Difference
from mockreel.conformance.checks.differential.symbols import texts
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.pointers import values
from mockreel.simulator.in_process.memory_receiver import Arrival

if TYPE_CHECKING:
    from mockreel.conformance.check_context import CheckContext

# After which every attempt at a webhook was made.
ENOUGH_SECONDS = 600.0
# What HTTP itself needs, and what the client that sends chooses.
_TRANSPORT = frozenset({"host", "content-length", "user-agent", "connection", "accept", "accept-encoding", "date"})


def webhooks(context: "CheckContext", played: PlayedLog) -> Iterator[ComparedExchange]:
    """Each attempt at a webhook that a model has made too, with the submit that asked for it."""
    receiver = context.target.receiver
    submits = dict(_submits(context))
    arrivals = {url: receiver.of(url) for url in submits} if receiver is not None else {}
    for each in arrivals.values():
        for arrival in each:
            played.jobs.learn(_response(arrival).json)
    for model in played.models:
        model.pass_time(ENOUGH_SECONDS)
    for url, attempts in arrivals.items():
        one, other = (model.receiver.of(url) if model.receiver else [] for model in played.models)
        for mine, left, right in zip(attempts, one, other, strict=False):
            responses = [_response(arrival) for arrival in (mine, left, right)]
            found = [*played.documents(*(response.json for response in responses)), *_headers(mine, left, right)]
            request, number = submits[url]
            yield ComparedExchange(request, responses[0], responses[1], tuple(found), number)


def _submits(context: "CheckContext") -> Iterator[tuple[str, tuple[SentRequest, int]]]:
    """The URL at which each submit of the log wants its webhook, and its number, where nothing else was to be sent."""
    named = Counter(text for request, _ in context.log for text in set(texts(request.json)) if "://" in text)
    for number, (request, _) in enumerate(context.log):
        found = context.webhooks.of(request.operation) if request.operation else None
        url = next(iter(values(request.json, found[0])), None) if found is not None else None
        if isinstance(url, str) and named[url] == 1:
            yield url, (request, number)


def _headers(arrival: Arrival, one: Arrival, other: Arrival) -> Iterator[Difference]:
    for name, value in one.headers.items():
        if name in _TRANSPORT or name not in other.headers:
            continue
        if name not in arrival.headers:
            yield Difference(f"header {name}", "entry", value, "no such header")
        elif value == other.headers[name] and arrival.headers[name].partition(";")[0] != value.partition(";")[0]:
            yield Difference(f"header {name}", "header", value, arrival.headers[name])


def _response(arrival: Arrival) -> ReceivedResponse:
    return ReceivedResponse(200, arrival.headers, arrival.body)
