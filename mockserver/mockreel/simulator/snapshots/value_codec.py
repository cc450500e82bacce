"""Values of ours as JSON, and back: plain values, and the classes that a provider's package names. Nothing else."""

from asyncio import Future
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from mockreel.errors import DataError
from mockreel.simulator.snapshots.type_check import fits, hints_of


class Reference(NamedTuple):
    """Objects that are stored elsewhere in a snapshot and referenced by name: jobs, accounts, models."""

    cls: type
    word: str
    name: Callable[[Any], str | int]
    find: Callable[[Any], Any]  # raises KeyError where there is none


# What bytes are written under.
BYTES = "bytes"


def write_bytes(data: bytes) -> dict[str, str]:
    """Bytes as a snapshot stores them."""
    return {BYTES: b64encode(data).decode()}


def read_bytes(text: Any) -> bytes | None:
    """The bytes of a text that `write_bytes` may have written; None if it has not."""
    try:
        return b64decode(text, validate=True)
    except (TypeError, ValueError):
        return None


class _Skipped(Exception):
    """A value belongs to a connection that does not outlive the process."""


class Writer:
    """Writes values; an object in several places is written once.

    Args:
        classes: the classes whose objects may occur in the values.
        references: the objects that are written as names.
    """

    def __init__(self, classes: Iterable[type], references: Iterable[Reference]) -> None:
        self._classes = frozenset(classes)
        self._references = tuple(references)
        self._seen: dict[Any, int] = {}
        self._held: list[Any] = []  # so that no identity is used twice

    def write(self, value: Any) -> Any:
        """A value as JSON; an object that is not plain is a mapping with one field, which names its kind."""
        if value is None or isinstance(value, bool | int | float | str):
            return value
        if isinstance(value, bytes):
            return write_bytes(value)
        if isinstance(value, Decimal):
            return {"decimal": str(value)}
        if isinstance(value, Future):
            raise _Skipped
        return self._reference(value) or self._object(value) or self._collection(value)

    def _collection(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self.write(item) for item in value]
        if isinstance(value, tuple):
            return {"tuple": [self.write(item) for item in value]}
        if isinstance(value, set | frozenset):
            return {"set": sorted((self.write(item) for item in value), key=str)}
        if isinstance(value, Mapping):
            return {"map": list(self._pairs(value))}
        raise TypeError(
            f"{type(value).__name__} cannot be stored in a snapshot; list it in the adapter's `stored_types`"
        )

    def _pairs(self, value: Mapping[Any, Any]) -> Iterable[list[Any]]:
        for key, item in value.items():
            try:
                yield [self.write(key), self.write(item)]
            except _Skipped:
                continue

    def _reference(self, value: Any) -> Any:
        found = next((one for one in self._references if isinstance(value, one.cls)), None)
        return None if found is None else {found.word: found.name(value)}

    def _object(self, value: Any) -> Any:
        if type(value) not in self._classes:
            return None
        seen = _identity(value)
        if seen in self._seen:
            return {"same": self._seen[seen]}
        number = self._seen[seen] = len(self._seen) + 1
        self._held.append(value)
        written = {name: self.write(getattr(value, name)) for name in _names(value)}
        return {"object": {"class": type(value).__name__, "number": number, "fields": written}}


class Reader:
    """Reads what a `Writer` wrote.

    Args:
        where: the place in the snapshot, for errors.
    """

    def __init__(self, classes: Iterable[type], references: Iterable[Reference], *, where: str) -> None:
        self._classes = {cls.__name__: cls for cls in classes}
        self._references = {one.word: one for one in references}
        self._seen: dict[int, Any] = {}
        self._where = where
        self._readers: Mapping[str, Callable[[Any], Any]] = {
            BYTES: lambda text: b64decode(text, validate=True),
            "decimal": Decimal,
            "tuple": lambda items: tuple(self.read(item) for item in _list(items)),
            "set": lambda items: {self.read(item) for item in _list(items)},
            "map": lambda pairs: {self.read(key): self.read(item) for key, item in _list(pairs)},
            "same": lambda number: self._seen[number],
            "object": self._object,
        }

    def read(self, value: Any) -> Any:
        """The value that was written.

        Raises:
            DataError: it was not written by a `Writer` with these classes.
        """
        if isinstance(value, list):
            return [self.read(item) for item in value]
        if not isinstance(value, dict):
            return value
        word, inner = next(iter(value.items()), ("", None))
        if len(value) != 1 or (word not in self._readers and word not in self._references):
            raise self._wrong(f"{', '.join(value) or 'an empty object'} is not a sort of value")
        read = self._references[word].find if word in self._references else self._readers[word]
        try:
            return read(inner)
        except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation) as problem:
            raise self._wrong(f"{word} cannot be {str(inner)[:100]!r}") from problem

    def _object(self, value: Any) -> Any:
        cls, values = self._classes[value["class"]], value["fields"]
        read = {name: self.read(item) for name, item in values.items()}
        found: Any
        if is_dataclass(cls) or issubclass(cls, tuple):
            found = cls(**read)
        else:
            found = object.__new__(cls)
            vars(found).update(read)
        self._check(cls, found, read)
        self._seen[value["number"]] = found
        return found

    def _check(self, cls: type, found: Any, read: Mapping[str, Any]) -> None:
        """Check that an object has the fields of its class, each with the annotated type."""
        hints = hints_of(cls)
        for name in sorted({*hints, *_names(found)}):
            if name not in hints or not fits(getattr(found, name), hints[name]):
                raise self._wrong(f"{cls.__name__}.{name} cannot be {str(read.get(name))[:100]!r}")

    def checked(self, value: Any, hint: Any, *, place: str) -> Any:
        """The value that was written, which fits an annotation.

        Raises:
            DataError: it was not written by a `Writer` with these classes, or is something else.
        """
        found = self.read(value)
        if not fits(found, hint):
            raise self._wrong(f"{place} cannot be {str(value)[:100]!r}")
        return found

    def _wrong(self, what: str) -> DataError:
        return DataError(self._where, what, expected="what `mockreel control snapshot` wrote")


def _identity(value: Any) -> Any:
    """What identifies an object: its value if that never changes, else the object itself."""
    try:
        hash(value)
    except TypeError:
        return id(value)
    return type(value), value


def _names(value: Any) -> Iterable[str]:
    """The fields of an object that are given to make it."""
    if is_dataclass(value):
        return [one.name for one in fields(value) if one.init]
    return getattr(value, "_fields", None) or list(vars(value))


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(value)
    return value
