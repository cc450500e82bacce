"""What a provider's docs say about one model; all readers yield these values."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from mockreel.errors import DataError

Json = Any
Output = Literal["video", "image", "audio", "3d", "text"]
Certainty = Literal["exact", "at least", "unknown"]

_SEGMENT = re.compile(r"(?!\.)[^/\\\x00-\x20]+\Z")
_UNSAFE = re.compile(r"[^A-Za-z0-9._/-]+")


class PageError(DataError):
    """A page, a registry or a document of a provider cannot be parsed; nothing was written."""


@dataclass(frozen=True, slots=True)
class Correction:
    """One place where the written schema differs from the page, and why; None for an absent value."""

    at: str
    was: Json
    now: Json
    why: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a price; it applies if every field of `when` has that value."""

    when: Mapping[str, Json]
    amount: Decimal
    certainty: Certainty = "exact"


@dataclass(frozen=True, slots=True)
class PagePrice:
    """The documented price of a model; `amount` is for one unit where no rule applies."""

    certainty: Certainty
    currency: str
    unit: str
    source: tuple[str, ...]
    amount: Decimal | None = None
    rules: tuple[Rule, ...] = ()
    note: str = ""
    placeholder: Mapping[str, Decimal] = field(default_factory=dict)
    date: str = ""  # of the price list, if it is dated


@dataclass(frozen=True, slots=True)
class Route:
    """A model's input at one of its other endpoints, if the docs say that it differs."""

    endpoint: str
    schema: Mapping[str, Json]
    corrections: tuple[Correction, ...] = ()

    def file(self, model: str) -> str:
        """The path of its schema below the provider's folder, beside the model's own."""
        path = self.endpoint.partition("/")[2]
        return schema_file(f"{model}.{path.replace('/', '-')}", where=self.endpoint)


@dataclass(frozen=True, slots=True)
class ModelPage:
    """One model as its docs describe it, with every correction."""

    id: str
    output: Output
    schema: Mapping[str, Json]
    price: PagePrice
    source: tuple[str, ...]
    evidence: str = "documented"
    aliases: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()  # the files that it was read from, if a source has several
    media: Mapping[str, Json] = field(default_factory=dict)
    corrections: tuple[Correction, ...] = ()
    copies: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)  # the schema in each of several files
    routes: tuple[Route, ...] = ()
    envelope: str | None = None  # JSON pointer to the input in a request; None: not documented
    result: tuple[str, ...] = ()  # the documented fields of a result, as JSON pointers
    note: str = ""  # a further remark
    example: Mapping[str, Json] | None = None  # a documented input; it is checked, but not written

    def file(self) -> str:
        """The path of its schema below the provider's folder."""
        return schema_file(self.id, where=self.id)


def schema_file(model: str, *, where: str) -> str:
    """The file of a model's schema, without characters that are special in a URI or a file system.

    Raises:
        PageError: the id is invalid, or would lead out of the folder.
    """
    if not all(_SEGMENT.match(segment) for segment in model.split("/")):
        raise PageError(where, f"{model!r} is not a model id", expected="segments joined by / without spaces")
    return f"models/{_UNSAFE.sub('', model)}.json"


def plain(amount: Decimal) -> str:
    """An amount as a decimal text without exponent or trailing zeros."""
    return format(amount.normalize(), "f") if amount else "0"


def number(value: Json) -> Json:
    """A number of a schema, as an integer if possible, so that 1 and 1.0 are written alike."""
    if isinstance(value, bool) or not isinstance(value, Decimal | float):
        return value
    return int(value) if value == int(value) else float(value)
