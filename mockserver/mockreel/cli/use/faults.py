"""`mockreel faults`: what can be damaged on purpose, and how that is said."""

import json

import click

from mockreel.engine.faults import Kind, catalogue, kind_of


@click.command("faults")
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="As JSON, for machines.")
def command(name: str | None, as_json: bool) -> None:
    """List the faults, or show one: what it does, what a client sees, and its parameters.

    They are chosen with the header `Prefer: fault=NAME`, with --fault of `serve` and `run`, by rules and by keys.
    """
    kinds = catalogue() if name is None else (kind_of(name),)
    if as_json:
        click.echo(json.dumps([kind.row() for kind in kinds], indent=2))
    elif name is None:
        width = max(len(kind.name) for kind in kinds)
        for kind in kinds:
            click.echo(f"{kind.name:<{width}}  {kind.says}")
    else:
        _show(kinds[0])


def _show(kind: Kind) -> None:
    click.echo(f"{kind.name}: {kind.says}")
    click.echo(f"  a client sees   {kind.sees}")
    click.echo(f"  handled         {kind.handled_in_words}")
    for parameter in kind.parameters:
        usual = "" if parameter.default is None else f"; {parameter.shown_default} unless told"
        click.echo(f"  {parameter.name:<15} {parameter.says} ({parameter.valid}{usual})")
