"""The location of findings in reports: the option, and the checkout that contains it."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mockreel.cli.output import echo

if TYPE_CHECKING:
    from mockreel.conformance.place import Checkout

location_option = click.option(
    "--location",
    metavar="FILE[:LINE]",
    help="A file of your repository where CI shows findings that are about none of its files; default: a file of the "
    "command of `run`, else the first of pyproject.toml, package.json and others that is there.",
)


def reported_checkout(
    location: str | None, reports: Iterable[tuple[str, str]], *, words: Sequence[str] = ()
) -> "Checkout":
    """The checkout around the working folder; with a warning if CI cannot show a finding of one of the reports.

    Raises:
        OptionError: the location is no file of it.
    """
    from mockreel.conformance.place import find_checkout  # noqa: PLC0415

    found = find_checkout(Path.cwd(), location=location, words=words)
    lacking = found.lacks(form for form, _ in reports)
    if lacking:
        echo(f"--location: {lacking}", err=True)
    return found
