"""The packed files: their index, and their bytes.

Plain files beside the code, not one archive: an MP4 hardly shrinks, the wheel is an archive already, and a file
can be looked at.  Nothing is read before it is needed.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

CLIPS: Final = Path(__file__).resolve().parent / "clips"


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """A line of the index."""

    file: str
    kind: str
    mime: str
    suffix: str
    resolution: str | None
    aspect: str | None
    width: int | None
    height: int | None
    seconds: int | None
    bytes: int
    sha256: str

    @property
    def sides(self) -> tuple[int, int] | None:
        return (self.width, self.height) if self.width and self.height else None

    @property
    def ratio(self) -> float:
        return self.width / self.height if self.width and self.height else 1.0


@cache
def index() -> tuple[Packed, ...]:
    """All packed files, in the order in which they are preferred."""
    return tuple(Packed(**row) for row in json.loads((CLIPS / "index.json").read_bytes()))


def read(file: str) -> bytes:
    return (CLIPS / file).read_bytes()
