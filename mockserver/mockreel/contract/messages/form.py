"""A posted form: its fields and its files."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FilePart:
    """One file of a multipart form."""

    name: str
    filename: str
    mime: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """A parsed form: the last value of each field, and its files."""

    fields: Mapping[str, str]
    files: Mapping[str, FilePart]
