"""`mockreel docs`: the providers' documentation."""

import sys
import time
from pathlib import Path

import click

from mockreel.cli.option_types import Seconds
from mockreel.cli.output import echo


@click.group("docs")
def command() -> None:
    """Download the providers' documentation, which `build` and `drift` read."""


@command.command("fetch")
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Write there."
)
@click.option("--provider", "names", multiple=True, metavar="NAME", help="Only this provider (repeatable).")
@click.option("--list", "listed", is_flag=True, help="List what would be downloaded, and exit.")
@click.option("--again", is_flag=True, help="Download every page, changed or not.")
@click.option("--max-bytes", default=8 * 1024 * 1024, show_default=True, help="Reject larger pages.")
@click.option(
    "--pause", type=Seconds(min=0), default=1.0, show_default=True, help="Seconds between two requests to one host."
)
@click.option(
    "--timeout",
    type=Seconds(min=0),
    default=30.0,
    show_default=True,
    help="Seconds to wait for a response; all of it may take ten times as long.",
)
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Read the addresses from another data folder.",
)
def fetch(
    *,
    out: Path,
    names: tuple[str, ...],
    listed: bool,
    again: bool,
    max_bytes: int,
    pause: float,
    timeout: float,
    data: Path | None,
) -> None:
    """Download the newest documentation from the addresses in `sources.yaml` into a folder.

    One request at a time, only for what has changed. Exit code 1 if a page failed; the others are downloaded.
    """
    from mockreel._data import data_root  # noqa: PLC0415
    from mockreel.authoring import fetch as fetching  # noqa: PLC0415
    from mockreel.drift.comparison import selected_providers  # noqa: PLC0415

    root = data or data_root()
    pages = [page for name in selected_providers(root, names) for page in fetching.source_pages(root, name)]
    if listed:
        for page in pages:
            echo(f"{page.provider} {page.source}  {page.url} -> {page.file}")
        return
    limits = fetching.Limits(max_bytes, timeout, pause)
    failed = 0
    for fetched in fetching.fetch(pages, out, limits=limits, pause=time.sleep, again=again):
        echo(fetched.line(), err=fetched.outcome == "failed")
        failed += fetched.outcome == "failed"
    if failed:
        echo(f"{failed} of {len(pages)} pages failed; their old versions are unchanged.", err=True)
        sys.exit(1)
