"""The same test in several ways, as pytest runs it for `bench.plugin`: one submit, one poll, one advance.

`BENCH_WAY` names the way, `BENCH_TESTS` says how many tests there are; the figures are written to `BENCH_FIGURES`.
"""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from bench.bare import build
from mockreel.server.http.sockets import listen, port_of

WAY, TESTS = os.environ["BENCH_WAY"], int(os.environ["BENCH_TESTS"])
# What comes before is not counted: imports, first uses, caches.
WARM = 50
HOST, RUNS = "https://api.runflow.io", "/v1/models/google/veo3.1/lite/runs"
BODY = {"input": {"prompt": "A paper boat crosses a puddle."}}
SAMPLE = {"id": "x", "status_code": "succeeded", "filler": "x" * 900}
pytestmark = pytest.mark.mockreel(intercept=WAY == "intercept")
turns = pytest.mark.parametrize("turn", range(WARM + TESTS))


class Costs:
    """What the tests after the first ones took, and what they left."""

    def __init__(self) -> None:
        self.begun = 0
        self.at: dict[str, float] = {}

    def begin(self) -> None:
        """One more test begins."""
        self.begun += 1
        if self.begun == WARM:
            self.at = self.now()

    def now(self) -> dict[str, float]:
        """Processor time of all threads and memory, by now."""
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        return {
            "cpu": time.process_time(),
            "wall": time.perf_counter(),
            "rss": float(pages * os.sysconf("SC_PAGE_SIZE")),
        }

    def write(self) -> None:
        """Put the differences where they are looked for."""
        found = {name: value - self.at[name] for name, value in self.now().items()}
        Path(os.environ["BENCH_FIGURES"]).write_text(json.dumps(found), "utf-8")


costs = Costs()


@pytest.fixture(scope="module", autouse=True)
def measured() -> Iterator[None]:
    yield
    costs.write()


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as found:
        yield found


@pytest.fixture(scope="module")
def bare() -> Iterator[str]:
    """A bare application in a thread, as the floor: the client's own cost, and a socket."""
    sockets = listen("127.0.0.1", 0, ())
    app = build({"x": SAMPLE})
    config = uvicorn.Config(app, http="httptools", log_config=None, access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [*sockets["control"]]})
    thread.start()
    yield f"http://127.0.0.1:{port_of(sockets['control'])}/jobs/x"
    server.should_exit = True
    thread.join()


def flow(client: httpx.Client, submit: str, poll: str, *, key: str, advance: Callable[[float], object]) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    run = client.post(submit, json=BODY, headers=headers).json()
    advance(60)
    assert client.get(poll.format(run["id"]), headers=headers).json()["status_code"] == "succeeded"


if WAY in ("mockreel", "intercept"):

    @turns
    def test_mockreel(mockreel: Any, client: httpx.Client, turn: int) -> None:
        costs.begin()
        base = HOST if WAY == "intercept" else mockreel.runflow.url
        flow(client, base + RUNS, base + "/v1/runs/{}", key=mockreel.runflow.key, advance=mockreel.advance)

elif WAY == "bare":

    @turns
    def test_bare(bare: str, client: httpx.Client, turn: int) -> None:
        costs.begin()
        flow(client, bare, bare, key="k", advance=lambda _: None)

elif WAY == "respx":

    @turns
    def test_respx(respx_mock: Any, client: httpx.Client, turn: int) -> None:
        costs.begin()
        respx_mock.post(HOST + RUNS).respond(201, json=SAMPLE)
        respx_mock.get(f"{HOST}/v1/runs/x").respond(200, json=SAMPLE)
        flow(client, HOST + RUNS, HOST + "/v1/runs/{}", key="k", advance=lambda _: None)

else:

    @turns
    def test_nothing(turn: int) -> None:
        costs.begin()
