"""What a provider's docs say about one model, as a frozen value: every reader gives these."""

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
    """A page, a registry or a document of a provider cannot be understood; nothing was written."""


@dataclass(frozen=True, slots=True)
class Correction:
    """One place where the written schema differs from what the page says, and why; None where nothing stands."""

    at: str
    was: Json
    now: Json
    why: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a price: it holds where every field of `when` has that value."""

    when: Mapping[str, Json]
    amount: Decimal
    certainty: Certainty = "exact"


@dataclass(frozen=True, slots=True)
class PagePrice:
    """What the docs say that a model costs; `amount` is for one unit where no rule holds."""

    certainty: Certainty
    currency: str
    unit: str
    source: tuple[str, ...]
    amount: Decimal | None = None
    rules: tuple[Rule, ...] = ()
    note: str = ""
    placeholder: Mapping[str, Decimal] = field(default_factory=dict)
    date: str = ""  # of the list that states it, where that says so


@dataclass(frozen=True, slots=True)
class Route:
    """A model's input as one of its other endpoints takes it, where the docs say that they differ."""

    endpoint: str
    schema: Mapping[str, Json]
    corrections: tuple[Correction, ...] = ()

    def file(self, model: str) -> str:
        """The path of its schema below the provider's folder, beside the model's own."""
        path = self.endpoint.partition("/")[2]
        return schema_file(f"{model}.{path.replace('/', '-')}", where=self.endpoint)


@dataclass(frozen=True, slots=True)
class ModelPage:
    """One model as its docs describe it, with every correction that was made on the way."""

    id: str
    output: Output
    schema: Mapping[str, Json]
    price: PagePrice
    source: tuple[str, ...]
    evidence: str = "documented"
    aliases: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()  # the files that it was read from, where a source is more than one file
    media: Mapping[str, Json] = field(default_factory=dict)
    corrections: tuple[Correction, ...] = ()
    copies: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)  # the schema in each file, where several
    routes: tuple[Route, ...] = ()
    envelope: str | None = None  # where the input stands in a request, as a JSON pointer; None: the docs do not show it
    result: tuple[str, ...] = ()  # what the docs show of a result, as JSON pointers
    note: str = ""  # what else is to be known of it
    example: Mapping[str, Json] | None = None  # an input as the docs show it; it is checked, and never written

    def file(self) -> str:
        """The path of its schema below the provider's folder."""
        return schema_file(self.id, where=self.id)


def schema_file(model: str, *, where: str) -> str:
    """The file that a model's schema is written to; characters that a URI or a file system minds are left out.

    Raises:
        PageError: the id would lead out of the folder, or is no id at all.
    """
    if not all(_SEGMENT.match(segment) for segment in model.split("/")):
        raise PageError(where, f"{model!r} is not a model id", expected="segments joined by / without spaces")
    return f"models/{_UNSAFE.sub('', model)}.json"


def plain(amount: Decimal) -> str:
    """An amount as a decimal text without exponent or trailing zeros."""
    return format(amount.normalize(), "f") if amount else "0"


def number(value: Json) -> Json:
    """A number of a schema: an integer where it is one, so that 1 and 1.0 are written alike."""
    if isinstance(value, bool) or not isinstance(value, Decimal | float):
        return value
    return int(value) if value == int(value) else float(value)
