"""How much memory a job takes: what a process grows by when many are submitted, divided by their number.

`python -m bench.memory PROVIDER JOBS` prints the bytes for each job.
"""

import gc
import subprocess
import sys
from pathlib import Path

import orjson

from bench.cases import first_act, without_callback
from bench.figures import Figure
from mockreel.contract.messages.message import Request, Response
from mockreel.engine.clock import Clock
from mockreel.simulator.provider import Provider
from mockreel.simulator.simulator import build_simulator, load_contracts

AIM = 700
# The journal keeps the last 100,000 exchanges whatever happens: filled before anything is measured.
WARM_UP = 105_000


def figures(providers: tuple[str, ...], *, jobs: int) -> list[Figure]:
    """Bytes for each job, its request included, each provider in a process of its own."""
    return [
        Figure(f"{provider} memory per job at {jobs:,} jobs", grown(provider, jobs), "bytes", aim=AIM, at_most=True)
        for provider in providers
        if first_act(provider) is not None
    ]


def grown(provider: str, jobs: int) -> float:
    """Bytes for each job, measured in a fresh process."""
    command = [sys.executable, "-m", "bench.memory", provider, str(jobs)]
    return float(subprocess.run(command, capture_output=True, check=True).stdout)


def measure(provider: str, jobs: int) -> float:
    """Submit that many jobs to a part in this process."""
    clock = Clock(held=True)
    (simulated,) = build_simulator(load_contracts([provider]), clock=clock, accept_any_key=True).providers.values()
    _submit(simulated, WARM_UP)
    before = resident()
    _submit(simulated, jobs)
    return (resident() - before) / jobs


def _submit(provider: Provider, count: int) -> None:
    act = first_act(provider.name)
    assert act is not None
    body = orjson.dumps(without_callback(act.submit.body))
    headers = [(b"authorization", b"Bearer bench"), (b"content-type", b"application/json")]
    for _ in range(count):
        provider.clock.advance_to(provider.clock.now() + 0.001)
        response = provider.answer(Request(act.submit.method, act.submit.path, headers, b"", body, "http://bench"))
        assert isinstance(response, Response)
        assert response.status < 300, response.body


def resident() -> int:
    """The resident memory of this process in bytes, without garbage."""
    gc.collect()
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise SystemExit("this system does not tell a process its resident memory")


if __name__ == "__main__":
    sys.stdout.write(f"{measure(sys.argv[1], int(sys.argv[2])):.0f}\n")
