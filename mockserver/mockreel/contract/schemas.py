"""The JSON Schemas of a provider by `$id`, read and compiled on first use, never from the network."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs

from mockreel.contract.data.data_files import Document, merge_patch, parse_document, read_bytes, read_document
from mockreel.errors import DataError

BASE = "https://mockreel.invalid/"
# Turns a schema into the enforced one (`lenient-numbers`).
Rewrite = Callable[[Document], Document]


class Schemas:
    """The schema documents of one provider.

    Args:
        root: the folder with `schemas/` and `contracts/`.
        provider: the provider of the schemas.
        patches: merge patches of the chosen readings, by file path below `root`.
        rewrite: applied to every model's schema when it is read.
        components: the `components` of the provider's OpenAPI document, which schemas may refer to.
        added: documents without a file, by name.
    """

    def __init__(
        self,
        root: Path,
        provider: str,
        *,
        patches: Mapping[str, list[Any]],
        rewrite: Rewrite | None = None,
        components: Mapping[str, Any] | None = None,
        added: Mapping[str, Document] | None = None,
    ) -> None:
        self.home = root  # the folder of its data
        self._openapi = f"{BASE}contracts/{provider}/openapi.json"
        self._components = components or {}
        self._folder = f"schemas/{provider}"
        self._added = added or {}
        self._patches = patches
        self._rewrite = rewrite
        self._documents: dict[str, Document] = {}
        self._validators: dict[str, jsonschema_rs.Draft202012Validator] = {}
        self._registry: jsonschema_rs.Registry | None = None
        self._contents: dict[str, bytes] = {}
        self._sources: Document | None = None

    def hold(self) -> None:
        """Read every file now, so that later changes have no effect; files are still parsed on first use."""
        folder = self.home / self._folder
        self._contents = {path.relative_to(folder).as_posix(): read_bytes(path) for path in folder.rglob("*.json")}

    def document(self, name: str) -> Document:
        """One schema document, patched by the readings; `name` is its path below the provider's folder.

        Raises:
            DataError: the file does not exist, or is not a schema.
        """
        found = self._documents.get(name)
        if found is None:
            found = self._documents[name] = self._read(name)
        return found

    def validator(self, name: str) -> jsonschema_rs.Draft202012Validator:
        """The compiled validator of one schema document."""
        found = self._validators.get(name)
        if found is None:
            found = self._validators[name] = self.compile(self.document(name), where=f"{self._folder}/{name}")
        return found

    def compile(self, schema: dict[str, Any], *, where: str) -> jsonschema_rs.Draft202012Validator:
        """A validator for a schema that may refer to the provider's common documents by `$id`.

        Raises:
            DataError: it is not a schema, or a reference in it does not resolve.
        """
        try:
            return jsonschema_rs.Draft202012Validator(
                schema, registry=self.registry(), validate_formats=True, offline=True
            )
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as problem:
            place, what = _wrong(problem, schema)
            raise DataError(f"{where} {place}".strip(), f"not usable as a schema ({what})") from problem

    def registry(self) -> jsonschema_rs.Registry:
        """The common documents: every schema of the provider that does not belong to a model."""
        if self._registry is None:
            documents: list[tuple[str, Any]] = [(self.uri(name), self.document(name)) for name in self.names()]
            documents.append((self._openapi, {"components": self.absolute(self._components)}))
            self._registry = jsonschema_rs.Registry(documents, draft=jsonschema_rs.Draft202012)
        return self._registry

    def names(self) -> list[str]:
        """The names of the common documents."""
        if self._contents:
            return sorted(name for name in self._contents if "/" not in name)
        return sorted(path.name for path in (self.home / self._folder).glob("*.json"))

    def uri(self, name: str) -> str:
        """The `$id` of a document."""
        return f"{BASE}{self._folder}/{name}"

    def absolute(self, schema: Any) -> Any:
        """A schema from the OpenAPI document with its relative file references made absolute."""
        if isinstance(schema, Mapping):
            return {
                key: self._target(value) if key == "$ref" and isinstance(value, str) else self.absolute(value)
                for key, value in schema.items()
            }
        return [self.absolute(item) for item in schema] if isinstance(schema, list) else schema

    def _target(self, reference: str) -> str:
        if reference.startswith("#/"):
            return self._openapi + reference
        return BASE + reference.removeprefix("../../") if reference.startswith("../../") else reference

    def patched_document(self, name: str) -> Document:
        """A schema document with the patches of the readings, before `rewrite`."""
        if name in self._added:
            return self._added[name]
        path = self.home / self._folder / name
        if ".." in Path(name).parts:
            raise DataError(str(path), "leads out of its folder")
        document = parse_document(self._contents.get(name) or read_bytes(path), path)
        for patch in self._patches.get(f"{self._folder}/{name}", []):
            document = merge_patch(document, patch)
        return document

    def sources(self) -> Document:
        """The sources of the provider, by id; read on first use."""
        if self._sources is None:
            path = self.home / self._folder / "sources.yaml"
            self._sources = dict(read_document(path)["sources"]) if path.is_file() else {}
        return self._sources

    def _read(self, name: str) -> Document:
        document = self.patched_document(name)
        return self._rewrite(document) if self._rewrite and name.startswith("models/") else document


def _wrong(problem: Exception, schema: Any) -> tuple[str, str]:
    """The place of a schema at which something is wrong, and what."""
    if isinstance(problem, jsonschema_rs.ValidationError) and problem.instance_path:
        return _pointer(problem.instance_path), problem.message
    for place, reference in _references(schema, ()):
        if reference.removeprefix("#") in str(problem):
            return _pointer(place), f"{reference!r} leads to no definition of the same file"
    return "", str(problem).splitlines()[0]


def _pointer(place: Iterable[str | int]) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in place)


def _references(value: Any, place: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every `$ref` of a schema, and its place."""
    steps: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, Mapping):
        steps = value.items()
    elif isinstance(value, list):
        steps = enumerate(value)
    for step, inner in steps:
        if step == "$ref" and isinstance(inner, str):
            yield (*place, step), inner
        else:
            yield from _references(inner, (*place, step))
