"""The control API: what it shows and changes, and who may use it."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient
from support.caller import FOURTH, START

from mockreel import __version__, create_app
from mockreel.engine.clock import LATEST, Clock
from mockreel.server import access_token
from mockreel.server.admin import MOST_BYTES
from mockreel.server.app import simulator_app
from mockreel.server.http.asgi import Front
from mockreel.server.http.origin import LOOPBACK_NAMES
from mockreel.simulator.simulator import Simulator, build_simulator, load_contracts
from mockreel.webhooks import MemorySender

GOOD = {"model": "solo", "input": {"prompt": "a red door"}}
KEY = {"authorization": "Bearer en_user_one"}
JSON = {"content-type": "application/json"}
CHANGES = ["clock/hold", "clock/resume", "clock/speed", "clock/advance", "rules"]


@pytest.fixture
def simulator(sink: MemorySender) -> Simulator:
    clock = Clock(start=START, held=True)
    return build_simulator(load_contracts(["encore"], data=FOURTH), clock=clock, accept_any_key=True, sender=sink)


def open_door(simulator: Simulator, **options: Any) -> TestClient:
    app = simulator_app(simulator, Front(simulator.provider("encore")), **{"hosts": LOOPBACK_NAMES, **options})
    return TestClient(app, base_url="http://127.0.0.1:8700")


@pytest.fixture
def client(simulator: Simulator) -> Iterator[TestClient]:
    with open_door(simulator) as client:
        yield client


def get(client: TestClient, path: str, **options: Any) -> Any:
    answer = client.get(f"/_mockreel/{path}", **options)
    assert answer.status_code == 200, answer.text
    return answer.json()


def post(client: TestClient, path: str, body: Any = None, **options: Any) -> Any:
    return client.post(f"/_mockreel/{path}", **({"json": body} if body is not None else {}), **options)


def test_it_says_what_is_simulated_and_what_time_it_is(client: TestClient) -> None:
    """At its root."""
    assert get(client, "") == {
        "mockreel": __version__,
        "providers": {"encore": {"title": "Encore", "url": None}},
        "clock": {"now": START, "held": True, "speed": 1.0, "due": 0, "next_due": None},
    }


def test_the_clock_is_held_run_sped_up_and_advanced(client: TestClient, simulator: Simulator) -> None:
    """Each answer is the clock as it is then."""
    assert post(client, "clock/speed", {"speed": 60}).json()["speed"] == 60.0
    assert post(client, "clock/resume").json()["held"] is False
    assert post(client, "clock/hold", {}).json()["held"] is True
    before = simulator.clock.now()

    advanced = post(client, "clock/advance", {"seconds": 1.5}).json()

    assert advanced["now"] == pytest.approx(before + 1.5)
    assert advanced["ran"] == 0
    assert get(client, "clock")["held"] is True


def test_an_advance_answers_when_it_is_settled(client: TestClient, sink: MemorySender) -> None:
    """Every callback that fell due has been sent, its retries too."""
    sink.receiver = lambda _: 500
    client.post("/v1/jobs", json={**GOOD, "tell": "http://127.0.0.1:9/"}, headers=KEY)
    assert get(client, "clock")["due"] == 1

    advanced = post(client, "clock/advance", {"seconds": 100}).json()

    assert (advanced["ran"], advanced["due"]) == (4, 0)
    assert len(sink.sent) == 3


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("clock/advance", {"seconds": -1}, "never runs backwards"),
        ("clock/advance", {"seconds": "3"}, 'Send {"seconds": 3}.'),
        ("clock/advance", {"seconds": True}, "a number"),
        ("clock/advance", {}, "seconds is missing"),
        ("clock/advance", {"seconds": LATEST}, "year 9999"),
        ("clock/advance", {"seconds": 1e308}, "year 9999"),
        ("clock/advance", {"seconds": 2**63}, "year 9999"),
        ("clock/speed", {"speed": 0}, "To pause the clock: --hold"),
        ("clock/speed", {"speed": None}, "a number"),
        ("clock/advance", [], "a JSON object"),
        ("clock/advance", "3", "a JSON object"),
    ],
)
def test_what_is_no_time_changes_nothing(
    path: str, body: Any, says: str, client: TestClient, simulator: Simulator
) -> None:
    """And the message has what is valid."""
    answer = post(client, path, body)

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert says in answer.json()["detail"]
    assert (simulator.clock.now(), simulator.clock.speed) == (START, 1.0)


def test_replies_can_still_be_written_at_the_end_of_all_time(client: TestClient) -> None:
    """A clock at the highest speed that runs into the last second breaks nothing."""
    post(client, "clock/speed", {"speed": 1e300})
    post(client, "clock/resume")

    assert get(client, "clock")["now"] == LATEST
    assert client.post("/v1/jobs", json=GOOD, headers=KEY).status_code == 201


def test_it_lists_what_can_be_played(client: TestClient) -> None:
    """Scenarios with their states and rows, and every code."""
    found = get(client, "scenarios")["encore"]

    assert found["default"] == "succeed"
    assert found["jobs"]["fail"] == ["waiting", "working", "broken"]
    assert found["requests"]["refuse"] == "by-code"
    assert found["failure_codes"]["default"] == "forgot-the-words"
    assert found["error_codes"]["no-key"] == "who"


def test_it_lists_the_readings_and_what_was_chosen(client: TestClient) -> None:
    """With the question and what each option says."""
    found = get(client, "readings")["encore"]["envelope"]

    assert (found["chosen"], found["default"]) == ("wrapped", "wrapped")
    assert found["question"] == "How is a refusal wrapped?"
    assert found["options"] == {"wrapped": "under error", "bare": "not at all"}


def test_it_lists_jobs_deliveries_and_exchanges_newest_first(client: TestClient) -> None:
    """Bounded by `limit`, narrowed by `provider`."""
    ids = []
    for _ in range(3):
        made = client.post("/v1/jobs", json={**GOOD, "tell": "http://127.0.0.1:9/"}, headers=KEY)
        ids.append(made.json()["id"])
        post(client, "clock/advance", {"seconds": 100})

    jobs = get(client, "jobs")["jobs"]
    assert [job["id"] for job in jobs] == ids[::-1]
    assert [step["state"] for step in jobs[0]["passed"]] == ["waiting", "working", "done"]
    assert [job["id"] for job in get(client, "jobs?limit=2&provider=encore")["jobs"]] == ids[:0:-1]
    deliveries = get(client, "deliveries")["deliveries"]
    assert [one["subject"] for one in deliveries] == ids[::-1]
    assert deliveries[0]["attempts"][0]["status"] == 204
    journal = get(client, "journal?limit=1")
    assert (journal["count"], len(journal["entries"])) == (3, 1)


@pytest.mark.parametrize("limit", ["0", "-1", "10001", "x", "", "1.5", "٣", "9" * 5000])
def test_a_limit_that_is_none_is_refused(limit: str, client: TestClient) -> None:
    """With what would do."""
    answer = client.get("/_mockreel/jobs", params={"limit": limit})

    assert answer.status_code == 400
    assert "a whole number from 1 to 10000" in answer.json()["detail"]


def test_an_unknown_provider_is_answered_with_the_known_ones(client: TestClient) -> None:
    """In every list."""
    for path in ("jobs", "deliveries", "journal"):
        answer = client.get(f"/_mockreel/{path}?provider=encor")
        assert (answer.status_code, answer.json()["valid"]) == (400, ["encore"])


def test_a_rule_is_set_listed_and_taken_away(client: TestClient) -> None:
    """And holds meanwhile."""
    rule = post(client, "rules", {"scenario": "unavailable", "prompt": "red", "model": "solo"}).json()
    assert rule == {
        "id": 1,
        "scenario": "unavailable",
        "code": None,
        "fault": None,
        "result": None,
        "provider": None,
        "model": "encore/solo",
        "operation": None,
        "prompt": "red",
        "nth": None,
        "probability": None,
        "seen": 0,
    }
    assert client.post("/v1/jobs", json=GOOD, headers=KEY).status_code == 503
    assert get(client, "rules")["rules"][0]["seen"] == 1

    assert client.delete("/_mockreel/rules/1").json() == {"rules": []}
    assert client.post("/v1/jobs", json=GOOD, headers=KEY).status_code == 201
    assert client.delete("/_mockreel/rules/1").status_code == 400


def test_all_rules_can_be_cleared(client: TestClient) -> None:
    """At once."""
    for _ in range(2):
        post(client, "rules", {"scenario": "fail", "code": "stage-fright"})

    assert client.delete("/_mockreel/rules").json() == {"rules": []}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "rule: "),
        ({"scenario": 5}, "scenario: 5 is not valid. Valid: a text"),
        ({"scenario": "fail", "model_id": "x"}, "Valid: scenario, code, fault, result, provider, model,"),
        ({"scenario": "sleep"}, "'sleep' is not valid. Valid: succeed"),
        ({"scenario": "fail", "code": "X"}, "stage-fright"),
        ({"scenario": "fail", "code": {}}, "failure code"),
        ({"scenario": "refuse", "code": "fast"}, "too-fast"),
        ({"scenario": "refuse"}, "error code for encore is missing"),
        ({"scenario": "fail", "provider": "encor"}, "Valid: encore"),
        ({"scenario": "fail", "provider": []}, "provider: [] is not valid"),
        ({"scenario": "fail", "provider": {}}, "provider: {} is not valid"),
        ({"scenario": "fail", "model": "sol"}, "Valid: encore/grand/finale, encore/solo."),
        ({"scenario": "fail", "prompt": 5}, "a text"),
        ({"scenario": "fail", "nth": 0}, "a whole number from 1 up"),
        ({"scenario": "fail", "nth": True}, "a whole number from 1 up"),
        ({"scenario": "fail", "nth": 1.5}, "a whole number from 1 up"),
    ],
)
def test_a_rule_that_could_never_play_is_refused(body: Any, says: str, client: TestClient) -> None:
    """With what there is."""
    answer = post(client, "rules", body)

    assert answer.status_code == 400
    assert says in answer.json()["detail"]
    assert get(client, "rules") == {"rules": []}


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.test"},
        {"host": "127.0.0.1.evil.test:8700"},
        {"host": "evil.test:127.0.0.1"},
        {"host": "localhost@evil.test"},
        {"host": "127.0.0.1, evil.test"},
        {"host": "[::1"},
        {"host": "0.0.0.0:8700"},
        {"host": "192.168.0.1"},
        {"host": ""},
        {"host": "localhost."},
        {"origin": "http://evil.test"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "http://["},
        {"origin": "http://localhost:8700"},
    ],
)
@pytest.mark.parametrize("path", ["", "clock", "clock/hold", "jobs", "nothing"])
def test_strangers_are_rejected(headers: dict[str, str], path: str, client: TestClient) -> None:
    """Another name for this machine, a page of another origin: neither may read nor change."""
    for method in ("GET", "POST", "DELETE", "OPTIONS"):
        answer = client.request(method, f"/_mockreel/{path}", headers={**headers, **JSON})
        assert answer.status_code == 403
        assert answer.json()["title"] == "Not allowed"
        assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": "localhost:8700"},
        {"host": "LOCALHOST:8700"},
        {"host": "[::1]:8700"},
        {"host": "127.0.0.1"},
        {"origin": "http://127.0.0.1:8700"},
        {"host": "localhost:1", "origin": "http://localhost:1"},
    ],
)
def test_who_asks_under_a_loopback_name_is_admitted(headers: dict[str, str], client: TestClient) -> None:
    """And so is a page of its own."""
    assert client.get("/_mockreel/clock", headers=headers).status_code == 200


def test_two_names_are_one_too_many(client: TestClient) -> None:
    """One of them would be checked, the other believed."""
    headers = [("host", "127.0.0.1:8700"), ("host", "evil.test")]

    assert client.get("/_mockreel/clock", headers=headers).status_code == 403
    assert client.get("/_mockreel/clock", headers=headers[::-1]).status_code == 403


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "json"]
)
@pytest.mark.parametrize("path", CHANGES)
def test_only_json_changes_things(kind: str, path: str, client: TestClient, simulator: Simulator) -> None:
    """A form of another page would need no leave."""
    body = b'{"seconds":5,"speed":5,"scenario":"fail"}'
    answer = client.post(f"/_mockreel/{path}", content=body, headers={"content-type": kind})

    assert answer.status_code == 400
    assert "application/json" in answer.json()["detail"]
    assert (simulator.clock.now(), simulator.clock.speed, simulator.clock.held, simulator.rules.all) == (
        START,
        1.0,
        True,
        [],
    )


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"\xff", b'{"seconds":NaN}'])
def test_what_is_no_json_object_is_refused(body: bytes, client: TestClient) -> None:
    """With the reason."""
    answer = client.post("/_mockreel/clock/advance", content=body, headers=JSON)

    assert (answer.status_code, answer.json()["title"]) == (400, "Not understood")


def test_a_body_is_bounded(client: TestClient) -> None:
    """Requests to the control API are small."""
    body = b'{"seconds":1' + b" " * MOST_BYTES + b"}"

    assert client.post("/_mockreel/clock/advance", content=body, headers=JSON).status_code == 400


TOKEN = "a-token-of-24-signs-here"


@pytest.mark.parametrize(
    "given", [f"Bearer {TOKEN}", f"bearer {TOKEN}", f"Bearer  {TOKEN}", f"Bearer {TOKEN[:-1]}", TOKEN, "Bearer ü", ""]
)
def test_off_loopback_a_token_is_required(given: str, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exactly that one, whatever the case of its scheme; then any name will do."""
    monkeypatch.setattr(access_token, "GUESS_SECONDS", 0)
    with open_door(simulator, hosts=None, token=TOKEN) as client:
        headers = [(b"host", b"mock.test"), (b"authorization", given.encode("latin-1"))]
        answer = client.get("/_mockreel/clock", headers=headers)

        assert answer.status_code == (200 if given.lower() == f"bearer {TOKEN}" else 403)
        assert TOKEN not in answer.text
        assert client.get("/_mockreel/clock").status_code == 403


def test_every_reply_carries_the_version(client: TestClient) -> None:
    """Error responses and unknown paths too."""
    answers = [
        client.get("/_mockreel/"),
        client.get("/_mockreel/clock", headers={"host": "evil.test"}),
        client.get("/_mockreel/nothing"),
        client.delete("/_mockreel/clock"),
        client.post("/_mockreel/clock/advance"),
        client.get("/nothing"),
    ]

    assert [answer.headers.get_list("mockreel-version") for answer in answers] == [[__version__]] * len(answers)
    assert [answer.status_code for answer in answers] == [200, 403, 404, 405, 400, 404]


def test_no_key_is_reported(client: TestClient) -> None:
    """Jobs, deliveries and exchanges name accounts."""
    client.post("/v1/jobs", json={**GOOD, "tell": "http://127.0.0.1:9/"}, headers=KEY)
    client.post("/v1/jobs?key=en_user_one", json={**GOOD, "key": "en_user_one", "tell": 5})

    answer = "".join(client.get(f"/_mockreel/{path}").text for path in ("jobs", "deliveries", "journal", ""))

    assert "account-1" in answer
    assert "en_user_one" not in answer


def test_a_path_with_a_newline_is_answered_as_any_other() -> None:
    """By the control API and by a provider, not by the application around them."""
    with TestClient(create_app("encore", data=FOURTH), base_url="http://127.0.0.1") as client:
        own = client.get("/_mockreel/jobs/encore/n%0A8")
        theirs = client.get("/v1/jobs/n%0A8")

    assert (own.status_code, own.headers["content-type"]) == (404, "application/problem+json")
    assert theirs.headers["content-type"] == "application/json"
