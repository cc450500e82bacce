"""The live log of a command: which form it has, where it goes, and what runs beside the requests."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TextIO

from mockreel.cli.output import columns, say
from mockreel.errors import MockreelError
from mockreel.server.app import Beside
from mockreel.server.log import Lines, Log, Nowhere, Outlet, Records

if TYPE_CHECKING:
    from mockreel.server.reload import Taken


def log_to(stream: TextIO, *, as_json: bool, quiet: bool) -> Log:
    """The log that the options ask for.

    Raises:
        MockreelError: both JSON and quiet.
    """
    if quiet and as_json:
        raise MockreelError("--quiet and --json exclude each other: --json logs everything, --quiet only errors.")
    if quiet:
        return Log(Lines(), Nowhere())
    return Log(Records() if as_json else Lines(colours=colourful(stream), columns=columns(stream)), Outlet(stream))


def colourful(stream: TextIO) -> bool:
    """Whether colours are shown: on a terminal that has them, unless NO_COLOR says no."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def beside(log: Log, given: Mapping[str, Any]) -> list[Beside]:
    """What runs beside the requests: the log, and the watch, which tells what goes wrong even where no log does."""
    found: list[Beside] = []
    if not given["quiet"]:
        found.append(lambda simulator: log.follow(simulator.events))
    if given["watch"]:
        from mockreel.server.reload import Watch  # noqa: PLC0415

        told = _complain if given["quiet"] else None
        found.append(lambda simulator: Watch(simulator, keys=given["keys"], told=told).run())
    return found


def _complain(taken: "Taken") -> None:
    if taken.problem is not None:
        say(f"mockreel: not loaded, the old data stays in use. {taken.problem}", err=True)
