"""A run in memory, in a file, in a Redis at one server or two: the same calls give the same bytes."""

import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import redis
from server.http_calls import ask, connect
from simulator.storage.redis_server import RedisServer, cancelled_commands, redis_for_a_test

from mockreel.errors import OptionError, StateError
from mockreel.server.mock_server import MockServer
from mockreel.server.socket_server import serving
from mockreel.simulator.storage.shared.redis_log import RedisLog
from mockreel.webhooks import Outcome, Outgoing

pytestmark = cancelled_commands
RUNS = "/v1/models/google/veo3.1/lite/runs"
KINDS = ("memory", "sqlite", "redis", "two servers")
HOOK = "http://127.0.0.1:9/hook"
URLS = {"runflow": "http://runflow.test", "aimlapi": "http://aimlapi.test"}


class _Receiver:
    """Takes webhooks, and refuses every third one."""

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, list[tuple[str, str]]]] = []
        self._lock = threading.Lock()

    async def send(self, message: Outgoing) -> Outcome:
        with self._lock:
            self.sent.append((message.body, sorted(message.headers)))
            return Outcome(503 if len(self.sent) % 3 == 0 else 200)

    async def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis for the test."""
    with redis_for_a_test(tmp_path) as server:
        yield server


def _served(stack: ExitStack, receiver: _Receiver, **options: Any) -> MockServer:
    held: dict[str, Any] = {"held": True, "start": 1_767_225_600.0, "public_urls": URLS}
    return stack.enter_context(serving(*URLS, sender=receiver, **held, **options))


def _said(kind: str, folder: Path, url: str) -> tuple[list[Any], list[Any]]:
    """What the same calls give, and what is sent to the webhook: the servers of a kind share the requests."""
    state: Any = {"memory": None, "sqlite": folder / "run.db"}.get(kind, url)
    receiver, found = _Receiver(), []
    with ExitStack() as stack:
        servers = [_served(stack, receiver, state=state) for _ in range(2 if kind == "two servers" else 1)]
        jobs: list[str] = []
        for number, call in enumerate(_calls(random.Random(7), jobs)):
            status, body, headers = call(servers[number % len(servers)])
            found.append((status, body, headers.get("content-type"), headers.get("retry-after")))
            if isinstance(body, dict) and status == 201 and "id" in body:
                jobs.append(body["id"])
    return found, receiver.sent


def _calls(draws: random.Random, jobs: list[str]) -> Iterator[Callable[[MockServer], Any]]:
    """Submits, polls, lists, refusals, balances, money, time, rules and readings."""

    def provider(method: str, path: str, body: Any = None, **headers: str) -> Callable[[MockServer], Any]:
        return lambda server: ask(server.runflow.url, method, path, body, **headers)

    def control(method: str, path: str, body: Any = None) -> Callable[[MockServer], Any]:
        return lambda server: ask(server.control.url, method, f"/_mockreel/{path}", body)

    body = {"input": {"prompt": "a boat", "duration": "6s", "resolution": "720p"}}
    for turn in range(60):
        headers = {"Authorization": f"Bearer key-{draws.randrange(2)}"}
        job = draws.choice(jobs) if jobs else "none"
        yield draws.choice(
            [
                provider("POST", RUNS, {**body, "callback_url": HOOK}, **headers),
                provider("POST", RUNS, body, **headers, Prefer="scenario=fail"),
                provider("POST", RUNS, body, **headers, **{"Idempotency-Key": str(draws.randrange(3))}),
                provider("POST", RUNS, {"input": {"duration": turn}}, **headers),
                provider("GET", f"/v1/runs/{job}", **headers),
                provider("GET", "/v1/runs", **headers),
                lambda server: ask(server.aimlapi.url, "GET", "/v2/video/generations?generation_id=none"),
                control("POST", "clock/advance", {"seconds": draws.choice([1, 5, 30])}),
                control("POST", f"jobs/runflow/{job}/{draws.choice(['complete', 'fail', 'cancel'])}"),
                control("GET", "balances"),
                control("GET", "deliveries"),
                control("POST", "rules", {"scenario": "fail", "nth": 2}),
                control("DELETE", "rules"),
                control(
                    "POST",
                    "readings",
                    {"provider": "runflow", "id": "balance-shape", "option": draws.choice(["cents", "decimal"])},
                ),
            ]
        )


@pytest.mark.parametrize("kind", KINDS[1:])
def test_every_kind_of_state_gives_the_same_bytes(kind: str, tmp_path: Path, redis_server: RedisServer) -> None:
    """Responses and webhooks, over sockets and under a paused clock."""
    assert _said(kind, tmp_path, redis_server.url) == _said("memory", tmp_path, "")


def test_a_run_in_redis_goes_on_when_all_servers_have_ended(redis_server: RedisServer) -> None:
    """The next one has the jobs, and nothing that was sent is sent again."""
    body = {"input": {"prompt": "a boat", "duration": "6s", "resolution": "720p"}, "callback_url": HOOK}
    receiver = _Receiver()
    with ExitStack() as stack:
        server = _served(stack, receiver, state=redis_server.url)
        id_ = ask(server.runflow.url, "POST", RUNS, body)[1]["id"]
        assert ask(server.control.url, "POST", "/_mockreel/clock/advance", {"seconds": 60})[0] == 200
    with ExitStack() as stack:
        server = _served(stack, receiver, state=redis_server.url)
        assert ask(server.runflow.url, "GET", f"/v1/runs/{id_}")[1]["status_code"] == "succeeded"
        assert ask(server.control.url, "POST", "/_mockreel/clock/advance", {"seconds": 60})[0] == 200
    assert len(receiver.sent) == 1


def test_a_job_whose_response_is_lost_by_a_fault_is_there_at_all(redis_server: RedisServer) -> None:
    """The job is there at the other server, though its client never read a response."""
    body = {"input": {"prompt": "a boat", "duration": "6s", "resolution": "720p"}}
    with ExitStack() as stack:
        first, second = (_served(stack, _Receiver(), state=redis_server.url) for _ in range(2))
        with pytest.raises(OSError, match=r"reset|closed|Remote end"):
            ask(first.runflow.url, "POST", RUNS, body, Prefer="fault=lost-answer")
        assert ask(second.control.url, "GET", "/_mockreel/jobs")[1]["count"] == 1


@pytest.mark.parametrize(
    ("path", "body", "status", "word"),
    [
        ("jobs/runflow/{id}/cancel", None, 200, "canceled"),
        ("jobs/runflow/{id}/fail", None, 200, "failed"),
        ("clock/advance", {"seconds": 60}, 200, "succeeded"),
        ("reset", None, 404, None),
    ],
)
def test_a_connection_that_polls_sees_at_once_what_was_changed_at_another_server(
    path: str, body: Any, status: int, word: str | None, redis_server: RedisServer
) -> None:
    """Its headers and the job's view are known there from the polls before, which have the short way."""
    run = {"input": {"prompt": "a boat", "duration": "6s", "resolution": "720p"}}
    with ExitStack() as stack:
        first, second = (_served(stack, _Receiver(), state=redis_server.url) for _ in range(2))
        id_ = ask(first.runflow.url, "POST", RUNS, run)[1]["id"]
        connection = stack.enter_context(closing(connect(second.runflow.url)))
        polls = [_polled(connection, id_) for _ in range(3)]
        assert polls == [(200, polls[0][1])] * 3
        assert ask(first.control.url, "POST", f"/_mockreel/{path.format(id=id_)}", body)[0] == 200
        assert _polled(connection, id_) == (status, word)


def test_a_known_violation_is_found_at_another_server_for_a_key_that_is_new(redis_server: RedisServer) -> None:
    """The refusal has the same bytes, and the key has its account at both."""
    with ExitStack() as stack:
        first, second = (_served(stack, _Receiver(), state=redis_server.url) for _ in range(2))
        servers, wrong = (first, first, second, second), {"input": {"duration": 1}}
        found = [
            ask(server.runflow.url, "POST", RUNS, wrong, Authorization=f"Bearer key-{number}")[:2]
            for number, server in enumerate(servers)
        ]
        accounts = [ask(one.control.url, "GET", "/_mockreel/balances")[1] for one in (first, second)]
    assert found == [(422, found[0][1])] * 4
    assert accounts[0] == accounts[1]
    assert str(accounts[0]).count("account-4") == 1


def _polled(connection: HTTPConnection, id_: str) -> tuple[int, str | None]:
    """The status of a poll, and the word for the run's state."""
    connection.request("GET", f"/v1/runs/{id_}", headers={"Authorization": "Bearer k"})
    response = connection.getresponse()
    return response.status, json.loads(response.read()).get("status_code")


def test_other_listed_keys_are_refused(redis_server: RedisServer) -> None:
    """A key that one server admits and another does not would have two answers."""
    with ExitStack() as stack:
        _served(stack, _Receiver(), state=redis_server.url)
        with pytest.raises(StateError, match=r"has no --keys; here it is given"):
            _served(stack, _Receiver(), state=redis_server.url, keys=[])


@pytest.mark.parametrize(
    "url",
    [
        "postgres://x",
        "redis://127.0.0.1/0?run={}",
        "redis://[::1/0",
        "redis://127.0.0.1:port/0",
        "redis://127.0.0.1/first",
        "redis://127.0.0.1/0?unknown=1",
    ],
)
def test_what_is_no_url_of_a_redis_is_refused(url: str) -> None:
    """The message has what is valid, and no password that may stand in it."""
    with pytest.raises(OptionError, match=r"redis://HOST:PORT/DB"), serving("runflow", state=url):
        pass


def test_a_redis_behind_a_socket_of_this_machine(tmp_path: Path) -> None:
    """Its URL is one: what is wrong is that nobody listens."""
    with pytest.raises(StateError, match=r"The run 'run' at unix://.*cannot be reached"):
        RedisLog(f"unix://{tmp_path}/redis.sock")


def test_what_began_with_the_run_began_at_one_moment_for_every_server(redis_server: RedisServer) -> None:
    """With a clock that runs on: the snapshots of two are equal though no provider was used, and so are dates."""
    urls = {**URLS, "runninghub": "http://runninghub.test"}
    with ExitStack() as stack:
        servers = [stack.enter_context(serving(state=redis_server.url, public_urls=urls)) for _ in range(2)]
        snapshots = [ask(one.control.url, "GET", "/_mockreel/snapshot")[1]["providers"] for one in servers]
        listed = [ask(one.runninghub.url, "GET", "/openapi/v2/api-key/list")[1] for one in servers]
    assert snapshots[0] == snapshots[1]
    assert listed[0]["data"]
    assert listed[0] == listed[1]


def _ready(server: MockServer, *, until: Callable[[int], bool]) -> tuple[int, str]:
    """What a server says of itself, once its status is such."""
    deadline = time.monotonic() + 60
    while True:
        connection = connect(server.control.url)
        with closing(connection):
            connection.request("GET", "/readyz")
            response = connection.getresponse()
            found = response.status, response.read().decode()
        if until(found[0]) or time.monotonic() > deadline:
            return found


def test_a_server_is_not_ready_while_its_log_is_unreachable_or_lost(redis_server: RedisServer) -> None:
    """With the reason, and what is to be done where it does not come back by itself."""
    with ExitStack() as stack:
        server = _served(stack, _Receiver(), state=redis_server.url)
        assert _ready(server, until=lambda _: True) == (200, "ok\n")
        redis_server.kill()
        status, reason = _ready(server, until=lambda status: status != 200)
        assert status == 503
        assert "cannot be reached or used" in reason
        assert reason.endswith("Requests are answered again once it can.\n")
        redis_server.start()
        assert _ready(server, until=lambda status: status == 200)[0] == 200
        with redis.Redis(port=redis_server.port) as client:
            client.flushall()
        status, reason = _ready(server, until=lambda status: status != 200)
        assert status == 503
        assert "another log now" in reason
        assert "of the 0 entries" not in reason


def test_a_redis_without_room_is_told_in_words(redis_server: RedisServer) -> None:
    """Without the script that it names."""
    with ExitStack() as stack:
        server = _served(stack, _Receiver(), state=redis_server.url)
        with redis.Redis(port=redis_server.port) as client:
            client.config_set("maxmemory", "1")
            status, body, _ = ask(server.runflow.url, "POST", RUNS, {"input": {"prompt": "x"}})
            client.config_set("maxmemory", "0")
    assert status == 503
    assert "Raise its `maxmemory`" in body["detail"]
    assert "script" not in body["detail"]


def test_a_key_of_another_program_is_told_at_the_start(redis_server: RedisServer) -> None:
    """With another name to keep the run under; nothing is promised, as the server ends."""
    for name in ("head", "log"):
        with redis.Redis(port=redis_server.port) as client:
            client.flushall()
            client.set(f"mockreel:{{run}}:{name}", "theirs")
        with pytest.raises(StateError) as refused, serving("runflow", state=redis_server.url):
            pass
        assert "name another run" in str(refused.value)
        assert "once it can" not in str(refused.value)
