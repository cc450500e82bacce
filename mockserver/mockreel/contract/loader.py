"""Load a provider's contract from its data files under a set of readings."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from mockreel._data import data_root
from mockreel.contract.added_models import NO_ADDITIONS, Additions, OpenModels, extend, unknown_model
from mockreel.contract.billing_rules import Money, money
from mockreel.contract.conversation.conversation import Conversation, conversation
from mockreel.contract.data import parser
from mockreel.contract.data.contract_rows import ContractRows
from mockreel.contract.data.data_files import Document, merge_patch, read_document
from mockreel.contract.data.parser import Cursor
from mockreel.contract.data.webhook_rows import Callbacks
from mockreel.contract.leniency import rewriting
from mockreel.contract.operations import Operation, operations
from mockreel.contract.readings import Reading, apply_overlay, changes, choose, read_readings
from mockreel.contract.router import Router
from mockreel.contract.rows import ErrorRow, Failure, Lifecycle, Model, Scenarios
from mockreel.contract.schemas import Schemas
from mockreel.errors import DataError, OptionError

# The files of a contract that a reading may patch.
_PATCHED = (
    "models.json",
    "lifecycle.yaml",
    "errors.yaml",
    "callbacks.yaml",
    "scenarios.yaml",
    "pricing.yaml",
    "conversation.yaml",
)


T = TypeVar("T")


@dataclass(frozen=True)
class Contract:
    """All facts about a provider, under one set of readings."""

    provider: str
    title: str
    order: int
    package: str
    hosts: tuple[str, ...]
    example_key: str
    operations: tuple[Operation, ...]
    router: Router = field(repr=False)
    models: Mapping[str, Model] = field(repr=False)
    lifecycle: Lifecycle = field(repr=False)
    errors: Mapping[str, ErrorRow] = field(repr=False)
    failures: Mapping[str, Failure] = field(repr=False)
    callbacks: Callbacks = field(repr=False)
    scenarios: Scenarios = field(repr=False)
    conversation: Conversation = field(repr=False)
    pricing: Document = field(repr=False)
    money: Money = field(repr=False)
    wire: Mapping[str, Any] = field(repr=False)
    root: Document = field(repr=False)
    readings: Mapping[str, Reading] = field(repr=False)
    chosen: Mapping[str, str]
    document: Document = field(repr=False)
    schemas: Schemas = field(repr=False)
    additions: Additions = field(default=NO_ADDITIONS, repr=False)

    @cached_property
    def _derived(self) -> dict[str, Any]:
        return {}

    def once(self, what: str, make: Callable[[], T]) -> T:
        """A value that others derive from this contract, by name: made at the first call, and cached here."""
        if what not in self._derived:
            self._derived[what] = make()
        found: T = self._derived[what]
        return found

    @cached_property
    def names(self) -> Mapping[str, Model]:
        """Every model by its id and its aliases."""
        names = {name: model for model in self.models.values() for name in (model.id, *model.aliases)}
        return self._opened(names)

    @cached_property
    def names_at(self) -> Mapping[str, Mapping[str, Model]]:
        """The accepted models of each operation; a model in a body must have the operation's endpoint.

        An operation may accept further models by the prefix of their id or alias.
        """
        return {one.id: self._accepted_models(one) for one in self.operations if one.model is not None}

    def _accepted_models(self, operation: Operation) -> Mapping[str, Model]:
        if operation.model is None or operation.model.kind != "body":
            return self.names
        accepted = {name: model for name, model in self.names.items() if _accepts(operation, model)}
        return self._opened(accepted, refused={*self.names, *operation.own_models})

    def _opened(self, models: Mapping[str, Model], *, refused: Collection[str] = ()) -> Mapping[str, Model]:
        """These models, and any other if unknown ones are accepted; never one of `refused`."""
        if not self.additions.accept_unknown:
            return models
        kind = self.root.get("media", {}).get("defaults", {}).get("kind", "video")
        unknown = unknown_model(self.pricing, output=kind)
        return OpenModels(models, unknown_model=unknown, refused=set(refused) - set(models))

    def operation(self, id: str) -> Operation:  # noqa: A002  (what OpenAPI calls it)
        """The operation with an id.

        Raises:
            OptionError: there is no such operation.
        """
        for operation in self.operations:
            if operation.id == id:
                return operation
        raise OptionError("operation", id, sorted(operation.id for operation in self.operations))


def _accepts(operation: Operation, model: Model) -> bool:
    """Whether an operation accepts a model in a body: by its endpoints, or a prefix of a name, its original's too."""
    by_endpoint = operation.route in model.endpoints or not model.endpoints
    return by_endpoint or any(name.startswith(operation.begins) for name in (model.id, *model.aliases, *model.copied))


def providers(*, root: Path | None = None) -> tuple[str, ...]:
    """The providers with a contract in a data folder, in the order of their names."""
    folder = (root or data_root()) / "contracts"
    found = [path.parent for path in sorted(folder.glob("*/openapi.json"))]
    if not found:
        raise DataError(str(folder), "no contract in it", expected="folders with an openapi.json")
    return tuple(path.name for path in found)


def known_readings(provider: str, *, root: Path | None = None) -> Mapping[str, Reading]:
    """The readings of one provider, by id."""
    return read_readings((root or data_root()) / "contracts" / provider / "readings")


def load_contract(
    provider: str,
    *,
    readings: Mapping[str, str] | None = None,
    root: Path | None = None,
    additions: Additions = NO_ADDITIONS,
) -> Contract:
    """The contract of one provider.

    Args:
        provider: its folder's name.
        readings: chosen options by reading id; the others have their defaults.
        root: the folder with `schemas/` and `contracts/`; the packaged one if None.
        additions: added models; those of other providers are ignored.

    Raises:
        OptionError: an unknown provider, reading or option.
        DataError: a file is unreadable, or a row is invalid.
    """
    root = root or data_root()
    folder = root / "contracts" / provider
    if not (folder / "openapi.json").is_file():
        raise OptionError("provider", provider, providers(root=root))
    known = known_readings(provider, root=root)
    chosen = choose(known, readings or {})
    return _Loader(root, provider, known, chosen, additions.of(provider)).load()


class _Loader:
    """One load: the files of one provider with the chosen readings applied."""

    def __init__(
        self,
        root: Path,
        provider: str,
        known: Mapping[str, Reading],
        chosen: Mapping[str, str],
        additions: Additions,
    ) -> None:
        self.root = root
        self.provider = provider
        self.folder = f"contracts/{provider}"
        self.rows = ContractRows(root / self.folder)
        self.readings = known
        self.chosen = chosen
        self.additions = additions
        self.changes = changes(known, chosen)

    def load(self) -> Contract:
        self._check_patches()
        document = self._openapi()
        extension = Cursor(f"{self.folder}/openapi.json /x-mockreel", document.get("x-mockreel", {}))
        found = operations(document, where=f"{self.folder}/openapi.json")
        errors, pricing = self._file("errors.yaml"), self._file("pricing.yaml")
        lifecycle = parser.lifecycle(self._file("lifecycle.yaml"))
        error_rows, failures = parser.error_rows(errors), parser.failures(errors)
        wire = _values(extension.get("wire", {}))
        extended = extend(
            self._file("models.json").each(parser.model),
            self.additions,
            where=f"schemas/{self.provider}",
            root=self.root,
            pricing=pricing.mapping(),
            media=extension.get("media", {}),
        )
        schemas = Schemas(
            self.root,
            self.provider,
            patches=self.changes.patches,
            rewrite=rewriting(wire),
            components=document.get("components"),
            added=extended.documents,
        )
        for name, file in extended.files.items():
            schemas.compile(schemas.document(name), where=file)  # an error now, not with the first request

        return Contract(
            provider=self.provider,
            title=extension.at("title").text(),
            order=extension.get("order", 1000),
            package=extension.at("package").text(),
            hosts=extension.at("hosts").texts(),
            example_key=extension.at("keys").at("example").text(),
            operations=found,
            router=Router(found),
            models=self._models(extended.models, extension, pricing),
            lifecycle=lifecycle,
            errors=error_rows,
            failures=failures,
            callbacks=parser.callbacks(self._file("callbacks.yaml")),
            scenarios=parser.scenarios(self._file("scenarios.yaml")),
            conversation=self._conversation(),
            pricing=dict(pricing.mapping()),
            money=money(pricing, lifecycle, errors=error_rows, failures=failures),
            wire=wire,
            root=document["x-mockreel"],
            readings=self.readings,
            chosen=self.chosen,
            document=document,
            schemas=schemas,
            additions=self.additions,
        )

    def _models(self, models: Mapping[str, Model], extension: Cursor, pricing: Cursor) -> Mapping[str, Model]:
        """The models by id, and any other if unknown ones are accepted."""
        if not self.additions.accept_unknown:
            return models
        media: Mapping[str, Any] = extension.get("media", {})
        kind = media.get("defaults", {}).get("kind", "video")
        return OpenModels(models, unknown_model=unknown_model(pricing.mapping(), output=kind))

    def _check_patches(self) -> None:
        """Check that every patch is for a file that is read; another one would have no effect."""
        files = {f"{self.folder}/{name}" for name in _PATCHED}
        for path in self.changes.patches:
            is_read = path in files or path.startswith(f"schemas/{self.provider}/")
            if not is_read or not (self.root / path).is_file():
                raise DataError(
                    f"{self.folder}/readings",
                    f"a patch for {path!r}",
                    expected=f"one of {', '.join(_PATCHED)} in {self.folder}/, or a file in schemas/{self.provider}/",
                    then="Use an overlay to change openapi.json.",
                )

    def _openapi(self) -> Document:
        """The document without the expanded paths, which is an eighth of the whole, if `build` has written it."""
        lean = f"{self.folder}/operations.json"
        name = lean if (self.root / lean).is_file() else f"{self.folder}/openapi.json"
        return apply_overlay(read_document(self.root / name), self.changes.overlay, where=name)

    def _conversation(self) -> Conversation:
        there = (self.root / self.folder / "conversation.yaml").is_file()
        return conversation(self._file("conversation.yaml")) if there else Conversation()

    def _file(self, name: str) -> Cursor:
        path = f"{self.folder}/{name}"
        document = self.rows.read(name)
        for patch in self.changes.patches.get(path, []):
            document = merge_patch(document, patch)
        return Cursor(path, document)


def _values(rows: Mapping[str, Any]) -> dict[str, Any]:
    """The bare values of `wire` rows; each is written as `{value, evidence, source}`."""
    return {name: row["value"] if isinstance(row, Mapping) and "value" in row else row for name, row in rows.items()}
