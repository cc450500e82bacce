"""`mockreel replay-run`: a recorded run, applied again and compared."""

import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mockreel.cli.output import echo
from mockreel.cli.shared_options import reading_option
from mockreel.errors import OptionError

if TYPE_CHECKING:
    from mockreel.server.socket_server import Server
    from mockreel.simulator.storage.rerun import Rerun

# Of several differences so many are shown.
MOST_SHOWN = 10
_FOLDER = "the folder that `serve --record-run` has made"
_SHARED = "A run in a Redis is looked back on with `mockreel control at TIME` while a server shares it."


@click.command("replay-run")
@click.argument("bundle", metavar="BUNDLE")
@reading_option("Use this option of a reading instead (repeatable).")
@click.option(
    "--against",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Use the contracts of this data folder instead.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--open", "opened", is_flag=True, help="Serve the run as it ended, paused, for the dashboard.")
@click.option("--port", default=8700, show_default=True, help="The control port of --open. 0 takes free ones.")
def command(
    *,
    bundle: str,
    readings: tuple[tuple[str, str], ...],
    against: Path | None,
    as_json: bool,
    opened: bool,
    port: int,
) -> None:
    """Apply a run again that `serve --record-run` has recorded, and compare every response and webhook, byte for byte.

    A run that was not ended, as its server was killed, is played as far as it goes, and that is said.

    Exit code 0: all are equal. 1: some differ. 2: the run cannot be applied.
    """
    from mockreel.server.recorded_run import RecordedRun  # noqa: PLC0415  (--help needs none of it)

    if "://" in bundle:
        from mockreel.engine.redaction.url_redaction import masked_url  # noqa: PLC0415

        raise OptionError("BUNDLE", masked_url(bundle), [_FOLDER], then=_SHARED)
    run = RecordedRun(Path(bundle), readings=dict(readings), data=against)
    if opened:
        if run.unended:
            echo(run.unended, err=True)
        _serve(run.server(port=port))
        return
    found = run.compared()
    if as_json:
        click.echo(_json(found))
    else:
        _show(found)
    sys.exit(0 if found.is_equal else 1)


def _serve(server: "Server") -> None:
    """Serve until Ctrl-C."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: server.stop())
    shown = f"The run is at {server.server.control.url}/ as it ended; its clock is paused. Stop with Ctrl-C."
    server.run(ready=lambda: echo(shown))


def _show(found: "Rerun") -> None:
    if found.unended:
        echo(found.unended)
    if found.is_equal:
        echo(f"Equal: {found.compared} responses and webhooks are the same, byte for byte.")
        return
    if found.differences:
        _list(found)
    if found.ended:
        echo(f"It could not be applied to its end: {found.ended}")


def _list(found: "Rerun") -> None:
    first = found.differences[0]
    moment = datetime.fromtimestamp(first.at, UTC).isoformat(sep=" ", timespec="milliseconds").replace("+00:00", " UTC")
    count = len(found.differences)
    echo(f"{count} of {found.compared} differ. They begin to differ at entry {first.number}, {moment}:")
    for one in found.differences[:MOST_SHOWN]:
        echo(f"  {one.number}  {one.what}")
        echo(f"      then: {one.then}")
        echo(f"      now:  {one.now}")
    if count > MOST_SHOWN:
        echo(f"  and {count - MOST_SHOWN} more")


def _json(found: "Rerun") -> str:
    from dataclasses import asdict  # noqa: PLC0415

    from mockreel.terminal import harmless_json  # noqa: PLC0415

    row: Any = {**asdict(found), "equal": found.is_equal}
    return harmless_json(row, indent=2)
