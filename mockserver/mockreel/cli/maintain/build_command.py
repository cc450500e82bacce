"""`mockreel build`: from the documentation to the data."""

import sys
from pathlib import Path

import click

from mockreel.cli.output import echo


@click.command("build")
@click.option(
    "--docs",
    envvar="MOCKREEL_DOCS",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="The providers' documentation; without it, only the indexes are rebuilt.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write there instead of into this checkout.",
)
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Read the written files from there.",
)
@click.option("--provider", "providers", multiple=True, metavar="NAME", help="Only this provider (repeatable).")
@click.option("--check", is_flag=True, help="Write nothing; list what differs, and exit with 1 if anything does.")
def command(docs: Path | None, out: Path | None, data: Path | None, providers: tuple[str, ...], check: bool) -> None:
    """Build schemas and prices from the providers' documentation, and the indexes from the written data."""
    from mockreel._data import checkout, data_root  # noqa: PLC0415
    from mockreel.authoring import build  # noqa: PLC0415

    target = out or checkout()
    if target is None:
        raise click.UsageError("This mockreel is installed, not a checkout. Choose the output folder: --out DIR.")
    report = build(docs, target, data=data or data_root(), providers=providers or None, check=check)
    for line in report.lines():
        echo(line)
    if check and not report.same:
        sys.exit(1)
