"""`mockreel models`: what can be run, with which input, at what price."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from mockreel.cli.options import Pair, data_option

if TYPE_CHECKING:
    from mockreel.contract.model_catalogue import Entry

_BOUNDS = ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern", "format")
_SHOWN = ("name", "type", "required", "default", "options", *_BOUNDS)
_MOST = 12  # options of one field that are shown


@click.command("models")
@click.argument("words", nargs=-1)
@click.option("--provider", "providers", multiple=True, metavar="NAME", help="Only this provider (repeatable).")
@click.option("--output", metavar="KIND", help="Only what makes this: video, image, audio, 3d or text.")
@click.option(
    "--reading",
    "readings",
    multiple=True,
    type=Pair(),
    metavar="ID=OPTION",
    help="Read a contradiction in the docs another way (repeatable).",
)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@data_option
def command(
    words: tuple[str, ...], providers: tuple[str, ...], output: str | None, as_json: bool, **given: Any
) -> None:
    """List the models, or those whose names have all WORDS, or describe the one that is called so."""
    from mockreel.contract import model_catalogue  # noqa: PLC0415
    from mockreel.simulator.simulator import load_contracts  # noqa: PLC0415

    contracts = load_contracts(providers or None, readings=dict(given["readings"]), data=given["data"])
    every = model_catalogue.entries(contracts.values())
    one = model_catalogue.named(every, words[0]) if len(words) == 1 and output is None else []
    if one:
        rows = [model_catalogue.described(entry) for entry in one]
        _print(json.dumps(rows, ensure_ascii=False, indent=2) if as_json else "\n\n".join(map(_description, rows)))
        return
    found = model_catalogue.found(every, words, output=output)
    if as_json:
        _print(json.dumps([entry.row() for entry in found], ensure_ascii=False, indent=2))
    else:
        _print(_list(found))


def _print(text: str) -> None:
    click.echo(text)


def _list(found: Sequence["Entry"]) -> str:
    from mockreel.contract import model_catalogue  # noqa: PLC0415

    rows = [entry.row() for entry in found]
    ages = [f"{provider}: {age}" for provider, age in model_catalogue.ages(found).items()]
    table = _aligned([(row["provider"], row["output"], _name(row), row["price"]["says"]) for row in rows])
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["provider"]] = counts.get(row["provider"], 0) + 1
    total = ", ".join(f"{name} {count}" for name, count in counts.items())
    return "\n".join([*table, "", *ages, f"{len(rows)} models ({total})"])


def _name(row: Mapping[str, Any]) -> str:
    return f"{row['id']} ({row['title']})" if row["title"] else str(row["id"])


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows of texts in columns; the last column is as wide as it likes."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)] if rows else []
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _description(row: Mapping[str, Any]) -> str:
    facts = [
        ("makes", row["output"] + "".join(f", {key} {value}" for key, value in row["media"].items())),
        ("also called", ", ".join([*row["aliases"], *filter(None, [row["title"]])])),
        ("deprecated", "yes" if row["deprecated"] else ""),
        ("held as of", row["dated"]),
        ("endpoint", "\n".join(row["endpoints"])),
        ("price", "\n".join(_price(row["price"]))),
        ("evidence", "\n".join([row["evidence"], *(_source(one) for one in row["source"]), *row["documents"]])),
        ("note", row["note"]),
        ("schema", row["schema"]),
    ]
    lines = [f"{row['provider']}  {row['id']}"]
    lines += [line for name, text in facts if text for line in _fact(name, text)]
    lines += ["", *_fields(row["fields"])]
    if row["corrections"]:
        lines += ["", "Corrected on the way from the docs:", *map(_correction, row["corrections"])]
    for route in row["routes"]:
        lines += ["", f"At {route['endpoint']}:", *_fields(route["fields"]), *map(_correction, route["corrections"])]
    return "\n".join(lines)


def _fact(name: str, text: str) -> Iterator[str]:
    first, *others = text.splitlines()
    yield f"  {name:<12} {first}"
    yield from (f"  {'':<12} {other}" for other in others)


def _price(price: Mapping[str, Any]) -> Iterator[str]:
    held = f", as of {price['dated']}" if price["dated"] else ""
    yield f"{price['says']} ({price['evidence']}: {', '.join(price['source'])}{held})"
    for rule in price["rules"]:
        when = ", ".join(f"{name}={value}" for name, value in rule["when"].items()) or "otherwise"
        yield f"{when}: {rule['amount']} ({rule['certainty']})"
    if price["placeholder"]:
        shown = ", ".join(f"{name} {value}" for name, value in price["placeholder"].items())
        yield f"placeholder in the docs, no price: {shown}"
    if price["note"]:
        yield str(price["note"])


def _source(source: Mapping[str, Any]) -> str:
    return "  ".join(str(source[key]) for key in ("id", "title", "url") if key in source)


def _fields(fields: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not fields:
        return iter(["  (no input is documented; any is taken)"])
    rows = [(f["name"], f["type"], "required" if f["required"] else "", _limits(f)) for f in fields]
    return ("  " + line for line in _aligned(rows))


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
