"""How long `mockreel serve` takes from the start of its process to its first answer, and where imports spend it."""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx2
import orjson

from bench.figures import Figure, middle
from bench.processes import await_file

AIM = 0.3
COMMAND = (sys.executable, "-m", "mockreel", "serve", "--port", "0", "--ready-file")


def figures(folder: Path, providers: tuple[str, ...], *, rounds: int) -> list[Figure]:
    """Start-up to the first answer, the import of the command, and a bare interpreter beside them; in seconds."""
    fresh = first_answer(folder, providers)
    answers = [first_answer(folder, providers) for _ in range(rounds)]
    imports = [sum(own_times(folder).values()) / 1e6 for _ in range(rounds)]
    return [
        middle("start-up to first answer", answers, "s", aim=AIM, at_most=True),
        Figure("the first of all, which compiles every module", fresh, "s"),
        middle("of it importing (under -X importtime)", imports, "s"),
        middle("of it an interpreter that does nothing", [empty() for _ in range(rounds)], "s"),
    ]


def first_answer(folder: Path, providers: tuple[str, ...]) -> float:
    """Seconds from the start of the process to an answered request; the client is made before."""
    ready = folder / "first.json"
    ready.unlink(missing_ok=True)
    command = [*COMMAND, str(ready), *(word for name in providers for word in ("--provider", name))]
    with httpx2.Client(trust_env=False) as client:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=compiling(folder))
        try:
            url = orjson.loads(await_file(ready, process))["control"]["url"]
            client.get(f"{url}/_mockreel/").raise_for_status()
            return time.perf_counter() - began
        finally:
            process.terminate()
            process.wait()


def compiling(folder: Path) -> dict[str, str]:
    """An environment in which Python keeps compiled modules, as an installed program has them: in this folder."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(folder / "compiled")}


def empty() -> float:
    """Seconds that Python itself takes to start and end."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", ""], check=True)
    return time.perf_counter() - began


def own_times(folder: Path) -> Counter[str]:
    """Microseconds spent in the modules of each top-level package when the command is imported."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import mockreel.cli.use.serve"],
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
