"""The providers' documented samples are accepted: all that fit the schema of their own page (needs MOCKREEL_DOCS)."""

import asyncio
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.caller import Caller, CallerResponse, MakeSimulator
from support.lacking import lacking

from clients.documented_sample import DocumentedSample
from clients.samples import documented_samples
from mockreel.contract.messages.message import Response
from mockreel.simulator.simulator import Simulator

# How many samples the documents hold, by the folder that holds them. Stated in docs/reference/clients.md.
COUNTS = {"aimlapi": 2369, "runninghub": 10702, "seeds": 4, "runflow": 12}


@pytest.fixture(scope="module")
def samples() -> list[DocumentedSample]:
    if "MOCKREEL_DOCS" not in os.environ:
        lacking("docs", "MOCKREEL_DOCS does not name the providers' docs, so their samples were not sent")
    return list(documented_samples(Path(os.environ["MOCKREEL_DOCS"])))


@pytest.fixture
def refusal(make_simulator: MakeSimulator) -> Callable[[DocumentedSample], str]:
    """Send a sample to a mock server of the default readings; what it has against it."""
    simulator = make_simulator()

    def send(sample: DocumentedSample) -> str:
        caller = Caller(simulator.provider(sample.provider), "rf_live_one")
        return sample.refusal(lambda method, path, body: _answered(simulator, caller, method, path, body))

    return send


def _answered(simulator: Simulator, caller: Caller, method: str, path: str, body: Any) -> tuple[int, Any]:
    """The response, also of a route that answers when its job has ended."""
    answer = caller.provider.answer(caller.request(method, path, body))
    if not isinstance(answer, Response):
        answer = asyncio.run(_ended(simulator, answer))
    return answer.status, CallerResponse(answer).json


async def _ended(simulator: Simulator, answer: Any) -> Response:
    waiting = asyncio.ensure_future(answer)
    await simulator.advance(600)
    response: Response = await waiting
    return response


def test_the_documents_hold_as_many_samples_as_the_docs_say(samples: list[DocumentedSample]) -> None:
    assert Counter(sample.document.split("/")[0] for sample in samples) == COUNTS


def test_every_sample_that_fits_its_own_page_is_accepted(
    samples: list[DocumentedSample], refusal: Callable[[DocumentedSample], str]
) -> None:
    """Also where a newer document of the vendor requires more."""
    fitting = [sample for sample in samples if not sample.misfit]

    refused = {sample.name: why for sample in fitting if (why := refusal(sample))}

    assert refused == {}
    assert len(fitting) == 12_981
