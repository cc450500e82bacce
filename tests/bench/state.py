"""What a run with a log costs: submits and polls beside memory, and the start of a server with many jobs."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import orjson

from bench.cases import KEY, Case, cases
from bench.figures import Figure, middle
from bench.load import Load, load, write_requests
from bench.processes import await_file, cpu_seconds, mockreel, redis_server
from bench.speed import port_of

# Each way to keep a run: its name, the options of `serve`, and the parts of memory's speed that are aimed at.
WAYS: "tuple[Way, ...]" = (
    ("memory", (), {}),
    ("SQLite", ("--state", "{folder}/run.db"), {"submit": 0.85, "poll": 1.0}),
    ("SQLite, sync", ("--state", "{folder}/sync.db", "--durability", "sync"), {}),
    ("Redis", ("--state", "redis://127.0.0.1:{redis}/0?run=one"), {"poll": 0.9}),
    ("Redis, two servers", ("--state", "redis://127.0.0.1:{redis}/0?run=two"), {}),
    ("Redis, four servers", ("--state", "redis://127.0.0.1:{redis}/0?run=four"), {}),
)
# How many servers have the run of a way, if more than one.
SERVERS = {"Redis, two servers": 2, "Redis, four servers": 4}
SIDES = ("submit", "poll")
PROVIDER = "runflow"
# A measured part of 1 may lie so much below it by chance.
CHANCE = 0.95
RESTART_AIM = 2.0
# Two servers of one run answer so many times the reads of one.
TWICE_AIM = 1.5


def figures(folder: Path, *, rounds: int, jobs: int) -> list[Figure]:
    """Requests by the processor time of the server, as a part of those of a server in memory; and restarts."""
    costs: dict[tuple[str, str], list[float]] = {}
    loads: dict[tuple[str, str], list[Load]] = {}
    with ExitStack() as stack:
        redis = stack.enter_context(redis_server(folder))
        shown = [way for way in WAYS if redis or not way[0].startswith("Redis")]
        for name, options, _ in shown:
            for number in range(1, SERVERS.get(name, 1)):  # first, as what is polled is of who is measured
                _served(stack, folder / f"{name} {number}", options, redis)
        ways = [(name, *_ready(stack, folder / name, options, redis)) for name, options, _ in shown]
        for number in range(rounds):
            for name, pid, port, control, files in ways[number % len(ways) :] + ways[: number % len(ways)]:
                for side, file in files.items():
                    _count(control)  # which is answered once every server has what was submitted
                    before = cpu_seconds(pid)
                    found = load(port, file)
                    loads.setdefault((name, side), []).append(found)
                    costs.setdefault((name, side), []).append((cpu_seconds(pid) - before) / found.rps)
    return [*_sides(shown, costs, loads), *_restarts(folder / "restart", jobs), *_joins(folder / "join", jobs)]


Way = tuple[str, tuple[str, ...], dict[str, float]]


def _served(stack: ExitStack, folder: Path, options: tuple[str, ...], redis: int | None) -> Mapping[str, Any]:
    folder.mkdir()
    words = [word.format(folder=folder, redis=redis) for word in options]
    return stack.enter_context(mockreel(folder, "--provider", PROVIDER, "--speed", "0.001", *words))


def _ready(
    stack: ExitStack, folder: Path, options: tuple[str, ...], redis: int | None
) -> tuple[int, int, str, dict[str, Path]]:
    ready = _served(stack, folder, options, redis)
    every: list[Case] = cases(PROVIDER, ready[PROVIDER]["url"], ready["control"]["url"])
    files = {one.name: write_requests(folder / one.name.replace(" ", "-"), one.requests) for one in every}
    return ready["pid"], port_of(ready[PROVIDER]["url"]), ready["control"]["url"], {side: files[side] for side in SIDES}


def _sides(
    ways: list[Way], costs: dict[tuple[str, str], list[float]], loads: dict[tuple[str, str], list[Load]]
) -> Iterator[Figure]:
    for name, _, aims in ways:
        for side in SIDES:
            parts = [ours / theirs for ours, theirs in zip(costs["memory", side], costs[name, side], strict=True)]
            yield middle(f"{side}, {name}", [one.rps for one in loads[name, side]], "requests/s")
            yield middle(f"{side}, {name}, cpu", [one * 1e6 for one in costs[name, side]], "us")
            if name != "memory":
                aim = aims.get(side)
                aim = aim * CHANCE if aim == 1.0 else aim
                yield middle(f"{side}, {name}, part of memory by cpu", parts, "", aim=aim)
    for name, count in SERVERS.items():
        if (name, "poll") in costs:
            found = [count * one / each for one, each in zip(costs["Redis", "poll"], costs[name, "poll"], strict=True)]
            aim = TWICE_AIM if count == 2 else None
            yield middle(f"reads of {name} by those of one, by cpu", found, "", aim=aim)


def _restarts(folder: Path, jobs: int) -> Iterator[Figure]:
    """Starts with so many jobs: after a stop, which has left a checkpoint, and without one."""
    folder.mkdir()
    state = folder / "run.db"
    with mockreel(folder, "--provider", PROVIDER, "--speed", "0.001", "--state", str(state)) as ready:
        there = _filled(folder, ready, jobs)
    yield Figure("jobs in the file", there, "")
    yield Figure("size of the file", state.stat().st_size / there, "bytes a job")
    yield from _starts(folder, str(state), "behind a checkpoint")
    (folder / "run.db-checkpoint").unlink()
    yield Figure("start from the whole log", _start(folder, str(state))[0], "s")


def _joins(folder: Path, jobs: int) -> Iterator[Figure]:
    """Starts of a server that joins a run with so many jobs, after its last server was killed during requests."""
    folder.mkdir()
    with redis_server(folder) as redis:
        if redis is None:
            return
        state = f"redis://127.0.0.1:{redis}/0"
        with mockreel(folder, "--provider", PROVIDER, "--speed", "0.001", "--state", state) as ready:
            there = _filled(folder, ready, jobs)
            os.kill(ready["pid"], signal.SIGKILL)
        yield Figure("jobs in the Redis", there, "")
        yield from _starts(folder, state, "on a Redis")


def _starts(folder: Path, state: str, how: str) -> Iterator[Figure]:
    found = [_start(folder, state) for _ in range(3)]
    yield middle(f"start {how}", [one for one, _ in found], "s", aim=RESTART_AIM, at_most=True)
    yield middle(f"start {how}, cpu", [one for _, one in found], "s")


def _filled(folder: Path, ready: Mapping[str, Any], jobs: int) -> int:
    """Submit to a server until it has so many jobs; gives how many it has."""
    url, control = ready[PROVIDER]["url"], ready["control"]["url"]
    submit = next(one for one in cases(PROVIDER, url, control) if one.name == "submit")
    file = write_requests(folder / "submit", submit.requests)
    while (there := _count(control)) < jobs:
        load(port_of(url), file, seconds=2)
    return there


def _count(control: str) -> int:
    answer = httpx2.get(f"{control}/_mockreel/jobs?limit=1", trust_env=False, timeout=60)
    return int(answer.raise_for_status().json()["count"])


def _start(folder: Path, state: str) -> tuple[float, float]:
    """Seconds from the start of the process to its first answer, and of processor time; it is killed afterwards."""
    ready = folder / "first.json"
    ready.unlink(missing_ok=True)
    words = [sys.executable, "-m", "mockreel", "serve", "--provider", PROVIDER, "--port", "0", "--speed", "0.001"]
    began = time.perf_counter()
    process = subprocess.Popen([*words, "--state", state, "--ready-file", str(ready)], stdout=subprocess.DEVNULL)
    try:
        output = orjson.loads(await_file(ready, process))
        headers = {"authorization": f"Bearer {KEY}"}
        httpx2.get(
            f"{output[PROVIDER]['url']}/v1/runs?limit=1", headers=headers, trust_env=False, timeout=60
        ).raise_for_status()
        return time.perf_counter() - began, cpu_seconds(process.pid)
    finally:
        process.kill()
        process.wait()
