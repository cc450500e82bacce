"""What recording and reading cassettes raises, in one tree; no message holds a secret.

RecordingError(MockreelError)
├── CassetteUnreadable     it is no YAML, or not the form of a cassette
├── CassetteVersion        it was written by another version of vcrpy's format
├── NoProvenance           nothing in it says where its exchanges come from
├── UnknownProvider        it is of a provider whose contract is not held
├── NoRecording            a request that no exchange of a cassette answers, with those that come nearest
├── SecretLeft             a cassette would hold what must not be kept, and was not written
├── OurOwnReply            a cassette holds a response of our own server
├── MockServerRefused         the server that answered is our own mock server
└── NotRecorded            a recording cannot begin, or did not give what it should
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from mockreel.errors import MockreelError


class RecordingError(MockreelError):
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
            f"The cassette {path} does not say where it comes from: {why}. It needs `metadata: {{mockreel: …}}` with "
            "origin, provider, title, recorded, source, contract, reading and expect; `mockreel record` writes them."
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
            + "\nRecord it with `mockreel record`, or correct what the cassette's `expect` says that is asked."
        )


class SecretLeft(RecordingError):
    """A cassette would still hold what must not be in it, and was not written; `places` says where, not what."""

    def __init__(self, path: Path, places: Sequence[str]) -> None:
        self.path = path
        self.places = tuple(places)
        shown = "\n".join(f"  {place}" for place in self.places[:20])
        more = f"\n  … and {len(self.places) - 20} more" if len(self.places) > 20 else ""
        super().__init__(
            f"The cassette {path} was not written: it would hold what must not be kept.\n{shown}{more}\n"
            "Name the field under recording or hidden in the provider's conversation.yaml; please report it."
        )


class MockServerRefused(RecordingError):
    """The server that answered is our own mock server, whose responses prove nothing of the provider."""

    def __init__(self, url: str, header: str) -> None:
        self.url = url
        super().__init__(
            f"{url} answered with the header {header}: it is the mock server, and not the provider. Nothing was kept. "
            "Record from the provider itself; a proxy or a hosts file may lead its name elsewhere."
        )


class OurOwnReply(RecordingError):
    """A cassette holds a response of our own server."""

    def __init__(self, path: Path, header: str) -> None:
        self.path = path
        super().__init__(
            f"The cassette {path} holds a reply with the header {header}: this mock server made it, and it proves "
            "nothing of the provider. Delete the cassette, and record from the provider itself."
        )


class NotRecorded(RecordingError):
    """A recording cannot begin, or did not give what it should."""
