"""Models that a user adds to a provider: with a JSON Schema, or as a copy of a known model."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mockreel.contract.added_price import OWN, check_length, read_price, read_seconds, unknown_price
from mockreel.contract.data.data_files import Document, read_document, read_list
from mockreel.contract.rows import Model
from mockreel.errors import DataError, OptionError

# The kinds of results that the mock server can make.
OUTPUTS = ("video", "image", "audio", "3d", "text")
FIELDS = ("provider", "id", "schema", "like", "output", "price", "seconds")
UNKNOWN_MODELS = ("refuse", "accept")
# The list of added models in a data folder.
MODELS_FILE = "models.yaml"
_FOLDER = "models/added/"
_ANY: Mapping[str, Any] = {"type": "object", "description": "any input: nothing is known of this model"}


@dataclass(frozen=True, slots=True)
class AddedModel:
    """One requested model: `schema` describes its input, or it is a copy of the model `like`.

    `seconds` is how long a result is where the input does not say it; `file` is where the schema was read.
    """

    provider: str
    id: str
    schema: Mapping[str, Any] | None = None
    like: str | None = None
    output: str | None = None
    price: str | None = None
    seconds: str | float | None = None
    file: str = ""


@dataclass(frozen=True, slots=True)
class Additions:
    """The additions to contracts when they are loaded.

    Args:
        models: further models.
        accept_unknown: accept unknown models with any input.
    """

    models: tuple[AddedModel, ...] = ()
    accept_unknown: bool = False

    def of(self, provider: str) -> "Additions":
        """The additions for one provider."""
        return replace(self, models=tuple(model for model in self.models if model.provider == provider))

    def with_folder(self, folder: Path) -> "Additions":
        """The additions with the models that a data folder lists, if it has such a list.

        Raises:
            OptionError, DataError: as of `read_additions`.
        """
        file = folder / MODELS_FILE
        return replace(self, models=(*read_additions([file]).models, *self.models)) if file.is_file() else self


NO_ADDITIONS = Additions()


def read_additions(source: Iterable[Any] = (), *, unknown_models: str = "refuse") -> Additions:
    """Additions from a command line or a test.

    Args:
        source: `PROVIDER:ID=SCHEMA.json`, `PROVIDER:ID; like=MODEL; output=video; price=0.05/second; seconds=8`, the
            path of a YAML file with a list of them, or mappings with the keys of `FIELDS`.
        unknown_models: `refuse` or `accept`.

    Raises:
        OptionError: an invalid entry.
        DataError: a file that cannot be read.
    """
    if unknown_models not in UNKNOWN_MODELS:
        raise OptionError("unknown models", unknown_models, UNKNOWN_MODELS)
    entries = [source] if isinstance(source, str | Mapping | Path) else list(source)
    return Additions(tuple(_read(row) for one in entries for row in _rows(one)), unknown_models == "accept")


def write_model(text: str, folder: Path, *, check: Callable[[Additions], object]) -> AddedModel:
    """Add a model to the list of a data folder, and its schema to the folder.

    Args:
        text: an entry for `read_additions`.
        folder: the folder; it is created if it does not exist.
        check: called with the model before anything is written; raises if it is invalid.

    Raises:
        OptionError, DataError: the model cannot be added; nothing was written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    additions = read_additions([text])
    check(additions)
    (model,) = additions.models
    row = {name: getattr(model, name) for name in FIELDS if getattr(model, name) is not None}
    if model.schema is not None:
        row["schema"] = f"models/{model.provider}/{model.id.replace('/', '-')}.json"
        (folder / row["schema"]).parent.mkdir(parents=True, exist_ok=True)
        (folder / row["schema"]).write_text(json.dumps(model.schema, indent=2) + "\n", encoding="utf-8")
    with (folder / MODELS_FILE).open("a", encoding="utf-8") as file:
        file.write(f"- {json.dumps(row)}\n")
    return model


def _rows(entry: Any) -> list[Mapping[str, Any]]:
    if isinstance(entry, Mapping):
        return [entry]
    text = str(entry)
    if text.endswith((".yaml", ".yml")) and "=" not in text:
        path = Path(text)
        return [_with_schema_path(path, row) for row in read_list(path)]
    return [_from_text(text)]


def _with_schema_path(path: Path, row: Any) -> Mapping[str, Any]:
    """A row of a file; the path of its schema is relative to the file."""
    if not isinstance(row, Mapping):
        raise DataError(str(path), f"a row is {row!r}", expected=f"a mapping with {', '.join(FIELDS)}")
    schema = row.get("schema")
    return {**row, "schema": path.parent / schema} if isinstance(schema, str) else row


def _from_text(text: str) -> Mapping[str, Any]:
    head, *rest = (part.strip() for part in text.split(";"))
    name, equals, schema = head.partition("=")
    provider, colon, id_ = name.partition(":")
    if not (provider and colon and id_):
        then = "As PROVIDER:acme/dance=dance.json, or 'PROVIDER:acme/dance; like=MODEL; price=0.05/second'."
        raise OptionError("added model", text, then=then)
    options = [part.partition("=") for part in rest if part]
    return {"provider": provider, "id": id_, **({"schema": schema} if equals else {}), **{k: v for k, _, v in options}}


def _read(row: Mapping[str, Any]) -> AddedModel:
    wrong = [name for name in row if name not in FIELDS]
    if wrong:
        raise OptionError("added model, field", wrong[0], FIELDS)
    for name in ("provider", "id"):
        if not isinstance(row.get(name), str) or not row[name]:
            raise OptionError(f"added model, {name}", row.get(name), then="It must be a text and not empty.")
    if ("schema" in row) == ("like" in row):
        then = "Give either a schema (a JSON Schema file) or a known model with `like`."
        raise OptionError("added model", row["id"], then=then)
    schema = row.get("schema")
    file = schema if isinstance(schema, str | Path) else None
    document = schema if file is None else read_document(Path(file), once=True)
    if "schema" in row and not isinstance(document, Mapping):
        raise OptionError(
            f"schema of the added model {row['id']}", document, then="A JSON Schema of an input is a mapping."
        )
    return AddedModel(**{**row, "schema": document}, file=str(file or ""))


# Into a contract ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Extended:
    """The models of a contract with those that are added, and the schemas of these by file name.

    `files` says for each of these schemas what its owner calls it.
    """

    models: Mapping[str, Model]
    documents: Mapping[str, Document] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


class OpenModels(dict[str, Model]):
    """Models by name; an unknown name returns a model that accepts any input.

    Args:
        listed: the known models.
        refused: names that are known elsewhere, and so not unknown here.
        unknown_model: the model for unknown names.
    """

    def __init__(self, listed: Mapping[str, Model], *, unknown_model: Model, refused: Iterable[str] = ()) -> None:
        super().__init__(listed)
        self._stranger = unknown_model
        self._refused = frozenset(refused)

    def __missing__(self, name: str) -> Model:
        if not name or name in self._refused:
            raise KeyError(name)
        return replace(self._stranger, id=name)

    def get(self, name: str, default: Any = None) -> Any:
        try:
            return self[name]
        except KeyError:
            return default


def unknown_model(pricing: Mapping[str, Any], *, output: str) -> Model:
    """The model for unknown names: any input, an unknown price."""
    return Model("", (), output, f"{_FOLDER}.json", {}, unknown_price(pricing), OWN)


def extend(
    models: Mapping[str, Model],
    additions: Additions,
    *,
    where: str,
    root: Path,
    pricing: Mapping[str, Any],
    media: Mapping[str, Any],
) -> Extended:
    """The models of a provider with the added ones.

    Args:
        media: the names of the provider's fields, by what they mean.

    Raises:
        OptionError: a copy of an unknown model, an id that is in use, an invalid price or output.
    """
    extended, documents = dict(models), {f"{_FOLDER}.json": dict(_ANY)} if additions.accept_unknown else {}
    files: dict[str, str] = {}
    used = {name for model in models.values() for name in (model.id, *model.aliases)}
    for one in additions.models:
        if one.id in used:
            raise OptionError(f"added model for {one.provider}", one.id, then="The provider has a model of that name.")
        used.add(one.id)
        file = f"{_FOLDER}{one.id}.json"
        added_model, documents[file] = _extended_model(one, models, file, root=root / where, pricing=pricing)
        extended[one.id] = replace(added_model, defaults=_defaults(one, added_model, documents[file], media))
        files[file] = one.file or f"schema of the added model {one.id}"
        if one.price is not None and _base(one, models, pricing).price.unit != added_model.price.unit:
            check_length(extended[one.id], documents[file], media)
    return Extended(extended, documents, files)


def _defaults(one: AddedModel, model: Model, schema: Document, media: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an input says that lacks a field: as the schema has it, and the stated length."""
    fields = schema.get("properties", {})
    rows = fields.items() if isinstance(fields, Mapping) else ()
    written = {name: row["default"] for name, row in rows if isinstance(row, Mapping) and "default" in row}
    length = {} if one.seconds is None else {media["duration"][0]: read_seconds(one.id, one.seconds)}
    return {**written, **model.defaults, **length}


def _extended_model(
    one: AddedModel, models: Mapping[str, Model], file: str, *, root: Path, pricing: Mapping[str, Any]
) -> tuple[Model, Document]:
    base = _base(one, models, pricing)
    if one.output is not None and one.output not in OUTPUTS:
        raise OptionError(f"output of {one.id}", one.output, OUTPUTS)
    price = base.price if one.price is None else read_price(one.id, str(one.price), pricing)
    if one.seconds is not None:
        price = replace(
            price, note=f"a result is {read_seconds(one.id, one.seconds):g} s long unless the input says it"
        )
    endpoints = tuple(text.replace(base.id, one.id) for text in base.endpoints) if one.like else ()
    model = replace(
        base,
        id=one.id,
        aliases=(),
        schema=file,
        output=one.output or base.output,
        price=price,
        endpoints=endpoints,
        routes={},
        copied=(base.id, *base.aliases) if one.like else (),
        evidence=OWN,
    )
    schema = read_document(root / base.schema) if one.like else {**(one.schema or {})}
    return model, _renamed(schema, one, file)


def _base(one: AddedModel, models: Mapping[str, Model], pricing: Mapping[str, Any]) -> Model:
    if one.like is None:
        return unknown_model(pricing, output=one.output or "video")
    found = next((model for model in models.values() if one.like in (model.id, *model.aliases)), None)
    if found is None:
        raise OptionError(f"model of {one.provider} to copy", one.like, models)
    return found


def _renamed(schema: Document, one: AddedModel, file: str) -> Document:
    """The schema under its new name, also in a field that names the model."""
    fields = dict(schema.get("properties", {}))
    if "model" in fields and one.like is not None:
        fields["model"] = {"type": "string", "enum": [one.id]}
    note: Document = {
        "model": one.id,
        "output": one.output,
        "note": f"added to this server{_copied(one)}",
        "corrections": [],
    }
    properties = {"properties": fields} if fields else {}
    return {
        "title": one.id,
        **schema,
        **properties,
        "$id": f"https://mockreel.invalid/schemas/{one.provider}/{quote(file)}",
    } | {
        "title": one.id,
        "x-mockreel": note,
    }


def _copied(one: AddedModel) -> str:
    return f", a copy of {one.like}" if one.like else ""
