"""The live log of a command: which form it has, and where it goes."""

import os
from typing import TextIO

from mockreel.cli.output import columns
from mockreel.errors import MockreelError
from mockreel.server.log import Lines, Log, Nowhere, Outlet, Records


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
