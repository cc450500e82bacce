"""Write cassettes in vcrpy's form: redacted, checked again, and complete or not at all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mockreel.cassettes.cassette import (
    KEY,
    Cassette,
    Exchange,
    InboundCallback,
    cassette_of,
    check_metadata,
    read_cassette,
)
from mockreel.cassettes.cassette_errors import NoProvenance, NotRecorded
from mockreel.cassettes.poll_filter import without_repeated_polls
from mockreel.cassettes.redaction.cassette_redactor import CassetteRedactor, RedactedCassette, unpacked
from mockreel.cassettes.redaction.final_check import Guard, on_the_wire
from mockreel.cassettes.redaction.redacted_places import redacted_rows, redacted_rows_of_webhook
from mockreel.cassettes.vcr_format import exchanges_of, vcr_of
from mockreel.errors import MissingPackage
from mockreel.whole_file import write_whole

Stating = Callable[[Cassette], Mapping[str, Any]]
# What must not be written, by its description: what redaction has replaced, and what was on the wire.
Forbidden = tuple[Mapping[str, str], Mapping[str, str]]


@dataclass(slots=True)
class Store:
    """Writes one cassette; in vcrpy's terms a persister.

    Args:
        redactor: a fresh one for each cassette: within it an id always has the same placeholder.
        stating: returns the metadata that needs placeholders for ids: `expect`, `reading`.
        callbacks: the webhooks that were received meanwhile.
    """

    redactor: CassetteRedactor
    guard: Guard
    stating: Stating | None = None
    callbacks: list[InboundCallback] = field(default_factory=list)
    _loaded: list[tuple[str, str, bytes | None]] = field(default_factory=list)

    def load_cassette(self, cassette_path: str | Path, serializer: Any) -> Any:
        """A cassette that is there. One that cannot be read is an error: vcrpy would take it for an empty one."""
        from vcr.persisters.filesystem import CassetteNotFoundError  # noqa: PLC0415
        from vcr.serialize import deserialize  # noqa: PLC0415

        path = Path(cassette_path)
        if not path.exists():
            raise CassetteNotFoundError
        read_cassette(path)
        found = deserialize(path.read_text("utf-8"), serializer)
        self._loaded = [_key(request) for request in found[0]]
        return found

    def save_cassette(self, cassette_path: str | Path, cassette_dict: Mapping[str, Any], serializer: Any) -> None:
        """Write what vcrpy has recorded; what was loaded is written unchanged, and never mixed with new exchanges."""
        path, metadata = Path(cassette_path), (cassette_dict.get("metadata") or {}).get(KEY)
        requests, replies = cassette_dict["requests"], cassette_dict["responses"]
        if self._loaded and all(_key(one) in self._loaded for one in requests) and len(requests) <= len(self._loaded):
            put(path, self._text(path, _cassette_document(requests, replies, metadata), ({}, {}), serializer))
        elif self._loaded:
            raise NotRecorded(f"{path} holds a recording already; a new one needs another file.")
        else:
            self.write(path, exchanges_of(requests, replies), metadata, serializer=serializer)

    def write(self, path: Path, exchanges: Sequence[Exchange], metadata: Any, *, serializer: Any = None) -> Path:
        """Redact and write.

        Raises:
            NoProvenance: the metadata lacks something.
            SecretLeft: it would contain a secret.
            NotRecorded: the file exists already.
        """
        if path.exists():
            raise NotRecorded(
                f"{path} is there already, and is not overwritten. Take it away, or choose another --out."
            )
        exchanges = [_plain(one) for one in exchanges]
        redacted = self.redactor.redacted(exchanges, self.callbacks)
        metadata = self._metadata(path, metadata, exchanges, redacted)
        few, metadata = without_repeated_polls(redacted.exchanges, metadata)
        forbidden = redacted.originals, on_the_wire(exchanges, self.callbacks)
        # Checked before anything uses it, so that no later error can contain a secret.
        self._checked(path, few, metadata, forbidden, serializer)
        if self.stating is not None:
            metadata |= self.stating(cassette_of(path, metadata, few, redacted.callbacks))
        put(path, self._checked(path, few, metadata, forbidden, serializer))
        return path

    def _checked(
        self, path: Path, exchanges: Sequence[Exchange], metadata: Any, forbidden: Forbidden, serializer: Any
    ) -> str:
        """The text of a cassette, looked through."""
        requests, replies = vcr_of(exchanges)
        return self._text(path, _cassette_document(requests, replies, metadata), forbidden, serializer)

    def _metadata(
        self, path: Path, metadata: Any, raw: Sequence[Exchange], redacted: RedactedCassette
    ) -> dict[str, Any]:
        """The metadata with what was left out, and with the callbacks."""
        rows = redacted_rows(raw, redacted.exchanges)
        calls = [
            _call(number, *pair) for number, pair in enumerate(zip(self.callbacks, redacted.callbacks, strict=True))
        ]
        whole = {"expect": {}, **(metadata or {})}
        whole["filled"] = [*whole.get("filled", []), *rows]
        whole |= {"callbacks": calls} if calls else {}
        if wrong := check_metadata(whole):
            raise NoProvenance(path, wrong)
        return whole

    def _text(self, path: Path, document: Mapping[str, Any], forbidden: Forbidden, serializer: Any) -> str:
        from vcr.serialize import serialize  # noqa: PLC0415
        from vcr.serializers import yamlserializer  # noqa: PLC0415

        text: str = serialize(dict(document), serializer or yamlserializer)
        self.guard.check(path, text, *forbidden)
        return text


def _key(request: Any) -> tuple[str, str, bytes | None]:
    """What tells requests apart; vcrpy copies them."""
    return request.method, request.uri, request.body


def vcrpy() -> Any:
    """vcrpy.

    Raises:
        MissingPackage: it is not installed.
    """
    try:
        import vcr  # noqa: PLC0415  (an extra)
    except ImportError as missing:
        raise MissingPackage("Cassettes are read and written with", "vcrpy", extra="record") from missing
    return vcr


def put(path: Path, text: str) -> None:
    """A file that is at its place only once it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text)


def _plain(one: Exchange) -> Exchange:
    """An exchange without content encodings, if they are known."""
    body, reply = unpacked(one.body, one.headers), unpacked(one.reply, one.reply_headers)
    headers = tuple(pair for pair in one.reply_headers if reply is None or pair[0].lower() != "content-encoding")
    return replace(one, body=one.body if body is None else body, reply=reply or one.reply, reply_headers=headers)


def _cassette_document(requests: Sequence[Any], replies: Sequence[Any], metadata: Any) -> dict[str, Any]:
    return {"requests": requests, "responses": replies, "metadata": {KEY: metadata}}


def _call(number: int, raw: InboundCallback, redacted: InboundCallback) -> dict[str, Any]:
    row = {
        "at": redacted.at,
        "method": redacted.method,
        "url": redacted.url,
        "headers": dict(redacted.headers),
        "body": redacted.body.decode(),
    }
    return {**row, "filled": redacted_rows_of_webhook(raw, redacted, f"/metadata/{KEY}/callbacks/{number}")}
