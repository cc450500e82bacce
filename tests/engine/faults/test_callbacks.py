"""Every fault of a callback, received over real sockets: what arrives, when, how often, and the recorded attempts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import httpx2
import orjson
import pytest
from engine.faults.conftest import GOOD
from support.local_http import WebhookReceiver

from mockreel import serving
from mockreel.contract import Contract
from mockreel.server.mock_server import MockServer
from mockreel.webhooks import Delivery, sign
from mockreel.webhooks.fault_effects import STRANGE_SECRET

SECRET = "encore-secret"
HEADER = "encore-signature"


def contract(server: MockServer) -> Contract:
    return server.simulator.provider("encore").contract


def signs(server: MockServer, secret: str, body: bytes) -> str:
    signature = contract(server).callbacks.signature
    assert signature is not None
    return sign(signature, secret, body)


def submit(client: httpx2.Client, received: WebhookReceiver, fault: str | None = None, **more: Any) -> str:
    wish = {"Prefer": f"fault={fault}"} if fault else {}
    reply = client.post("/v1/jobs", json={**GOOD, "tell": received.url, **more}, headers=wish)
    assert reply.status_code == 201, reply.text
    return str(reply.json()["id"])


def delivery(server: MockServer, job: str) -> Delivery:
    (found,) = server.simulator.provider("encore").deliveries.of(job)
    return found


@dataclass(frozen=True)
class Come:
    """The callbacks of one job: their number, the delivery's status, and the faulty attempts."""

    times: int
    status: str
    damaged: tuple[bool, ...]
    signed: Callable[[MockServer, WebhookReceiver], bool] | None = None


def _all_well_signed(server: MockServer, received: WebhookReceiver) -> bool:
    pairs = zip(received.bodies, received.headers, strict=True)
    return all(headers[HEADER] == signs(server, SECRET, body) for body, headers in pairs)


def _first_strange(server: MockServer, received: WebhookReceiver) -> bool:
    return received.headers[0][HEADER] == signs(server, STRANGE_SECRET, received.bodies[0])


EXPECTED: Mapping[str, Come] = {
    "callback-delayed; seconds=30": Come(1, "delivered", (True,), _all_well_signed),
    "callback-delayed; seconds=30; spread=normal; deviation=2": Come(1, "delivered", (True,), _all_well_signed),
    "callback-duplicated": Come(2, "delivered", (False, True), _all_well_signed),
    "callback-duplicated; times=4; every=3": Come(4, "delivered", (False, True, True, True), _all_well_signed),
    "callback-out-of-order; within=20": Come(1, "delivered", (True,), _all_well_signed),
    "callback-lost": Come(0, "failed", (True, True, True)),
    "callback-lost; attempts=2": Come(1, "delivered", (True, True, False), _all_well_signed),
    "callback-badly-signed": Come(1, "delivered", (True,), _first_strange),
    "callback-rotated-secret": Come(1, "delivered", (True,), _first_strange),
    "callback-rotated-secret; attempts=1": Come(1, "delivered", (True,), _first_strange),
    "callback-oversized; bytes=70000": Come(1, "delivered", (True,), _all_well_signed),
    "callback-oversized; bytes=70000; attempts=1": Come(1, "delivered", (True,), _all_well_signed),
}


@pytest.mark.parametrize("fault", EXPECTED)
def test_a_receiver_meets_it_and_the_attempts_tell_it(
    server: MockServer, client: httpx2.Client, received: WebhookReceiver, fault: str
) -> None:
    """Every received body is the same, and the next job's callback has no fault."""
    come = EXPECTED[fault]
    job = submit(client, received, fault)
    server.advance(200)
    found = delivery(server, job)

    assert len(received.bodies) == come.times
    assert all(orjson.loads(body) == orjson.loads(found.body) for body in received.bodies)
    assert come.signed is None or come.signed(server, received)
    assert found.status == come.status
    assert tuple(attempt.fault is not None for attempt in found.attempts) == come.damaged
    assert [tried.fault for tried in server.journal.attempts(job=job)] == [one.fault for one in found.attempts]

    following = submit(client, received)
    server.advance(200)
    assert delivery(server, following).status == "delivered"
    assert [attempt.fault for attempt in delivery(server, following).attempts] == [None]


def test_a_delayed_callback_waits_by_the_simulators_clock(
    server: MockServer, client: httpx2.Client, received: WebhookReceiver
) -> None:
    """A poll shows the end long before."""
    job = submit(client, received, "callback-delayed; seconds=30")
    server.advance(20)
    assert client.get(f"/v1/jobs/{job}").json()["url"]
    assert received.bodies == []

    server.advance(30)
    assert len(received.bodies) == 1


def test_duplicates_come_with_the_wait_between_them(
    server: MockServer, client: httpx2.Client, received: WebhookReceiver
) -> None:
    """By the simulator's clock; the delivery ends with the last one."""
    job = submit(client, received, "callback-duplicated; times=3; every=60")
    server.advance(20)
    assert (len(received.bodies), delivery(server, job).status) == (1, "pending")
    server.advance(60)
    assert len(received.bodies) == 2
    server.advance(60)
    assert (len(received.bodies), delivery(server, job).status) == (3, "delivered")
    assert len(set(received.bodies)) == 1


def test_a_duplicate_that_is_rejected_changes_nothing(
    server: MockServer, client: httpx2.Client, received: WebhookReceiver
) -> None:
    """It was delivered before; no policy tries that again."""
    received.status = lambda number: 204 if number == 1 else 500
    job = submit(client, received, "callback-duplicated; times=5")
    server.advance(200)

    assert len(received.bodies) == 2
    assert delivery(server, job).status == "delivered"


def test_a_failure_before_the_duplicate_is_retried_as_ever(
    server: MockServer, client: httpx2.Client, received: WebhookReceiver
) -> None:
    """A callback that was not accepted is no duplicate yet."""
    received.status = lambda number: 500 if number == 1 else 204
    submit(client, received, "callback-duplicated")
    server.advance(200)

    assert len(received.bodies) == 3


def test_callbacks_out_of_order(server: MockServer, client: httpx2.Client, received: WebhookReceiver) -> None:
    """The first job's arrives after the second's, which ended later."""
    first = submit(client, received, "callback-out-of-order")
    server.advance(20)
    assert received.bodies == []
    second = submit(client, received)
    server.advance(20)

    assert [orjson.loads(body)["job"]["id"] for body in received.bodies] == [second, first]
    server.advance(200)
    assert len(received.bodies) == 2


def test_a_held_back_delivery_is_not_released_by_another_account(
    server: MockServer, client: httpx2.Client, received: WebhookReceiver
) -> None:
    """Nor does its own earlier callback count."""
    submit(client, received)
    job = submit(client, received, "callback-out-of-order; within=500")
    other = httpx2.Client(base_url=server.encore.url, headers={"Authorization": "Bearer another"}, trust_env=False)
    with other:
        submit(other, received)
    server.advance(100)
    assert delivery(server, job).attempts == []

    submit(client, received)
    server.advance(100)
    assert delivery(server, job).status == "delivered"


def test_lost_attempts_count_as_the_networks_and_follow_the_policy(
    server: MockServer, client: httpx2.Client, received: WebhookReceiver
) -> None:
    """One and two seconds apart, as the contract says."""
    job = submit(client, received, "callback-lost")
    server.advance(200)
    attempts = delivery(server, job).attempts

    assert [attempt.outcome.error for attempt in attempts] == ["network"] * 3
    assert [round(later.at - earlier.ended) for earlier, later in pairwise(attempts)] == [1, 2]
    assert delivery(server, job).reason == "lost on its way, as was wished"


def test_a_badly_signed_attempt_that_is_rejected_is_tried_again(
    server: MockServer, client: httpx2.Client, received: WebhookReceiver
) -> None:
    """A receiver that answers 5xx to a bad signature gets the good one next."""
    received.status = lambda number: 500 if number == 1 else 204
    submit(client, received, "callback-badly-signed; attempts=1")
    server.advance(200)

    assert received.headers[0][HEADER] != signs(server, SECRET, received.bodies[0])
    assert received.headers[1][HEADER] == signs(server, SECRET, received.bodies[1])
    (bad, good) = server.journal.attempts()
    assert dict(bad.headers)["Encore-Signature"] == received.headers[0][HEADER]
    assert dict(good.headers)["Encore-Signature"] == received.headers[1][HEADER]


def test_an_oversized_callback_has_the_requested_size(
    server: MockServer, client: httpx2.Client, received: WebhookReceiver
) -> None:
    """And signed over all of its bytes."""
    submit(client, received, "callback-oversized; bytes=3000000")
    server.advance(200)

    (body,) = received.bodies
    assert len(body) == 3_000_000
    assert received.headers[0][HEADER] == signs(server, SECRET, body)
    assert received.headers[0]["content-length"] == "3000000"


def test_what_is_sent_again_by_hand_is_sound(
    server: MockServer, client: httpx2.Client, received: WebhookReceiver
) -> None:
    """It has no fault."""
    job = submit(client, received, "callback-lost")
    server.advance(200)
    provider = server.simulator.provider("encore")
    provider.deliveries.again(delivery(server, job))
    server.advance(1)

    assert len(received.bodies) == 1
    assert delivery(server, job).status == "delivered"


# Runflow has secrets of its own, batches, and webhooks ---------------------------------------------------------------

LITE = "/v1/models/google/veo3.1/lite"


def runflow(server: MockServer) -> httpx2.Client:
    headers = {"Authorization": f"Bearer {server.runflow.key}"}
    return httpx2.Client(base_url=server.runflow.url, headers=headers, trust_env=False)


def made_secret(client: httpx2.Client) -> dict[str, Any]:
    made: dict[str, Any] = client.post("/v1/callback-secrets", json={}).json()
    return made


def test_a_secret_that_was_rotated_while_the_job_ran(received: WebhookReceiver) -> None:
    """The receiver has the new one; the callback is signed with the former, which the account still lists."""
    with serving("runflow", held=True) as server, runflow(server) as client:
        former = made_secret(client)
        client.post(
            f"{LITE}/runs",
            json={"input": {"prompt": "x"}, "callback_url": received.url},
            headers={"Prefer": "fault=callback-rotated-secret"},
        )
        present = made_secret(client)
        client.patch(f"/v1/callback-secrets/{present['id']}", json={"is_current": True})
        server.advance(60)
        signature = server.simulator.provider("runflow").contract.callbacks.signature

        assert signature is not None
        found = received.headers[0][signature.header.lower()]
        assert found == sign(signature, former["plain_secret"], received.bodies[0])


@pytest.mark.parametrize(
    "fault", ["callback-badly-signed", "callback-rotated-secret", "callback-oversized; bytes=9000"]
)
def test_where_an_account_has_no_secret_yet(received: WebhookReceiver, fault: str) -> None:
    """A bad signature is still one; what would not be signed is not signed for its size."""
    with serving("runflow", held=True) as server, runflow(server) as client:
        client.post(
            f"{LITE}/runs",
            json={"input": {"prompt": "x"}, "callback_url": received.url},
            headers={"Prefer": f"fault={fault}"},
        )
        server.advance(60)

    assert ("runflow-signature" in received.headers[0]) == ("signed" in fault or "secret" in fault)


def test_a_batch_tells_under_the_fault_of_its_submit(received: WebhookReceiver) -> None:
    """It starts several jobs, and sends one callback."""
    with serving("runflow", held=True) as server, runflow(server) as client:
        made = client.post(
            f"{LITE}/batches",
            json={"input": [{"prompt": "x"}, {"prompt": "y"}], "callback_url": received.url},
            headers={"Prefer": "fault=callback-duplicated; times=3"},
        )
        assert made.status_code == 201, made.text
        server.advance(60)

    assert [orjson.loads(body)["event"] for body in received.bodies] == ["batch.succeeded"] * 3


def test_webhooks_are_damaged_as_callbacks_are(received: WebhookReceiver) -> None:
    """For every subscriber of the run."""
    with serving("runflow", held=True) as server, runflow(server) as client:
        client.post("/v1/webhooks", json={"url": received.url, "event_subscriptions": []})
        client.post(
            f"{LITE}/runs", json={"input": {"prompt": "x"}}, headers={"Prefer": "fault=callback-lost; attempts=1"}
        )
        server.advance(60)
        attempts = server.journal.attempts()

    assert [attempt.fault is not None for attempt in attempts] == [True, False]
    assert len(received.bodies) == 1
