"""`mockreel faults`: the faults that can be injected, and their parameters."""

import json

import click

from mockreel.cli.output import echo, show_table
from mockreel.engine.faults import Kind, catalogue, kind_of

# What a fault is of, in the words of the field.
_SORTS = {"reply": "response", "callback": "webhook"}


@click.command("faults")
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def command(name: str | None, as_json: bool) -> None:
    """List the faults, or show one with its parameters.

    Select one with the header `Prefer: fault=NAME`, with --fault of `serve` and `run`, by a rule or by a key.
    """
    kinds = catalogue() if name is None else (kind_of(name),)
    if as_json:
        click.echo(json.dumps([kind.row() for kind in kinds], indent=2))
    elif name is None:
        show_table(
            ("fault", "of", "what happens"), ((kind.name, _SORTS[kind.sort], kind.says) for kind in kinds), none=""
        )
    else:
        _show(kinds[0])


def _show(kind: Kind) -> None:
    echo(f"{kind.name}: {kind.says}")
    facts = [("a client sees", kind.sees), ("handled", kind.handled_in_words)]
    for parameter in kind.parameters:
        usual = "" if parameter.default is None else f"; default: {parameter.shown_default}"
        facts.append((parameter.name, f"{parameter.says} ({parameter.valid}{usual})"))
    for name, text in facts:
        echo(f"  {name:<15} {text}")
