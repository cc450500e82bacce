"""A schema with the documents that it refers to, ready to be compared with another version."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urldefrag, urljoin

import jsonschema_rs

BASE = "https://mockreel.invalid/"
INLINE = f"{BASE}inline.json"


@dataclass(frozen=True)
class Message:
    """A schema, the base address of its references, and the documents that they may refer to."""

    schema: Any
    at: str = INLINE
    documents: Mapping[str, Any] = field(default_factory=dict)

    def settled(self, side: str) -> "Settled":
        """The message with every reference absolute and addressed to its own side.

        Two versions of one document have the same address, so a reference to one could resolve to the other.
        """
        return Settled(self, side)


class Settled:
    """One side of a comparison."""

    def __init__(self, message: Message, side: str) -> None:
        self._side = f"https://{side}.mockreel.invalid/"
        self.documents: dict[str, Any] = {}
        self.at = self._on_this_side(message.at)
        todo = {message.at: message.schema}
        while todo:
            at, schema = todo.popitem()
            self.documents[self._on_this_side(at)] = self._rewritten(schema, at)
            for target in _targets(schema, at):
                if self._on_this_side(target) not in self.documents and target in message.documents:
                    todo[target] = message.documents[target]
        self.schema = self.documents[self.at]

    def registry(self) -> jsonschema_rs.Registry:
        """The documents as a registry for validation and comparison."""
        return jsonschema_rs.Registry(list(self.documents.items()), draft=jsonschema_rs.Draft202012)

    def canonical(self) -> Any:
        """The schema in a form that allows proofs."""
        return jsonschema_rs.canonicalize(
            {"$ref": self.at} if self._refers_to_itself() else self.schema,
            draft=jsonschema_rs.Draft202012,
            validate_formats=True,
            registry=self.registry(),
            offline=True,
        )

    def validator(self) -> jsonschema_rs.Draft202012Validator:
        """The validator of the message."""
        return jsonschema_rs.Draft202012Validator(
            {"$ref": self.at}, registry=self.registry(), validate_formats=True, offline=True
        )

    def resolve(self, reference: str) -> Any:
        """The target of a settled reference; an empty schema if there is none."""
        address, pointer = urldefrag(reference)
        node = self.documents.get(address, {})
        for part in pointer.split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            node = node[int(key)] if isinstance(node, list) and key.isdigit() else _get(node, key)
        return node

    def reached(self) -> dict[str, Any]:
        """The schema and the targets of its references, by reference, without unrelated schemas of the same file."""
        found: dict[str, Any] = {"": self.schema}
        todo = [self.schema]
        while todo:
            for reference in _references(todo.pop()):
                if reference not in found:
                    found[reference] = self.resolve(reference)
                    todo.append(found[reference])
        return found

    def _refers_to_itself(self) -> bool:
        return any(target == self.at for schema in self.documents.values() for target in _targets(schema, self.at))

    def _on_this_side(self, uri: str) -> str:
        return self._side + uri.removeprefix(BASE)

    def _rewritten(self, node: Any, at: str) -> Any:
        if isinstance(node, Mapping):
            return {
                key: self._on_this_side(urljoin(at, value))
                if key == "$ref" and isinstance(value, str)
                else self._rewritten(value, at)
                for key, value in node.items()
                if key != "$id" or not isinstance(value, str)
            }
        return [self._rewritten(item, at) for item in node] if isinstance(node, list) else node


def _get(node: Any, key: str) -> Any:
    return node.get(key, {}) if isinstance(node, Mapping) else {}


def _references(node: Any) -> set[str]:
    """Every reference below a schema."""
    if isinstance(node, Mapping):
        found = {one for key, value in node.items() if key != "$ref" for one in _references(value)}
        return found | ({node["$ref"]} if isinstance(node.get("$ref"), str) else set())
    return {one for item in node for one in _references(item)} if isinstance(node, list) else set()


def _targets(node: Any, at: str) -> set[str]:
    """The documents that a schema refers to."""
    if isinstance(node, Mapping):
        found = {target for key, value in node.items() if key != "$ref" for target in _targets(value, at)}
        reference = node.get("$ref")
        return found | ({urldefrag(urljoin(at, reference)).url} if isinstance(reference, str) else set())
    return {target for item in node for target in _targets(item, at)} if isinstance(node, list) else set()
