"""Every address of ours in every message leads its reader back under the address that it used itself."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from providers.runflow import requests as runflow
from providers.runninghub import requests as runninghub
from support.caller import Caller, CallerResponse, MakeSimulator

from mockreel.contract.messages.message import Response
from mockreel.engine.faults import read_fault
from mockreel.webhooks import MemorySender

Run = Callable[[Awaitable[Any]], Any]
HERE, THERE = "https://here.test:1/a", "http://there.test:2"
# An address of ours: whatever leads to a clip, an upload or an asset.
_OURS = re.compile(rb'"(https?://[^"]*?)/(?:_mockreel|asset-uploads)/')


def addresses(body: bytes) -> list[str]:
    """The bases of our addresses in a message."""
    return [found.decode() for found in _OURS.findall(body.replace(rb"\/", b"/"))]


Flow = Callable[["Callers", MemorySender, Run], Iterator[tuple[str, bytes, str]]]


class Callers:
    """One account that uses two addresses."""

    def __init__(self, simulator: Any, name: str) -> None:
        self.simulator = simulator
        self.here, self.there = (Caller(simulator.provider(name), "rf_live_one", base_url=url) for url in (HERE, THERE))

    def both(self, *requested: Any, **more: Any) -> Iterator[tuple[str, bytes, str]]:
        """The same request at each address: its name, the response, and the expected address."""
        for caller in (self.here, self.there, self.here):
            yield f"{requested[0]} {requested[1]}", said(caller(*requested, **more)), caller.base_url


def said(spoken: CallerResponse) -> bytes:
    assert spoken.status < 300, spoken.response.body
    return spoken.response.body


def of_runflow(callers: Callers, sink: MemorySender, run: Run) -> Iterator[tuple[str, bytes, str]]:
    asset = {"filename": "a.png", "mime_type": "image/png", "size_bytes": 3}
    yield from callers.both("POST", "/v1/asset-uploads", asset)
    made = callers.here("POST", f"{runflow.LITE}/runs", {"input": runflow.INPUT, "callback_url": runflow.HOOK}).json
    callers.there("GET", "/v1/health")
    run(callers.simulator.advance(100))
    yield "the webhook", sink.sent[-1].body, HERE
    yield from callers.both("GET", f"/v1/runs/{made['id']}")
    yield from callers.both("GET", "/v1/runs")


def of_aimlapi(callers: Callers, sink: MemorySender, run: Run) -> Iterator[tuple[str, bytes, str]]:
    body = {"model": "google/veo-3.1-t2v", "prompt": "a boat"}
    made = callers.here("POST", "/v2/video/generations", body).json
    run(callers.simulator.advance(100))
    yield from callers.both("GET", f"/v2/video/generations?generation_id={made['id']}")


def of_runninghub(callers: Callers, sink: MemorySender, run: Run) -> Iterator[tuple[str, bytes, str]]:
    raw, headers = runninghub.form(file=("a.png", "image/png", b"abc"))
    yield from callers.both("POST", "/openapi/v2/media/upload/binary", raw=raw, headers=headers)
    made = runninghub.submit(callers.here, webhookUrl=runninghub.HOOK)
    callers.there("POST", runninghub.QUERY, {"taskId": made})
    run(callers.simulator.advance(1000))
    yield "the webhook", sink.sent[-1].body.replace(rb"\"", b'"'), HERE
    yield from callers.both("POST", runninghub.QUERY, {"taskId": made})


FLOWS: dict[str, Flow] = {"runflow": of_runflow, "aimlapi": of_aimlapi, "runninghub": of_runninghub}


@pytest.mark.parametrize("name", FLOWS)
def test_every_address_is_the_readers_own(
    name: str, make_simulator: MakeSimulator, sink: MemorySender, run: Run
) -> None:
    """In responses that of the request; in a webhook that of the submit."""
    found = list(FLOWS[name](Callers(make_simulator(), name), sink, run))

    assert found
    for what, body, base in found:
        reported = addresses(body)
        assert reported, f"{what} has no address: {body!r}"
        assert set(reported) == {base}, what


def test_a_response_that_waits_has_the_address_of_its_own_request(make_simulator: MakeSimulator, run: Run) -> None:
    """Although other requests use another one meanwhile."""
    simulator = make_simulator(names=["runflow"])
    callers = Callers(simulator, "runflow")

    async def go() -> Response:

        waiting = asyncio.ensure_future(
            _awaited(
                callers.here.waiting(
                    "POST", f"/v1/run/{runflow.LITE.removeprefix('/v1/models/')}?wait=true", dict(runflow.INPUT)
                )
            )
        )
        await asyncio.sleep(0)
        callers.there("GET", "/v1/health")
        await simulator.advance(100)
        return await waiting

    assert set(addresses(run(go()).body)) == {HERE}


async def _awaited(answer: Awaitable[Response]) -> Response:
    return await answer


@pytest.mark.parametrize("name", FLOWS)
def test_any_providers_results_can_expire(
    name: str, make_simulator: MakeSimulator, sink: MemorySender, run: Run
) -> None:
    """By a rule that affects nothing else: the address answers like a storage, and works again without the rule."""
    simulator = make_simulator()
    found = [body for _, body, _ in FLOWS[name](Callers(simulator, name), sink, run)]
    url = next(url.decode() for url in re.findall(rb'https?://[^"]*?(/_mockreel/media/[^"?]+)', found[-1]))
    caller = Caller(simulator.provider(name), None)
    assert caller("GET", url).status == 200

    simulator.rules.add(read_fault("expired-link"))
    expired = caller("GET", url)
    assert (expired.status, expired.headers["content-type"]) == (403, "application/xml")
    list(FLOWS[name](Callers(simulator, name), sink, run))

    simulator.rules.clear()
    assert caller("GET", url).status == 200
