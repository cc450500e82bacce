"""How long each route keeps the event loop from all others, with a store of many jobs.

`python -m bench.routes PROVIDER JOBS` asks every route of the control API, the page and the provider
(`every_route.asks`) and prints figures as JSON: of each, the processor time of its longest step. Those below a
millisecond are left out.
"""

import asyncio
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import orjson
from support.every_route import asks

from bench.cases import first_act, without_callback
from bench.control_turns import Timed
from bench.figures import Figure
from bench.growth import HEADERS, LONGEST_STEP, START
from mockreel.cli.use.serve_command import collector_spared
from mockreel.contract.messages.message import Request
from mockreel.engine.clock import Clock
from mockreel.simulator.settings import Settings
from mockreel.simulator.simulator import Simulator, build_simulator, load_contracts

SIZES = (100_000, 1_000_000)
# Milliseconds of a step that are worth a line.
LEAST = 1.0


def figures(providers: tuple[str, ...], *, sizes: tuple[int, ...]) -> list[Figure]:
    """Every route at every size, each provider and size in a process of its own."""
    return [
        Figure(**row)
        for provider in providers
        if first_act(provider) is not None
        for jobs in sizes
        for row in orjson.loads(
            subprocess.run(
                [sys.executable, "-m", "bench.routes", provider, str(jobs)], stdout=subprocess.PIPE, check=True
            ).stdout
        )
    ]


def measure(name: str, jobs: int) -> list[Mapping[str, Any]]:
    """Ask every route once, after so many jobs have ended."""
    simulator = _filled(name, jobs)
    found = [
        {
            "name": f"{name} at {jobs:,} jobs: {title}, longest of {count:,} turns",
            "value": longest,
            "unit": "ms",
            "aim": LONGEST_STEP,
            "at_most": True,
        }
        for title, longest, count in asyncio.run(_asked(simulator))
        if longest >= LEAST
    ]
    return sorted(found, key=lambda row: -float(str(row["value"])))


async def _asked(simulator: Simulator) -> list[tuple[str, float, int]]:
    """Of each route: its title, its longest step in milliseconds, and the number of its steps."""
    found = []
    for ask in asks(simulator):
        with Timed() as timed:
            status, _ = await asyncio.ensure_future(ask.send())
        assert status < 500, ask.title
        found.append((ask.title, timed.longest, timed.count))
    return found


def _filled(name: str, jobs: int) -> Simulator:
    clock = Clock(held=True, start=START)
    with collector_spared():  # as `serve` does
        simulator = build_simulator(
            load_contracts([name]), clock=clock, accept_any_key=True, settings=Settings(max_jobs=jobs + 1)
        )
    act = first_act(name)
    assert act is not None
    body = orjson.dumps(without_callback(act.submit.body))
    submit = Request(act.submit.method, act.submit.path, HEADERS, b"", body, "http://bench")
    for _ in range(jobs):
        clock.advance_to(clock.now() + 0.001)
        simulator.provider(name).answer(submit)
    clock.advance_to(clock.now() + 3600)
    return simulator


if __name__ == "__main__":
    sys.stdout.buffer.write(orjson.dumps(measure(sys.argv[1], int(sys.argv[2]))))
