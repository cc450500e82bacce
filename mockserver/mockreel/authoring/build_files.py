"""The files of a build: compared with the existing ones, and written atomically."""

import os
import sysconfig
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mockreel.errors import DataError

Kind = Literal["added", "changed", "removed"]


@dataclass(frozen=True, slots=True)
class Change:
    """One file that differs from the existing one; `path` is relative to the output folder."""

    path: str
    kind: Kind


def compare(out: Path, files: Mapping[str, bytes], stale: Sequence[str]) -> tuple[Change, ...]:
    """The changes of writing `files` and removing `stale`, in the order of paths."""
    changes = [Change(path, "removed") for path in stale]
    for path, content in files.items():
        target = out / path
        if not target.is_file():
            changes.append(Change(path, "added"))
        elif target.read_bytes() != content:
            changes.append(Change(path, "changed"))
    return tuple(sorted(changes, key=lambda change: change.path))


def write(out: Path, files: Mapping[str, bytes], changes: Sequence[Change]) -> None:
    """Make the changes: write everything to temporary files first, then move them into place.

    Raises:
        DataError: the folder cannot be written to; then nothing was changed.
    """
    staged: list[tuple[str, Path]] = []
    try:
        for change in changes:
            if change.kind != "removed":
                target = out / change.path
                target.parent.mkdir(parents=True, exist_ok=True)
                staged.append((_write_temporary(target, files[change.path]), target))
    except OSError as problem:
        for name, _ in staged:
            Path(name).unlink(missing_ok=True)
        raise DataError(str(out), f"cannot be written to ({problem})", then="Nothing was changed.") from problem
    for name, target in staged:
        Path(name).replace(target)
    for change in changes:
        if change.kind == "removed":
            (out / change.path).unlink(missing_ok=True)


def _write_temporary(target: Path, content: bytes) -> str:
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(0o644)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    return name


def forbid_installed(out: Path) -> None:
    """Check that `out` is not in an installed package.

    Raises:
        DataError: `out` is in one.
    """
    target = out.resolve()
    homes = [Path(sysconfig.get_path(name)).resolve() for name in ("purelib", "platlib")]
    package = Path(__file__).resolve().parent.parent
    if any(target.is_relative_to(home) for home in (*homes, package)):
        raise DataError(
            str(out),
            "lies in an installed package, which a build never changes",
            expected="a checkout, or any other folder",
            then="Say where to write with --out DIR.",
        )
