"""Rules: what every request that fits is to meet, a scenario or a fault; asked in the order of their setting."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, NamedTuple

from mockreel.engine.artifacts.own_result import OwnResult, OwnResults
from mockreel.engine.faults import Fault, Sort
from mockreel.engine.randomness import digest
from mockreel.engine.scenarios.preferences import Preference

# What a rule may ask of a request, beside what it wants.
CONDITIONS = ("provider", "model", "operation", "prompt", "nth", "probability")

_SCALE = 1.0 / (1 << 64)


class Asked(NamedTuple):
    """What a rule looks at; `account` is the number of the caller's account, 0 where nobody is known."""

    provider: str
    model: str | None = None
    prompt: str = ""
    operation: str | None = None
    account: int = 0


@dataclass(slots=True)
class Rule:
    """A scenario, a fault or a result for every request that fits: by provider, model, operation, prompt, and turn.

    `nth` counts the requests that fit otherwise, from 1; None means all of them. Of those that are left it meets a
    part, by `probability`.
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

    def fits(self, asked: Asked, chance: Callable[["Rule", Asked], float]) -> bool:
        """Whether the rule decides this request; counts it if so."""
        if self.provider not in (None, asked.provider) or self.model not in (None, asked.model):
            return False
        if self.operation not in (None, asked.operation):
            return False
        if self.prompt is not None and self.prompt not in asked.prompt:
            return False
        self.seen += 1
        if self.nth not in (None, self.seen):
            return False
        return self.probability is None or chance(self, asked) < self.probability

    @property
    def has_conditions(self) -> bool:
        """Whether it is for some requests only."""
        return any(getattr(self, name) is not None for name in CONDITIONS)

    def turn(self, asked: Asked) -> int:
        """How many requests of this account it has met by chance; one more now."""
        key = (asked.provider, asked.account)
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
    """The rules of a simulator; the first that fits decides, for scenarios, for responses and for callbacks apart.

    Args:
        seed: what chance is drawn from: the same seed and calls meet the same.
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
        """As at the beginning: with nothing met yet, and the next number behind the first rules."""
        self.put_back(replace(rule, seen=0, turns={}) for rule in self._first)

    def add(self, wanted: Preference | Fault | OwnResult, **conditions: Any) -> Rule:
        """One more rule, behind the others."""
        if isinstance(wanted, Fault):
            rule = Rule(next(self._ids), None, fault=wanted, **conditions)
        elif isinstance(wanted, OwnResult):
            rule = Rule(next(self._ids), None, result=wanted.text, **conditions)
        else:
            rule = Rule(next(self._ids), wanted, **conditions)
        self.all.append(rule)
        return rule

    def clear(self) -> None:
        """Take all away, and count the next ones from 1."""
        self.all.clear()
        self._ids = count(1)

    def put_back(self, rules: Iterable[Rule]) -> None:
        """Have these rules, with their numbers; the next one has a higher number."""
        self.all = list(rules)
        self._ids = count(max((rule.id for rule in self.all), default=0) + 1)

    def remove(self, id: int) -> bool:  # noqa: A002  (what the control API calls it)
        """Take a rule away; whether there was one."""
        before = len(self.all)
        self.all = [rule for rule in self.all if rule.id != id]
        return len(self.all) < before

    def preference(self, asked: Asked) -> Preference | None:
        """The scenario that the first fitting rule wants, or None."""
        return next((rule.preference for rule in self.all if rule.preference and rule.fits(asked, self._chance)), None)

    def result(self, asked: Asked) -> str | None:
        """The name of the result that the first fitting rule gives, or None; one without conditions is asked last."""
        giving = sorted((rule for rule in self.all if rule.result), key=lambda rule: not rule.has_conditions)
        return next((rule.result for rule in giving if rule.fits(asked, self._chance)), None)

    def fault(self, sort: Sort, asked: Asked, able: Callable[[Fault], bool]) -> Fault | None:
        """The fault of a sort that the first fitting rule wants, or None.

        A rule that names no provider holds for those who are `able`.
        """
        for rule in self.all:
            fault = rule.fault
            if fault is None or fault.kind.sort != sort or not (rule.provider or able(fault)):
                continue
            if rule.fits(asked, self._chance):
                return fault
        return None

    def _chance(self, rule: Rule, asked: Asked) -> float:
        """Evenly from 0 to 1; each account's requests are drawn for themselves, whatever comes beside them."""
        block = digest(self._seed, "rule", rule.id, asked.provider, asked.account, rule.turn(asked), size=8)
        return int.from_bytes(block, "big") * _SCALE
