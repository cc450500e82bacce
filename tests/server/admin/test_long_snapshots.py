"""A long snapshot is parsed and checked by another process: with the same result, and the same errors."""

import asyncio
import random
import sys
from collections.abc import Callable
from copy import deepcopy
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
import pytest
from httpx2 import ASGITransport, AsyncClient
from hypothesis import given
from hypothesis import strategies as st
from server.admin.control_rig import Admin, OpenAdmin
from server.admin.test_mutated_snapshots import PROVIDERS, Played, mutated

from mockreel.errors import MockreelError
from mockreel.server.admin.state import snapshot_process
from mockreel.simulator.simulator import Simulator
from mockreel.simulator.snapshots import FORM, read_snapshot, read_snapshot_lines, snapshot_schema
from mockreel.simulator.snapshots.snapshot_lines import SnapshotLines, write_lines
from mockreel.simulator.snapshots.snapshot_seal import sealed
from mockreel.webhooks import MemorySender

# How a snapshot can be wrong, and what is done to it.
WRONG: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no snapshot": lambda _: {"jobs": []},
    "no object": lambda _: [1],
    "of another form": lambda one: {**one, "snapshot": 99},
    "changed": lambda one: {**one, "seed": one["seed"], "clock": {**one["clock"], "now": 5.0}},
    "of another version": lambda one: sealed({**one, "mockreel": "0.0.0"}),
    "of another seed": lambda one: sealed({**one, "seed": 77}),
    "without a clock": lambda one: {name: value for name, value in one.items() if name != "clock"},
    "a job of nobody": lambda one: _with_job(one, {"account": 99}),
    "a job of another shape": lambda one: _with_job(one, {"created": "soon"}),
    "a job twice": lambda one: _with_job(one, {"id": one["providers"]["encore"]["jobs"][0]["id"]}),
}


def _with_job(document: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    changed = deepcopy(document)
    changed["providers"]["encore"]["jobs"][-1].update(fields)
    return sealed({name: value for name, value in changed.items() if name != "seal"})


@pytest.fixture
def beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every snapshot is a long one."""
    monkeypatch.setattr(snapshot_process, "FEW_BYTES", 0)


@pytest.fixture
def busy(admin: Admin, sink: MemorySender) -> Admin:
    for _ in range(3):
        admin.submit(tell="http://127.0.0.1:9/hook")
    admin.advance(1)
    return admin


@pytest.mark.usefixtures("beside", "sink")
def test_a_long_snapshot_is_restored(open_admin: OpenAdmin) -> None:
    """With everything of every provider; the snapshot of what was restored is the same."""
    document = Played(open_admin(*PROVIDERS)).admin.get("snapshot")
    other = open_admin(*PROVIDERS)

    other.post("restore", document)

    assert other.get("snapshot") == document


@pytest.mark.usefixtures("beside")
def test_a_module_of_the_folder_that_the_server_is_started_in_is_not_run(
    busy: Admin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though it has the name of one that reads the snapshot."""
    (tmp_path / "orjson.py").write_text("raise SystemExit(3)\n")
    monkeypatch.chdir(tmp_path)

    busy.post("restore", busy.get("snapshot"))


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_in_the_same_words(name: str, busy: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what was there stays."""
    before = busy.get("snapshot")
    document = WRONG[name](before)
    answers = []
    for few in (10**9, 0):
        monkeypatch.setattr(snapshot_process, "FEW_BYTES", few)
        answer = busy.client.post("/_mockreel/restore", json=document)
        answers.append((answer.status_code, answer.json()["detail"].partition(": [")[0]))

    assert answers[0][0] in (400, 409)
    if name != "no object":
        assert answers[0] == answers[1]
    assert busy.get("snapshot") == before


@pytest.mark.usefixtures("beside")
@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 300 + b"]" * 300])
def test_what_is_no_json_is_refused(body: bytes, admin: Admin) -> None:
    """With the reason."""
    answer = admin.client.post("/_mockreel/restore", content=body, headers={"content-type": "application/json"})

    assert answer.status_code == 400
    assert "body" in answer.json()["detail"]


@pytest.mark.usefixtures("beside")
def test_a_process_that_ends_without_the_lines_is_told(busy: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was there stays, and the next one is restored."""
    before = busy.get("snapshot")
    with monkeypatch.context() as patch:
        patch.setattr(snapshot_process, "_PROGRAM", "raise SystemExit(9)")
        answer = busy.client.post("/_mockreel/restore", json=before)

    assert (answer.status_code, "status 9" in answer.json()["detail"]) == (503, True)
    assert busy.get("snapshot") == before
    busy.post("restore", before)


def test_without_another_process_the_server_reads_it_itself(busy: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Python cannot be started again."""
    monkeypatch.setattr(snapshot_process, "FEW_BYTES", 0)
    monkeypatch.setattr(sys, "executable", "")
    before = busy.get("snapshot")

    busy.post("restore", before)

    assert busy.get("snapshot") == before


@pytest.mark.usefixtures("sink")
def test_changed_snapshots_are_read_or_refused_alike(open_admin: OpenAdmin) -> None:
    """As one document or in lines, each with one value changed to an odd one."""
    admin = open_admin(*PROVIDERS)
    document = Played(admin).admin.get("snapshot")
    draw = random.Random(7)

    for _ in range(100):
        changed = sealed(mutated(document, draw)[0])
        assert _read_in_lines(admin.simulator, changed) == _read(admin.simulator, changed)


def _read(simulator: Simulator, document: Any) -> str:
    try:
        found = read_snapshot(simulator, document)
    except MockreelError as wrong:
        return str(wrong)
    return str({name: [*past.jobs] for name, past in found.by_provider.items()})


def _read_in_lines(simulator: Simulator, document: Any) -> str:
    file = BytesIO()
    write_lines(orjson.dumps(document), file, form=FORM)
    file.seek(0)
    try:
        found = read_snapshot_lines(simulator, SnapshotLines.of(file))
    except MockreelError as wrong:
        return str(wrong)
    return str({name: [*past.jobs] for name, past in found.by_provider.items()})


@pytest.mark.parametrize("fields", [{"created": "soon"}, {"plan": {}}])
def test_a_job_of_another_shape_is_named_by_its_place(
    fields: dict[str, Any], busy: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many were checked before it."""
    document = _with_job(busy.get("snapshot"), fields)
    expected = _read(busy.simulator, document)
    monkeypatch.setattr(snapshot_schema, "AT_ONCE", 1)

    assert _read(busy.simulator, document) == expected
    assert "/providers/encore/jobs/2" in expected


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.text(), json_values))
def test_a_seal_that_is_made_in_pieces_is_that_of_the_whole(document: dict[str, Any]) -> None:
    """Of the document with sorted names."""
    plain = orjson.loads(orjson.dumps({**document, "seal": None}))
    del plain["seal"]

    assert sealed(plain)["seal"] == sha256(orjson.dumps(_plain(plain), option=orjson.OPT_SORT_KEYS)).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.usefixtures("beside")
def test_others_are_answered_while_it_is_read(busy: Admin) -> None:
    """Until all of it takes its place, at once."""
    document = orjson.dumps(busy.get("snapshot"))
    busy.post("reset", {})

    async def both() -> list[int]:
        transport = ASGITransport(busy.client.app)
        async with AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            headers = {"content-type": "application/json"}
            restoring = asyncio.ensure_future(client.post("/_mockreel/restore", content=document, headers=headers))
            counts = []
            while not restoring.done():
                await asyncio.sleep(0)
                counts.append(len((await client.get("/_mockreel/jobs")).json()["jobs"]))
            assert (await restoring).status_code == 200
            return counts

    counts = asyncio.run(both())
    assert len(counts) > 3
    assert set(counts) <= {0, 3}
