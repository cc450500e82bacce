"""What a check runs against: the mock server in this process, or (in `remote`) a base URL."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import Protocol, TypeVar
from urllib.parse import unquote, urlsplit

from mockreel.contract import Contract
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest, Who
from mockreel.contract.messages.message import Request, Response
from mockreel.engine.clock import Clock
from mockreel.errors import MockreelError
from mockreel.simulator.in_process.memory_receiver import Receiver
from mockreel.simulator.in_process.target_keys import Keys, drawn, dressed
from mockreel.simulator.provider import Provider
from mockreel.simulator.settings import Settings
from mockreel.simulator.simulator import Simulator, build_simulator
from mockreel.webhooks import MemorySender, Outcome, Outgoing

T = TypeVar("T")

START = 1_767_225_600.0  # 2026-01-01T00:00:00Z: the mock's clock is held, so that a run can be repeated
MOCK_URL = "http://mock.test"
WAIT_TIMEOUT = 3600.0  # a response that waits for a job comes at the latest then, by that clock
AT_WORK = 5.0  # seconds of real time for a response that no moment of the clock can bring
RECEIVER_URL = "http://127.0.0.1:9"  # never connected to: the mock's callbacks stay in memory


class Skipped(MockreelError):
    """A check is impossible against this target, or without some option; the text says why."""


class NotApplicable(Skipped):
    """The check does not apply to this target; the text says why."""


class Target(Protocol):
    """A server under test. `own` is our mock server, which inferred facts apply to as well."""

    base_url: str
    own: bool
    keys: Keys
    receiver: Receiver | None

    def send(self, request: SentRequest) -> ReceivedResponse: ...

    def fetch(self, url: str, *, span: str | None = None) -> ReceivedResponse:
        """Fetch a result's URL, or a range of it, without a key."""
        ...

    def now(self) -> float:
        """The target's clock, in seconds."""
        ...

    def wait(self, seconds: float) -> None:
        """Let this much time pass at the target."""
        ...

    def close(self) -> None: ...


# Answers a request as the mock server does; a saboteur replaces it.
Answering = Callable[[Provider, Request], Response | Awaitable[Response]]


def answer_honestly(provider: Provider, request: Request) -> Response | Awaitable[Response]:
    return provider.answer(request)


class MockTarget:
    """One provider in this process on a paused clock; its time is advanced, so nothing waits.

    Args:
        contract: the contract to serve, which may differ from the one to check against.
        start: the initial time of its clock.
        balance: the initial balance of its first account; unlimited by default.
        named: what the names of its accounts end with.
        answering: replaces how the mock server answers requests.
        sender: wraps the sender of webhooks.
    """

    own = True
    base_url = MOCK_URL

    def __init__(
        self,
        contract: Contract,
        *,
        seed: int = 0,
        start: float = START,
        balance: Decimal | None = None,
        named: str = "",
        keep_bodies: bool = True,
        answering: Answering = answer_honestly,
        sender: Callable[[MemorySender], MemorySender] = lambda honest: honest,
    ) -> None:
        self.keys, entries = drawn(contract, balance=balance, named=named)
        self.receiver: Receiver | None = Receiver(RECEIVER_URL, self.now)
        self._simulator: Simulator = build_simulator(
            {contract.provider: contract},
            clock=Clock(start=start, held=True),
            keys=entries,
            settings=Settings(seed=seed, wait_timeout=WAIT_TIMEOUT, keep_bodies=keep_bodies),
            sender=sender(MemorySender(self._receive)),
        )
        self._provider = self._simulator.provider(contract.provider)
        self._answering = answering
        self._loop = asyncio.new_event_loop()

    def send(self, request: SentRequest) -> ReceivedResponse:
        return self._request(dressed(request, self.keys))

    def fetch(self, url: str, *, span: str | None = None) -> ReceivedResponse:
        if not url.startswith(f"{MOCK_URL}/"):
            return ReceivedResponse(0, {}, f"{url} is not an address of the mock server".encode())
        parts = urlsplit(url)
        return self._request(SentRequest("GET", parts.path, parts.query, _ranged(span), who="nobody"))

    def now(self) -> float:
        return self._simulator.clock.now()

    def wait(self, seconds: float) -> None:
        self._run(self._simulator.advance(seconds))

    def close(self) -> None:
        self._run(self._simulator.close())
        self._loop.close()

    def _request(self, sent: SentRequest) -> ReceivedResponse:
        headers = [(name.lower().encode("latin-1"), _latin(value)) for name, value in sent.headers.items()]
        request = Request(sent.method, unquote(sent.path), headers, sent.query.encode(), sent.body, MOCK_URL)
        reply = self._run(self._respond(request))
        response = reply if isinstance(reply, Response) else self._run(self._awaited(reply))
        return _received(response, head=sent.method == "HEAD")

    async def _respond(self, request: Request) -> Response | Awaitable[Response]:
        """The answer, made on the loop on which it may have to be waited for."""
        return self._answering(self._provider, request)

    async def _awaited(self, reply: Awaitable[Response]) -> Response:
        """A response that waits for the clock: move it from one due moment to the next until it comes."""
        task, ends = asyncio.ensure_future(reply), self.now() + WAIT_TIMEOUT
        while True:
            for _ in range(20):
                await asyncio.sleep(0)
            due = self._simulator.scheduler.next_due
            if task.done():
                break
            if due is None or due > ends:  # work in steps needs no clock, only some time of this machine
                await asyncio.wait({task}, timeout=AT_WORK)
                break
            await self._simulator.advance(max(0.0, due - self._simulator.clock.now()))
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            raise Skipped("the response waits for something that never happens")
        return task.result()

    def _run(self, work: Awaitable[T]) -> T:
        async def wrap() -> T:
            return await work

        return self._loop.run_until_complete(wrap())

    def _receive(self, message: Outgoing) -> int | Outcome:
        assert self.receiver is not None
        behaviour = self.receiver.receive(message.url, dict(message.headers), message.body)
        if behaviour == "slow":
            return 200
        if isinstance(behaviour, int):
            return behaviour
        error = "timeout" if behaviour == "timeout" else "network"
        return Outcome(error=error, detail=behaviour)


def _ranged(span: str | None) -> dict[str, str]:
    return {} if span is None else {"range": span}


def _latin(value: str) -> bytes:
    return value.encode("latin-1", "replace")


def _received(response: Response, *, head: bool) -> ReceivedResponse:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in response.headers}
    return ReceivedResponse(response.status, headers, b"" if head else response.body)


def asked_by(request: SentRequest, who: Who) -> SentRequest:
    """The same request from another account."""
    return replace(request, who=who)
