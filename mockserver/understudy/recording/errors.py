"""What recording and reading cassettes raises, in one tree; no message holds a secret.

RecordingError(UnderstudyError)
├── CassetteUnreadable     it is no YAML, or not the form of a cassette
├── CassetteVersion        it was written by another version of vcrpy's format
├── NoProvenance           nothing in it says where its exchanges come from
├── UnknownProvider        it is of a provider whose contract is not held
└── NoRecording            a request that no exchange of a cassette answers, with those that come nearest
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from understudy.errors import UnderstudyError


class RecordingError(UnderstudyError):
    """Catch this to catch everything that recording raises of itself."""


class CassetteUnreadable(RecordingError):
    """A cassette is there, and cannot be used; it is never taken for a missing one."""

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        self.why = why
        super().__init__(
            f"The cassette {path} cannot be read: {why}. "
            "It was left as it is: restore it from its history, or delete it and record anew."
        )


class CassetteVersion(RecordingError):
    """A cassette is of another version of the format."""

    def __init__(self, path: Path, version: object, known: int) -> None:
        self.path = path
        self.version = version
        said = "does not say which version it is" if version is None else f"is of version {version!r}"
        super().__init__(
            f"The cassette {path} {said}; known is version {known} (vcrpy's `version: {known}`). "
            "Migrate it with vcrpy, or record anew."
        )


class NoProvenance(RecordingError):
    """A cassette does not say where its exchanges come from."""

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        self.why = why
        super().__init__(
            f"The cassette {path} does not say where it comes from: {why}. It needs `metadata: {{understudy: …}}` with "
            "origin, provider, title, recorded, source, contract, reading and expect; `understudy record` writes them."
        )


class UnknownProvider(RecordingError):
    """A cassette is of a provider whose contract is not held."""

    def __init__(self, path: Path, provider: str, valid: Iterable[str]) -> None:
        self.path = path
        self.provider = provider
        self.valid = tuple(valid)
        super().__init__(
            f"The cassette {path} is of provider {provider!r}, whose contract is not held. "
            f"Held: {', '.join(self.valid)}. Name its data folder with --data DIR."
        )


class NoRecording(RecordingError):
    """No exchange of a cassette answers a request."""

    def __init__(self, asked: str, nearest: Sequence[tuple[str, Sequence[str]]]) -> None:
        self.asked = asked
        self.nearest = tuple((name, tuple(why)) for name, why in nearest)
        lines = [f"  {name}: {'; '.join(why)}" for name, why in self.nearest]
        super().__init__(
            f"No recording answers {asked}. Nearest first:\n"
            + "\n".join(lines or ["  (the cassette has no exchange)"])
            + "\nRecord it with `understudy record`, or correct what the cassette's `expect` says that is asked."
        )
