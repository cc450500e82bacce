"""Long requests to the control API let others run in between, with the same response."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

import httpx2
import orjson
import pytest
from server.admin.control_rig import Admin, OpenAdmin
from starlette.requests import Request
from starlette.responses import Response

from mockreel.contract.messages import message as messages
from mockreel.engine.billing import ledger
from mockreel.server import cooperative_loop
from mockreel.server.admin.control_routes import ROWS
from mockreel.server.admin.state import snapshot_file
from mockreel.server.dashboard.site import Site
from mockreel.server.metrics import metrics
from mockreel.simulator.snapshots import take
from mockreel.simulator.storage.checkpoints.process_fork import CAN_FORK
from mockreel.webhooks import MemorySender

MANY = 40
# What looks at many things: a list, a filter, one of them, a claim that holds, claims that do not.
QUESTIONS: dict[str, tuple[str, dict[str, Any] | None]] = {
    "jobs that fit": ("jobs?state=succeeded", None),
    "jobs behind another": ("jobs?limit=5&after=encore/{id}", None),
    "a job with its exchanges": ("jobs/encore/{id}", None),
    "exchanges": ("journal?order=oldest", None),
    "exchanges that fit": ("journal?status=418", None),
    "states entered": ("journal/changes", None),
    "attempts": ("journal/attempts", None),
    "deliveries": ("deliveries", None),
    "accounts": ("balances", None),
    "cost": ("cost", None),
    "a claim that holds": ("journal/assert", {"operation": "create_job", "times": MANY}),
    "a claim of a body": ("journal/assert", {"body": {"input": {"prompt": "nobody"}}}),
    "a claim of an order": ("journal/assert", {"order": [{"status": 201}, {"status": 418}]}),
    "a claim of too many": ("journal/assert", {"at_most": 1}),
}


@pytest.fixture
def busy(admin: Admin, sink: MemorySender) -> Admin:
    """Many jobs and many exchanges."""
    for _ in range(MANY):
        admin.ask("GET", f"/v1/jobs/{admin.submit(tell='http://127.0.0.1:9/hook')}")
    admin.post("clock/advance", {"seconds": 1000})
    return admin


async def answered(admin: Admin, path: str, body: Any) -> tuple[Any, int]:
    """The response to a request, and how often others ran meanwhile."""
    parts = urlsplit(f"/_mockreel/{path}")
    method = "GET" if body is None else "POST"
    names = {row.path: row.handler for row in ROWS if row.method == method}
    known = next((name for name in names if name.split("{")[0] == parts.path.removeprefix("/_mockreel/")), None)
    handler = names[known or "jobs/{provider}/{id:path}"]
    scope = {
        "type": "http",
        "method": method,
        "path": parts.path,
        "query_string": parts.query.encode(),
        "headers": [(b"content-type", b"application/json")],
        "path_params": {"provider": "encore", "id": parts.path.rpartition("/")[2]},
    }

    async def receive() -> Any:
        return {"type": "http.request", "body": orjson.dumps(body)}

    others = 0
    task = asyncio.ensure_future(handler(admin.simulator, Request(scope, receive)))
    while not task.done():
        await asyncio.sleep(0)
        others += 1
    return orjson.loads(orjson.dumps(await task)), others


@pytest.mark.parametrize("name", QUESTIONS)
def test_other_requests_run_in_between(name: str, busy: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once for each item, where each takes longer than a step may; the response is the same."""
    path, body = QUESTIONS[name]
    path = path.format(id=busy.get("jobs")["jobs"][-1]["id"])
    at_once, _ = asyncio.run(answered(busy, path, body))
    monkeypatch.setattr(cooperative_loop, "LONGEST_STEP", -1.0)
    monkeypatch.setattr(ledger, "SOME", 1)
    for account in busy.simulator.provider("encore").keyring.accounts.values():
        account.running = None  # nothing was counted yet

    yielding, others = asyncio.run(answered(busy, path, body))

    assert yielding == at_once
    assert others >= MANY


@pytest.mark.parametrize("name", ["page/", "page/accounts", "metrics"])
def test_sums_of_money_are_made_in_steps(name: str, busy: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages that show what was not spent, and the metric of it, first charge every job that has ended since."""
    monkeypatch.setattr(cooperative_loop, "LONGEST_STEP", -1.0)
    monkeypatch.setattr(ledger, "SOME", 1)
    for account in busy.simulator.provider("encore").keyring.accounts.values():
        account.running = None  # nothing was counted yet

    async def requested() -> int:
        answering: asyncio.Future[Any]
        if name == "metrics":
            answering = asyncio.ensure_future(metrics.Metrics(busy.simulator).response())
        else:
            transport = httpx2.ASGITransport(Site(busy.simulator).app())
            client = httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1")
            answering = asyncio.ensure_future(client.get(f"/_mockreel/{name}"))
        others = 0
        while not answering.done():
            await asyncio.sleep(0)
            others += 1
        response = await answering
        assert (response.status if isinstance(response, messages.Response) else response.status_code) == 200
        return others

    assert asyncio.run(requested()) >= MANY


def test_a_reset_gives_jobs_back_in_steps(busy: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    """And leaves none."""
    monkeypatch.setattr(cooperative_loop, "LONGEST_STEP", -1.0)

    _, others = asyncio.run(answered(busy, "reset", {}))

    assert others >= MANY
    assert len(busy.simulator.provider("encore").jobs) == 0


def test_a_job_that_comes_meanwhile_spoils_no_list(busy: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not in it."""
    monkeypatch.setattr(cooperative_loop, "LONGEST_STEP", -1.0)

    async def both() -> Any:
        requested = asyncio.ensure_future(answered(busy, "jobs?state=succeeded", None))
        for _ in range(5):
            await asyncio.sleep(0)
        busy.submit()
        return await requested

    (found, _) = asyncio.run(both())
    assert len(found["jobs"]) == MANY


@pytest.mark.skipif(not CAN_FORK, reason="here a snapshot is written by the process itself")
@pytest.mark.parametrize("uploads", [False, True])
def test_a_snapshot_of_many_is_written_by_a_copy(busy: Admin, monkeypatch: pytest.MonkeyPatch, uploads: bool) -> None:
    """Byte for byte as the process itself writes it."""
    if uploads:
        monkeypatch.setattr(snapshot_file, "FEW_BYTES", -1)
    else:
        monkeypatch.setattr(snapshot_file, "FEW", 0)

    assert busy.get("snapshot") == take(busy.simulator)


def test_a_snapshot_is_taken_while_a_file_is_awaited(open_admin: OpenAdmin) -> None:
    """An upload that was announced has no bytes yet."""
    admin = open_admin("runflow")
    answer = admin.ask("POST", "/v1/asset-uploads", {"filename": "a.webp", "mime_type": "image/webp", "size_bytes": 24})
    assert answer.status_code < 300, answer.text

    assert admin.get("snapshot") == take(admin.simulator)


@pytest.mark.skipif(not CAN_FORK, reason="here a snapshot is written by the process itself")
def test_a_snapshot_is_of_the_moment_it_was_requested(busy: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes while it is written is not in it."""
    monkeypatch.setattr(snapshot_file, "FEW", 0)

    async def both() -> Response:
        requested = asyncio.ensure_future(snapshot_file.snapshot(busy.simulator))
        await asyncio.sleep(0)
        busy.simulator.provider("encore").numbers["later"] = 1
        response = await requested
        pieces = [piece async for piece in response.body_iterator]  # type: ignore[attr-defined]
        return Response(b"".join(pieces))

    found = orjson.loads(asyncio.run(both()).body)
    assert "later" not in found["providers"]["encore"]["numbers"]


@pytest.mark.skipif(not CAN_FORK, reason="here a snapshot is written by the process itself")
def test_a_copy_that_ends_without_a_snapshot_is_reported(busy: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing else breaks: the next one is accepted."""
    monkeypatch.setattr(snapshot_file, "FEW", 0)

    def broken(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(snapshot_file, "take", broken)
        with pytest.raises(MemoryError):
            asyncio.run(snapshot_file.snapshot(busy.simulator))
    assert busy.get("snapshot") == take(busy.simulator)
