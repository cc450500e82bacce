"""What a run that is kept costs: submits and polls beside memory, and the start of a server with many jobs."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

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
)
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
        ways = [(name, *_ready(stack, folder / name, options, redis)) for name, options, _ in shown]
        if redis:  # the other server of the run
            _ready(stack, folder / "beside", WAYS[-1][1], redis)
        for number in range(rounds):
            for name, pid, port, control, files in ways[number % len(ways) :] + ways[: number % len(ways)]:
                for side, file in files.items():
                    _count(control)  # which is answered once every server has what was submitted
                    before = cpu_seconds(pid)
                    found = load(port, file)
                    loads.setdefault((name, side), []).append(found)
                    costs.setdefault((name, side), []).append((cpu_seconds(pid) - before) / found.rps)
    return [*_sides(shown, costs, loads), *_restarts(folder / "restart", jobs)]


Way = tuple[str, tuple[str, ...], dict[str, float]]


def _ready(
    stack: ExitStack, folder: Path, options: tuple[str, ...], redis: int | None
) -> tuple[int, int, str, dict[str, Path]]:
    folder.mkdir()
    words = [word.format(folder=folder, redis=redis) for word in options]
    ready = stack.enter_context(mockreel(folder, "--provider", PROVIDER, "--speed", "0.001", *words))
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
    pair = ("Redis", "Redis, two servers")
    if (pair[1], "poll") in costs:
        both = [2 * one / each for one, each in zip(costs[pair[0], "poll"], costs[pair[1], "poll"], strict=True)]
        yield middle("reads of two servers by those of one, by cpu", both, "", aim=TWICE_AIM)


def _restarts(folder: Path, jobs: int) -> Iterator[Figure]:
    """Starts with so many jobs: after a stop, which has left a checkpoint, and without one."""
    folder.mkdir()
    state = folder / "run.db"
    with mockreel(folder, "--provider", PROVIDER, "--speed", "0.001", "--state", str(state)) as ready:
        url = ready[PROVIDER]["url"]
        submit = next(one for one in cases(PROVIDER, url, ready["control"]["url"]) if one.name == "submit")
        file = write_requests(folder / "submit", submit.requests)
        while _count(ready["control"]["url"]) < jobs:
            load(port_of(url), file, seconds=2)
        there = _count(ready["control"]["url"])
    yield Figure("jobs in the file", there, "")
    yield Figure("size of the file", state.stat().st_size / there, "bytes a job")
    stopped = [_start(folder, state) for _ in range(3)]
    yield middle("start behind a checkpoint", stopped, "s", aim=RESTART_AIM, at_most=True)
    (folder / "run.db-checkpoint").unlink()
    yield Figure("start from the whole log", _start(folder, state), "s")


def _count(control: str) -> int:
    answer = httpx2.get(f"{control}/_mockreel/jobs?limit=1", trust_env=False)
    return int(answer.raise_for_status().json()["count"])


def _start(folder: Path, state: Path) -> float:
    """Seconds from the start of the process to its first answer; it is killed afterwards."""
    ready = folder / "first.json"
    ready.unlink(missing_ok=True)
    words = [sys.executable, "-m", "mockreel", "serve", "--provider", PROVIDER, "--port", "0", "--speed", "0.001"]
    began = time.perf_counter()
    process = subprocess.Popen([*words, "--state", str(state), "--ready-file", str(ready)], stdout=subprocess.DEVNULL)
    try:
        said = orjson.loads(await_file(ready, process))
        headers = {"authorization": f"Bearer {KEY}"}
        httpx2.get(f"{said[PROVIDER]['url']}/v1/runs?limit=1", headers=headers, trust_env=False).raise_for_status()
        return time.perf_counter() - began
    finally:
        process.kill()
        process.wait()
