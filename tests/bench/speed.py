"""Requests per second and p99 beside the bare app, round by round, so that a drifting machine hits both."""

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

# The sides of a contest: our server, the bare Starlette app, and an ASGI function without any framework.
OURS, BARE, RAW = range(3)


@dataclass(slots=True)
class Contest:
    """One case on all three servers: the ports, the processes, the files of requests, and what the rounds gave."""

    case: Case
    ports: tuple[int, int, int]
    pids: tuple[int, int, int]
    files: tuple[Path, Path, Path]
    loads: tuple[list[Load], ...] = field(default_factory=lambda: ([], [], []))
    costs: tuple[list[float], ...] = field(default_factory=lambda: ([], [], []))  # processor seconds of a request

    def round(self, number_: int) -> None:
        """One round of each; each time another is first."""
        for turn in range(3):
            side = (turn + number_) % 3
            before = cpu_seconds(self.pids[side])
            found = load(self.ports[side], self.files[side])
            self.loads[side].append(found)
            self.costs[side].append((cpu_seconds(self.pids[side]) - before) / found.rps)

    @property
    def ratios(self) -> list[float]:
        """Requests a second as a part of the bare app's, by round."""
        return [ours.rps / bare.rps for ours, bare in zip(self.loads[OURS], self.loads[BARE], strict=True)]

    def by_cpu(self, other: int) -> list[float]:
        """The same by processor time, which other programs on the machine disturb less."""
        return [
            theirs / ours if ours else 0.0 for ours, theirs in zip(self.costs[OURS], self.costs[other], strict=True)
        ]

    def figures(self) -> list[Figure]:
        """The ratios, and what they are made of."""
        name = self.case.title
        sides = tuple(zip(("", " (bare)", " (raw ASGI)"), self.loads, self.costs, strict=True))
        return [
            middle(f"{name}, part of bare", self.ratios, ""),
            middle(f"{name}, part of bare by cpu", self.by_cpu(BARE), "", aim=AIMS.get(self.case.name)),
            middle(f"{name}, part of raw ASGI by cpu", self.by_cpu(RAW), ""),
            *(middle(f"{name}{side}", [one.rps for one in loads], "requests/s") for side, loads, _ in sides),
            *(middle(f"{name} p99{side}", [one.p99 for one in loads], "ms") for side, loads, _ in sides),
            *(middle(f"{name} cpu{side}", [one * 1e6 for one in costs], "us") for side, _, costs in sides),
        ]

    def line(self) -> tuple[str, ...]:
        """The row of the table."""
        by_cpu = self.by_cpu(BARE)
        return (
            self.case.title,
            *(number(median(one.rps for one in self.loads[side])) for side in (OURS, BARE, RAW)),
            f"{median(self.ratios):.2f}",
            *(f"{median(costs) * 1e6:.1f}" for costs in self.costs),
            f"{median(by_cpu):.2f}",
            f"{min(by_cpu):.2f}-{max(by_cpu):.2f}",
            f"{median(self.by_cpu(RAW)):.2f}",
            f"{median(one.p99 for one in self.loads[OURS]):.2f}",
        )


HEAD = (
    "case",
    "requests/s",
    "bare",
    "raw",
    "ratio",
    "cpu us",
    "bare us",
    "raw us",
    "of bare by cpu",
    "spread",
    "of raw by cpu",
    "p99 ms",
)


def contests(folder: Path, providers: tuple[str, ...], *, rounds: int) -> list[Contest]:
    """Every case of these providers, after `rounds` rounds."""
    found: list[Contest] = []
    for provider in providers:
        with ExitStack() as stack:
            some = list(_ready(stack, folder, provider))
            for number_ in range(rounds):
                for contest in some:
                    contest.round(number_)
            found += some
    return found


def _ready(stack: ExitStack, folder: Path, provider: str) -> Iterator[Contest]:
    """Both servers running, and a contest for each case. Time is so slow that no job ends by itself."""
    ready = stack.enter_context(processes.mockreel(folder, "--provider", provider, "--speed", "0.001", "--quiet"))
    every = cases(provider, ready[provider]["url"], ready["control"]["url"])
    samples = {case.name.replace(" ", "-"): orjson.loads(case.sample) for case in every}
    yardsticks = [stack.enter_context(processes.bare(folder, samples, raw=raw_)) for raw_ in (False, True)]
    for case in every:
        name = case.name.replace(" ", "-")
        ours = write_requests(folder / f"{provider}-{name}", case.requests)
        files = [
            write_requests(folder / f"{provider}-{name}-{port}", _bare(case, name, port)) for port, _ in yardsticks
        ]
        (bare, bare_pid), (plain, plain_pid) = yardsticks
        ports = (port_of(ready[provider]["url"]), bare, plain)
        yield Contest(case, ports, (ready["pid"], bare_pid, plain_pid), (ours, files[0], files[1]))


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
