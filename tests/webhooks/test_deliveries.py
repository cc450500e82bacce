"""Deliveries: attempts as the policy says, by the simulator's clock, the same bytes each time, bounded."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.caller import FOURTH, START, Caller, MakeSimulator

from mockreel.contract import DeliveryPolicy, load_contract
from mockreel.engine.accounts.account import Account
from mockreel.engine.clock import Clock
from mockreel.engine.scheduler import Scheduler
from mockreel.webhooks import Attempt, Deliveries, Delivery, MemorySender, Outcome, Outgoing, describe
from mockreel.webhooks.retry_policy import retried

POLICY = load_contract("encore", root=FOURTH).callbacks.policies["callback"]
NETWORK = Outcome(error="network", detail="refused")
TIMEOUT = Outcome(error="timeout", detail="no answer within 10 s")
FORBIDDEN = Outcome(error="not allowed", detail="port 1 is mockreel itself")
Run = Callable[[Awaitable[Any]], Any]


class Rig:
    """Deliveries on a paused clock; `answers` are the receiver's responses in order, the last one repeated."""

    def __init__(self, *answers: int | Outcome, **options: Any) -> None:
        self.clock = Clock(start=START, held=True)
        self.scheduler = Scheduler(self.clock)
        self.left = list(answers)
        self.sender = MemorySender(self._answer)
        self.times: list[float] = []
        self.deliveries = Deliveries(clock=self.clock, scheduler=self.scheduler, sender=self.sender, **options)

    def _answer(self, _: Outgoing) -> int | Outcome:
        self.times.append(round(self.clock.now() - START, 6))
        return self.left.pop(0) if len(self.left) > 1 else self.left[0]

    def schedule(self, policy: DeliveryPolicy = POLICY, **fields: Any) -> Delivery:
        number = len(self.deliveries)
        delivery = Delivery(
            **{
                "id": f"d{number}",
                "subject": "job",
                "kind": "callback",
                "account": Account(1, "one"),
                "url": "http://127.0.0.1:9/hook",
                "event": "job.done",
                "body": b'{"a":1}',
                "headers": (("X-Signature", "abc"),),
                "policy": policy,
                "created": self.clock.now(),
                **fields,
            }
        )
        self.deliveries.schedule(delivery)
        return delivery

    def advance(self, seconds: float) -> None:
        asyncio.run(self.scheduler.advance(seconds))


def test_attempts_come_one_and_two_seconds_after_the_last_failed() -> None:
    """At 0, at 1 and at 3, to the instant, and no earlier."""
    rig = Rig(500)
    delivery = rig.schedule()
    for step in (0, 0.999, 0.001, 1.999, 0.001, 1000):
        rig.advance(step)

    assert rig.times == [0.0, 1.0, 3.0]
    assert [(one.number, one.at - START, one.succeeded) for one in delivery.attempts] == [
        (1, 0.0, False),
        (2, 1.0, False),
        (3, 3.0, False),
    ]
    assert (delivery.status, delivery.reason, delivery.completed) == ("failed", "answered 500", START + 3)


@pytest.mark.parametrize(
    ("answers", "times", "status", "reason"),
    [
        ([200], [0.0], "delivered", ""),
        ([204], [0.0], "delivered", ""),
        ([500, 200], [0.0, 1.0], "delivered", ""),
        ([503, 599, 299], [0.0, 1.0, 3.0], "delivered", ""),
        ([NETWORK, TIMEOUT, 200], [0.0, 1.0, 3.0], "delivered", ""),
        ([NETWORK], [0.0, 1.0, 3.0], "failed", "refused"),
        ([TIMEOUT], [0.0, 1.0, 3.0], "failed", "no answer within 10 s"),
        ([404], [0.0], "failed", "answered 404"),
        ([400], [0.0], "failed", "answered 400"),
        ([429], [0.0], "failed", "answered 429"),
        ([301], [0.0], "failed", "answered 301"),
        ([308], [0.0], "failed", "answered 308"),
        ([500, 404], [0.0, 1.0], "failed", "answered 404"),
        ([FORBIDDEN], [0.0], "failed", "port 1 is mockreel itself"),
    ],
)
def test_only_what_the_policy_names_is_tried_again(
    answers: list[int | Outcome], times: list[float], status: str, reason: str
) -> None:
    """5xx, the network and a timeout; 3xx and 4xx are final, and so is a target that is not allowed."""
    rig = Rig(*answers)
    delivery = rig.schedule()
    rig.advance(100)

    assert rig.times == times
    assert (delivery.status, delivery.reason) == (status, reason)
    assert delivery.next_at is None


statuses = st.sampled_from([200, 204, 301, 400, 404, 429, 500, 503])
outcomes = statuses | st.sampled_from([NETWORK, TIMEOUT, FORBIDDEN])
patterns = st.lists(st.sampled_from(["2xx", "5xx", "4xx", "404", "42x", "!2xx", "!5xx"]), max_size=2).map(tuple)
policies = st.integers(1, 4).flatmap(
    lambda attempts: st.builds(
        DeliveryPolicy,
        attempts=st.just(attempts),
        delays=st.tuples(*[st.integers(0, 8).map(lambda n: n / 4)] * (attempts - 1)),
        timeout=st.just(10.0),
        success=patterns,
        retry_statuses=patterns,
        retry_network=st.booleans(),
        retry_timeout=st.booleans(),
        evidence=st.just(POLICY.evidence),
    )
)


def fits(status: int | None, patterns: tuple[str, ...]) -> bool:
    """A status and patterns, letter by letter."""

    def one(pattern: str) -> bool:
        word = pattern.removeprefix("!")
        same = all(letter in ("x", digit) for letter, digit in zip(word, str(status), strict=True))
        return same != pattern.startswith("!")

    return status is not None and any(one(pattern) for pattern in patterns)


@given(policies, st.lists(outcomes, min_size=4, max_size=4))
def test_every_policy_is_followed_to_the_letter(policy: DeliveryPolicy, answers: list[int | Outcome]) -> None:
    """Compared with a naive schedule of attempts, for any policy and any responses."""
    expected, at, status = [], 0.0, "failed"
    for number, answer in enumerate(answers[: policy.attempts], 1):
        expected.append(at)
        outcome = Outcome(answer) if isinstance(answer, int) else answer
        if fits(outcome.status, policy.success):
            status = "delivered"
            break
        again = {"network": policy.retry_network, "timeout": policy.retry_timeout, "not allowed": False}
        if not (again[outcome.error] if outcome.error else fits(outcome.status, policy.retry_statuses)):
            break
        at += policy.delays[number - 1] if number < policy.attempts else 0.0

    rig = Rig(*answers)
    delivery = rig.schedule(policy)
    rig.advance(100)

    assert rig.times == expected
    assert delivery.status == status
    assert len(rig.scheduler) == 0


def test_the_bytes_are_frozen_across_attempts() -> None:
    """Body and headers are the same each time: a signature made once signs them all."""
    rig = Rig(500)
    rig.schedule()
    rig.advance(10)

    assert len(rig.sender.sent) == 3
    assert len({(one.url, one.headers, one.body, one.timeout) for one in rig.sender.sent}) == 1
    assert rig.sender.sent[0] == Outgoing("http://127.0.0.1:9/hook", (("X-Signature", "abc"),), b'{"a":1}', 0.5)


def test_the_delay_counts_from_the_end_of_the_attempt() -> None:
    """A slow receiver is not retried sooner."""
    clock = Clock(start=START, held=True)
    scheduler = Scheduler(clock)
    began: list[float] = []

    class Slow(MemorySender):
        async def send(self, message: Outgoing) -> Outcome:
            began.append(clock.now() - START)
            clock.advance_to(clock.now() + 5)
            return Outcome(500)

    deliveries = Deliveries(clock=clock, scheduler=scheduler, sender=Slow())
    rig = Rig(500)
    delivery = rig.schedule()
    deliveries.schedule(replace(delivery, attempts=[], status="pending"))
    asyncio.run(scheduler.advance(20))

    assert began == [0.0, 6.0, 13.0]


def test_a_delivery_can_begin_later() -> None:
    """It waits for its moment."""
    rig = Rig(200)
    delivery = rig.schedule()
    rig.advance(0)
    later = replace(delivery, id="later", attempts=[], status="pending")
    rig.deliveries.schedule(later, at=START + 7)
    rig.advance(6.9)
    assert (later.status, later.next_at) == ("pending", START + 7)

    rig.advance(0.1)

    assert (later.status, later.updated) == ("delivered", START + 7)


def test_deliveries_are_found_by_id_and_by_what_they_tell_of() -> None:
    """Oldest first."""
    rig = Rig(200)
    first, _, third = (rig.schedule(subject=subject) for subject in ("a", "b", "a"))

    assert rig.deliveries.of("a") == [first, third]
    assert list(rig.deliveries.of("none")) == []
    assert rig.deliveries.get("d2") is third
    assert rig.deliveries.get("none") is None


def test_observers_are_called_at_the_end_of_every_attempt() -> None:
    """With its outcome, and the delivery as it is then."""
    rig = Rig(500, 200)
    reported: list[tuple[int, int | None, str]] = []

    def watch(delivery: Delivery, attempt: Attempt) -> None:
        reported.append((attempt.number, attempt.outcome.status, delivery.status))

    rig.deliveries.observer = watch
    rig.schedule()
    rig.advance(10)

    assert reported == [(1, 500, "pending"), (2, 200, "delivered")]


def test_beyond_the_limit_the_oldest_finished_one_is_forgotten() -> None:
    """One that waits still is not."""
    rig = Rig(200, limit=3)
    for _ in range(3):
        rig.schedule()
        rig.advance(0)
    waiting = replace(rig.schedule(subject="x"), id="w", attempts=[], status="pending")
    rig.advance(0)
    rig.deliveries.schedule(waiting, at=START + 99)
    rig.advance(0)

    assert len(rig.deliveries) == 3
    assert rig.deliveries.get("w") is waiting
    assert rig.deliveries.get("d0") is None
    assert len(rig.deliveries.of("job")) == 1


def test_more_than_the_limit_do_not_wait() -> None:
    """The next one fails at once with the reason, and can be sent again when others have finished."""
    rig = Rig(200, most_waiting=2)
    waiting = [rig.schedule(id=f"w{number}") for number in range(3)]

    assert [one.status for one in waiting] == ["pending", "pending", "failed"]
    assert waiting[2].reason == "2 deliveries are waiting already"
    rig.advance(0)
    assert rig.schedule(id="again").status == "pending"
    assert rig.scheduler.next_due is not None


def test_more_bytes_than_the_limit_do_not_wait() -> None:
    """The next one fails at once with the reason; one that has finished makes room."""
    rig = Rig(200, most_bytes=10)
    waiting = [rig.schedule(id=f"w{number}", body=b"x" * 5) for number in range(3)]

    assert [one.status for one in waiting] == ["pending", "pending", "failed"]
    assert waiting[2].reason == "the deliveries that are waiting already have 10 bytes, of 10"
    rig.advance(0)
    assert rig.schedule(id="again", body=b"x" * 10).status == "pending"


def test_all_that_fell_due_while_a_server_was_down_is_sent() -> None:
    """Thousands more than are listed afterwards: none fails because the others wait."""
    rig = Rig(200)
    every = [rig.schedule(id=f"d{number}") for number in range(10_001)]
    rig.advance(0)

    assert {one.status for one in every} == {"delivered"}


def test_a_body_that_is_too_large_is_not_sent() -> None:
    """The delivery says so."""
    rig = Rig(200, max_body=10)
    delivery = rig.schedule(body=b"x" * 11)
    rig.advance(0)

    assert (delivery.status, delivery.reason) == ("failed", "the body has 11 bytes, more than 10")
    assert not rig.sender.sent


def test_deliveries_do_not_disturb_each_other() -> None:
    """A thousand at one instant: each is tried by its own count, none is lost."""
    rig = Rig(200)
    rig.sender.receiver = lambda message: 500 if message.body.endswith(b"0}") else 200
    every = [rig.schedule(id=f"d{number}", body=b'{"n":%d}' % number) for number in range(1000)]
    rig.advance(5)

    assert [len(one.attempts) for one in every] == [3 if number % 10 == 0 else 1 for number in range(1000)]
    assert {one.status for one in every} == {"delivered", "failed"}


@pytest.mark.parametrize(
    ("outcome", "words"), [(Outcome(404), "answered 404"), (NETWORK, "refused"), (TIMEOUT, "no answer within 10 s")]
)
def test_an_outcome_is_described_as_text(outcome: Outcome, words: str) -> None:
    """For people."""
    assert describe(outcome) == words
    assert retried(POLICY, outcome) == (outcome.error is not None)


class Stuck(MemorySender):
    """Never comes back from its first message."""

    async def send(self, message: Outgoing) -> Outcome:
        outcome = await super().send(message)
        if len(self.sent) == 1:
            await asyncio.Event().wait()
        return outcome


def test_an_attempt_that_its_event_loop_did_not_end_is_made_again(make_encore: MakeSimulator) -> None:
    """On the next loop, as some test clients make one for each request."""
    simulator, sender = make_encore(), Stuck()
    provider = simulator.provider("encore")
    provider.deliveries.send_through(lambda _: sender)
    body = {"model": "solo", "input": {"prompt": "x"}, "tell": "http://127.0.0.1:9/hook"}
    Caller(provider, "en_user_one")("POST", "/v1/jobs", body)

    async def begun() -> None:
        task = asyncio.ensure_future(simulator.advance(100))
        while not sender.sent:
            await asyncio.sleep(0)
        assert not task.done()

    async def ended() -> None:
        await simulator.advance(100)

    asyncio.run(begun())
    asyncio.run(ended())

    (delivery,) = provider.deliveries
    assert (len(sender.sent), delivery.status, len(delivery.attempts)) == (2, "delivered", 1)
