"""`mockreel replay`: cassettes against the contract, the reference client and the mock server."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from mockreel.cli.output import echo, show_table

# As in mockreel.cassettes.replay.fidelity_report, which `--help` does not import.
_FORMS = ("text", "json", "markdown")


@click.command("replay")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[PATH]...")
@click.option(
    "--provider", "providers", multiple=True, metavar="NAME", help="Only cassettes of this provider (repeatable)."
)
@click.option(
    "--format", "form", type=click.Choice(_FORMS), default="text", show_default=True, help="The form of the report."
)
@click.option(
    "--strict",
    is_flag=True,
    help="Also fail on exchanges that are never requested and known differences that no longer occur.",
)
@click.option(
    "--today",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="Count ages from this day; default: today.",
)
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Use this data folder instead of the packaged one.",
)
def command(paths: tuple[Path, ...], form: str, strict: bool, today: datetime | None, **options: Any) -> None:
    """Replay the cassettes at PATH (files or folders), or all of the data folder.

    Exit code 0: no unexplained difference. 1: a response breaks the contract, the client returns something else than
    stated, or the mock server has an unexplained difference. 2: there is nothing to replay.
    """
    from mockreel.cassettes.replay.fidelity_report import (  # noqa: PLC0415
        FORMS,
        TABLE,
        Fidelity,
        details,
        table_row,
    )
    from mockreel.cassettes.replay.replayer import Replay  # noqa: PLC0415
    from mockreel.errors import OptionError  # noqa: PLC0415

    providers, data = options["providers"], options["data"]
    replay = Replay(data)
    names = _providers(providers, data)
    chosen = list(_files(paths) if paths else replay.paths(names))
    if not chosen:
        then = "No cassette (*.yaml) is there: record one, or name another file or folder."
        raise OptionError("PATH", " ".join(map(str, paths)), then=then)
    day = today.date() if today is not None else datetime.now(UTC).date()
    replayed = tuple(one for one in replay.each(chosen) if one.cassette is None or one.cassette.provider in names)
    report = Fidelity(replayed, day, strict, data)
    if form == "text":
        rows = (table_row(report, one) for one in replayed)
        show_table(TABLE, rows, none="", notes=[details(one) for one in replayed])
        echo(f"\n{report.sentence()}")
    else:
        click.echo(FORMS[form](report), nl=False)
    sys.exit(report.exit_code)


def _files(paths: tuple[Path, ...]) -> Iterator[Path]:
    for path in paths:
        yield from sorted(path.rglob("*.yaml")) if path.is_dir() else (path,)


def _providers(names: tuple[str, ...], data: Path | None) -> tuple[str, ...]:
    from mockreel.contract import providers  # noqa: PLC0415
    from mockreel.errors import OptionError  # noqa: PLC0415

    held = providers(root=data)
    for name in names:
        if name not in held:
            raise OptionError("--provider", name, held)
    return names or held
