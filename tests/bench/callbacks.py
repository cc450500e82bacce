"""A thousand callbacks that fall due at one instant: how late they come, whether any is lost, what a poll feels."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import orjson

from bench import processes
from bench.cases import KEY, ask, first_act, polled, submit
from bench.figures import Figure, quantile
from mockreel.contract.conversation.demo_jobs import Act, Exchange, filled, read_script

PAUSE = 0.002
WAIT_SECONDS = 30.0
# So fast that all the ends, seconds apart, come within a millisecond.
SPEED = 100_000


class Receiver:
    """The receiver's process, from outside."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self.port = int(self._line())

    def ask(self, what: str) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{what}\n".encode())
        self._process.stdin.flush()
        return orjson.loads(self._line())

    def _line(self) -> bytes:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver for as long as the block runs."""
    command = [sys.executable, "-m", "bench.receiver"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield Receiver(process)
        finally:
            process.terminate()


def figures(folder: Path, providers: tuple[str, ...], *, count: int) -> list[Figure]:
    """What each provider that tells of its jobs gave."""
    found = []
    for provider in providers:
        act = first_act(provider, callback=True)
        if act is not None:
            found += _measure(folder, act, count)
    return found


def _measure(folder: Path, act: Act, count: int) -> list[Figure]:
    """Submit under a paused clock, let it run very fast, and poll until the last callback has come."""
    with processes.mockreel(folder, "--provider", act.provider, "--hold") as ready, receiving() as receiver:
        headers = {"authorization": f"Bearer {KEY}"}
        with httpx2.Client(base_url=ready[act.provider]["url"], headers=headers, trust_env=False) as client:
            for exchange in read_script(act.provider).setup:
                ask(client, exchange)
            ids = [submit(client, act, _told(act, receiver.port, number)) for number in range(count)]
            assert act.poll is not None
            poll = polled(act.poll, ids[0])
            quiet = [_timed(client, poll) for _ in range(200)]
            due = _release(ready["control"]["url"])
            busy = list(_until_all_came(client, poll, receiver, count))
        arrivals: dict[str, list[float]] = receiver.ask("all")
        late = {path: [(moment - due) * 1000 for moment in moments] for path, moments in arrivals.items()}
        return list(_figures(act.provider, count, late, quiet=quiet, busy=busy))


def _told(act: Act, port: int, number: int) -> Exchange:
    url = f"http://127.0.0.1:{port}/{number}"
    return Exchange(act.submit.method, act.submit.path, filled(act.submit.body, {"callback": url}))


def _release(control: str) -> float:
    """Let the clock run; the moment just before is what lateness is counted from."""
    with httpx2.Client(base_url=f"{control}/_mockreel/clock/", trust_env=False) as client:
        client.post("speed", json={"speed": SPEED}).raise_for_status()
        due = time.monotonic()
        client.post("resume", json={}).raise_for_status()
        return due


def _until_all_came(client: httpx2.Client, poll: Exchange, receiver: Receiver, count: int) -> Iterator[float]:
    deadline = time.monotonic() + WAIT_SECONDS
    while receiver.ask("count") < count and time.monotonic() < deadline:
        yield _timed(client, poll)
        time.sleep(PAUSE)


def _timed(client: httpx2.Client, exchange: Exchange) -> float:
    """Milliseconds that one request takes."""
    began = time.perf_counter()
    ask(client, exchange)
    return (time.perf_counter() - began) * 1000


def _figures(
    provider: str, sent: int, late: dict[str, list[float]], *, quiet: list[float], busy: list[float]
) -> Iterator[Figure]:
    first = [min(times) for times in late.values()]
    name = f"{provider}, {sent:,} callbacks at once:"
    yield Figure(f"{name} lost", sent - len(late), "", aim=0, at_most=True)
    yield Figure(f"{name} sent twice", sum(len(times) > 1 for times in late.values()), "", aim=0, at_most=True)
    yield Figure(f"{name} lateness p50", quantile(first, 0.5), "ms")
    yield Figure(f"{name} lateness p99", quantile(first, 0.99), "ms")
    yield Figure(f"{name} poll p99 meanwhile", quantile(busy, 0.99), "ms")
    yield Figure(f"{name} poll p99 before", quantile(quiet, 0.99), "ms")
