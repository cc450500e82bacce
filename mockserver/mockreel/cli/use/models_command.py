"""`mockreel models`: the models, their input and price."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mockreel.cli.output import columns, echo, show_table, table
from mockreel.cli.shared_options import data_option, reading_option
from mockreel.terminal import counted

if TYPE_CHECKING:
    from mockreel.contract.model_catalogue import Entry

_BOUNDS = ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern", "format")
_SHOWN = ("name", "type", "required", "default", "options", *_BOUNDS)
_MOST = 12  # options of one field that are shown


class _Listing(click.Group):
    """`models WORDS` is `models list WORDS`; `models add` is the other command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, args if args[:1] in (["add"], ["list"]) else ["list", *args])


@click.group("models", cls=_Listing)
def command() -> None:
    """List, search, describe and add models."""


@command.command("add")
@click.argument("model")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="The data folder to write to, for `--data DIR` of the other commands; it is made if it does not exist.",
)
def add_model(model: str, data: Path) -> None:
    """Add a model to a data folder: 'PROVIDER:ID=SCHEMA.json' or 'PROVIDER:ID; like=MODEL; price=0.05/second'."""
    from mockreel.contract.added_models import MODELS_FILE, write_model  # noqa: PLC0415
    from mockreel.simulator.simulator import load_contracts  # noqa: PLC0415

    used = data if any((data / name).exists() for name in ("contracts", MODELS_FILE)) else None
    entry = write_model(model, data, check=lambda additions: load_contracts(data=used, additions=additions))
    echo(f"{entry.provider}:{entry.id} is in {data}; use it with --data {data}.")


@command.command("list")
@click.argument("words", nargs=-1)
@click.option("--provider", "providers", multiple=True, metavar="NAME", help="Only this provider (repeatable).")
@click.option("--output", metavar="KIND", help="Only models with this output: video, image, audio, 3d or text.")
@reading_option()
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@data_option
def list_models(
    words: tuple[str, ...], providers: tuple[str, ...], output: str | None, as_json: bool, **options: Any
) -> None:
    """List the models, or those whose names have all WORDS; with the full name of one, describe it.

    `mockreel models add MODEL --data DIR` adds one of your own.
    """
    from mockreel.contract import model_catalogue  # noqa: PLC0415
    from mockreel.simulator.simulator import load_contracts  # noqa: PLC0415

    contracts = load_contracts(providers or None, readings=dict(options["readings"]), data=options["data"])
    every = model_catalogue.entries(contracts.values())
    one = model_catalogue.models_named(every, words[0]) if len(words) == 1 and output is None else []
    if one:
        rows = [model_catalogue.described(entry) for entry in one]
        if as_json:
            _print(json.dumps(rows, ensure_ascii=False, indent=2))
        else:
            echo("\n\n".join(map(_description, rows)))
        return
    found = model_catalogue.search(every, words, output=output)
    if as_json:
        _print(json.dumps([entry.row() for entry in found], ensure_ascii=False, indent=2))
    else:
        _list(found)


def _print(text: str) -> None:
    click.echo(text)


def _list(found: Sequence["Entry"]) -> None:
    from mockreel.contract import model_catalogue  # noqa: PLC0415

    rows = [entry.row() for entry in found]
    cells = ((row["provider"], row["output"], row["id"], row["price"]["says"], row["title"] or "") for row in rows)
    show_table(("provider", "output", "model", "price", "title"), cells, none="No model matches.")
    total = ", ".join(f"{name} {count}" for name, count in Counter(row["provider"] for row in rows).items())
    ages = [f"{provider}: {age}" for provider, age in model_catalogue.ages(found).items()]
    echo("\n".join(["", *ages, f"{counted(len(rows), 'model')} ({total})"]))


def _description(row: Mapping[str, Any]) -> str:
    facts = [
        ("makes", row["output"] + "".join(f", {key} {value}" for key, value in row["media"].items())),
        ("also called", ", ".join([*row["aliases"], *filter(None, [row["title"]])])),
        ("deprecated", "yes" if row["deprecated"] else ""),
        ("as of", row["dated"]),
        ("endpoint", "\n".join(row["endpoints"])),
        ("price", "\n".join(_price(row["price"]))),
        ("evidence", "\n".join([_kind(row), *(_source(one) for one in row["source"]), *row["documents"]])),
        ("note", row["note"]),
        ("schema", row["schema"]),
    ]
    lines = [f"{row['provider']}  {row['id']}"]
    lines += [line for name, text in facts if text for line in _fact(name, text)]
    lines += ["", *_fields(row["fields"])]
    if row["corrections"]:
        lines += ["", "Corrections to the documentation:", *map(_correction, row["corrections"])]
    for route in row["routes"]:
        lines += ["", f"At {route['endpoint']}:", *_fields(route["fields"]), *map(_correction, route["corrections"])]
    return "\n".join(lines)


def _fact(name: str, text: str) -> Iterator[str]:
    first, *others = text.splitlines()
    yield f"  {name:<12} {first}"
    yield from (f"  {'':<12} {other}" for other in others)


def _kind(row: Mapping[str, Any]) -> str:
    return str(row["evidence"] if row["source"] else "your own")


def _price(price: Mapping[str, Any]) -> Iterator[str]:
    day = f", as of {price['dated']}" if price["dated"] else ""
    why = f"{price['evidence']}: {', '.join(price['source'])}{day}" if price["source"] else "your own"
    yield f"{price['says']} ({why})"
    for rule in price["rules"]:
        when = ", ".join(f"{name}={value}" for name, value in rule["when"].items()) or "otherwise"
        yield f"{when}: {rule['amount']} ({rule['certainty']})"
    if price["placeholder"]:
        shown = ", ".join(f"{name} {value}" for name, value in price["placeholder"].items())
        yield f"placeholder in the documentation, not a price: {shown}"
    if price["note"]:
        yield str(price["note"])


def _source(source: Mapping[str, Any]) -> str:
    return "  ".join(str(source[key]) for key in ("id", "title", "url") if key in source)


def _fields(fields: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not fields:
        return iter(["  (no input is documented; any is accepted)"])
    rows = [(f["name"], f["type"], "yes" if f["required"] else "no", _limits(f)) for f in fields]
    most = columns()
    lines = table(("field", "type", "required", "values"), rows, most=None if most is None else most - 2)
    return ("  " + line for line in lines)


def _limits(field: Mapping[str, Any]) -> str:
    """Bounds, options, default, and whatever else is held about a field."""
    options = [_word(option) for option in field.get("options", [])]
    cut = [*options[:_MOST], f"… {len(options) - _MOST} more"] if len(options) > _MOST else options
    parts = ["|".join(cut)] if options else []
    parts += [f"default {_word(field['default'])}"] if "default" in field else []
    parts += [f"{name} {field[name]}" for name in _BOUNDS if name in field]
    parts += [f"{name} {_word(value)}" for name, value in field.items() if name not in _SHOWN]
    return ", ".join(parts)


def _word(value: Any) -> str:
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)


def _correction(change: Mapping[str, Any]) -> str:
    was, now = (_short(change[side]) for side in ("was", "now"))
    return f"  {change['at']}: {was} -> {now} ({change['why']})"


def _short(value: Any) -> str:
    text = "nothing" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"
