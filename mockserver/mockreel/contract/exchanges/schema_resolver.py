"""Follow references through a contract's schemas, across documents."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urljoin

from mockreel.contract import Contract
from mockreel.contract.operations import pointer
from mockreel.contract.schemas import BASE


class Resolver:
    """Every schema of one contract by its address."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._openapi = f"{BASE}contracts/{contract.provider}/openapi.json"
        self._folder = f"{BASE}schemas/{contract.provider}/"

    def absolute(self, schema: Any) -> Any:
        """A schema of the OpenAPI document with every reference made absolute."""
        return self._contract.schemas.absolute(schema)

    def model(self, name: str) -> tuple[Mapping[str, Any], str]:
        """A model's schema and its address."""
        return self._contract.schemas.document(name), self._folder + name

    def followed(self, schema: Any, base: str = "") -> tuple[Any, str]:
        """The target of a schema's reference and its address; a schema without a reference is unchanged."""
        while isinstance(schema, Mapping) and isinstance(schema.get("$ref"), str):
            beside = {key: value for key, value in schema.items() if key != "$ref"}
            base = urljoin(base or self._openapi, schema["$ref"])
            schema = self._at(base)
            if beside and isinstance(schema, Mapping):
                schema = {**schema, **beside}
        return schema, base

    def _at(self, address: str) -> Any:
        document, _, fragment = address.partition("#")
        found: Any = self._document(document)
        return pointer(found, fragment, where=address) if fragment else found

    def _document(self, address: str) -> Any:
        if address == self._openapi:
            return self._components
        return self._contract.schemas.document(address.removeprefix(self._folder))

    @cached_property
    def _components(self) -> Mapping[str, Any]:
        return {"components": self.absolute(self._contract.document.get("components", {}))}
