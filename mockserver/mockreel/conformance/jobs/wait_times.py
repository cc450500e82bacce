"""How long to wait for what: a job's end, each attempt at a callback, and an attempt that should not come."""

from collections.abc import Sequence
from dataclasses import dataclass

from mockreel.contract import Contract, DeliveryPolicy
from mockreel.simulator.in_process.memory_receiver import Behaviour

# On the mock server, where time costs nothing: seconds between polls, until a job's end, until a webhook.
OWN_STEP, OWN_PATIENCE, OWN_GRACE = 0.15, 15.0, 15.0
# Over a network: seconds between two looks at a job of such an age.
STEPS = ((5.0, 0.5), (20.0, 1.0), (60.0, 2.0))
LONGEST_STEP = 4.0
# Over a network a callback may come so long after its job has ended, and a job may take so many times as long as its
# document says.
GRACE, TIMES = 30.0, 2.0
# A job without a documented duration.
UNKNOWN = 60.0


@dataclass(frozen=True)
class Waits:
    """The waits of one contract at one kind of target; `own` is our own mock server, on its own clock."""

    contract: Contract
    own: bool

    def step(self, age: float) -> float:
        """How long until a job of this age is looked at again."""
        if self.own:
            return OWN_STEP
        return next((step for most, step in STEPS if age < most), LONGEST_STEP)

    @property
    def documented(self) -> float:
        """How long a job may take by the contract's slowest pace."""
        paces = self.contract.scenarios.paces.values()
        usual = self.contract.scenarios.jobs[self.contract.scenarios.default].states
        return max((sum(pace[state][1] for state in usual if state in pace) for pace in paces), default=UNKNOWN)

    @property
    def wait_timeout(self) -> float:
        """After so long a job must have ended."""
        return OWN_PATIENCE if self.own else TIMES * self.documented + 10

    @property
    def grace(self) -> float:
        """So long after the end of its job the first attempt at a callback must have come."""
        return OWN_GRACE if self.own else GRACE

    def delivery(self, policy: DeliveryPolicy, behaviours: Sequence[Behaviour]) -> float:
        """From the first attempt to the end of the last one that a policy makes."""
        count = attempts_after(policy, behaviours)
        held = [policy.timeout if _at(behaviours, number) in ("timeout", "slow") else 0.0 for number in range(count)]
        return sum(policy.delays[: count - 1]) + sum(held)

    def after(self, policy: DeliveryPolicy, count: int) -> float:
        """So long after the last attempt no further one may come."""
        if count < policy.attempts:
            return 1.5 * policy.delays[count - 1] + 2 if count <= len(policy.delays) else 2.0
        last = policy.delays[-1] if policy.delays else 1.0
        return min(2 * last + 1, last + 15)


def attempts_after(policy: DeliveryPolicy, behaviours: Sequence[Behaviour]) -> int:
    """How many attempts a policy makes when they are answered so, in order, the last answer over and over."""
    for number in range(policy.attempts):
        if not is_tried_again(policy, _at(behaviours, number)):
            return number + 1
    return policy.attempts


def is_tried_again(policy: DeliveryPolicy, answer: Behaviour) -> bool:
    """Whether an attempt that is answered so is followed by another."""
    if answer == "slow":
        return False
    if isinstance(answer, int):
        return any(_fits(answer, pattern) for pattern in policy.retry_statuses)
    return policy.retry_timeout if answer == "timeout" else policy.retry_network


def _at(behaviours: Sequence[Behaviour], number: int) -> Behaviour:
    return behaviours[min(number, len(behaviours) - 1)]


def _fits(status: int, pattern: str) -> bool:
    plain = pattern.removeprefix("!")
    fits = all(want in ("x", digit) for want, digit in zip(plain.lower(), str(status), strict=True))
    return fits != pattern.startswith("!")
