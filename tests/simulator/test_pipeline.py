"""The path of a request: each step, and what ends it early, in the provider's own words."""

import logging
from typing import Any

import orjson
import pytest
from support.caller import Caller, MakeSimulator

from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.message import Response
from mockreel.engine.accounts.account import KeyEntry

GOOD = {"model": "solo", "input": {"prompt": "a red door"}}


def code_of(text: Any) -> str:
    return str(text.json["error"]["code"])


def test_a_good_request_gets_through(encore: Caller) -> None:
    """And its job is the account's."""
    output = encore("POST", "/v1/jobs", GOOD)

    assert output.status == 201
    assert output.json["model"] == "encore/solo"
    assert encore("GET", f"/v1/jobs/{output.json['id']}").json["id"] == output.json["id"]


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "code"),
    [
        ("GET", "/v2/jobs", {}, 404, "nowhere"),
        ("GET", "/v1/jobs/", {}, 404, "nowhere"),
        ("GET", "/", {}, 404, "nowhere"),
        ("GET", "*", {}, 404, "nowhere"),
        ("PATCH", "/v1/jobs", {}, 405, "not-so"),
        ("HEAD", "/v1/wait", {}, 405, "not-so"),
        ("OPTIONS", "/v1/jobs", {}, 405, "not-so"),
        ("get", "/v1/jobs", {}, 405, "not-so"),
        ("GET", "/v1/jobs", {"key": None}, 401, "who"),
        ("GET", "/v1/jobs", {"key": "invalid"}, 401, "stranger"),
        ("GET", "/v1/jobs", {"key": None, "headers": {"authorization": "Basic abc"}}, 401, "who"),
        ("GET", "/v1/jobs", {"key": None, "headers": {"authorization": "Bearer "}}, 401, "who"),
        ("GET", "/v1/jobs", {"key": None, "headers": {"authorization": "bearer  k"}}, 200, None),
        ("GET", "/v1/jobs?key=en_user_q", {"key": None}, 200, None),
        ("GET", "/v1/health", {"key": None}, 200, None),
        ("GET", "/v1/jobs/nobody", {}, 404, "no-job"),
        ("DELETE", "/v1/jobs/nobody", {}, 403, "not-you"),
        ("POST", "/v1/jobs", {"raw": b"{"}, 400, "unreadable"),
        ("POST", "/v1/jobs", {"raw": b""}, 400, "unreadable"),
        ("POST", "/v1/jobs", {"raw": b"{}", "headers": {"content-type": "text/plain"}}, 415, "wrong-type"),
        ("POST", "/v1/jobs", {"body": []}, 422, "invalid"),
        ("POST", "/v1/jobs", {"body": {"input": {}}}, 422, "invalid"),
        ("POST", "/v1/jobs", {"body": {"model": 5, "input": {}}}, 422, "invalid"),
        ("POST", "/v1/jobs", {"body": {"model": "other", "input": {}}}, 404, "no-model"),
        ("POST", "/v1/jobs", {"body": {"model": "solo", "input": {}}}, 422, "invalid"),
        ("POST", "/v1/jobs", {"body": {"model": "solo", "input": []}}, 422, "invalid"),
        ("POST", "/v1/models/no/such/jobs", {"body": {}}, 404, "no-model"),
        ("POST", "/v1/models/encore/grand/finale/jobs", {"body": {}}, 422, "invalid"),
        ("GET", "/v1/jobs?limit=0", {}, 422, "invalid-query"),
        ("POST", "/v1/files", {"body": {}}, 415, "wrong-type"),
    ],
)
def test_an_early_error_is_sent_in_the_providers_form(
    encore: Caller, method: str, path: str, *, options: dict[str, Any], status: int, code: str | None
) -> None:
    """Each step has its error; none starts a job."""
    output = encore(method, path, **options)

    assert output.status == status
    assert code is None or code_of(output) == code
    assert len(encore.provider.jobs) == 0


def test_a_wrong_method_is_answered_with_the_allowed_ones(encore: Caller) -> None:
    """In the text and in `Allow`."""
    output = encore("PATCH", "/v1/jobs")

    assert output.headers["allow"] == "GET, POST"
    assert output.json["error"]["message"] == "PATCH is not for /v1/jobs; GET, POST is."


def test_the_text_names_what_was_sent(encore: Caller) -> None:
    """Where the provider's text has a place for it."""
    assert encore("GET", "/v9").json["error"]["message"] == "Nothing is at /v9."
    unknown = encore("POST", "/v1/jobs", {"model": "{model.__class__}", "input": {}})
    assert unknown.json["error"]["message"] == "There is no model {model.__class__}."


def test_a_request_without_a_valid_key_gets_no_violations_of_its_body(encore: Caller) -> None:
    """The key is checked first; only an oversized body or an unknown path is reported without one."""
    assert code_of(encore("POST", "/v1/jobs", raw=b"{", key=None)) == "who"
    assert code_of(encore("POST", "/v1/jobs", raw=b"{", key="invalid")) == "stranger"
    assert code_of(encore("POST", "/v9", raw=b"{", key=None)) == "nowhere"


@pytest.mark.parametrize(("size", "status"), [(100, 200), (101, 413)])
def test_a_body_has_a_largest_size(size: int, status: int, make_encore: MakeSimulator) -> None:
    """To the byte."""
    say = Caller(make_encore(max_body=100).provider("encore"), "k")

    assert say("PUT", "/v1/echo", raw=b"x" * size).status == status


def test_the_key_is_looked_for_in_each_of_its_places(encore: Caller) -> None:
    """Header before body before query."""
    body = {**GOOD, "key": "en_user_body"}
    by_body = encore("POST", "/v1/jobs?key=en_user_query", body, key=None)
    by_header = encore("POST", "/v1/jobs?key=en_user_query", body, key="en_user_header")

    def owner(text: Any) -> str:
        return next(
            name
            for name in ("header", "body", "query")
            if encore("GET", f"/v1/jobs/{text.json['id']}", key=f"en_user_{name}").status == 200
        )

    assert (owner(by_body), owner(by_header)) == ("body", "header")


@pytest.mark.parametrize("key", [5, None, [], {}, ""])
def test_a_key_that_is_no_text_is_none(key: Any, encore: Caller) -> None:
    """It leads to no account, and breaks nothing."""
    assert code_of(encore("POST", "/v1/jobs", {**GOOD, "key": key}, key=None)) == "who"


def test_a_job_of_another_account_does_not_exist(encore: Caller) -> None:
    """Its response is the same as for an unknown id."""
    id_ = encore("POST", "/v1/jobs", GOOD).json["id"]
    other = encore("GET", f"/v1/jobs/{id_}", key="en_user_other")

    assert other.status == 404
    assert other.json["error"]["message"] == f"There is no job {id_}."
    assert encore("GET", f"/v1/jobs/{id_}", key="en_boss_one").status == 200


def test_scopes_hold_where_an_account_has_some(make_encore: MakeSimulator) -> None:
    """Without any listed it may do everything."""
    entries = [KeyEntry("a", "a", scopes=frozenset({"files:write"})), KeyEntry("b", "b", scopes=frozenset())]
    provider = make_encore(keys=[*entries, KeyEntry("c", "c")]).provider("encore")

    found = [Caller(provider, key)("POST", "/v1/files", {}).status for key in "abc"]

    assert found == [415, 403, 415]
    assert "files:write" in Caller(provider, "b")("POST", "/v1/files", {}).json["error"]["message"]


def test_every_violation_is_reported_with_its_place_in_the_message(encore: Caller) -> None:
    """The envelope first; then the input, below its place."""
    envelope = encore("POST", "/v1/jobs", {"model": "solo", "input": {}, "tell": "x", "more": 1})
    whole = encore("POST", "/v1/jobs", {"model": "solo", "input": {"prompt": "", "seconds": 5}})
    bare = encore("POST", "/v1/models/solo/jobs", {"prompt": "", "seconds": 5})

    assert sorted(envelope.json["error"]["at"]) == ["", "/tell"]
    assert sorted(whole.json["error"]["at"]) == ["/input/prompt", "/input/seconds"]
    assert sorted(bare.json["error"]["at"]) == ["/prompt", "/seconds"]


def test_a_get_may_be_requested_by_head(encore: Caller) -> None:
    """The response is the same; the server leaves its body out."""
    assert encore("HEAD", "/v1/jobs").response == encore("GET", "/v1/jobs").response


def test_a_model_of_any_depth_is_named_in_the_path(encore: Caller) -> None:
    """By its id or by an alias."""
    assert encore("GET", "/v1/models/encore/grand/finale").json["required"] == ["scenes"]
    assert encore("GET", "/v1/models/solo").json["x-mockreel"]["model"] == "encore/solo"
    assert encore("POST", "/v1/models/encore/grand/finale/jobs", {"scenes": ["a"]}).status == 201


def test_a_failing_handler_is_an_error_of_the_provider_and_in_the_log(
    encore: Caller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The fault is the mock server's, and the log says so with the reason, but not with the key."""

    def breaks(_: Any) -> Response:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(encore.provider.adapter, "_handlers", {**encore.provider.adapter.handlers, "list_jobs": breaks})
    with caplog.at_level(logging.ERROR, logger="mockreel"):
        output = encore("GET", "/v1/jobs?key=en_user_s3cret", key="en_user_s3cret")

    assert (output.status, code_of(output)) == (500, "fire")
    assert "GET /v1/jobs failed inside of mockreel" in caplog.text
    assert "ZeroDivisionError: oh" in caplog.text
    assert "s3cret" not in caplog.text


@pytest.mark.parametrize(
    ("trouble", "status"),
    [(ErrorResponse("unavailable"), 503), (ZeroDivisionError("oh"), 500)],
    ids=["refused", "broken"],
)
def test_events_during_a_waiting_request_are_reported_too(
    trouble: Exception, status: int, encore: Caller, monkeypatch: pytest.MonkeyPatch, run: Any
) -> None:
    """As if it had happened at once."""

    async def breaks(_: Any) -> Response:
        raise trouble

    monkeypatch.setattr(encore.provider.adapter, "_handlers", {**encore.provider.adapter.handlers, "list_jobs": breaks})
    monkeypatch.setattr(logging.getLogger("mockreel"), "disabled", True)

    reply = run(encore.waiting("GET", "/v1/jobs"))

    assert reply.status == status
    assert [entry.status for entry in encore.provider.journal] == [status]


def test_paths_of_the_mock_server_itself_are_no_operations(encore: Caller) -> None:
    """They have the mock server's own errors, and need no key."""
    output = encore("GET", "/_mockreel/media/none.mp4", key=None)

    assert (output.status, output.headers["content-type"]) == (404, "application/problem+json")


def test_every_request_is_noted_once(encore: Caller) -> None:
    """Accepted, rejected or malformed."""
    encore("GET", "/v1/jobs")
    encore("GET", "/v9")
    encore("GET", "/v1/jobs", headers={"prefer": "scenario=none"})

    assert [(entry.status, entry.row) for entry in encore.provider.journal] == [
        (200, None),
        (404, "unknown-path"),
        (400, None),
    ]


def test_the_same_calls_give_the_same_bytes(make_encore: MakeSimulator, run: Any) -> None:
    """With a paused clock, a fixed start and the same seed, on a new simulator; another seed gives other bytes."""

    def play(seed: int) -> list[bytes]:
        simulator = make_encore(seed=seed)
        say = Caller(simulator.provider("encore"), "en_user_one")
        ids = [say("POST", "/v1/jobs", {**GOOD, "tell": "http://127.0.0.1:9/"}).json["id"] for _ in range(3)]
        say("POST", "/v1/jobs", {"model": "other", "input": {}})
        output = [say("DELETE", f"/v1/jobs/{ids[0]}", key="en_boss_one")]
        for seconds in (1.5, 3.0, 100.0):
            run(simulator.advance(seconds))
            output += [say("GET", f"/v1/jobs/{id_}") for id_ in ids]
        sent = [orjson.dumps([one.url, one.headers, one.body.decode()]) for one in simulator.sender.sent]  # type: ignore[attr-defined]
        simulator.sender.sent.clear()  # type: ignore[attr-defined]
        journal = [orjson.dumps(entry.shown()) for entry in simulator.journal]
        return [*(one.response.body for one in output), *sent, *journal]

    first = play(7)

    assert play(7) == first
    assert play(8) != first
    assert sum(b"job.done" in line for line in first) == 2


def test_what_one_account_does_changes_nothing_for_another(make_encore: MakeSimulator) -> None:
    """Its jobs are drawn by its own count."""

    def play(*, beside: bool) -> list[Any]:
        provider = make_encore(seed=7).provider("encore")
        one, other = Caller(provider, "en_user_one"), Caller(provider, "en_user_other")
        found = []
        for _ in range(3):
            found.append(one("POST", "/v1/jobs", GOOD).json)
            if beside:
                other("POST", "/v1/jobs", GOOD)
        return found

    assert play(beside=True) == play(beside=False)
