"""The journal: the newest exchanges, bounded, without secrets."""

import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from support.caller import Caller, MakeSimulator

from mockreel.contract.validation import Violation
from mockreel.engine.journal.exchange_content import ExchangeContent
from mockreel.engine.journal.journal import AttemptEntry, Entry, Journal
from mockreel.errors import OptionError
from mockreel.simulator.client_rules import violations
from mockreel.simulator.simulator import Simulator
from mockreel.webhooks import MemorySender


def entry(number: int, *, violations: int = 0) -> Entry:
    broken = Violation(("a",), "type", "1 is not a text", None, None)
    return Entry(float(number), "encore", None, "GET", f"/{number}", None, 200, None, (broken,) * violations)


def test_it_counts_every_exchange_and_keeps_the_newest() -> None:
    """Beyond the limit the oldest is forgotten."""
    journal = Journal(limit=3)
    for number in range(5):
        journal.note(entry(number))

    assert journal.count == 5
    assert [one.path for one in journal] == ["/2", "/3", "/4"]
    assert len(journal) == 3


def test_violations_are_bounded_altogether() -> None:
    """The newest exchange is always stored completely."""
    journal = Journal(limit=100, most=10)
    for number in range(5):
        journal.note(entry(number, violations=4))
    assert [one.path for one in journal] == ["/3", "/4"]

    journal.note(entry(9, violations=50))

    assert [len(one.violations) for one in journal] == [50]


def test_an_exchange_is_noted_with_its_violations(encore: Caller) -> None:
    """The request, its account, the response, and all violations."""
    encore("POST", "/v1/jobs", {"model": "solo", "input": {"prompt": "", "seconds": 5}})

    (noted,) = encore.provider.journal
    assert noted.shown() == {
        "at": 1_767_225_600.0,
        "provider": "encore",
        "account": "account-1",
        "method": "POST",
        "path": "/v1/jobs",
        "operation": "create_job",
        "status": 422,
        "refusal": "invalid-body",
        "fault": None,
        "notes": [],
        "violations": [
            {"path": ["input", "prompt"], "keyword": "minLength", "message": '"" is shorter than 1 character'},
            {"path": ["input", "seconds"], "keyword": "enum", "message": "5 is not one of 4, 6 or 8"},
        ],
    }


def test_no_key_is_in_it_wherever_the_key_was_sent(make_encore: MakeSimulator) -> None:
    """Not in the path, not in the text of a violation, not in a long one."""
    provider = make_encore().provider("encore")
    secret = "en_user_" + "s3cret" * 10
    say = Caller(provider, None)
    say("POST", "/v1/jobs", {"key": secret, "model": "solo", "input": {"prompt": secret * 100, "seconds": secret}})
    say("POST", "/v1/jobs", {"key": secret, "model": secret, "input": {}})
    say("GET", f"/v1/jobs?key={secret}&limit={secret}")
    say("GET", "/v1/jobs?limit=0", headers={"authorization": f"Bearer {secret}"})

    shown = repr([one.shown() for one in provider.journal])

    assert len(provider.journal) == 4
    assert "s3cret" not in shown
    assert len(shown) < 5000


def test_an_exchange_is_stored_with_its_query_headers_bodies_and_job(encore: Caller) -> None:
    """The request and the response, for queries of a test."""
    body = {"model": "solo", "input": {"prompt": "a cat"}}
    made = encore("POST", "/v1/jobs?source=test", body, headers={"idempotency-key": "one", "x-other": "two"})
    encore("GET", f"/v1/jobs/{made.json['id']}")

    submit, poll = encore.provider.journal
    assert submit.json == body
    assert submit.reply_json == made.json
    assert submit.query == "source=test"
    assert (submit.header("Idempotency-Key"), submit.header("x-other")) == ("one", None)
    assert submit.header("authorization") is None
    assert submit.reply_header("content-type") == "application/json"
    assert submit.job == poll.job == made.json["id"]


def test_the_journal_answers_queries_in_order(encore: Caller) -> None:
    """By anything that an exchange has; what is not on the simulator is an error that lists what is."""
    for prompt in ("one", "two"):
        encore("POST", "/v1/jobs", {"model": "solo", "input": {"prompt": prompt}})
    encore("GET", "/v1/jobs")
    journal = encore.provider.journal

    assert [one.json["input"]["prompt"] for one in journal.requests(operation="create_job")] == ["one", "two"]
    assert len(journal.requests(path="/v1/*", account="account-1", provider="encore")) == 3
    assert journal.requests(method="GET", status=404) == []
    with pytest.raises(OptionError, match=r"create_jab.*create_job"):
        journal.requests(operation="create_jab")
    with pytest.raises(OptionError, match="provider: 'other'"):
        journal.requests(provider="other")
    with pytest.raises(OptionError, match=r"method: 'get'.*GET"):
        journal.requests(method="get")


def test_bytes_are_bounded_altogether() -> None:
    """However few the exchanges are."""
    journal = Journal(limit=100, most_bytes=10_000)
    for number in range(9):
        journal.note(replace(entry(number), content=ExchangeContent(body=b"x" * 3000)))

    assert [one.path for one in journal] == ["/7", "/8"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"key": "en_user_s3cret-77", "model": "solo", "input": {"prompt": "x"}}',
        b'{"k\\u0065y": "en_user_s3cret-77", "model": "solo", "input": {"prompt": "x"}}',
        b'{"model": "solo", "key": "en_user_\\u00733cret-77"}',
        b'{"model": "en_user_s3cret-77"}',
        b'{"key": "en_user_s3cret-77',
        b'{"k\\u0065y": "en_user_\\u00733cret-77',
        b'\xff{"key": "en_user_s3cret-77"}',
    ],
)
def test_a_key_is_masked_however_it_is_written(encore_simulator: Simulator, body: bytes) -> None:
    """In a field, under an escaped name, with escaped letters, in a body that cannot be read."""
    say = Caller(encore_simulator.provider("encore"), "en_user_s3cret-77")
    say("POST", "/v1/jobs?key=en_user_s3cret-77&k%65y=en_user_s3cret-77", raw=body)

    (stored,) = encore_simulator.journal
    assert "s3cret" not in repr(stored)
    assert "s3cret" not in repr([stored.json, stored.query])


def test_a_signing_secret_is_masked_in_the_response_that_shows_it(
    simulator: Simulator, ask: Callable[..., Caller]
) -> None:
    """In the response that has it, and in a request that sets one."""
    say = ask("runflow")
    secret = say("POST", "/v1/callback-secrets", {"label": "a"}).json["plain_secret"]
    say("POST", "/v1/webhooks", {"url": "http://127.0.0.1:9/", "secret": "hush-hush", "event_subscriptions": []})

    made, webhook = simulator.journal
    assert made.reply_json["plain_secret"] == webhook.json["secret"] == "…"
    assert made.reply_json["label"] == "a"
    assert secret not in repr([*simulator.journal])
    assert "hush" not in repr([*simulator.journal])


def test_a_data_uri_is_stored_as_size_and_hash(encore: Caller) -> None:
    """The file itself is not."""
    encore("POST", "/v1/jobs", {"model": "solo", "input": {"prompt": "data:image/png;base64," + "iVBO" * 5000}})

    (stored,) = encore.provider.journal
    assert stored.json["input"]["prompt"].startswith("data:image/png;base64,(20000 bytes, sha256 ")
    assert len(stored.body) < 300


def test_a_large_body_and_a_large_response_are_stored_as_their_size(encore: Caller) -> None:
    """With any content."""
    encore("POST", "/v1/jobs", {"model": "solo", "input": {"prompt": "x" * 100_000}})

    (stored,) = encore.provider.journal
    assert stored.json["bytes"] > 100_000
    assert len(stored.body) + len(stored.reply) < 70_000


def test_delivery_attempts_are_stored(
    simulator: Simulator, ask: Callable[..., Caller], sink: MemorySender, run: Callable[..., Any]
) -> None:
    """Every attempt, with its request and outcome."""
    sink.receiver = lambda _: 500 if len(sink.sent) == 1 else 204
    body = {"input": {"prompt": "a cat"}, "callback_url": "http://127.0.0.1:9/hook"}
    id_ = ask("runflow")("POST", "/v1/models/google/veo3.1/lite/runs", body).json["id"]
    run(simulator.advance(30))

    first, second = simulator.journal.attempts(job=id_)
    assert (first.number, first.status, second.number, second.status) == (1, 500, 2, 204)
    assert first.json["run_id"] == id_
    assert second.at == first.ended + 1


def test_a_simulator_may_store_only_lines(make_simulator: MakeSimulator) -> None:
    """Without bodies the journal still has the request line, the outcome and every violation, but no key."""
    simulator = make_simulator(names=["runflow"], keep_bodies=False)
    say = Caller(simulator.provider("runflow"), "rf_live_s3cret")

    say(
        "POST",
        "/v1/models/google/veo3.1/lite/runs",
        {"input": {"prompt": "rf_live_s3cret", "duration": "rf_live_s3cret"}},
    )

    (entry,) = simulator.journal
    assert (entry.operation, entry.status, entry.row) == ("create_run", 422, "invalid-body")
    assert (entry.body, entry.reply, entry.headers) == (b"", b"", ())
    assert [violation.pointer for violation in entry.violations] == ["/input/duration"]
    assert "s3cret" not in repr(entry)


def exchange_of_size(number: int, size: int) -> Entry:
    """An exchange with its own bytes."""
    output = bytes(size)
    return Entry(
        1.0,
        "p",
        "account-1",
        "GET",
        f"/v1/{number}",
        "get_job",
        200,
        None,
        (),
        ExchangeContent(body=output, reply=bytes(output)),
    )


# Many small ones exceed the limit of exchanges, fewer large ones that of bytes.
@pytest.mark.parametrize(("size", "number"), [(0, 120_000), (500, 70_000), (5000, 15_000)])
def test_more_exchanges_than_a_journal_keeps_take_bounded_memory(size: int, number: int) -> None:
    """The newest ones that fit into the limits, with any content."""
    journal = Journal()
    tracemalloc.start()
    try:
        for one in range(number):
            journal.note(exchange_of_size(one, size))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert held < 80 * 1024 * 1024
    assert journal.count == number
    assert len(journal) < number
    assert len(journal) <= 100_000
    assert journal.get(number) is not None
    assert [numbered for numbered, _ in journal.numbered()][-1] == number


def test_attempts_are_bounded_too() -> None:
    """In number and in bytes; a huge body is stored as its size and hash."""
    journal = Journal(limit=5, most_bytes=20_000)
    for number in range(10):
        journal.note_attempt(tried(number, b"{}"))
    assert len(journal.attempts()) == 5

    for number in range(10):
        journal.note_attempt(tried(number, b"x" * 9000))
    assert len(journal.attempts()) == 2

    journal.note_attempt(tried(11, b"x" * 100_000))
    assert journal.attempts()[-1].json["bytes"] == 100_000


def tried(number: int, body: bytes) -> AttemptEntry:
    return AttemptEntry(
        1.0, 1.0, "p", "a", f"d{number}", "job", "callback", "e", 1, "http://x/", (), body, 204, None, ""
    )


@pytest.mark.parametrize("keep_bodies", [True, False])
def test_a_repeated_key_is_a_violation_of_the_client(make_encore: MakeSimulator, keep_bodies: bool) -> None:
    """The last one counts, nothing is rejected, and the journal reports it."""
    simulator = make_encore(keep_bodies=keep_bodies)
    raw = b'{"model":"solo","input":{"prompt":"a","prompt":"b"}}'

    made = Caller(simulator.provider("encore"), "en_user_one")("POST", "/v1/jobs", {}, raw=raw)

    (noted,) = simulator.journal
    assert (made.status, made.json["input"]) == (201, {"prompt": "b"})
    assert [(one.pointer, one.keyword) for one in noted.violations] == [("/input/prompt", "duplicate")]
    (found,) = violations(simulator.providers.values())
    assert "the key stands 2 times in one object" in found.done


def test_a_key_is_redacted_in_earlier_exchanges(make_simulator: MakeSimulator) -> None:
    """Bodies are redacted when they are read."""
    provider = make_simulator(names=["runninghub"]).provider("runninghub")
    ask = Caller(provider, None, {"user-agent": "made by a-key-of-somebody"})

    for key in ("another-key-of-mine", "a-key-of-somebody"):
        ask("POST", "/task/openapi/status", {"apiKey": key, "taskId": "1"}, key=None)

    assert [entry.header("user-agent") for entry in provider.journal] == ["made by …", "made by …"]
