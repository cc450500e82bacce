"""Summarize what a program did at the mock server, and what it would have cost."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from mockreel.contract.pricing import Cost
from mockreel.engine.artifacts import artifact
from mockreel.engine.billing import CostSummary, cost_avoided, plain
from mockreel.engine.journal.journal import Entry
from mockreel.proxy.intercept.traffic_record import TrafficRecord
from mockreel.simulator.provider import Provider
from mockreel.simulator.simulator import Simulator

# The most reasons to list for rejected requests, and for callbacks that were not delivered.
MOST_REASONS = 5


@dataclass(slots=True)
class Account:
    """What happened at all providers, and the estimated cost avoided."""

    requests: int = 0
    cost_avoided: CostSummary = field(default_factory=CostSummary)
    lines: list[str] = field(default_factory=list)


def account_of(simulator: Simulator) -> Account:
    """What happened at a mock server, as lines of text."""
    account = Account(cost_avoided=cost_avoided(simulator))
    for provider in simulator.providers.values():
        entries = [entry for entry in simulator.journal if entry.provider == provider.name and not _is_file(entry)]
        account.requests += len(entries)
        if entries:
            account.lines.append(f"{provider.contract.title}: {_count(len(entries), 'request')}")
            account.lines += [
                f"  {line}" for line in (*_requests(entries), *_keys(provider), *_jobs(provider), *_callbacks(provider))
            ]
    if simulator.journal.count > len(simulator.journal):
        account.lines.append(f"Of {simulator.journal.count} requests the newest {len(simulator.journal)} are listed.")
    return account


def _is_file(entry: Entry) -> bool:
    """Whether a request fetched a result, which is not part of the provider's API."""
    return entry.operation is None and entry.path.startswith((artifact.MEDIA, artifact.UPLOADS))


def _requests(entries: list[Entry]) -> Iterator[str]:
    """Each operation with its responses, and why requests were rejected."""
    responses = Counter(
        (entry.operation or f"{entry.method} {entry.path}", entry.status, entry.row, entry.fault) for entry in entries
    )
    for (name, status, row, fault), times in responses.items():
        outcome = f"{status or 'not answered'}{f' {row}' if row else ''}{f' (fault {fault})' if fault else ''}"
        yield f"{name} {outcome}{f' {_times(times)}' if times > 1 else ''}"
    broken = (f"{one.pointer or 'the body'}: {one.message}" for entry in entries for one in entry.violations)
    yield from (f"rejected for {reason}" for reason in list(dict.fromkeys(broken))[:MOST_REASONS])


def _keys(provider: Provider) -> Iterator[str]:
    """Keys that were accepted here and that the provider would reject, often for an unset variable."""
    if provider.keyring.odd:
        forms = ", ".join(f"{prefix}…" for prefix, _ in provider.keyring.prefixes)
        yield (
            f"{_count(provider.keyring.odd, 'key')} without the form of {provider.contract.title}'s ({forms}): the "
            "provider would reject it. Is its variable set?"
        )


def _jobs(provider: Provider) -> Iterator[str]:
    """The jobs by model, state and price."""
    now = provider.clock.now()
    jobs = list(provider.jobs)
    counts = Counter((job.model.id if job.model else job.kind, job.state(now).word, _price(job.cost)) for job in jobs)
    for (name, word, price), times in counts.items():
        yield f"{name}: {word}, {price}{f' each, {times} jobs' if times > 1 else ''}"


def _price(cost: Cost | None) -> str:
    if cost is None or cost.amount is None:
        return "price unknown"
    return f"{'at least ' if cost.certainty == 'at least' else ''}{plain(cost.amount)} {cost.currency}"


def _callbacks(provider: Provider) -> Iterator[str]:
    """The callbacks that were sent, and why others were not delivered."""
    standing = Counter(delivery.status for delivery in provider.deliveries)
    if standing:
        yield "callbacks: " + ", ".join(f"{times} {word}" for word, times in standing.items())
    lost = {delivery.reason: delivery for delivery in provider.deliveries if delivery.reason}
    for reason, delivery in list(lost.items())[:MOST_REASONS]:
        yield f"not delivered: {reason}"
        if delivery.attempts and delivery.attempts[-1].outcome.error == "not allowed":
            parts = urlsplit(delivery.url)
            origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
            yield f"  send it home: --callback-map {origin}=http://127.0.0.1:PORT"


def passed(traffic: TrafficRecord, hosts: list[str], *, requests: int, guarded: bool) -> Iterator[str]:
    """Lines about the calls: none arrived, some were blocked, or the program did not trust the certificate."""
    for host, times in traffic.distrusted.items():
        yield (
            f"{_count(times, 'connection')} to {host} ended before any request: the program does not trust this "
            "run's certificate. It reads none of SSL_CERT_FILE, REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE and "
            "NODE_EXTRA_CA_CERTS; set its base URL instead (mockreel serve)."
        )
    if traffic.refused:
        yield "Refused: " + ", ".join(f"{host} {_times(times)}" for host, times in traffic.refused.items()) + "."
    if traffic.outside:
        yield "Let through: " + ", ".join(f"{host} {_times(times)}" for host, times in traffic.outside.items()) + "."
    if not requests and guarded:
        yield f"Nothing arrived: no request came for {', '.join(hosts)}, and nothing left this machine."
    elif not requests:
        yield (
            f"Nothing arrived. Either the program did not call {', '.join(hosts)}, or it ignores the proxy variables "
            "(HTTPS_PROXY) and may have made real calls: then set its base URL instead (mockreel serve)."
        )


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
