"""What the journal and the log cost a request: both, bodies, lines only, and neither, round by round in turn."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bench import processes
from bench.cases import Case, cases
from bench.figures import Figure, middle
from bench.load import load, write_requests
from bench.processes import cpu_seconds
from bench.speed import port_of

# Each side with the module that serves it and its options; the last one is what the others are compared with.
SIDES = (
    ("with the log too", "mockreel", ()),
    ("with bodies", "mockreel", ("--quiet",)),
    ("with --no-bodies", "mockreel", ("--quiet", "--no-bodies")),
    ("without a journal", "bench.silent", ("--quiet",)),
)
CASES = ("submit", "poll")


@dataclass(slots=True)
class Side:
    """One server, and what its rounds gave: requests per second, and microseconds of processor time for each."""

    port: int
    pid: int
    requests: Path
    speeds: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)

    def round(self) -> None:
        before = cpu_seconds(self.pid)
        rps = load(self.port, self.requests).rps
        self.speeds.append(rps)
        self.costs.append((cpu_seconds(self.pid) - before) / rps * 1e6)


def figures(folder: Path, providers: tuple[str, ...], *, rounds: int) -> list[Figure]:
    """For each provider and case, what either journal leaves of the speed without one, and what it takes."""
    found: list[Figure] = []
    for provider in providers:
        with ExitStack() as stack:
            for name, sides in _contests(stack, folder, provider).items():
                for number in range(rounds):
                    for side in sides if number % 2 else sides[::-1]:
                        side.round()
                found += _figures(f"{provider} {name}", sides)
    return found


def _contests(stack: ExitStack, folder: Path, provider: str) -> dict[str, list[Side]]:
    """By case the sides, each on a server of its own. Time is so slow that no job ends by itself."""
    found: dict[str, list[Side]] = {}
    for place, (_, module, options) in enumerate(SIDES):
        words = ("--provider", provider, "--speed", "0.001", *options)
        ready = stack.enter_context(processes.served(folder, *words, module=module, name=f"journal-{place}"))
        port = port_of(ready[provider]["url"])
        for case in _wanted(cases(provider, ready[provider]["url"], ready["control"]["url"])):
            file = write_requests(folder / f"{provider}-{case.name}-{place}", case.requests)
            found.setdefault(case.name, []).append(Side(port, ready["pid"], file))
    return found


def _wanted(every: list[Case]) -> Iterator[Case]:
    return (case for case in every if case.name in CASES)


def _figures(title: str, sides: list[Side]) -> Iterator[Figure]:
    *stored, none = sides
    for (name, *_), side in zip(SIDES, stored, strict=False):
        ratios = [ours / theirs for ours, theirs in zip(side.speeds, none.speeds, strict=True)]
        taken = [ours - theirs for ours, theirs in zip(side.costs, none.costs, strict=True)]
        yield middle(f"{title} {name}, part of without", ratios, "")
        yield middle(f"{title} {name}, processor time of it", taken, "µs")
