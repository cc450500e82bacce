"""A server that keeps its run: what its clients see after a restart, and what is refused before anything is served."""

import json
import shlex
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from server.http_calls import ask
from tools.pages import page

from mockreel.cli.use.serve_command import introduction
from mockreel.client.admin import ControlClient
from mockreel.engine.accounts.account import KeyEntry
from mockreel.errors import MockreelError, OptionError, StateError
from mockreel.server.mock_server import MockServer
from mockreel.server.recorded_run import RecordedRun, replayed
from mockreel.server.server_options import Options
from mockreel.server.socket_server import Server, hosted, serving
from mockreel.simulator.storage.logs.sqlite_log import SqliteLog

RUNS = "/v1/models/google/veo3.1/lite/runs"
BODY = {"input": {"prompt": "a boat", "duration": "6s", "resolution": "720p"}}
KEY = b"rf_live_look_back_0123456789"
GUIDE = "docs/guides/keep-a-run.md"
URLS = {"runflow": "http://r.test", "aimlapi": "http://a.test", "runninghub": "http://h.test"}
HELD: dict[str, Any] = {"held": True, "start": 1_767_225_600.0}


def _submit(server: MockServer, **headers: str) -> dict[str, Any]:
    status, body, _ = ask(server.runflow.url, "POST", RUNS, BODY, **headers)
    assert status == 201, body
    assert isinstance(body, dict)
    return body


def _control(server: MockServer, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    status, found, _ = ask(server.control.url, method, f"/_mockreel/{path}", body)
    return status, found


@pytest.mark.parametrize("encoded", [b64encode(KEY).decode(), KEY.hex(), quote(KEY).replace("_", "%5F"), KEY.decode()])
@pytest.mark.parametrize("page", ["jobs/runflow/{id}", "journal?bodies=true", "page/at/NOW/jobs/runflow/{id}"])
def test_a_look_back_masks_a_clients_own_key_in_any_encoding(encoded: str, page: str, tmp_path: Path) -> None:
    """As the pages of the run itself do."""
    with serving("runflow", state=tmp_path / "run.db", **HELD) as server:
        body = {**BODY, "input": {**BODY["input"], "prompt": f"A {encoded}"}}
        status, job, _ = ask(server.runflow.url, "POST", RUNS, body, Authorization=f"Bearer {KEY.decode()}")
        assert status == 201, job
        path = page.format(id=job["id"])
        path = path.replace("NOW", "2026-01-01T00:00:00Z") if "NOW" in path else f"at/2026-01-01T00:00:00Z/{path}"
        status, shown, _ = ask(server.control.url, "GET", f"/_mockreel/{path}")
        assert status == 200, shown
        assert "A " in str(shown)
        assert encoded not in str(shown)


@pytest.mark.parametrize("durability", ["process", "sync"])
def test_a_client_finds_its_job_after_a_restart(durability: str, tmp_path: Path) -> None:
    """Over sockets: the job, its state by the clock, and the idempotency key."""
    state = tmp_path / "run.db"
    with serving("runflow", state=state, durability=durability, **HELD) as server:
        before = _submit(server, **{"Idempotency-Key": "one"})
        assert _control(server, "POST", "clock/advance", {"seconds": 100})[0] == 200
    with serving("runflow", state=state, durability=durability, **HELD) as server:
        status, after, _ = ask(server.runflow.url, "GET", f"/v1/runs/{before['id']}")
        assert (status, after["status_code"]) == (200, "succeeded")
        assert _submit(server, **{"Idempotency-Key": "one"})["id"] == before["id"]


def test_a_run_that_nobody_has_used_yet_is_the_same_after_a_restart(tmp_path: Path) -> None:
    """With a clock that runs on: what began with the run, such as an account's key, began at one moment."""
    found = []
    for _ in range(2):
        with serving(state=tmp_path / "run.db", public_urls=URLS) as server:
            found.append(_control(server, "GET", "snapshot")[1]["providers"])
    assert found[0] == found[1]


def test_a_run_that_goes_on_is_told_with_its_jobs_and_its_moment(tmp_path: Path) -> None:
    """In one line of what a server says at its start; a run that begins has none."""
    options = Options(("runflow",), state=tmp_path / "run.db", **HELD)
    first = Server(options)
    assert first.resumed == ""
    with hosted(first) as server:
        _submit(server)
        _control(server, "POST", "clock/advance", {"seconds": 100})
    second = Server(options)
    shown = introduction(second.server, listed="", notes=[second.resumed]).splitlines()
    with hosted(second):
        pass
    said = f"The run in {tmp_path}/run.db goes on with 1 job; its clock is paused at 2026-01-01 00:01:40 UTC."
    assert shown.count(said) == 1


def test_a_job_whose_response_was_lost_by_a_fault_is_there_after_a_restart(tmp_path: Path) -> None:
    """A fault of the connection is met again when the log is applied, though there is no connection then."""
    with serving("runflow", state=tmp_path / "run.db") as server:
        with pytest.raises(OSError, match=r"reset|closed|Remote end"):
            _submit(server, Prefer="fault=lost-answer")
        _submit(server)
    with serving("runflow", state=tmp_path / "run.db") as server:
        assert _control(server, "GET", "jobs")[1]["count"] == 2


def test_the_run_that_the_guide_creates_is_there_after_a_restart(tmp_path: Path) -> None:
    """Its request, as it stands there but for the port, to a server that is then started again."""
    (shown,) = (block for block in page(GUIDE).blocks if block.text.startswith("curl") and "elsewhere" in block.marks)
    with serving(state=tmp_path / "run.db", **HELD) as server:
        words = shlex.split(shown.text.replace("http://127.0.0.1:8701", server.runflow.url))
        output = subprocess.run([*words, "--silent", "--noproxy", "*"], capture_output=True, check=True).stdout
    with serving(state=tmp_path / "run.db", **HELD) as server:
        found = ask(server.runflow.url, "GET", f"/v1/runs/{json.loads(output)['id']}", Authorization=_key(words))
    assert (found[0], found[1]["id"]) == (200, json.loads(output)["id"])


def _key(words: list[str]) -> str:
    """What a command of curl sends as Authorization."""
    return next(word.partition(": ")[2] for word in words if word.startswith("Authorization: "))


def test_a_server_is_not_ready_while_its_file_cannot_be_written(tmp_path: Path) -> None:
    """With the reason; once it can it is, though nothing but this is asked meanwhile."""
    with serving("runflow", state=tmp_path / "run.db", **HELD) as server:
        log = server.simulator.recorder.log  # type: ignore[union-attr]
        assert isinstance(log, SqliteLog)
        log.limit_pages(8)
        body = {"input": {**BODY["input"], "prompt": "x" * 30_000}}
        while ask(server.runflow.url, "POST", RUNS, body)[0] == 201:
            pass
        status, reason, _ = ask(server.control.url, "GET", "/readyz")
        assert (status, "cannot be written (database or disk is full)" in str(reason)) == (503, True)
        assert ask(server.control.url, "GET", "/healthz")[0] == 200
        log.limit_pages(100_000)
        assert ask(server.control.url, "GET", "/readyz")[0] == 200


def test_a_file_cannot_be_served_twice(tmp_path: Path) -> None:
    """The second server says whose it is, and the first one goes on."""
    state = tmp_path / "run.db"
    with serving("runflow", state=state) as server:
        with pytest.raises(StateError, match="is in use by another process"), serving("runflow", state=state):
            pass
        _submit(server)


def test_other_options_than_those_of_the_run_are_refused(tmp_path: Path) -> None:
    """A reading changes what a log gives."""
    with serving("runflow", state=tmp_path / "run.db") as server:
        _submit(server)
    with (
        pytest.raises(StateError, match=r"has no --reading; here it is balance-shape=cents\. Serve"),
        serving("runflow", state=tmp_path / "run.db", readings={"balance-shape": "cents"}),
    ):
        pass


@pytest.mark.parametrize("is_checkpointed", [False, True])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"balance": Decimal("0.10")}, "balance 5, and has 0.10 now"),
        ({"scopes": frozenset({"runs:read"})}, "scopes none, and has runs:read now"),
        ({"scenario": "fail"}, "scenario none, and has fail now"),
        ({"account": "others"}, "account team, and has others now"),
    ],
)
def test_a_key_that_is_listed_otherwise_is_refused(
    change: dict[str, Any], words: str, is_checkpointed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its requests would be answered otherwise, and answered jobs would be gone."""
    if is_checkpointed:
        monkeypatch.setattr("mockreel.simulator.storage.local_run.WORTH_IT", 1)
    entry = KeyEntry("rf_live_0123456789-one", "team", balance=Decimal(5))
    with serving("runflow", state=tmp_path / "run.db", keys=[entry]) as server:
        _submit(server, Authorization="Bearer rf_live_0123456789-one")
    with (
        pytest.raises(StateError, match=f"which was listed with {words}"),
        serving("runflow", state=tmp_path / "run.db", keys=[replace(entry, **change)]),
    ):
        pass


def test_listed_keys_keep_their_accounts(tmp_path: Path) -> None:
    """By their hashes; a key that is not listed any more is named by its mask."""
    keys = [KeyEntry("rf_live_0123456789-one", "team"), KeyEntry("rf_live_0123456789-two", "team")]
    with serving("runflow", state=tmp_path / "run.db", keys=keys) as server:
        id_ = _submit(server, Authorization="Bearer rf_live_0123456789-one")["id"]
    with serving("runflow", state=tmp_path / "run.db", keys=keys) as server:
        found = ask(server.runflow.url, "GET", f"/v1/runs/{id_}", Authorization="Bearer rf_live_0123456789-two")
        assert found[0] == 200
    with (
        pytest.raises(StateError, match=r"requests of the key rf_live_… of runflow, which is not listed any more"),
        serving("runflow", state=tmp_path / "run.db", keys=keys[1:]),
    ):
        pass


def test_what_was_set_over_the_control_api_is_there_after_a_restart(tmp_path: Path) -> None:
    """A rule, a reading and a balance, each answered before the server ended."""
    state = tmp_path / "run.db"
    with serving("runflow", state=state, **HELD) as server:
        _submit(server)
        rule = {"fault": {"name": "throttled"}, "operation": "list_runs"}
        assert _control(server, "POST", "rules", rule)[0] == 200
        chosen = {"provider": "runflow", "id": "balance-shape", "option": "cents"}
        assert _control(server, "POST", "readings", chosen)[0] == 200
        balance = {"provider": "runflow", "account": "account-1", "balance": 5}
        assert _control(server, "POST", "balances", balance)[0] == 200
    with serving("runflow", state=state, **HELD) as server:
        assert [one["operation"] for one in _control(server, "GET", "rules")[1]["rules"]] == ["list_runs"]
        assert ask(server.runflow.url, "GET", "/v1/billing/balance")[1]["balance_cents"] == 500
        assert ask(server.runflow.url, "GET", "/v1/runs")[0] == 429


def test_the_control_api_looks_back(tmp_path: Path) -> None:
    """The jobs as they were, while the run itself stays where it is."""
    with serving("runflow", state=tmp_path / "run.db", **HELD) as server:
        first = _submit(server)["id"]
        server.advance(100)
        second = _submit(server)["id"]
        status, then = _control(server, "GET", "at/-98/jobs")
        assert status == 200
        assert [(job["id"], job["state"]) for job in then["jobs"]] == [(first, "running")]
        now = _control(server, "GET", "jobs")[1]["jobs"]
        assert [(job["id"], job["state"]) for job in now] == [(second, "queued"), (first, "succeeded")]
        assert _control(server, "GET", f"at/2026-01-01T00:01:40Z/jobs/runflow/{first}")[1]["state"] == "succeeded"
        with ControlClient(server.control.url) as control, control.look_back(-98) as then_control:
            assert [job.state for job in then_control.jobs()] == ["running"]


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("at/tomorrow/jobs", "moment: 'tomorrow' is not valid"),
        ("at/nan/jobs", "moment: 'nan' is not valid"),
        ("at/1999999999/jobs", "must not be later than the clock"),
        ("at/-1/reset", "path: 'reset' is not valid"),
    ],
)
def test_a_moment_that_is_none_is_refused(path: str, says: str, tmp_path: Path) -> None:
    """With what is valid."""
    with serving("runflow", state=tmp_path / "run.db", **HELD) as server:
        status, body = _control(server, "GET", path)
    assert status == 400
    assert says in body["detail"]


def test_a_server_without_a_log_says_how_to_keep_one() -> None:
    """Looking back needs a log."""
    with serving("runflow") as server:
        status, body = _control(server, "GET", "at/-1/jobs")
    assert status == 409
    assert "Start it with --state FILE or --record-run DIR" in body["detail"]


def _recorded(folder: Path, **options: Any) -> None:
    """A run with requests, a refusal, webhooks, a rule and time, in a folder."""
    with serving(record_run=folder, **HELD, **options) as server:
        server.fault("throttled; operation=get_run; nth=2")
        body = {**BODY, "callback_url": "http://127.0.0.1:9/hook"}
        id_ = ask(server.runflow.url, "POST", RUNS, body)[1]["id"]
        for _ in range(3):
            ask(server.runflow.url, "GET", f"/v1/runs/{id_}")
        ask(server.runflow.url, "POST", RUNS, {"input": {}})
        server.advance(100)
        ask(server.runflow.url, "GET", f"/v1/runs/{id_}")
        ask(server.runflow.url, "GET", "/v1/billing/balance")


def test_a_recorded_run_is_played_again_with_equal_bytes(tmp_path: Path) -> None:
    """Every response and webhook, reads and refusals too."""
    _recorded(tmp_path / "run")
    found = replayed(tmp_path / "run")
    assert found.is_equal
    assert found.compared >= 8
    assert (tmp_path / "run" / "journal.har").exists()


def test_a_recorded_run_is_opened_as_it_ended(tmp_path: Path) -> None:
    """Its jobs and its journal are there, it can be looked back on, and no webhook leaves it."""
    _recorded(tmp_path / "run")
    with hosted(RecordedRun(tmp_path / "run").server(port=0)) as server:
        (job,) = _control(server, "GET", "jobs")[1]["jobs"]
        assert job["state"] == "succeeded"
        assert _control(server, "GET", "journal")[1]["count"] >= 6
        assert _control(server, "GET", "at/-99/jobs")[1]["jobs"][0]["state"] != "succeeded"
        (delivery,) = _control(server, "GET", "deliveries")[1]["deliveries"]
        assert _control(server, "POST", f"deliveries/runflow/{delivery['id']}/resend")[0] == 200
        server.advance(1)
        (delivery, _) = _control(server, "GET", "deliveries")[1]["deliveries"]
        assert delivery["attempts"][-1]["detail"] == "a recorded run sends no webhooks"


def test_a_recorded_run_is_looked_back_on_before_its_reset(tmp_path: Path) -> None:
    """By its time, though the clock has not come there again, and by its entry."""
    body = {"input": {"prompt": "a boat", "duration": "6s", "resolution": "720p"}}
    with serving("runflow", record_run=tmp_path / "run", held=True, start=1_767_225_600.0) as server:
        id_ = ask(server.runflow.url, "POST", RUNS, body)[1]["id"]
        server.advance(100)
        assert _control(server, "POST", "reset")[0] == 200
    assert replayed(tmp_path / "run").is_equal
    with hosted(RecordedRun(tmp_path / "run").server(port=0)) as server:
        (reset,) = _control(server, "GET", "resets")[1]["resets"]
        assert (reset["from"], reset["to"], reset["by"]) == (1_767_225_700.0, 1_767_225_600.0, "reset")
        for moment in (reset["before"], "2026-01-01T00:01:40Z", f"@{reset['entry'] - 1}"):
            assert [job["id"] for job in _control(server, "GET", f"at/{moment}/jobs")[1]["jobs"]] == [id_]
        assert _control(server, "GET", f"at/@{reset['entry']}/jobs")[1]["jobs"] == []


@pytest.mark.parametrize("options", [{"budget": ("runflow=5",)}, {"webhook_secret": "whsec_0123456789abcdef"}])
def test_what_a_run_was_begun_with_is_in_its_head(options: dict[str, Any], tmp_path: Path) -> None:
    """It runs with the same, but for the secret itself."""
    _recorded(tmp_path / "run", **options)
    assert replayed(tmp_path / "run").is_equal


def _parts(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where every value in a JSON document is."""
    yield path
    for name in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from _parts(value[name], (*path, name))


def _with(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    """The document with another value in a place."""
    if not path:
        return other
    copy = value.copy()
    copy[path[0]] = _with(value[path[0]], path[1:], other)
    return copy


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_log_that_was_changed_is_played_or_refused(number: int, tmp_path: Path) -> None:
    """Its head, a key, a request: whatever stands in a place, there is a result or a sentence."""
    _recorded(tmp_path / "run")
    log = tmp_path / "run" / "run.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    whole = orjson.loads(lines[number])
    others: tuple[Any, ...] = (None, 5, "x", [], {}, -1e300)
    refused = 0
    for path in _parts(whole):
        for other in others:
            changed = orjson.dumps(_with(whole, path, other)) + b"\n"
            log.write_bytes(b"".join([*lines[:number], changed, *lines[number + 1 :]]))
            try:
                replayed(tmp_path / "run")
            except MockreelError:
                refused += 1
    assert refused > 6


def test_a_recorded_run_with_listed_keys_is_played_without_them(tmp_path: Path) -> None:
    """Each key is listed under what stands in its place in the log."""
    _recorded(tmp_path / "run", keys=[KeyEntry("k", "team")])
    assert replayed(tmp_path / "run").is_equal


def test_another_reading_shows_where_responses_begin_to_differ(tmp_path: Path) -> None:
    """The balance is the only response that the reading changes."""
    _recorded(tmp_path / "run")
    found = replayed(tmp_path / "run", readings={"balance-shape": "cents"})
    assert [one.what for one in found.differences] == ["runflow GET /v1/billing/balance"]
    assert "balance_cents" in found.differences[0].now


def test_a_folder_that_holds_a_run_is_not_recorded_over(tmp_path: Path) -> None:
    _recorded(tmp_path / "run")
    with (
        pytest.raises(StateError, match=r"holds a run already\. Name another folder"),
        serving("runflow", record_run=tmp_path / "run"),
    ):
        pass


def test_a_folder_without_a_run_cannot_be_played(tmp_path: Path) -> None:
    with pytest.raises(StateError, match=r"holds no run: run\.jsonl is not there"):
        replayed(tmp_path)


def test_a_run_that_is_cut_is_played_as_far_as_it_goes(tmp_path: Path) -> None:
    """A server that was killed leaves half a line at most."""
    _recorded(tmp_path / "run")
    path = tmp_path / "run" / "run.jsonl"
    whole = replayed(tmp_path / "run").compared
    path.write_bytes(path.read_bytes()[:-40])
    found = replayed(tmp_path / "run")
    assert found.is_equal
    assert found.compared == whole - 1


def test_a_stored_run_is_not_recorded_as_well(tmp_path: Path) -> None:
    """A bundle has the run from its beginning."""
    with (
        pytest.raises(OptionError, match=r"^--record-run cannot be combined with --state\. .* Leave out one"),
        serving("runflow", state=tmp_path / "run.db", record_run=tmp_path / "run"),
    ):
        pass


def test_there_are_two_durabilities(tmp_path: Path) -> None:
    with (
        pytest.raises(OptionError, match=r"durability: .never. is not valid\. Valid: process, sync"),
        serving("runflow", state=tmp_path / "run.db", durability="never"),
    ):
        pass


def test_a_server_that_ends_with_a_waiting_request_says_nothing_of_its_tasks(caplog: pytest.LogCaptureFixture) -> None:
    """The request is answered, and the run goes on without it: there is nothing that a user could do."""
    server = Server(Options(("runflow",), **HELD))
    server._server.config.timeout_graceful_shutdown = 0
    with hosted(server) as one, ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(ask, one.runflow.url, "POST", "/v1/run/google/veo3.1/lite", BODY["input"])
        while not _control(one, "GET", "jobs")[1]["count"]:
            pass
        server.stop()
        assert waiting.exception() is not None or waiting.result()[0] >= 500
    assert [record.getMessage() for record in caplog.records if "task" in record.getMessage()] == []
