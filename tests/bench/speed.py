"""Requests per second and p99 beside the bare app, round by round in turn, so that a drifting machine hits both."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import orjson

from bench import processes
from bench.cases import AIMS, Case, cases, raw
from bench.figures import Figure, middle, number
from bench.load import Load, load, write_requests
from bench.processes import cpu_seconds
from mockreel.contract.conversation.demo_jobs import Exchange


@dataclass(slots=True)
class Contest:
    """One case on both servers: the ports, the files of requests, and what the rounds gave."""

    case: Case
    ports: tuple[int, int]
    pids: tuple[int, int]
    files: tuple[Path, Path]
    ours: list[Load] = field(default_factory=list)
    bare: list[Load] = field(default_factory=list)
    costs: list[list[float]] = field(default_factory=lambda: [[], []])  # processor time of a request, each side

    def round(self, *, swap: bool) -> None:
        """One round of each; every other round the bare app is first."""
        sides = [(self.ours, 0), (self.bare, 1)]
        for results, side in reversed(sides) if swap else sides:
            before = cpu_seconds(self.pids[side])
            results.append(load(self.ports[side], self.files[side]))
            self.costs[side].append((cpu_seconds(self.pids[side]) - before) / results[-1].rps)

    @property
    def ratios(self) -> list[float]:
        return [ours.rps / bare.rps for ours, bare in zip(self.ours, self.bare, strict=True)]

    @property
    def by_cpu(self) -> list[float]:
        """The same ratio by processor time, which other programs on the machine disturb less."""
        return [bare / ours if ours else 0.0 for ours, bare in zip(*self.costs, strict=True)]

    def figures(self) -> list[Figure]:
        """The ratio, and what it is made of."""
        name = self.case.title
        sides = (("", self.ours), (" (bare)", self.bare))
        return [
            middle(f"{name}, part of bare", self.ratios, "", aim=AIMS.get(self.case.name)),
            middle(f"{name}, part of bare by processor time", self.by_cpu, ""),
            *(middle(f"{name}{side}", [one.rps for one in loads], "requests/s") for side, loads in sides),
            *(middle(f"{name} p99{side}", [one.p99 for one in loads], "ms") for side, loads in sides),
        ]

    def line(self) -> tuple[str, ...]:
        """The row of the table."""
        ratios = self.ratios
        speeds = (number(median(one.rps for one in side)) for side in (self.ours, self.bare))
        tails = (f"{median(one.p99 for one in side):.2f}" for side in (self.ours, self.bare))
        size = str(len(self.case.sample))
        spread = f"{min(ratios):.2f}-{max(ratios):.2f}"
        return (self.case.title, size, *speeds, f"{median(ratios):.2f}", spread, f"{median(self.by_cpu):.2f}", *tails)


HEAD = ("case", "bytes", "requests/s", "bare", "ratio", "spread", "by cpu", "p99 ms", "bare p99")


def contests(folder: Path, providers: tuple[str, ...], *, rounds: int) -> list[Contest]:
    """Every case of these providers, after `rounds` rounds."""
    found: list[Contest] = []
    for provider in providers:
        with ExitStack() as stack:
            some = list(_ready(stack, folder, provider))
            for number_ in range(rounds):
                for contest in some:
                    contest.round(swap=number_ % 2 == 1)
            found += some
    return found


def _ready(stack: ExitStack, folder: Path, provider: str) -> Iterator[Contest]:
    """Both servers running, and a contest for each case. Time is so slow that no job ends by itself."""
    ready = stack.enter_context(processes.mockreel(folder, "--provider", provider, "--speed", "0.001"))
    every = cases(provider, ready[provider]["url"], ready["control"]["url"])
    samples = {case.name.replace(" ", "-"): orjson.loads(case.sample) for case in every}
    port, pid = stack.enter_context(processes.bare(folder, samples))
    for case in every:
        name = case.name.replace(" ", "-")
        ours = write_requests(folder / f"{provider}-{name}", case.requests)
        theirs = write_requests(folder / f"{provider}-{name}-bare", _bare(case, name, port))
        yield Contest(case, (port_of(ready[provider]["url"]), port), (ready["pid"], pid), (ours, theirs))


def port_of(url: str) -> int:
    """The port in an address."""
    found = urlsplit(url).port
    assert found is not None
    return found


def _bare(case: Case, name: str, port: int) -> list[bytes]:
    """The same request for the bare app: same method and body, its own path."""
    head, _, body = case.requests[0].partition(b"\r\n\r\n")
    method = head.split(b" ", 1)[0].decode()
    exchange = Exchange(method, f"/jobs/{name}", orjson.loads(body) if body else None)
    return [raw(f"http://127.0.0.1:{port}", exchange)]
