"""Record httpx2's requests within a block: by vcrpy, silently, and never from our own mock server."""

import contextlib
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mockreel.cassettes.cassette import KEY
from mockreel.cassettes.cassette_errors import FromMockServer, NotRecorded
from mockreel.cassettes.cassette_writer import Store, vcrpy
from mockreel.contract.messages.version_header import VERSION_HEADER

# What logs requests, responses and addresses before they are redacted.
_LOGGERS = ("vcr", "httpx2", "httpcore2")


class _Deferring:
    """A store that raises its error after vcrpy has removed its patches."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.problem: Exception | None = None

    def load_cassette(self, cassette_path: str, serializer: Any) -> Any:
        return self._store.load_cassette(cassette_path, serializer)

    def save_cassette(self, cassette_path: str, cassette_dict: Mapping[str, Any], serializer: Any) -> None:
        try:
            self._store.save_cassette(cassette_path, cassette_dict, serializer)
        except Exception as problem:
            self.problem = problem


class _OriginCheck:
    """Rejects responses of the mock server; it remembers the last URL for the error."""

    def __init__(self) -> None:
        self.server = ""

    def remember(self, request: Any) -> Any:
        self.server = f"{request.scheme}://{request.host}"
        return request

    def checked(self, reply: Mapping[str, Any]) -> Mapping[str, Any]:
        """A response, if it is not the mock server's."""
        if any(name.lower() == VERSION_HEADER.lower() for name in reply["headers"]):
            raise FromMockServer(self.server, VERSION_HEADER)
        return reply


@contextlib.contextmanager
def capture(path: Path, store: Store, metadata: Mapping[str, Any]) -> Iterator[Any]:
    """The requests in the block become a cassette; nothing is written if the block raises.

    Args:
        metadata: the cassette's metadata.

    Raises:
        MockServerRefused: a response came from the mock server.
        SecretLeft: the cassette would contain a secret.
        NotRecorded: the file exists already.
    """
    if path.exists():
        raise NotRecorded(f"{path} is there already, and is not overwritten. Take it away, or choose another --out.")
    vcr, deferring, origin = vcrpy(), _Deferring(store), _OriginCheck()
    recorder = vcr.VCR(
        record_mode="once",
        record_on_exception=False,
        before_record_request=origin.remember,
        before_record_response=origin.checked,
        skip_patchers=tuple(name for name in vcr.patch.PATCHER_NAMES if name != "httpx2"),
    )
    recorder.register_persister(deferring)
    with _silent(), recorder.use_cassette(str(path)) as cassette:
        cassette.get_metadata(KEY, dict(metadata))
        yield cassette
    if deferring.problem is not None:
        raise deferring.problem


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
