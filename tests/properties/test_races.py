"""Concurrent requests: an idempotency key makes one job."""

import asyncio
from collections.abc import Awaitable
from functools import cache
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from providers.runflow.requests import INPUT, LITE
from support.caller import START, Caller

from mockreel.contract import Contract
from mockreel.contract.messages.message import Response
from mockreel.engine.clock import Clock
from mockreel.simulator.simulator import build_simulator, load_contracts
from mockreel.webhooks import MemorySender

# One request: its idempotency key, which of two bodies, and whether time passes before the next.
SENT = st.tuples(st.sampled_from(["a", "b"]), st.booleans(), st.booleans())


@cache
def contracts(option: str) -> dict[str, Contract]:
    return load_contracts(["runflow"], readings={"create-reply": option})


@pytest.mark.parametrize("option", ["queued", "finished"])
@given(sent=st.lists(SENT, min_size=2, max_size=8))
def test_a_key_makes_one_job_whatever_else_is_under_way(option: str, sent: list[tuple[str, bool, bool]]) -> None:
    """The first body under a key wins: the same body has its response, byte for byte, another one is a conflict.

    Where a create answers when its run has ended, the others come in while the first still waits.
    """
    replies, made = asyncio.run(_race(option, sent))

    first: dict[str, bool] = {}
    bodies: dict[str, set[bytes]] = {}
    for (key, other, _), response in zip(sent, replies, strict=True):
        if first.setdefault(key, other) == other:
            assert response.status == 201, response.body
            bodies.setdefault(key, set()).add(response.body)
        else:
            assert (response.status, orjson.loads(response.body)["code"]) == (409, "CONFLICT")
    assert all(len(some) == 1 for some in bodies.values())
    assert made == len(first)


async def _race(option: str, sent: list[tuple[str, bool, bool]]) -> tuple[list[Response], int]:
    """Start every request in order; returns the responses and the number of runs."""
    simulator = build_simulator(
        contracts(option), clock=Clock(start=START, held=True), accept_any_key=True, sender=MemorySender()
    )
    caller = Caller(simulator.provider("runflow"), "rf_live_one")
    tasks = []
    for key, other, waits in sent:
        tasks.append(asyncio.ensure_future(_ask(caller, key, {**INPUT, "seed": 1} if other else INPUT)))
        await asyncio.sleep(0)
        if waits:
            await simulator.advance(0.5)
    await asyncio.sleep(0)
    await simulator.advance(60)
    replies = await asyncio.gather(*tasks)
    await simulator.close()
    return list(replies), len(simulator.provider("runflow").jobs)


async def _ask(caller: Caller, key: str, fields: Any) -> Response:
    headers = {"idempotency-key": key}
    answer = caller.provider.answer(caller.request("POST", f"{LITE}/runs", {"input": fields}, headers=headers))
    return await answer if isinstance(answer, Awaitable) else answer


def test_a_client_that_goes_away_leaves_the_others_waiting() -> None:
    """Its request is cancelled; the run goes on, and others with the same key get its response."""

    async def story() -> None:
        simulator = build_simulator(
            contracts("finished"), clock=Clock(start=START, held=True), accept_any_key=True, sender=MemorySender()
        )
        caller = Caller(simulator.provider("runflow"), "rf_live_one")
        gone, patient = (asyncio.ensure_future(_ask(caller, "a", INPUT)) for _ in "ab")
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)
        await simulator.advance(60)
        assert (await patient).status == 201
        assert len(simulator.provider("runflow").jobs) == 1
        await simulator.close()

    asyncio.run(story())
