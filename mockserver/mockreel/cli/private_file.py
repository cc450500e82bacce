"""A file with keys, tokens or a private key, which other users of the machine should not read."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from shlex import quote
from typing import Any

import click

from mockreel.cli.output import echo

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class PrivateFile(click.Path):
    """The path of such a file; with a warning on stderr if its mode lets others read or write it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        found = super().convert(value, param, ctx)
        warning = exposed(Path(os.fsdecode(found)))
        if warning and not (ctx and ctx.resilient_parsing):
            option = param.opts[0] if param else self.name
            echo(f"mockreel: {option}: {warning}", err=True)
        return found


def exposed(path: Path) -> str:
    """A warning about a file that others may use; empty if there is none, it is private, or modes have no meaning."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return ""
    if os.name != "posix" or not stat.S_ISREG(mode) or not mode & _OTHERS:
        return ""
    return (
        f"{path} holds secrets, and others on this machine may use it (mode {stat.S_IMODE(mode):04o}). "
        f"Make it yours alone: chmod 600 {quote(str(path))}"
    )


def credentials_option(text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--credentials`, a file that only its owner may read; `text` is its help."""
    kind = PrivateFile(dir_okay=False, path_type=Path)
    return click.option("--credentials", type=kind, envvar="MOCKREEL_CREDENTIALS", metavar="FILE", help=text)
