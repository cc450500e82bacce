"""The samples on AI/ML API's pages: their requests are accepted, and their polls work."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from clients.aimlapi_pages import BROKEN, SAMPLES, Sample
from support.caller import Caller

from mockreel.simulator.simulator import Simulator


def submit(caller: Caller, sample: Sample) -> tuple[str, int, Any]:
    """Send a sample, and return the response."""
    vendor, model, body = sample
    path = f"/v2/generate/video/{vendor}/generation" if vendor else "/v2/video/generations"
    answer = caller("POST", path, {"model": model, **body})
    return path, answer.status, answer.json


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample[0]}:{sample[1]}")
def test_a_sample_of_a_page_is_accepted(
    simulator: Simulator, ask: Callable[..., Caller], run: Callable[[Awaitable[Any]], Any], sample: Sample
) -> None:
    """It polls where it submitted, and finds one video: a list of addresses at Runway's older route, else an object."""
    caller = ask("aimlapi")
    path, status, submitted = submit(caller, sample)
    assert status in {200, 201}, submitted
    id_ = submitted["generation_id" if sample[0] == "minimax" else "id"]
    assert submitted["status"] == "queued"

    run(simulator.advance(10))
    done = caller("GET", f"{path}?generation_id={id_}").json

    assert (done["id"], done["status"]) == (id_, "completed")
    url = done["video"][0] if sample[0] == "runway" else done["video"]["url"]
    assert url.endswith(".mp4")


@pytest.mark.parametrize("sample", BROKEN, ids=lambda sample: sample[1])
def test_a_sample_that_breaks_its_own_pages_schema_is_rejected(ask: Callable[..., Caller], sample: Sample) -> None:
    assert submit(ask("aimlapi"), sample)[1] == 400
