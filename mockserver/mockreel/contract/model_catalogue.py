"""Search the models of contracts, and describe them from their schemas."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mockreel.contract import Contract, Model, Price
from mockreel.errors import OptionError

Row = dict[str, Any]
_BOUNDS = ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern", "format")
# The schema keywords for alternatives.
_EITHER = ("anyOf", "oneOf")


@dataclass(frozen=True, slots=True)
class Entry:
    """One model of one provider."""

    contract: Contract
    model: Model

    @property
    def names(self) -> tuple[str, ...]:
        return (self.model.id, *self.model.aliases)

    @property
    def title(self) -> str:
        """Its title in the docs, if that is another name."""
        title: str = self.contract.schemas.patched_document(self.model.schema).get("title", "")
        return "" if title in self.names else title

    def row(self) -> Row:
        """Its row in a list."""
        price = self.model.price
        return {
            "provider": self.contract.provider,
            "id": self.model.id,
            "aliases": list(self.model.aliases),
            "title": self.title,
            "output": self.model.output,
            "price": {
                "says": price_text(price),
                "certainty": price.certainty,
                "currency": price.currency,
                "dated": _dated(self.contract, price.evidence.source, stated=price.date),
            },
            "evidence": self.model.evidence.kind,
            "dated": _dated(self.contract, self.model.evidence.source),
        }


def entries(contracts: Iterable[Contract]) -> list[Entry]:
    """Every model, by provider and id."""
    return [Entry(contract, model) for contract in contracts for model in contract.models.values()]


def search(among: Sequence[Entry], words: Sequence[str], *, output: str | None = None) -> list[Entry]:
    """The models whose id, alias or title has every word, in any case, and that make this output.

    Raises:
        OptionError: there is none; the message names the nearest.
    """
    outputs = sorted({entry.model.output for entry in among})
    if output is not None and output not in outputs:
        raise OptionError("output", output, outputs)
    lower = [word.lower() for word in words]
    matching = [
        entry
        for entry in among
        if output in (None, entry.model.output)
        and any(all(word in name.lower() for word in lower) for name in (*entry.names, entry.title))
    ]
    if not matching:
        every = [entry.model.id for entry in among]  # a list of models counts the same
        raise OptionError("model", " ".join(words), every, then="`mockreel models` lists them all.")
    return matching


def models_named(among: Sequence[Entry], name: str) -> list[Entry]:
    """The models with this id or alias: at most one per provider."""
    return [entry for entry in among if name in entry.names]


def described(entry: Entry) -> Row:
    """All facts about a model."""
    contract, model = entry.contract, entry.model
    schema = contract.schemas.patched_document(model.schema)
    note = schema.get("x-mockreel", {})
    return {
        **entry.row(),
        "deprecated": bool(schema.get("deprecated")),
        "schema": f"schemas/{contract.provider}/{model.schema}",
        "endpoints": list(model.endpoints),
        "fields": _fields(schema),
        "media": dict(model.media),
        "price": {**_price(model.price), "dated": entry.row()["price"]["dated"]},
        "source": _sources(contract, model.evidence.source),
        "documents": list(note.get("documents", [])),
        "note": note.get("note", ""),
        "corrections": list(note.get("corrections", [])),
        "routes": [_route(contract, endpoint, file) for endpoint, file in model.routes.items()],
    }


def ages(among: Iterable[Entry]) -> dict[str, str]:
    """The number of these models by day, for each provider: `2 as of 2026-08-01, 1 as of 2026-04-29`."""
    days: dict[str, Counter[str]] = {}
    for entry in among:
        days.setdefault(entry.contract.provider, Counter())[entry.row()["dated"]] += 1
    return {
        provider: ", ".join(f"{count} as of {day or 'no known day'}" for day, count in sorted(found.items())[::-1])
        for provider, found in days.items()
    }


def _dated(contract: Contract, sources: Iterable[str], *, stated: str = "") -> str:
    """The date of a fact: its own, else that of its newest source, or the day that source was read."""
    rows = contract.schemas.sources()
    days = (str(rows[id_].get("dated") or rows[id_].get("read") or "") for id_ in sources)
    return stated or max(days, default="")


def price_text(price: Price) -> str:
    """A price as text: `0.315 to 0.504 CNY/second`."""
    amounts = [rule.amount for rule in price.rules] + ([price.amount] if price.amount is not None else [])
    if price.certainty == "unknown" or not amounts:
        return "unknown"
    least, most = min(amounts), max(amounts)
    sum_ = f"{least:f}" if least == most else f"{least:f} to {most:f}"
    return f"{'at least ' if price.certainty == 'at least' else ''}{sum_} {price.currency}/{price.unit}"


def _price(price: Price) -> Row:
    return {
        "says": price_text(price),
        "certainty": price.certainty,
        "currency": price.currency,
        "unit": price.unit,
        "amount": None if price.amount is None else f"{price.amount:f}",
        "rules": [
            {"when": dict(rule.when), "amount": f"{rule.amount:f}", "certainty": rule.certainty} for rule in price.rules
        ],
        "placeholder": dict(price.placeholder),
        "note": price.note,
        "evidence": price.evidence.kind,
        "source": list(price.evidence.source),
    }


def _route(contract: Contract, endpoint: str, file: str) -> Row:
    schema = contract.schemas.patched_document(file)
    corrections = list(schema.get("x-mockreel", {}).get("corrections", []))
    return {"endpoint": endpoint, "fields": _fields(schema), "corrections": corrections}


def _sources(contract: Contract, ids: Iterable[str]) -> list[Row]:
    rows = contract.schemas.sources()
    return [{"id": id_, **{key: rows[id_][key] for key in ("title", "url") if key in rows[id_]}} for id_ in ids]


def _fields(schema: Mapping[str, Any]) -> list[Row]:
    """The fields of an input, the required ones first."""
    needed = schema.get("required", [])
    rows = [_field(name, field, required=name in needed) for name, field in schema.get("properties", {}).items()]
    return sorted(rows, key=lambda row: not row["required"])


def _field(name: str, field: Mapping[str, Any], *, required: bool) -> Row:
    row: Row = {"name": name, "type": "|".join(_types(field)), "required": required}
    row |= {"default": field["default"]} if "default" in field else {}
    row |= {"options": list(field["enum"])} if "enum" in field else {}
    row |= {key: field[key] for key in _BOUNDS if key in field}
    row |= {"deprecated": True} if field.get("deprecated") else {}
    return row | {key: value for key, value in field.get("x-mockreel", {}).items() if key not in row}


def _types(field: Mapping[str, Any]) -> Iterator[str]:
    kinds = field.get("type", ())
    for kind in [kinds] if isinstance(kinds, str) else kinds:
        items = field.get("items", {}).get("type")
        yield f"{items}[]" if kind == "array" and isinstance(items, str) else kind
    for branch in [branch for word in _EITHER for branch in field.get(word, [])]:
        yield from _types(branch)
