"""Resolve the `$ref`s of an OpenAPI document, in the same document or in another file of the same folder."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from posixpath import dirname, join, normpath
from typing import Any
from urllib.parse import unquote, urldefrag, urlsplit

from mockreel.authoring.documented_model import PageError

_LONGEST_CHAIN = 32


@dataclass(frozen=True, slots=True)
class References:
    """Resolves references, starting from one document.

    Args:
        file: the document that a reference without a file refers to.
        open_: returns a document by its path in the folder; raises PageError if there is none.
    """

    file: str
    open_: Callable[[str], Any]

    def version(self) -> str:
        """The document's OpenAPI version; empty if it states none."""
        document = self.open_(self.file)
        return str(document.get("openapi", "")) if isinstance(document, Mapping) else ""

    def follow(self, reference: Any, where: str) -> tuple[Any, "References", str]:
        """The target of a reference, the resolver at the target, and the full address.

        Raises:
            PageError: the target does not exist, or is outside the folder or on the internet.
        """
        if not isinstance(reference, str):
            raise PageError(where, f"$ref is {reference!r}", expected="a text")
        address, fragment = urldefrag(reference)
        if urlsplit(address).scheme:
            raise PageError(where, f"$ref {reference!r} leads out of the folder", expected="#/… or a file beside it")
        file = normpath(join(dirname(self.file), unquote(address))) if address else self.file
        node = self.open_(file)
        for step in (part.replace("~1", "/").replace("~0", "~") for part in unquote(fragment).split("/")[1:]):
            node = _step(node, step)
            if node is None:
                raise PageError(where, f"$ref {reference!r} leads nowhere: {file} has no {step!r} there")
        return node, replace(self, file=file), f"{file}#{fragment}"

    def settled(self, node: Any, where: str) -> tuple[Any, "References"]:
        """An object that may be a reference (a parameter, a response, a body), resolved, and its resolver."""
        here = self
        for _ in range(_LONGEST_CHAIN):
            if not isinstance(node, Mapping) or "$ref" not in node:
                return node, here
            node, here, _ = here.follow(node["$ref"], where)
        raise PageError(where, f"a chain of more than {_LONGEST_CHAIN} references", expected="an end")


def references_of(document: Any, file: str) -> References:
    """The resolver for a document without other files."""

    def only(name: str) -> Any:
        if name != file:
            raise PageError(file, f"it refers to {name}, but no other file is known", expected="#/…")
        return document

    return References(file, only)


def _step(node: Any, step: str) -> Any:
    if isinstance(node, Mapping):
        return node.get(step)
    if isinstance(node, list) and step.isdigit() and int(step) < len(node):
        return node[int(step)]
    return None
