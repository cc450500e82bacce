"""One act of the demo, performed as a client would: submit, poll, take the callback, save the clip."""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx2

from mockreel.cli.use.demo.receiver import Arrival, Receiver
from mockreel.contract import Contract, State, pointers
from mockreel.contract.conversation.demo_jobs import Act, Exchange, Script, filled
from mockreel.contract.pricing import Cost
from mockreel.engine.artifacts import artifact
from mockreel.engine.redaction.transport_reason import transport_reason
from mockreel.errors import MockreelError
from mockreel.server.mock_server import Address
from mockreel.simulator.provider import Provider
from mockreel.webhooks import verify
from mockreel.whole_file import SHARED, write_whole

POLL_SECONDS = 0.1
WAIT_SECONDS = 60.0


class ActFailed(MockreelError):
    """Something in the demo went wrong; the text says what."""


@dataclass(slots=True)
class Progress:
    """What is known of one act so far; `states` are the words on the wire with the real seconds since submit."""

    act: Act
    provider: str  # as people call it
    states: list[tuple[str, float]] = field(default_factory=list)
    job_id: str = ""
    clip: Path | None = None
    size: int = 0
    attempts: tuple[Arrival, ...] = ()
    gaps: tuple[float, ...] = ()
    signed: bool | None = None
    cost: Cost | None = None
    problem: str = ""
    done: bool = False

    @property
    def job(self) -> str:
        """What the job runs, and what is special about it."""
        return f"{self.act.model} ({self.act.note})" if self.act.note else self.act.model

    @property
    def title(self) -> str:
        return f"{self.provider} {self.job}"

    @property
    def file_stem(self) -> str:
        """What its clip is called: `runflow-google-veo3.1-lite`."""
        return re.sub(r"[^\w.]+", "-", f"{self.act.provider} {self.job}").strip("-")


@dataclass(slots=True)
class Performer:
    """Performs the acts of one provider.

    Args:
        provider: the provider on its mock server: what it costs and how it signs is read from its contract.
        address: where it is served, and a key that works.
        folder: where clips are saved.
        changed: called whenever the progress of an act has changed.
    """

    provider: Provider
    address: Address
    receiver: Receiver
    folder: Path
    changed: Callable[[Progress], None]
    saved: dict[str, str] = field(default_factory=dict)

    async def perform(self, script: Script, progresses: list[Progress]) -> None:
        """Set up, then all acts at once."""
        headers = {"authorization": f"Bearer {self.address.key}"}
        async with httpx2.AsyncClient(
            base_url=self.address.url, headers=headers, timeout=WAIT_SECONDS, trust_env=False
        ) as client:
            for exchange in script.setup:
                reply = await self._request(client, exchange, {})
                self.saved.update(
                    {name: str(pointers.value(reply, pointer)) for name, pointer in exchange.save.items()}
                )
            await asyncio.gather(*(self._act(client, progress) for progress in progresses))

    async def _act(self, client: httpx2.AsyncClient, progress: Progress) -> None:
        try:
            await self._perform(client, progress)
        except (ActFailed, httpx2.HTTPError) as problem:
            progress.problem = transport_reason(problem) if isinstance(problem, httpx2.HTTPError) else str(problem)
        progress.done = True
        self.changed(progress)

    async def _perform(self, client: httpx2.AsyncClient, progress: Progress) -> None:
        act = progress.act
        words = {"callback": f"{self.receiver.url}/{self._name(act)}"}
        began = time.monotonic()
        reply = await self._request(client, act.submit, words)
        if act.poll is not None:
            reply = await self._follow(client, progress, reply, words, began)
        else:
            self._note(progress, self._end_word(), began)
        url = pointers.value(reply, act.result)
        if not isinstance(url, str):
            raise ActFailed(f"the response has no result at {act.result}: {reply}")
        await self._save(client, progress, url)
        progress.cost = self._cost(act)
        if act.callback:
            await self._await_callback(progress)

    async def _follow(
        self, client: httpx2.AsyncClient, progress: Progress, reply: Any, words: dict[str, str], began: float
    ) -> Any:
        """Poll until the job is over, noting each state as it passes."""
        act = progress.act
        assert act.poll is not None
        progress.job_id = str(pointers.value(reply, act.id or ""))
        words["id"] = progress.job_id
        deadline = began + WAIT_SECONDS
        while True:
            word = str(pointers.value(reply, act.state or ""))
            self._note(progress, word, began)
            state = self._state(word)
            if state.terminal:
                if state.kind != "succeeded":
                    raise ActFailed(f"the job ended as {word}: {reply}")
                return reply
            if time.monotonic() > deadline:
                raise ActFailed(f"the job was still {word} after {WAIT_SECONDS:g} s")
            await asyncio.sleep(POLL_SECONDS)
            reply = await self._request(client, act.poll, words)

    async def _request(self, client: httpx2.AsyncClient, exchange: Exchange, words: dict[str, str]) -> Any:
        body = filled(exchange.body, words)
        reply = await client.request(
            exchange.method, filled(exchange.path, words), **({"json": body} if body is not None else {})
        )
        if reply.status_code >= 400:
            raise ActFailed(f"{exchange.method} {exchange.path} answered {reply.status_code}: {reply.text}")
        return reply.json()

    async def _save(self, client: httpx2.AsyncClient, progress: Progress, url: str) -> None:
        reply = await client.get(url)
        if reply.status_code != 200 or not reply.content:
            raise ActFailed(f"{url} answered {reply.status_code} with {len(reply.content)} bytes")
        path = self.folder / f"{progress.file_stem}{Path(httpx2.URL(url).path).suffix}"
        write_whole(path, reply.content, mode=SHARED)
        progress.clip, progress.size = path, len(reply.content)
        self.changed(progress)

    async def _await_callback(self, progress: Progress) -> None:
        """Wait until the receiver has accepted the webhook; every rejected attempt is noted with its gap."""
        deadline = time.monotonic() + WAIT_SECONDS
        expected = self.receiver.rejections + 1
        while len(progress.attempts) < expected:
            if time.monotonic() > deadline:
                raise ActFailed(f"{len(progress.attempts)} of {expected} webhook attempts were received")
            await asyncio.sleep(0.05)
            arrived = self.receiver.of(self._name(progress.act))
            if len(arrived) != len(progress.attempts):
                progress.attempts = arrived
                progress.gaps = tuple(later.simulated - earlier.simulated for earlier, later in pairwise(arrived))
                self.changed(progress)
        if len({attempt.body for attempt in progress.attempts}) != 1:
            raise ActFailed("the attempts of one webhook had different bytes")
        progress.signed = self._signed(progress.attempts[-1])

    def _signed(self, arrival: Arrival) -> bool | None:
        """Whether the signature is good; None where the provider signs nothing."""
        signature = self.provider.contract.callbacks.signature
        secret = self.saved.get("secret")
        if signature is None or secret is None:
            return None
        if not verify(signature, secret, arrival.body, arrival.headers.get(signature.header.lower(), "")):
            raise ActFailed(f"the webhook's {signature.header} does not sign its bytes")
        return True

    def _cost(self, act: Act) -> Cost:
        contract: Contract = self.provider.contract
        model = contract.names[act.model]
        return artifact.price_of(self.provider, model, pointers.value(act.submit.body, act.input) or {})

    def _state(self, word: str) -> State:
        for state in self.provider.contract.lifecycle.states.values():
            if state.word == word:
                return state
        raise ActFailed(f"{word!r} is not a state of {self.provider.contract.title}")

    def _end_word(self) -> str:
        states = self.provider.contract.lifecycle.states.values()
        return next(state.word for state in states if state.kind == "succeeded")

    def _note(self, progress: Progress, word: str, began: float) -> None:
        if not progress.states or progress.states[-1][0] != word:
            progress.states.append((word, time.monotonic() - began))
            self.changed(progress)

    def _name(self, act: Act) -> str:
        return f"{act.provider}-{act.page}"
