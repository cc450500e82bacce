"""The live log of a command: its form, its output, and what runs beside the requests."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TextIO

from mockreel.cli.output import columns, echo
from mockreel.errors import MockreelError
from mockreel.server.app import BackgroundTask
from mockreel.server.log import Lines, Log, Nowhere, Outlet, Records

if TYPE_CHECKING:
    from mockreel.server.reload import Reload


def log_to(stream: TextIO, *, as_json: bool, quiet: bool) -> Log:
    """The log of the options.

    Raises:
        MockreelError: both JSON and quiet.
    """
    if quiet and as_json:
        raise MockreelError("--quiet and --json exclude each other: --json logs everything, --quiet only errors.")
    if quiet:
        return Log(Lines(), Nowhere())
    return Log(Records() if as_json else Lines(colours=colourful(stream), columns=columns(stream)), Outlet(stream))


def colourful(stream: TextIO) -> bool:
    """Whether colours are shown: on a terminal that has them, unless NO_COLOR is set."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def background_tasks(log: Log, options: Mapping[str, Any]) -> list[BackgroundTask]:
    """What runs beside the requests: the log, and the watch, which reports errors even without a log."""
    found: list[BackgroundTask] = []
    if not options["quiet"]:
        found.append(lambda simulator: log.follow(simulator.events))
    if options["watch"]:
        from mockreel.server.reload import Watch  # noqa: PLC0415

        on_reload = _report_problem if options["quiet"] else None
        found.append(lambda simulator: Watch(simulator, keys=options["keys"], on_reload=on_reload).run())
    return found


def _report_problem(reload: "Reload") -> None:
    if reload.problem is not None:
        echo(f"mockreel: not loaded, the old data stays in use. {reload.problem}", err=True)
