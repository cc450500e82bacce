"""The expected behaviour of a job, by a model that is much simpler than the engine: sums, and ordered words."""

from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from mockreel.contract import Contract, DeliveryPolicy, JobScenario
from mockreel.contract.conversation.conversation import JobTalk
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.simulator.in_process.memory_receiver import Behaviour
from mockreel.webhooks import Outcome
from mockreel.webhooks.retry_policy import retried

# A sum of seconds is rounded.
ROUNDING = 1e-6


@dataclass
class Life:
    """One job as a client knows it, and what its scenario says."""

    talk: JobTalk
    scenario: JobScenario
    created: float
    submit: SentRequest
    response: ReceivedResponse
    poll: SentRequest
    id: str
    url: str | None = None
    behaviours: tuple[Behaviour, ...] = ()
    cancelled: float | None = None
    seen: list[Any] = field(default_factory=list)
    over: Any = None  # the word of its last state


def soonest_and_latest(contract: Contract, life: Life) -> list[tuple[float, float]]:
    """For each state of the scenario, the range of seconds after creation in which it starts."""
    pace = contract.scenarios.paces["quick"]
    spans = [pace.get(name, (0.0, 0.0)) for name in life.scenario.states[:-1]]
    stretch = life.scenario.stretch
    lows = accumulate((low * stretch for low, _ in spans), initial=0.0)
    highs = accumulate((high * stretch for _, high in spans), initial=0.0)
    return list(zip(lows, highs, strict=True))


def possible_words(contract: Contract, life: Life, now: float) -> list[str]:
    """The words that a poll may show now, by the scenario's states and the time that each may take."""
    age = now - life.created
    states = [contract.lifecycle.states[name] for name in life.scenario.states]
    begins = soonest_and_latest(contract, life)
    found = []
    for at, state in enumerate(states):
        ends_by = begins[at + 1][1] if at + 1 < len(states) else float("inf")
        if begins[at][0] <= age + ROUNDING and age - ROUNDING <= ends_by:
            found.append(state.word)
    return found


def attempts_until(policy: DeliveryPolicy, behaviours: tuple[Behaviour, ...], end: float, now: float) -> list[float]:
    """The times of a callback's attempts up to now, by its policy and the receiver's responses."""
    moment, found = end, list[float]()
    for number in range(policy.attempts):
        if moment > now + ROUNDING:
            break
        found.append(moment)
        behaviour = behaviours[min(number, len(behaviours) - 1)]
        if not _tried_again(policy, behaviour) or number + 1 == policy.attempts:
            break
        moment += policy.delays[number]
    return found


def _tried_again(policy: DeliveryPolicy, behaviour: Behaviour) -> bool:
    if behaviour == "timeout":
        return policy.retry_timeout
    if not isinstance(behaviour, int):
        return policy.retry_network
    return not 200 <= behaviour < 300 and retried(policy, Outcome(behaviour))


def end_between(contract: Contract, life: Life) -> tuple[float, float] | None:
    """The moments between which a job ends; None for one that never does."""
    if not contract.lifecycle.states[life.scenario.states[-1]].terminal and life.cancelled is None:
        return None
    low, high = soonest_and_latest(contract, life)[-1]
    low, high = life.created + low - ROUNDING, life.created + high + ROUNDING
    if life.cancelled is None:
        return low, high
    return life.cancelled, life.cancelled + ROUNDING
