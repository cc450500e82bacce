"""One entry of the log of a run: what changed the simulator, and the moment."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from mockreel.errors import StateError

# The kinds of entries. `key`: a key was used for the first time; `due`: a due action began; `attempt`: the outcome of a
# delivery attempt; `answered`: a response that waited for a job; `resumed`: a server resumed the run. Where several
# servers share it, `control`: a control request; `advance`, `advanced`: the clock starts to move by hand, and has
# arrived; `taken`: a server took the lease for due actions; `left`: a server has ended.
KINDS = frozenset(
    {
        "key",
        "request",
        "answered",
        "due",
        "attempt",
        "clock",
        "rules",
        "readings",
        "intervention",
        "redelivery",
        "balance",
        "reset",
        "restored",
        "resumed",
        "control",
        "advance",
        "advanced",
        "taken",
        "left",
    }
)


class Entry(NamedTuple):
    """What was done at which moment (seconds since the epoch, by the simulator's clock); JSON values only."""

    kind: str
    at: float
    fields: Mapping[str, Any]

    def encode(self) -> bytes:
        """The entry as one line of JSON."""
        return orjson.dumps((self.kind, self.at, self.fields))


def decode(line: bytes, *, where: str, number: int) -> Entry:
    """An entry that `Entry.encode` wrote.

    Raises:
        StateError: it is none.
    """
    try:
        kind, at, fields = orjson.loads(line)
    except (ValueError, TypeError) as problem:
        raise StateError(f"{where}: entry {number} cannot be read ({problem}). The file is damaged.") from problem
    if (
        not isinstance(kind, str)
        or kind not in KINDS
        or not isinstance(at, int | float)
        or not isinstance(fields, dict)
    ):
        raise StateError(f"{where}: entry {number} is not one that this version writes. The file is damaged.")
    return Entry(kind, float(at), fields)


def written(data: bytes) -> Mapping[str, str]:
    """Bytes as a field: as text where they are UTF-8, else in base64."""
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"base64": b64encode(data).decode()}


def read(row: Mapping[str, str]) -> bytes:
    """The bytes that `written` made a field of."""
    return row["text"].encode() if "text" in row else b64decode(row["base64"], validate=True)
