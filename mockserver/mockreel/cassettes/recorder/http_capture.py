"""Record what is asked over httpx2 while a block runs: by vcrpy, silently, and never from our own mock server."""

import contextlib
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mockreel.cassettes.cassette import KEY, OUR_HEADER
from mockreel.cassettes.cassette_errors import MockServerRefused, NotRecorded
from mockreel.cassettes.cassette_writer import Store, vcrpy

# What logs requests, responses and addresses before they are scrubbed.
_LOGGERS = ("vcr", "httpx2", "httpcore2")


class _Deferring:
    """A store whose error is raised once vcrpy has taken its patches back."""

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


class _Asked:
    """Refuses responses of the mock server; knows who was asked last, for the error."""

    def __init__(self) -> None:
        self.server = ""

    def remember(self, request: Any) -> Any:
        self.server = f"{request.scheme}://{request.host}"
        return request

    def checked(self, reply: Mapping[str, Any]) -> Mapping[str, Any]:
        """A response, if it is not the mock server's."""
        if any(name.lower() == OUR_HEADER.lower() for name in reply["headers"]):
            raise MockServerRefused(self.server, OUR_HEADER)
        return reply


@contextlib.contextmanager
def taking(path: Path, store: Store, told: Mapping[str, Any]) -> Iterator[Any]:
    """What is asked in the block becomes a cassette; nothing is written if the block raises.

    Args:
        told: what becomes its metadata.

    Raises:
        MockServerRefused: a response came from the mock server.
        SecretLeft: the cassette would hold a secret.
        NotRecorded: the file is there already.
    """
    if path.exists():
        raise NotRecorded(f"{path} is there already, and is not overwritten. Take it away, or choose another --out.")
    vcr, deferring, asked = vcrpy(), _Deferring(store), _Asked()
    recorder = vcr.VCR(
        record_mode="once",
        record_on_exception=False,
        before_record_request=asked.remember,
        before_record_response=asked.checked,
        skip_patchers=tuple(name for name in vcr.patch.PATCHER_NAMES if name != "httpx2"),
    )
    recorder.register_persister(deferring)
    with _silent(), recorder.use_cassette(str(path)) as cassette:
        cassette.get_metadata(KEY, dict(told))
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
