"""Runflow's callbacks: payload, headers, signature, retries, history, redelivery, secrets."""

import hashlib
import hmac
from itertools import pairwise

import orjson
import pytest
from providers.runflow.requests import HOOK, Ask, Run, code, create, faults, undocumented

from mockreel.contract import Contract
from mockreel.simulator.simulator import Simulator
from mockreel.webhooks import MemorySender, Outcome


@pytest.mark.parametrize(
    ("scenario", "event", "status"),
    [
        ("succeed", "run.completed", "succeeded"),
        ("fail", "run.failed", "failed"),
        ("cancelled", "run.cancelled", "canceled"),
        ("partial", "run.partial_succeeded", "partial_succeeded"),
    ],
)
def test_each_end_has_its_event(
    simulator: Simulator,
    ask: Ask,
    run: Run,
    *,
    sink: MemorySender,
    contract: Contract,
    scenario: str,
    event: str,
    status: str,
) -> None:
    """One POST when the run has ended, with the keys of the page in its order."""
    made = create(ask("runflow"), scenario=scenario, callback_url=HOOK, metadata={"order": [1, "é"]})
    run(simulator.advance(20))
    [sent] = sink.sent
    payload = orjson.loads(sent.body)

    assert sent.url == HOOK
    assert (payload["event"], payload["status"], payload["run_id"]) == (event, status, made["id"])
    assert payload["metadata"] == {"order": [1, "é"]}
    assert list(payload) == list(contract.schemas.document("callback.json")["properties"])
    assert faults(contract, "callback.json", payload) == []
    assert (payload["output"] is not None) == (scenario in ("succeed", "partial"))


def test_no_callback_url_no_callback(simulator: Simulator, ask: Ask, run: Run, sink: MemorySender) -> None:
    """A run without a URL sends no callback."""
    create(ask("runflow"))
    run(simulator.advance(20))

    assert sink.sent == []


def test_the_request_id_is_always_sent_and_the_signature_only_with_a_secret(
    simulator: Simulator, ask: Ask, run: Run, sink: MemorySender
) -> None:
    """The signature is the hex HMAC-SHA256 of the bytes that were sent, with the whole secret as key."""
    caller = ask("runflow")
    create(caller, callback_url=HOOK)
    run(simulator.advance(20))
    secret = caller("POST", "/v1/callback-secrets", {"label": "production"}).json
    create(caller, callback_url=HOOK)
    run(simulator.advance(20))
    plain, signed = (dict(sent.headers) for sent in sink.sent)
    expected = hmac.new(secret["plain_secret"].encode(), sink.sent[1].body, hashlib.sha256).hexdigest()

    assert set(plain) == {"Runflow-Request-Id", "Content-Type"}
    assert signed["Runflow-Signature"] == expected
    assert plain["Runflow-Request-Id"] != signed["Runflow-Request-Id"]


def test_a_5xx_is_tried_again_after_one_and_two_seconds_with_the_same_bytes(
    simulator: Simulator, ask: Ask, run: Run, sink: MemorySender, contract: Contract
) -> None:
    """Three attempts; the history has each of them."""
    times: list[float] = []

    def busy(_: object) -> int:
        times.append(simulator.clock.now())
        return 500 if len(times) < 3 else 200

    sink.receiver = busy
    caller = ask("runflow")
    made = create(caller, callback_url=HOOK)
    run(simulator.advance(20))
    history = caller("GET", f"/v1/runs/{made['id']}/callback").json

    assert [round(after - before, 6) for before, after in pairwise(times)] == [1.0, 2.0]
    assert len({(sent.body, sent.headers) for sent in sink.sent}) == 1
    assert undocumented(contract, "get_run_callback_history", history) == []
    assert [attempt["status_code"] for attempt in history[0]["attempts"]] == [500, 500, 200]
    assert (history[0]["attempt_count"], history[0]["max_attempts"], history[0]["is_automatic"]) == (3, 3, True)
    assert history[0]["payload_bytes"].encode() == sink.sent[0].body


@pytest.mark.parametrize("answer", [302, 404, 429])
def test_3xx_and_4xx_are_final(simulator: Simulator, ask: Ask, run: Run, sink: MemorySender, answer: int) -> None:
    """The model pages retry server and network errors only."""
    sink.receiver = lambda _: answer
    caller = ask("runflow")
    made = create(caller, callback_url=HOOK)
    run(simulator.advance(20))
    [delivery] = caller("GET", f"/v1/runs/{made['id']}/callback").json

    assert len(sink.sent) == 1
    assert (delivery["status_code"], delivery["failure_reason_code"]) == ("failed", "http_error")


@pytest.mark.parametrize(("error", "reason"), [("network", "connection_error"), ("timeout", "timeout")])
def test_network_errors_and_timeouts_are_tried_again(
    simulator: Simulator, ask: Ask, run: Run, *, sink: MemorySender, error: str, reason: str
) -> None:
    """Then the delivery has failed, and says why."""
    sink.receiver = lambda _: Outcome(error=error, detail="gone")
    caller = ask("runflow")
    made = create(caller, callback_url=HOOK)
    run(simulator.advance(20))
    [delivery] = caller("GET", f"/v1/runs/{made['id']}/callback").json

    assert len(sink.sent) == 3
    assert (delivery["failure_reason_code"], delivery["failure_detail"]) == (reason, "gone")


def test_a_redelivery_is_rebuilt_and_not_automatic(
    simulator: Simulator, ask: Ask, run: Run, sink: MemorySender, contract: Contract
) -> None:
    """A new delivery beside the first; a second one must wait for the end of the first."""
    caller = ask("runflow")
    made = create(caller, callback_url=HOOK)
    path = f"/v1/runs/{made['id']}/callback-redeliveries"
    too_early = caller("POST", path)
    run(simulator.advance(20))
    again = caller("POST", path)
    busy = caller("POST", path)
    run(simulator.advance(1))

    assert code(too_early) == (422, "VALIDATION_ERROR")
    assert (again.status, again.json["is_automatic"], again.json["status_code"]) == (201, False, "pending")
    assert undocumented(contract, "redeliver_run_callback", again.json, status=201) == []
    assert busy.json["errors"][0]["error_type"] == "conflict"
    assert [sent.body for sent in sink.sent] == [sink.sent[0].body] * 2
    assert caller("POST", path).status == 201


def test_a_run_without_a_callback_is_not_redelivered(simulator: Simulator, ask: Ask, run: Run) -> None:
    """There is no receiver."""
    caller = ask("runflow")
    made = create(caller)
    run(simulator.advance(20))

    assert code(caller("POST", f"/v1/runs/{made['id']}/callback-redeliveries")) == (422, "VALIDATION_ERROR")
    assert caller("GET", f"/v1/runs/{made['id']}/callback").json == []


# Secrets ---------------------------------------------------------------------------------------------------------


def test_a_secret_is_shown_once(simulator: Simulator, ask: Ask, contract: Contract) -> None:
    """Afterwards only its beginning; another account sees nothing."""
    caller = ask("runflow")
    made = caller("POST", "/v1/callback-secrets", {"label": "production"})
    path = f"/v1/callback-secrets/{made.json['id']}"
    read = caller("GET", path)

    assert made.status == 201
    assert made.json["plain_secret"].startswith("whsec_")
    assert undocumented(contract, "create_callback_secret", made.json, status=201) == []
    assert "plain_secret" not in read.json
    assert made.json["plain_secret"] not in read.response.body.decode()
    assert read.json["key_prefix"] == made.json["plain_secret"][:12]
    assert code(ask("runflow", "rf_live_two")("GET", path)) == (404, "NOT_FOUND")


def test_rotation_ends_with_the_old_secret_deleted(simulator: Simulator, ask: Ask) -> None:
    """The first signs until another is promoted; a deleted one hands over to the newest left."""
    caller = ask("runflow")
    old, new = (caller("POST", "/v1/callback-secrets", {"label": label}).json["id"] for label in ("old", "new"))

    def current() -> list[str]:
        return [row["id"] for row in caller("GET", "/v1/callback-secrets").json["items"] if row["is_current"]]

    assert current() == [old]
    caller("PATCH", f"/v1/callback-secrets/{new}", {"is_current": True})
    assert current() == [new]
    assert caller("DELETE", f"/v1/callback-secrets/{new}").status == 204
    assert current() == [old]
    assert code(caller("DELETE", f"/v1/callback-secrets/{new}")) == (404, "NOT_FOUND")


def test_a_secret_is_renamed(simulator: Simulator, ask: Ask) -> None:
    """Its other facts stay."""
    caller = ask("runflow")
    made = caller("POST", "/v1/callback-secrets").json
    renamed = caller("PATCH", f"/v1/callback-secrets/{made['id']}", {"label": "b"}).json

    assert (made["label"], renamed["label"], renamed["is_current"]) == (None, "b", True)
