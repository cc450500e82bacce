"""What should happen to a request: its `Prefer` header, then the rules, then its key, then the default."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from understudy.contract import Contract, ErrorRow, Scenarios
from understudy.errors import OptionError


@dataclass(frozen=True, slots=True)
class Wish:
    """A scenario by name, with the code that it should play."""

    scenario: str
    code: str | None = None


@dataclass(slots=True)
class Rule:
    """A wish for every request that fits: by provider, model, part of the prompt, and which call it is.

    `nth` counts the requests that fit otherwise, from 1; None means all of them.
    """

    id: int
    wish: Wish
    provider: str | None = None
    model: str | None = None
    prompt: str | None = None
    nth: int | None = None
    seen: int = field(default=0, compare=False)

    def fits(self, provider: str, model: str | None, prompt: str) -> bool:
        """Whether the rule decides this request; counts it if so."""
        if self.provider not in (None, provider) or self.model not in (None, model):
            return False
        if self.prompt is not None and self.prompt not in prompt:
            return False
        self.seen += 1
        return self.nth in (None, self.seen)

    def row(self) -> Mapping[str, Any]:
        """The rule as the control API shows it."""
        return {
            "id": self.id,
            "scenario": self.wish.scenario,
            "code": self.wish.code,
            "provider": self.provider,
            "model": self.model,
            "prompt": self.prompt,
            "nth": self.nth,
            "seen": self.seen,
        }


class Rules:
    """The rules of a stage, in the order in which they were set; the first that fits decides."""

    def __init__(self) -> None:
        self._ids = count(1)
        self.all: list[Rule] = []

    def add(self, wish: Wish, **conditions: Any) -> Rule:
        """One more rule, behind the others."""
        rule = Rule(next(self._ids), wish, **conditions)
        self.all.append(rule)
        return rule

    def clear(self) -> None:
        """Take all away, and count the next ones from 1."""
        self.all.clear()
        self._ids = count(1)

    def remove(self, id: int) -> bool:  # noqa: A002  (what the control API calls it)
        """Take a rule away; whether there was one."""
        before = len(self.all)
        self.all = [rule for rule in self.all if rule.id != id]
        return len(self.all) < before

    def wish(self, provider: str, model: str | None, prompt: str) -> Wish | None:
        """What the first fitting rule wants, or None."""
        return next((rule.wish for rule in self.all if rule.fits(provider, model, prompt)), None)


def preferred(header: bytes | None) -> Wish | None:
    """The wish in a `Prefer` header (RFC 7240): `scenario=fail; code=X`; None where it names no scenario."""
    if header is None or b"scenario" not in header.lower():
        return None
    for preference in header.decode("latin-1").split(","):
        words = dict(_word(part) for part in preference.split(";"))
        if "scenario" in words:
            return Wish(words["scenario"], words.get("code"))
    return None


def _word(part: str) -> tuple[str, str]:
    name, _, value = part.partition("=")
    return name.strip().lower(), value.strip().strip('"')


def check_wish(contract: Contract, wish: Wish) -> None:
    """See that a provider has what is wished.

    Raises:
        OptionError: it has no such scenario; the message lists what there is.
    """
    if wish.scenario not in contract.scenarios.names:
        raise OptionError(f"scenario for {contract.provider}", wish.scenario, contract.scenarios.names)


def refusal(contract: Contract, wish: Wish) -> ErrorRow | None:
    """The error row that a reply scenario plays; None for a job scenario.

    Raises:
        OptionError: no error row has the wished code.
    """
    scenarios: Scenarios = contract.scenarios
    scenario = scenarios.requests.get(wish.scenario)
    if scenario is None:
        return None
    if scenario.row != "by-code":
        return contract.errors[scenario.row]
    return error_by_code(contract, wish.code)


def error_by_code(contract: Contract, code: str | None) -> ErrorRow:
    """The error row with that name or wire code."""
    rows = contract.errors.values()
    for row in rows:
        if code is not None and code in (row.name, str(row.code)):
            return row
    valid = sorted({*contract.errors, *(str(row.code) for row in rows if row.code is not None)})
    raise OptionError(f"error code for {contract.provider}", code, valid)
