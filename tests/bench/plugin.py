"""What a test with the pytest fixture costs, beside the same test with respx, a bare application, and an empty one."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure

TESTS = 2000
# pytest itself keeps the reports of each test, with what was spared in it.
AIM_MS, AIM_BYTES = 5.0, 4096.0
WAYS = {
    "nothing": "an empty test",
    "bare": "httpx and a bare Starlette application",
    "respx": "respx",
    "mockreel": "the fixture",
    "intercept": "the fixture, intercept=True",
}


def figures(folder: Path, *, tests: int = TESTS) -> list[Figure]:
    """Milliseconds of processor time a test and bytes that each leaves, in one run; then what our part of it is."""
    ways = [way for way in WAYS if way != "respx" or importlib.util.find_spec("respx")]
    found = {way: _measured(folder, way, tests) for way in ways}
    return [*_of_each(found, tests), *_ours(found, tests), _import(folder)]


def _of_each(found: dict[str, dict[str, float]], tests: int) -> Iterator[Figure]:
    for way, row in found.items():
        yield Figure(f"a test: {WAYS[way]}", row["cpu"] / tests * 1e3, "ms")
    for way in ("mockreel", "intercept"):
        yield Figure(
            f"memory a test leaves: {WAYS[way]}",
            (found[way]["rss"] - found["nothing"]["rss"]) / tests,
            "bytes",
            AIM_BYTES,
            at_most=True,
        )


def _ours(found: dict[str, dict[str, float]], tests: int) -> Iterator[Figure]:
    """What comes on top of the client's own cost: of a bare application over a socket."""
    for way in ("mockreel", "intercept"):
        extra = (found[way]["cpu"] - found["bare"]["cpu"]) / tests * 1e3
        yield Figure(f"of it beyond client and socket: {WAYS[way]}", extra, "ms", AIM_MS, at_most=True)


def _measured(folder: Path, way: str, tests: int) -> dict[str, float]:
    place = folder / f"{way}.json"
    environment = {**os.environ, "BENCH_WAY": way, "BENCH_TESTS": str(tests), "BENCH_FIGURES": str(place)}
    file = Path(__file__).with_name("tested_flows.py")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", str(file)]
    subprocess.run(command, check=True, capture_output=True, env=environment, cwd=folder)
    read: dict[str, float] = json.loads(place.read_text("utf-8"))
    return read


def _import(folder: Path) -> Figure:
    """What the first test of a run waits for: imports, contracts, the server."""
    code = (
        "import time; began = time.process_time()\n"
        "from mockreel.testing.simulators import Company\nfrom mockreel.testing.marker_options import Marked\n"
        "company = Company()\nwith company.playing(Marked()): print(time.process_time() - began)\ncompany.close()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=folder)
    return Figure("the first test of a run: imports, contracts, server", float(done.stdout), "s")
