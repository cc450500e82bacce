"""`mockreel evidence`: how far to trust what is held."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click


@click.command("evidence")
@click.option("--provider", "names", multiple=True, metavar="NAME", help="Only this provider (repeatable).")
@click.option("--counts", is_flag=True, help="Only the table, not the facts that rest on inference alone.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Another data folder than the packaged one.",
)
def command(names: tuple[str, ...], counts: bool, as_json: bool, data: Path | None) -> None:
    """Count the facts of each provider by why they are believed; list those that rest on inference alone."""
    from mockreel.contract.evidence import evidence  # noqa: PLC0415
    from mockreel.errors import OptionError  # noqa: PLC0415

    titles = evidence.titles(root=data)
    for name in names:
        if name not in titles:
            raise OptionError("provider", name, titles)
    found = {name: evidence.held(name, root=data) for name in titles if not names or name in names}
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
    click.echo(f"{'':<12}{'facts':>8}" + "".join(f"{head:>12}" for head in heads))
    for name, rows in found.items():
        counts = evidence.count(rows)
        click.echo(f"{titles[name]:<12}{len(rows):>8}" + "".join(f"{counts[head]:>12}" for head in heads))


def _inferred(title: str, rows: Sequence[Any]) -> None:
    from mockreel.contract.evidence import evidence  # noqa: PLC0415

    own = [row for row in rows if row.kind == evidence.INFERRED]
    click.echo(f"\n{title}: {len(own)} that no source says")
    for sort in dict.fromkeys(row.sort for row in own):
        click.echo(f"  {sort}")
        for row in own:
            if row.sort == sort:
                click.echo(f"    {row.where}")
