"""Run the bench and print it: `python -m bench [--json PATH] [--rounds N] [--provider NAME] [SECTION …]`."""

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import orjson

from bench import callbacks, checks, growth, journal, memory, plugin, proxy, routes, speed, startup, state
from bench.figures import Figure, number, table
from bench.load import CONNECTIONS, generator
from mockreel.simulator.simulator import load_contracts

SECTIONS = (
    *("speed", "journal", "startup", "memory", "growth", "routes"),
    *("callbacks", "proxy", "plugin", "state", "checks"),
)


def main() -> None:
    """Measure the selected sections, print them, then every aim with its verdict."""
    options = _options()
    providers = tuple(options.provider or load_contracts())
    say(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    found: list[Figure] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "speed" in options.sections:
            found += _speed(folder, providers, options.rounds)
        if "journal" in options.sections:
            found += _plain("The journal's cost", journal.figures(folder, providers, rounds=options.rounds))
        if "startup" in options.sections:
            found += _startup(folder, providers)
        found += _sizes(providers, options.sections)
        if "callbacks" in options.sections:
            found += _plain("Callbacks", callbacks.figures(folder, providers, count=1000))
        if "proxy" in options.sections:
            found += _plain("Proxy", proxy.figures(folder, providers, rounds=options.rounds))
        found += _further(folder, options)
    if "checks" in options.sections:
        found += _plain("Checks", checks.figures(providers))
    say("\nAims", *(figure.verdict() for figure in found if figure.aim is not None))
    if options.json:
        options.json.write_bytes(orjson.dumps([figure.row() for figure in found], option=orjson.OPT_INDENT_2))


def _further(folder: Path, options: argparse.Namespace) -> list[Figure]:
    found: list[Figure] = []
    if "plugin" in options.sections:
        found += _plain("Tests", plugin.figures(folder))
    if "state" in options.sections:
        found += _plain("A run that is kept", state.figures(folder, rounds=options.rounds, jobs=100_000))
    return found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nox -s bench --", description="Measure the mock server beside a bare app.")
    parser.add_argument("sections", nargs="*", default=SECTIONS, metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument("--json", type=Path, metavar="PATH", help="write every figure to this file")
    parser.add_argument("--rounds", type=int, default=4, help="rounds of one second for each side of each case")
    parser.add_argument("--provider", action="append", help="only this one (repeatable)")
    found = parser.parse_args()
    unknown = sorted(set(found.sections) - set(SECTIONS))
    if unknown:
        parser.error(f"no section {', '.join(unknown)}; there are {', '.join(SECTIONS)}")
    return found


def _speed(folder: Path, providers: tuple[str, ...], rounds: int) -> list[Figure]:
    say(
        "\nSpeed: median of rounds of one second in turn. Bare is Starlette with two routes and orjson, on uvicorn set",
        "as it is here, which parses the same request and returns JSON of the same size; raw is one ASGI function.",
        "None of them logs a line for each request; what those cost is measured with the journal.",
        f"{CONNECTIONS} connections, loaded by {generator()}.",
    )
    contests = speed.contests(folder, providers, rounds=rounds)
    say(*table(speed.HEAD, (contest.line() for contest in contests)))
    return [figure for contest in contests for figure in contest.figures()]


def _startup(folder: Path, providers: tuple[str, ...]) -> list[Figure]:
    found = _plain("Start-up", startup.figures(folder, providers, rounds=7))
    say("where imports spend it, in ms:", *table(("package", "ms"), startup.dearest(folder)))
    return found


def _sizes(providers: tuple[str, ...], sections: Iterable[str]) -> list[Figure]:
    """What many jobs take: memory, and time."""
    found: list[Figure] = []
    if "memory" in sections:
        found += _plain("Memory", memory.figures(providers, jobs=100_000))
    if "growth" in sections:
        found += _plain("Growth", growth.figures(providers, sizes=growth.SIZES))
    if "routes" in sections:
        found += _plain("Every route", routes.figures(providers, sizes=routes.SIZES))
    return found


def _plain(title: str, figures: list[Figure]) -> list[Figure]:
    say(f"\n{title}", *table(("figure", "value", "", "spread"), map(_row, figures)))
    return figures


def _row(figure: Figure) -> tuple[str, ...]:
    spread = "-".join(map(number, figure.spread)) if figure.spread else ""
    return figure.name, number(figure.value), figure.unit, spread


def say(*lines: str) -> None:
    """Print lines, at once."""
    _write(lines)


def _write(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
