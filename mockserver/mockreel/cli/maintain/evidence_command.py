"""`mockreel evidence`: how far to trust the facts."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from mockreel.cli.output import echo, show_table
from mockreel.terminal import counted


@click.command("evidence")
@click.option("--provider", "names", multiple=True, metavar="NAME", help="Only this provider (repeatable).")
@click.option("--counts", is_flag=True, help="Only the table, not the inferred facts.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Use this data folder instead of the packaged one.",
)
def command(names: tuple[str, ...], counts: bool, as_json: bool, data: Path | None) -> None:
    """Count the facts of each provider by kind of evidence, and list the inferred ones."""
    from mockreel.contract.evidence import evidence  # noqa: PLC0415
    from mockreel.errors import OptionError  # noqa: PLC0415

    titles = evidence.titles(root=data)
    for name in names:
        if name not in titles:
            raise OptionError("provider", name, titles)
    found = {name: evidence.evidence_rows(name, root=data) for name in titles if not names or name in names}
    if as_json:
        click.echo(json.dumps({name: _document(rows) for name, rows in found.items()}, indent=2))
        return
    _table(found, titles)
    if not counts:
        for name, rows in found.items():
            _inferred(titles[name], rows)


def _document(rows: Sequence[Any]) -> dict[str, Any]:
    from mockreel.contract.evidence import evidence  # noqa: PLC0415

    inferred = [{"sort": row.sort, "where": row.where} for row in rows if row.kind == evidence.INFERRED]
    sorts = dict.fromkeys(row.sort for row in rows)
    by_sort = {sort: dict(evidence.count([row for row in rows if row.sort == sort])) for sort in sorts}
    return {"counts": dict(evidence.count(rows)), "sorts": by_sort, "inferred": inferred}


def _table(found: dict[str, Any], titles: dict[str, str]) -> None:
    from mockreel.contract.evidence import evidence  # noqa: PLC0415

    heads = ("documented", evidence.IN_PART, "published", "client", evidence.INFERRED)
    counts = {name: evidence.count(rows) for name, rows in found.items()}
    rows = [(titles[name], len(found[name]), *(counts[name][head] for head in heads)) for name in found]
    show_table(("provider", "facts", *heads), rows, none="")


def _inferred(title: str, rows: Sequence[Any]) -> None:
    from mockreel.contract.evidence import evidence  # noqa: PLC0415

    own = [row for row in rows if row.kind == evidence.INFERRED]
    echo(f"\n{title}: {counted(len(own), 'inferred fact')}")
    for sort in dict.fromkeys(row.sort for row in own):
        echo(f"  {sort}")
        for row in own:
            if row.sort == sort:
                echo(f"    {row.where}")
