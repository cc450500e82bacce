"""The cost of the proxy: the time of a request through a bare forwarder and through the proxy, round by round.

Both stand before the same mock server, without TLS, so that the difference is what the proxy does beside forwarding.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bench import processes
from bench.cases import Case, cases
from bench.figures import Figure, middle
from bench.load import Load, load, write_requests
from bench.processes import cpu_seconds

AIM = 1.5
CASES = ("submit", "poll", "invalid submit")


@dataclass(slots=True)
class Race:
    """One case through both, and what the rounds gave; the proxy is first."""

    case: Case
    ports: tuple[int, int]
    pids: tuple[int, int]
    file: Path
    loads: tuple[list[Load], list[Load]] = field(default_factory=lambda: ([], []))
    costs: tuple[list[float], list[float]] = field(default_factory=lambda: ([], []))

    def round(self, *, swap: bool) -> None:
        """One round of each; every other round the bare one is first."""
        for side in (1, 0) if swap else (0, 1):
            before = cpu_seconds(self.pids[side])
            found = load(self.ports[side], self.file)
            self.loads[side].append(found)
            self.costs[side].append((cpu_seconds(self.pids[side]) - before) / found.rps)

    def figures(self) -> Iterator[Figure]:
        """The ratio of the times, and what it is made of."""
        name = f"proxy, {self.case.title}"
        ours, bare = self.loads
        times = [theirs.rps / own.rps for own, theirs in zip(ours, bare, strict=True)]
        yield middle(f"{name}, times a bare forwarder", times, "", aim=AIM, at_most=True)
        by_cpu = [own / theirs for own, theirs in zip(*self.costs, strict=True) if theirs]
        if by_cpu:
            yield middle(f"{name}, times a bare forwarder by processor time", by_cpu, "")
        for side, loads in (("", ours), (" (bare)", bare)):
            yield middle(f"{name}{side}", [one.rps for one in loads], "requests/s")
            yield middle(f"{name} p99{side}", [one.p99 for one in loads], "ms")


def figures(folder: Path, providers: tuple[str, ...], *, rounds: int) -> list[Figure]:
    """Every case of these providers, after `rounds` rounds."""
    found: list[Figure] = []
    for provider in providers:
        with ExitStack() as stack:
            races = list(_ready(stack, folder, provider))
            for number in range(rounds):
                for race in races:
                    race.round(swap=number % 2 == 1)
            found += [figure for race in races for figure in race.figures()]
    return found


def _ready(stack: ExitStack, folder: Path, provider: str) -> Iterator[Race]:
    """The mock server, and both before it. Time is so slow that no job ends by itself."""
    played = stack.enter_context(processes.mockreel(folder, "--provider", provider, "--speed", "0.001"))
    url = played[provider]["url"]
    words = ("--provider", provider, "--upstream", url)
    ours = stack.enter_context(processes.mockreel(folder, *words, command="proxy"))
    port, pid = stack.enter_context(processes.forwarder(url))
    for case in cases(provider, url, played["control"]["url"]):
        if case.name in CASES:
            file = write_requests(folder / f"{provider}-{case.name.replace(' ', '-')}-proxied", case.requests)
            own = urlsplit(ours[provider]["url"]).port
            assert own is not None
            yield Race(case, (own, port), (ours["pid"], pid), file)
