"""The facts of each model in one form, from the contract data or from the pages of the docs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mockreel.authoring.documented_model import ModelPage
from mockreel.authoring.model_documents import HAND, price_row, schema_document
from mockreel.authoring.model_index import read_schemas
from mockreel.contract.data.data_files import read_document
from mockreel.contract.data.parser import Cursor
from mockreel.drift.witness.schema_message import BASE


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """One model: the schema of its input, and everything else that its pages state.

    `envelope` is the place of the input in a request, None if it is not stated; `result` are JSON pointers.
    """

    id: str
    file: str
    schema: Mapping[str, Any]
    price: Mapping[str, Any] | None
    source: tuple[str, ...]
    output: str
    aliases: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    envelope: str | None = None
    result: tuple[str, ...] = ()
    media: Mapping[str, Any] = field(default_factory=dict)
    corrections: tuple[Mapping[str, Any], ...] = ()
    documents: tuple[str, ...] = ()
    copies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # its schema in each of several files
    by_hand: bool = False

    @property
    def at(self) -> str:
        """The base address of the schema's references."""
        return f"{BASE}{self.file}"

    @property
    def defaults(self) -> Mapping[str, Any]:
        """The stated default of each field that has one."""
        fields = self.schema.get("properties", {})
        return {name: one["default"] for name, one in fields.items() if isinstance(one, Mapping) and "default" in one}

    def without(self, sources: Sequence[str]) -> "ModelFacts":
        """The model without the facts that only these sources state: they cannot be read again."""
        lost = {f"only {source} states it" for source in sources}
        gone = {change["at"] for change in self.corrections if change["why"] in lost}
        fields = {
            name: {key: value for key, value in one.items() if key != "default"}
            if f"/properties/{name}/default" in gone
            else one
            for name, one in self.schema.get("properties", {}).items()
        }
        price = self.price and {**self.price, "note": _without_remarks(self.price.get("note", ""), sources)}
        return replace(self, schema={**self.schema, "properties": fields}, price=price, endpoints=self.endpoints[:1])


def from_page(provider: str, page: ModelPage) -> ModelFacts:
    """The facts of a model on a page."""
    file = f"schemas/{provider}/{page.file()}"
    return replace(_facts(file, schema_document(provider, page), price_row(page.price)), copies=page.copies)


def from_data(
    root: Path, provider: str, *, pages_only: bool = False, copies: Mapping[str, Mapping[str, Any]] | None = None
) -> dict[str, ModelFacts]:
    """The models of a data folder, by id.

    Args:
        root: the folder with `schemas/` and `contracts/`.
        provider: the provider of the models.
        pages_only: leave out models written by hand, and use the prices that the pages state.
        copies: by model id, the schema in each of several files.
    """
    folder = root / "contracts" / provider
    models = read_document(folder / "models.json")
    prices = folder / "prices.json"
    stated = read_document(prices) if pages_only and prices.is_file() else {}
    found = {}
    for file, schema in read_schemas(root / "schemas" / provider).items():
        if "route" in schema.get("x-mockreel", {}):
            continue
        id_ = Cursor(file, schema).at("x-mockreel").at("model").text()
        price = stated.get(id_) if pages_only else models.get(id_, {}).get("price")
        model = _facts(f"schemas/{provider}/{file}", schema, price)
        if not (pages_only and model.by_hand):
            schemas = (copies or {}).get(id_, {})
            found[id_] = replace(model, copies={name: one or model.schema for name, one in schemas.items()})
    return found


def _without_remarks(note: str, sources: Sequence[str]) -> str:
    """A note without the remarks that `older` added to it for these sources."""
    return "; ".join(part for part in note.split("; ") if not part.startswith(tuple(f"{one} says" for one in sources)))


def _facts(file: str, document: Mapping[str, Any], price: Mapping[str, Any] | None) -> ModelFacts:
    own = Cursor(file, document).at("x-mockreel")
    return ModelFacts(
        id=own.at("model").text(),
        file=file,
        schema={key: value for key, value in document.items() if key not in ("x-mockreel", "$schema", "$id")},
        price=price,
        source=own.at("source").texts(),
        output=own.at("output").text(),
        aliases=tuple(own.get("aliases", [])),
        endpoints=tuple(own.get("endpoints", [])),
        envelope=own.mapping().get("envelope"),
        result=tuple(own.get("result", [])),
        media=own.get("media", {}),
        corrections=tuple(own.get("corrections", [])),
        documents=tuple(own.get("documents", [])),
        by_hand=own.get("by", "") == HAND,
    )
