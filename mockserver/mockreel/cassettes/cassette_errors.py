"""The errors of recording and reading cassettes; no message contains a secret.

RecordingError(MockreelError)
├── CassetteUnreadable     it is not YAML, or not a cassette
├── CassetteVersion        it was written by another version of vcrpy's format
├── NoProvenance           it does not state the origin of its exchanges
├── UnknownProvider        there is no contract for its provider
├── NoRecording            a request without a recording, with the nearest ones
├── SecretLeft             a cassette would contain a secret, and was not written
├── OurOwnReply            a cassette contains a response of our own server
├── MockServerRefused         the server that answered is our own mock server
└── NotRecorded            a recording could not begin, or failed
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from mockreel.errors import MockreelError


class RecordingError(MockreelError):
    """Catch this to catch everything that recording raises of itself."""


class CassetteUnreadable(RecordingError):
    """A cassette exists, and cannot be used; it never counts as missing."""

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        self.why = why
        super().__init__(
            f"The cassette {path} cannot be read: {why}. "
            "It is unchanged: restore it from its history, or delete it and record again."
        )


class CassetteVersion(RecordingError):
    """A cassette is of another version of the format."""

    def __init__(self, path: Path, version: object, known: int) -> None:
        self.path = path
        self.version = version
        version_text = "states no version" if version is None else f"is of version {version!r}"
        super().__init__(
            f"The cassette {path} {version_text}; known is version {known} (vcrpy's `version: {known}`). "
            "Migrate it with vcrpy, or record again."
        )


class NoProvenance(RecordingError):
    """A cassette does not state the origin of its exchanges."""

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        self.why = why
        super().__init__(
            f"The cassette {path} does not state its origin: {why}. It needs `metadata: {{mockreel: …}}` with "
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

    def __init__(self, request: str, nearest: Sequence[tuple[str, Sequence[str]]]) -> None:
        self.request = request
        self.nearest = tuple((name, tuple(why)) for name, why in nearest)
        lines = [f"  {name}: {'; '.join(why)}" for name, why in self.nearest]
        super().__init__(
            f"No recording answers {request}. Nearest first:\n"
            + "\n".join(lines or ["  (the cassette has no exchange)"])
            + "\nRecord it with `mockreel record`, or correct the cassette's `expect`."
        )


class SecretLeft(RecordingError):
    """A cassette would still contain a secret, and was not written; `places` says where, not what."""

    def __init__(self, path: Path, places: Sequence[str]) -> None:
        self.path = path
        self.places = tuple(places)
        shown = "\n".join(f"  {place}" for place in self.places[:20])
        more = f"\n  … and {len(self.places) - 20} more" if len(self.places) > 20 else ""
        super().__init__(
            f"The cassette {path} was not written: it would contain secrets.\n{shown}{more}\n"
            "Name the field under recording or hidden in the provider's conversation.yaml; please report it."
        )


class FromMockServer(RecordingError):
    """The server that answered is our own mock server, whose responses prove nothing of the provider."""

    def __init__(self, url: str, header: str) -> None:
        self.url = url
        super().__init__(
            f"{url} answered with the header {header}: it is the mock server, not the provider. Nothing was written. "
            "Record from the provider itself; a proxy or a hosts file may redirect its name."
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
