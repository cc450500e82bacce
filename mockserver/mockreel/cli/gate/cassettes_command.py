"""`mockreel cassettes`: care for recordings."""

import sys
from pathlib import Path

import click

from mockreel.cli.output import echo


@click.group("cassettes")
def command() -> None:
    """Care for cassettes: recorded exchanges with the providers."""


@command.command("scan")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Use this data folder instead of the packaged one.",
)
def scan(paths: tuple[Path, ...], data: Path | None) -> None:
    """Scan PATHS for secrets; by default, the cassettes of every provider.

    Exit code 1 if something is found. Prints its file, its place and the reason; never the secret itself.
    """
    from mockreel.cassettes.scan.secret_scan import scan as look  # noqa: PLC0415

    seen = look(paths, root=data)
    for found in seen.found:
        echo(str(found))
    files = f"{len(seen.files)} file{'' if len(seen.files) == 1 else 's'}"
    if seen.found:
        places = f"{len(seen.found)} place{'' if len(seen.found) == 1 else 's'}"
        echo(f"{places} in {files}: remove the secret and revoke it.", err=True)
        sys.exit(1)
    echo(f"Nothing in {files} looks like a secret.")
