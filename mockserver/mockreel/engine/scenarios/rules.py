"""Rules: the scenario or fault for every matching request, in the order in which the rules were set."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, NamedTuple

from mockreel.engine.artifacts.custom_result import OwnResult, OwnResults
from mockreel.engine.faults import Fault, Sort
from mockreel.engine.randomness import digest
from mockreel.engine.scenarios.preferences import Preference

# The conditions of a rule.
CONDITIONS = ("provider", "model", "operation", "prompt", "nth", "probability")

_SCALE = 1.0 / (1 << 64)


class RequestTraits(NamedTuple):
    """What a rule can match; `account` is the number of the caller's account, 0 if unknown."""

    provider: str
    model: str | None = None
    prompt: str = ""
    operation: str | None = None
    account: int = 0


@dataclass(slots=True)
class Rule:
    """A scenario, a fault or a result for matching requests: by provider, model, operation, prompt and count.

    `nth` counts the otherwise matching requests, from 1; None means all of them. `probability` selects a share of the
    rest.
    """

    id: int
    preference: Preference | None
    provider: str | None = None
    model: str | None = None
    operation: str | None = None
    prompt: str | None = None
    nth: int | None = None
    probability: float | None = None
    fault: Fault | None = None
    result: str | None = None  # the name of a result of one's own
    seen: int = field(default=0, compare=False)
    turns: dict[tuple[str, int], int] = field(default_factory=dict, compare=False, repr=False)

    def fits(self, request: RequestTraits, chance: Callable[["Rule", RequestTraits], float]) -> bool:
        """Whether the rule decides this request; counts it if so."""
        if self.provider not in (None, request.provider) or self.model not in (None, request.model):
            return False
        if self.operation not in (None, request.operation):
            return False
        if self.prompt is not None and self.prompt not in request.prompt:
            return False
        self.seen += 1
        if self.nth not in (None, self.seen):
            return False
        return self.probability is None or chance(self, request) < self.probability

    @property
    def has_conditions(self) -> bool:
        """Whether it is for some requests only."""
        return any(getattr(self, name) is not None for name in CONDITIONS)

    def turn(self, request: RequestTraits) -> int:
        """The number of this account's matching requests so far, which counts one more now."""
        key = (request.provider, request.account)
        turn = self.turns[key] = self.turns.get(key, 0) + 1
        return turn

    def row(self) -> Mapping[str, Any]:
        """The rule as the control API shows it, and takes it again but for `id` and `seen`."""
        return {
            "id": self.id,
            "scenario": self.preference.scenario if self.preference else None,
            "code": self.preference.code if self.preference else None,
            "fault": self.fault.row() if self.fault else None,
            "result": self.result,
            **{name: getattr(self, name) for name in CONDITIONS},
            "seen": self.seen,
        }


class Rules:
    """The rules of a simulator; the first match decides, for scenarios, responses and webhooks separately.

    Args:
        seed: of the random choices: the same seed and requests select the same.
    """

    def __init__(self, *, seed: int = 0) -> None:
        self._seed = seed
        self._ids = count(1)
        self.all: list[Rule] = []
        self.results = OwnResults()
        self._first: tuple[Rule, ...] = ()

    def keep_as_first(self) -> None:
        """The rules that there are now are there again whenever the simulator resets."""
        self._first = tuple(self.all)

    def reset(self) -> None:
        """Reset the counts, and continue the numbers after the first rules."""
        self.restore(replace(rule, seen=0, turns={}) for rule in self._first)

    def add(self, effect: Preference | Fault | OwnResult, **conditions: Any) -> Rule:
        """One more rule, behind the others."""
        if isinstance(effect, Fault):
            rule = Rule(next(self._ids), None, fault=effect, **conditions)
        elif isinstance(effect, OwnResult):
            rule = Rule(next(self._ids), None, result=effect.text, **conditions)
        else:
            rule = Rule(next(self._ids), effect, **conditions)
        self.all.append(rule)
        return rule

    def clear(self) -> None:
        """Take all away, and count the next ones from 1."""
        self.all.clear()
        self._ids = count(1)

    def restore(self, rules: Iterable[Rule]) -> None:
        """Have these rules, with their numbers; the next one has a higher number."""
        self.all = list(rules)
        self._ids = count(max((rule.id for rule in self.all), default=0) + 1)

    def remove(self, id: int) -> bool:  # noqa: A002  (what the control API calls it)
        """Take a rule away; whether there was one."""
        before = len(self.all)
        self.all = [rule for rule in self.all if rule.id != id]
        return len(self.all) < before

    def preference(self, request: RequestTraits) -> Preference | None:
        """The scenario of the first matching rule, or None."""
        return next(
            (rule.preference for rule in self.all if rule.preference and rule.fits(request, self._chance)), None
        )

    def result(self, request: RequestTraits) -> str | None:
        """The name of the first matching rule's result, or None; rules without conditions come last."""
        results = sorted((rule for rule in self.all if rule.result), key=lambda rule: not rule.has_conditions)
        return next((rule.result for rule in results if rule.fits(request, self._chance)), None)

    def fault(self, sort: Sort, request: RequestTraits, able: Callable[[Fault], bool]) -> Fault | None:
        """The fault of a kind of the first matching rule, or None.

        A rule without a provider applies to those that are `able`.
        """
        for rule in self.all:
            fault = rule.fault
            if fault is None or fault.kind.sort != sort or not (rule.provider or able(fault)):
                continue
            if rule.fits(request, self._chance):
                return fault
        return None

    def _chance(self, rule: Rule, request: RequestTraits) -> float:
        """Evenly from 0 to 1; each account's requests are drawn for themselves, whatever comes beside them."""
        block = digest(self._seed, "rule", rule.id, request.provider, request.account, rule.turn(request), size=8)
        return int.from_bytes(block, "big") * _SCALE
