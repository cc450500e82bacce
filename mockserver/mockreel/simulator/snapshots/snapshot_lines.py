"""A long snapshot in lines, as another process writes them: what was wrong, its head, and each row of its lists.

A document of many jobs as one JSON text can only be parsed at once, for seconds; lines are parsed one by one.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

import orjson

from mockreel.contract.messages.body import read_json
from mockreel.errors import DataError, OptionError
from mockreel.simulator.snapshots.snapshot_schema import check_shape
from mockreel.simulator.snapshots.snapshot_seal import check_seal

# The lists of a provider's part that have a line for each row; the jobs come last.
_SHORT, _JOBS = ("accounts", "deliveries", "uploads"), "jobs"
Row = Mapping[str, Any]


def write_lines(raw: bytes, file: IO[bytes], *, form: int) -> None:
    """Parse and check a snapshot, and write it in lines; or a line that says why it is none."""
    try:
        document = read_json(raw)
        if not isinstance(document, dict):
            raise ValueError("it is no object")
    except ValueError as wrong:
        file.write(_line({"no_json": str(wrong)}))
        return
    try:
        check_shape(document, form=form)
    except DataError as wrong:
        file.write(_line({"wrong": _fields(wrong)}))
        return
    file.write(_line({"changed": _changed(document)}))
    parts: Mapping[str, Any] = document["providers"]
    counts = {name: {one: len(part[one]) for one in (*_SHORT, _JOBS)} for name, part in parts.items()}
    heads = {name: {**part, **{one: [] for one in (*_SHORT, _JOBS)}} for name, part in parts.items()}
    file.write(_line({**document, "providers": heads, "due": [], "counts": counts}))
    for part in parts.values():
        for one in (*_SHORT, _JOBS):
            file.writelines(map(_line, part[one]))
    file.writelines(map(_line, document["due"]))


def _changed(document: Mapping[str, Any]) -> Mapping[str, str] | None:
    try:
        check_seal(document, where="the snapshot")
    except DataError as wrong:
        return _fields(wrong)
    return None


def _fields(wrong: DataError) -> dict[str, str]:
    return {"where": wrong.where, "what": wrong.what, "expected": wrong.expected, "then": wrong.then}


def _line(row: Any) -> bytes:
    return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


@dataclass(frozen=True, slots=True)
class SnapshotLines:
    """A snapshot that `write_lines` wrote; its parts and what is due are read once, in this order."""

    head: Mapping[str, Any]
    changed: DataError | None
    _file: IO[bytes]

    @classmethod
    def of(cls, file: IO[bytes]) -> "SnapshotLines":
        """Begin to read.

        Raises:
            OptionError: it is no JSON.
            DataError: it is no snapshot.
        """
        first = orjson.loads(file.readline())
        if "no_json" in first:
            raise OptionError("body", first["no_json"], ["a JSON object"])
        if "wrong" in first:
            raise _error(first["wrong"])
        changed = None if first["changed"] is None else _error(first["changed"])
        return cls(orjson.loads(file.readline()), changed, file)

    def parts(self) -> Iterator[tuple[str, Row]]:
        """The providers' parts; the jobs of one are rows to be read before the next is taken."""
        for name, part in self.head["providers"].items():
            counts = self.head["counts"][name]
            short = {one: [*self._rows(counts[one])] for one in _SHORT}
            yield name, {**part, **short, _JOBS: self._rows(counts[_JOBS])}

    def due(self) -> Iterable[Row]:
        """What must happen at a moment: the lines that are left."""
        return map(orjson.loads, self._file)

    def _rows(self, count: int) -> Iterator[Row]:
        for _ in range(count):
            yield orjson.loads(self._file.readline())


def _error(fields: Mapping[str, str]) -> DataError:
    return DataError(fields["where"], fields["what"], expected=fields["expected"], then=fields["then"])


def main() -> None:
    """Read a snapshot from the standard input, and write its lines to the standard output."""
    write_lines(sys.stdin.buffer.read(), sys.stdout.buffer, form=int(sys.argv[1]))
    sys.stdout.buffer.flush()
