"""`mockreel demo`: everything in one command."""

import sys
from pathlib import Path

import click


@click.command("demo")
@click.option(
    "--dir",
    "folder",
    default="mockreel-demo",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the files are saved.",
)
@click.option("--seed", default=0, show_default=True, help="The same seed gives the same jobs.")
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), help="A further data folder.")
def command(folder: Path, seed: int, data: Path | None) -> None:
    """Run one job for each documented example and show what happens.

    Exit code 0 only if every job succeeded, every webhook arrived with its retries, and every file was saved.
    """
    from rich.console import Console  # noqa: PLC0415

    from mockreel.cli.use.demo.show import perform  # noqa: PLC0415
    from mockreel.terminal import unscreened  # noqa: PLC0415

    folder.mkdir(parents=True, exist_ok=True)
    if not perform(folder, console=Console(file=unscreened(sys.stdout)), seed=seed, data=data):
        sys.exit(1)
