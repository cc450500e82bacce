"""Fixtures that every test may use, and the guard that keeps all traffic on loopback."""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hypothesis
import orjson
import pytest

from understudy.accounts import KeyEntry
from understudy.callbacks import MemorySender
from understudy.clock import Clock
from understudy.messages import Reply, Request
from understudy.part import Part, Settings
from understudy.stage import Stage, build_stage, load_contracts

START = 1_767_225_600.0  # 2026-01-01T00:00:00Z
FOURTH = Path(__file__).parent / "fourth" / "data"  # the made-up provider `encore`, small enough to read in a minute

# The same examples in every run: a failure on one machine is a failure on all. No deadline, machines differ.
hypothesis.settings.register_profile("understudy", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("understudy")


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reaches another machine: every connection but to loopback is an error."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guarded(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(self: socket.socket, address: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(str(address[0])):
                raise AssertionError(f"a test tried to connect to {address!r}; only loopback is allowed")
            return original(self, address)

        return call

    monkeypatch.setattr(socket.socket, "connect", guarded(connect))
    monkeypatch.setattr(socket.socket, "connect_ex", guarded(connect_ex))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass
class Spoken:
    """A reply as a test reads it."""

    reply: Reply

    @property
    def status(self) -> int:
        return self.reply.status

    @property
    def json(self) -> Any:
        return orjson.loads(self.reply.body)

    @property
    def headers(self) -> Mapping[str, str]:
        return {name.decode(): value.decode() for name, value in self.reply.headers}


@dataclass
class Caller:
    """Speaks to one part in process, with a key of its own."""

    part: Part
    key: str | None
    headers: dict[str, str] = field(default_factory=dict)
    base_url: str = "http://stage.test"

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        raw: bytes | None = None,
        key: str | None = "",
    ) -> Spoken:
        """Send one request; `key=None` leaves the key out, `raw` sends bytes as they are."""
        answer = self.part.answer(self.request(method, path, body, headers=headers, raw=raw, key=key))
        assert isinstance(answer, Reply), "this operation waits for the clock; use `waiting`"
        return Spoken(answer)

    def waiting(self, method: str, path: str, body: Any = None) -> Awaitable[Reply]:
        """Send a request that waits for the clock."""
        answer = self.part.answer(self.request(method, path, body))
        assert not isinstance(answer, Reply), f"it was answered at once: {answer}"
        return answer

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        raw: bytes | None = None,
        key: str | None = "",
    ) -> Request:
        sent = dict(self.headers)
        used = self.key if key == "" else key
        if used is not None:
            sent["authorization"] = f"Bearer {used}"
        if body is not None:
            sent["content-type"] = "application/json"
        sent.update({name.lower(): value for name, value in (headers or {}).items()})
        target, _, query = path.partition("?")
        content = raw if raw is not None else b"" if body is None else orjson.dumps(body)
        pairs = [(name.encode(), value.encode("latin-1")) for name, value in sent.items()]
        return Request(method, target, pairs, query.encode(), content, self.base_url)


@pytest.fixture
def sink() -> MemorySender:
    """Where callbacks of the `stage` go; set `sink.receiver` to answer them."""
    return MemorySender()


MakeStage = Callable[..., Stage]


@pytest.fixture
def make_stage(sink: MemorySender) -> MakeStage:
    """Build a stage of one's own: `make_stage(readings={...}, keys=[...], seed=7, names=["runflow"])`."""

    def make(
        *,
        names: list[str] | None = None,
        readings: Mapping[str, str] | None = None,
        keys: list[KeyEntry] | None = None,
        data: Path | None = None,
        clock: Clock | None = None,
        **settings: Any,
    ) -> Stage:
        return build_stage(
            load_contracts(names, readings=readings, data=data),
            clock=clock or Clock(start=START, held=True),
            keys=keys or (),
            open_house=keys is None,
            settings=Settings(**settings),
            sender=sink,
        )

    return make


@pytest.fixture
def stage(make_stage: MakeStage) -> Stage:
    """All providers on a held clock that begins at 2026-01-01T00:00:00Z; any key is taken."""
    return make_stage()


@pytest.fixture
def run() -> Iterator[Callable[[Awaitable[Any]], Any]]:
    """Run an awaitable to its end: `run(stage.advance(3))`. One event loop for the whole test."""
    with asyncio.Runner() as runner:

        async def wrap(awaitable: Awaitable[Any]) -> Any:
            return await awaitable

        yield lambda awaitable: runner.run(wrap(awaitable))


@pytest.fixture
def ask(stage: Stage) -> Callable[..., Caller]:
    """Speak to a part of `stage`: `ask("runflow")("GET", "/v1/health")`; a second key is another account."""

    def make(provider: str, key: str | None = "rf_live_one") -> Caller:
        return Caller(stage.part(provider), key)

    return make


@pytest.fixture
def fourth() -> Path:
    """The data folder of the made-up provider `encore`."""
    return FOURTH


@pytest.fixture
def make_encore(make_stage: MakeStage) -> MakeStage:
    """Build a stage with `encore` alone on it; takes what `make_stage` takes."""

    def make(**options: Any) -> Stage:
        return make_stage(**{"names": ["encore"], "data": FOURTH, **options})

    return make


@pytest.fixture
def encore_stage(make_encore: MakeStage) -> Stage:
    """`encore` alone on a held clock that begins at 2026-01-01T00:00:00Z; any key is taken."""
    return make_encore()


@pytest.fixture
def encore(encore_stage: Stage) -> Caller:
    """Speak to `encore`: `encore("GET", "/v1/jobs")`."""
    return Caller(encore_stage.part("encore"), "en_user_one")
