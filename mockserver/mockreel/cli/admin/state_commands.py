"""`mockreel control reset`, `snapshot` and `restore`: the whole state of the server."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from mockreel.cli.admin.control_options import ControlSession, moment
from mockreel.errors import DataError
from mockreel.file_problem import unreadable
from mockreel.terminal import counted
from mockreel.whole_file import write_whole

STANDARD = Path("-")


@click.command("reset")
@click.pass_obj
def reset(session: ControlSession) -> None:
    """Reset the server: remove jobs, accounts, webhooks and journal; rules and clock as at the start."""
    with session.client() as control:
        about = control.reset()
    session.show(about, lambda: [f"Reset. {_clock(about)}"])


@click.command("resets")
@click.pass_obj
def resets(session: ControlSession) -> None:
    """List where the clock was put back, by a reset or a restored snapshot; the server must keep a log."""
    with session.client() as control:
        rows = control.resets()
    head = ("entry", "by", "the clock was at", "and was put to", "look at what was before with")
    session.show_table(rows, head, lambda: map(_reset_row, rows), none="The clock was never put back.")


def _reset_row(row: Mapping[str, Any]) -> tuple[object, ...]:
    return row["entry"], row["by"], moment(row["from"]), moment(row["to"]), f"control at {row['before']}"


@click.command("snapshot")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path, allow_dash=True))
@click.pass_obj
def snapshot(session: ControlSession, file: Path) -> None:
    """Save the server's state to FILE (`-`: standard output), readable by you alone.

    It contains no key, but the webhook secrets.
    """
    with session.client() as control:
        document = control.snapshot()
    if file == STANDARD:
        click.echo(json.dumps(document))
        return
    write_whole(file, json.dumps(document))
    session.show({"file": str(file)}, lambda: [f"Written: {file} ({_counts(document)})"])


@click.command("restore")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path, allow_dash=True))
@click.pass_obj
def restore(session: ControlSession, file: Path) -> None:
    """Restore the state that `snapshot` saved to FILE (`-`: standard input), replacing the current one."""
    document = _read(file)
    with session.client() as control:
        about = control.restore(document)
    session.show(about, lambda: _restored(document, about))


def _read(file: Path) -> Mapping[str, Any]:
    try:
        document = json.loads(sys.stdin.read() if file == STANDARD else file.read_text("utf-8"))
    except OSError as problem:
        raise unreadable(file, problem) from problem
    except ValueError as problem:
        raise DataError(str(file), f"it is not JSON ({problem})", expected="what `snapshot` wrote") from problem
    if not isinstance(document, Mapping):
        raise DataError(str(file), "its root is not a JSON object", expected="what `snapshot` wrote")
    return document


def _restored(document: Mapping[str, Any], about: Mapping[str, Any]) -> Iterator[str]:
    yield f"Restored: {_counts(document)}. {_clock(about)}"


def _counts(document: Mapping[str, Any]) -> str:
    parts = document["providers"].values()
    jobs, deliveries = sum(len(part["jobs"]) for part in parts), sum(len(part["deliveries"]) for part in parts)
    return f"{counted(jobs, 'job')}, {counted(deliveries, 'delivery', 'deliveries')}"


def _clock(about: Mapping[str, Any]) -> str:
    clock = about["clock"]
    return f"The clock {'is paused at' if clock['held'] else 'runs from'} {moment(clock['now'])}."
