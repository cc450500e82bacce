"""How long `mockreel serve` takes from the start of its process to its first answer, and where imports spend it."""

import os
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx2
import orjson

from bench.figures import Figure, middle
from bench.processes import await_file, cpu_seconds

AIM, HELP_AIM, REPLAY_AIM = 0.25, 0.06, 5.0
COMMAND = (sys.executable, "-m", "mockreel", "serve", "--port", "0", "--ready-file")


def figures(folder: Path, providers: tuple[str, ...], *, rounds: int) -> list[Figure]:
    """Start-up to the first answer, the import of the command, and a bare interpreter beside them; in seconds."""
    fresh = first_answer(folder, providers)
    answers = [first_answer(folder, providers) for _ in range(rounds)]
    helps = [command_times(folder, "--help") for _ in range(rounds)]
    replays = [command_times(folder, "replay") for _ in range(rounds)]
    imports = [sum(own_times(folder).values()) / 1e6 for _ in range(rounds)]
    return [
        middle("start-up to first answer", [taken for taken, _ in answers], "s", aim=AIM, at_most=True),
        middle("of it processor time", [cost for _, cost in answers], "s"),
        Figure("the first of all, which compiles every module", fresh[0], "s"),
        middle("--help", [taken for taken, _ in helps], "s", aim=HELP_AIM, at_most=True),
        middle("of it processor time", [cost for _, cost in helps], "s"),
        middle("of it importing (under -X importtime)", imports, "s"),
        middle("of it an interpreter that does nothing", [empty() for _ in range(rounds)], "s"),
        middle(
            "replay of every cassette, processor time", [cost for _, cost in replays], "s", aim=REPLAY_AIM, at_most=True
        ),
    ]


def first_answer(folder: Path, providers: tuple[str, ...]) -> tuple[float, float]:
    """Seconds from a start to an answered request, and its processor time; the client is made before."""
    ready = folder / "first.json"
    ready.unlink(missing_ok=True)
    command = [*COMMAND, str(ready), *(word for name in providers for word in ("--provider", name))]
    with httpx2.Client(trust_env=False) as client:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=compiling(folder))
        try:
            url = orjson.loads(await_file(ready, process))["control"]["url"]
            client.get(f"{url}/_mockreel/").raise_for_status()
            return time.perf_counter() - began, cpu_seconds(process.pid)
        finally:
            process.terminate()
            process.wait()


def command_times(folder: Path, *words: str) -> tuple[float, float]:
    """Seconds that a command takes, and its processor time with that of the interpreter."""
    used, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "mockreel", *words]
    subprocess.run(command, stdout=subprocess.DEVNULL, env=compiling(folder), check=True)
    taken, now = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return taken, now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime


def compiling(folder: Path) -> dict[str, str]:
    """An environment in which Python keeps compiled modules, as an installed program has them: in this folder."""
    stored = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**stored, "PYTHONPYCACHEPREFIX": str(folder / "compiled")}


def empty() -> float:
    """Seconds that Python itself takes to start and end."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", ""], check=True)
    return time.perf_counter() - began


def own_times(folder: Path) -> Counter[str]:
    """Microseconds spent in the modules of each top-level package when the command is imported."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import mockreel.cli.use.serve_command"],
        capture_output=True,
        text=True,
        check=True,
        env=compiling(folder),
    )
    found: Counter[str] = Counter()
    for line in done.stderr.splitlines():
        own, _, name = line.removeprefix("import time:").split("|")
        if own.strip().isdigit():
            found[name.strip().split(".")[0]] += int(own)
    return found


def dearest(folder: Path, *, count: int = 8) -> Iterator[tuple[str, str]]:
    """The packages that cost most to import, with their milliseconds."""
    for name, taken in own_times(folder).most_common(count):
        yield name, f"{taken / 1000:.1f}"
