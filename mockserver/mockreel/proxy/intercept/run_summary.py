"""What a program did at the mock server, and what it would have cost."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from mockreel.contract.pricing import Cost
from mockreel.engine.artifacts import artifact
from mockreel.engine.billing import CostSummary, cost_avoided, plain
from mockreel.engine.journal.journal import Entry
from mockreel.proxy.intercept.traffic_record import Passage
from mockreel.simulator.provider import Provider
from mockreel.simulator.simulator import Simulator

# So many different reasons are told of refused requests and of callbacks that did not arrive.
MOST_REASONS = 5


@dataclass(slots=True)
class Account:
    """What happened, over all providers, and the sums that were not spent."""

    requests: int = 0
    cost_avoided: CostSummary = field(default_factory=CostSummary)
    lines: list[str] = field(default_factory=list)


def account_of(simulator: Simulator) -> Account:
    """What happened on a mock server, in lines for people."""
    account = Account(cost_avoided=cost_avoided(simulator))
    for provider in simulator.providers.values():
        entries = [entry for entry in simulator.journal if entry.provider == provider.name and not _is_file(entry)]
        account.requests += len(entries)
        if entries:
            account.lines.append(f"{provider.contract.title}: {_count(len(entries), 'request')}")
            account.lines += [
                f"  {line}" for line in (*_asked(entries), *_keys(provider), *_made(provider), *_told(provider))
            ]
    if simulator.journal.count > len(simulator.journal):
        account.lines.append(f"Of {simulator.journal.count} requests the newest {len(simulator.journal)} are listed.")
    return account


def _is_file(entry: Entry) -> bool:
    """A result that was fetched; it is not the provider's API."""
    return entry.operation is None and entry.path.startswith((artifact.MEDIA, artifact.UPLOADS))


def _asked(entries: list[Entry]) -> Iterator[str]:
    """Each operation with each answer, and why requests were refused."""
    asked = Counter(
        (entry.operation or f"{entry.method} {entry.path}", entry.status, entry.row, entry.fault) for entry in entries
    )
    for (name, status, row, fault), times in asked.items():
        told = f"{status or 'not answered'}{f' {row}' if row else ''}{f' (fault {fault})' if fault else ''}"
        yield f"{name} {told}{f' {_times(times)}' if times > 1 else ''}"
    broken = (f"{one.pointer or 'the body'}: {one.message}" for entry in entries for one in entry.violations)
    yield from (f"refused for {reason}" for reason in list(dict.fromkeys(broken))[:MOST_REASONS])


def _keys(provider: Provider) -> Iterator[str]:
    """That keys were taken here which the provider would refuse: a variable that is not set, often."""
    if provider.keyring.odd:
        forms = ", ".join(f"{prefix}…" for prefix, _ in provider.keyring.prefixes)
        yield (
            f"{_count(provider.keyring.odd, 'key')} without the form of {provider.contract.title}'s ({forms}): the "
            "provider would refuse it. Is the variable that holds it set?"
        )


def _made(provider: Provider) -> Iterator[str]:
    """The jobs by model, state and price."""
    now = provider.clock.now()
    jobs = list(provider.jobs)
    made = Counter((job.model.id if job.model else job.kind, job.state(now).word, _price(job.cost)) for job in jobs)
    for (name, word, price), times in made.items():
        yield f"{name}: {word}, {price}{f' each, {times} jobs' if times > 1 else ''}"


def _price(cost: Cost | None) -> str:
    if cost is None or cost.amount is None:
        return "price unknown"
    return f"{'at least ' if cost.certainty == 'at least' else ''}{plain(cost.amount)} {cost.currency}"


def _told(provider: Provider) -> Iterator[str]:
    """The callbacks that were sent, and why others were not."""
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


def passed(passage: Passage, hosts: list[str], *, requests: int, guarded: bool) -> Iterator[str]:
    """What is to be said of the way here: nothing came, something was refused, or somebody did not trust us."""
    for host, times in passage.distrusted.items():
        yield (
            f"{_count(times, 'connection')} to {host} ended before anything was asked: the program does not trust this "
            "run's certificate. It reads none of SSL_CERT_FILE, REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE and "
            "NODE_EXTRA_CA_CERTS; set its base URL instead (mockreel serve)."
        )
    if passage.refused:
        yield "Refused: " + ", ".join(f"{host} {_times(times)}" for host, times in passage.refused.items()) + "."
    if passage.outside:
        yield "Let through: " + ", ".join(f"{host} {_times(times)}" for host, times in passage.outside.items()) + "."
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
