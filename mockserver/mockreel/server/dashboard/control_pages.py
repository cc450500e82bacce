"""The pages that control: rules for scenarios and faults, readings, accounts and their money."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mockreel.engine.accounts.account import Account
from mockreel.engine.billing import Standing, plain, unspent
from mockreel.engine.faults import catalogue
from mockreel.engine.scenarios.rules import Rule
from mockreel.server.dashboard.pages import Desk
from mockreel.server.dashboard.renderer import Region
from mockreel.simulator.provider import Part
from mockreel.simulator.simulator import Stage

# So many accounts, and so many movements of each, are shown; the control API has all.
MOST_ACCOUNTS = 100
MOST_MOVEMENTS = 20


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule in words."""

    id: int
    wants: str
    where: str
    seen: int


class RulesView:
    """The rules, and a form for one more: a scenario or a fault."""

    template, tab, title = "rules.html", "Rules", "Scenarios and faults"

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def regions(self) -> list[Region]:
        stage = self._desk.stage
        found = [(str(rule.id), rule_row(rule)) for rule in stage.rules.all]
        return [
            self._desk.region("rule_row", found, tag="li"),
            self._desk.region("rules_tail", [("tail", len(found))]),
        ]

    def values(self) -> Mapping[str, Any]:
        stage = self._desk.stage
        return {
            "providers": list(stage.parts),
            "scenarios": scenarios(stage),
            "codes": codes(stage),
            "faults": catalogue(),
            "operations": sorted({one.id for part in stage.parts.values() for one in part.contract.operations}),
            "models": sorted({name for part in stage.parts.values() for name in part.contract.models}),
        }


def rule_row(rule: Rule) -> RuleRow:
    """A rule as a sentence in two halves: what it wants, and of which requests."""
    row = dict(rule.row())
    fault = row["fault"]
    if fault:
        own = {name: value for name, value in fault.items() if name not in ("name", "fault")}
        wants = f"fault {rule.fault.name if rule.fault else ''}{_in_words(own)}"
    elif rule.result is not None:
        wants = f"result {rule.result if len(rule.result) < 60 else rule.result[:59] + '…'}"
    else:
        code = f", code {row['code']}" if row["code"] else ""
        wants = f"scenario {row['scenario']}{code}"
    said = {name: row[name] for name in ("provider", "model", "operation", "prompt") if row.get(name) is not None}
    where = ", ".join(f"{name} {value!r}" for name, value in said.items()) or "every request"
    if row.get("nth") is not None:
        where += f", only match number {row['nth']}"
    if row.get("probability") is not None:
        where += f", {100 * row['probability']:g} % of them"
    return RuleRow(rule.id, wants, where, rule.seen)


def _in_words(values: Mapping[str, Any]) -> str:
    return "".join(f", {name.replace('_', ' ')} {value}" for name, value in values.items() if value is not None)


def scenarios(stage: Stage) -> dict[str, list[str]]:
    """Every scenario with the providers that have it."""
    found: dict[str, list[str]] = {}
    for part in stage.parts.values():
        for name in part.contract.scenarios.names:
            found.setdefault(name, []).append(part.name)
    return found


def codes(stage: Stage) -> list[str]:
    """Every failure and refusal that a rule may name."""
    parts = stage.parts.values()
    return sorted({name for part in parts for name in (*part.contract.failures, *part.contract.errors)})


@dataclass(frozen=True, slots=True)
class ReadingRow:
    """One contradiction of the docs, its options and what is chosen."""

    provider: str
    id: str
    question: str
    chosen: str
    default: str
    options: tuple[tuple[str, str, str], ...]  # name, what it says, evidence


class ReadingsView:
    """Every reading, to be switched while the stage runs."""

    template, tab, title = "readings.html", "Readings", "Readings"

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def regions(self) -> list[Region]:
        return [self._desk.region("reading_row", _readings(self._desk.stage), tag="li")]

    def values(self) -> Mapping[str, Any]:
        return {}


def _readings(stage: Stage) -> Iterator[tuple[str, ReadingRow]]:
    for part in stage.parts.values():
        for name, reading in part.contract.readings.items():
            options = tuple((one.name, one.says, one.evidence.kind) for one in reading.options.values())
            chosen = part.contract.chosen[name]
            yield f"{part.name}/{name}", ReadingRow(part.name, name, reading.question, chosen, reading.default, options)


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account and its money, newest movements first."""

    provider: str
    name: str
    keys: tuple[str, ...]
    jobs: int
    sums: tuple[tuple[str, str], ...]
    currency: str
    balance: str
    limited: bool
    movements: tuple[tuple[float, str, str, str], ...]  # when, what, how much, for which job


class AccountsView:
    """Who has how much, and what was not spent."""

    template, tab, title = "accounts.html", "Accounts", "Accounts"

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def regions(self) -> list[Region]:
        stage = self._desk.stage
        accounts = [
            (part, account) for part in stage.parts.values() for account in list(part.keyring.accounts.values())
        ]
        found = [(f"{part.name}/{one.number}", account_row(part, one)) for part, one in accounts[-MOST_ACCOUNTS:]]
        per_part = [(part.contract.title, part.ledger.unspent(stage.clock.now())) for part in stage.parts.values()]
        return [
            self._desk.region("unspent", [("sum", {"all": unspent(stage), "parts": per_part})]),
            self._desk.region("account_row", found, tag="li"),
        ]

    def values(self) -> Mapping[str, Any]:
        return {}


def account_row(part: Part, account: Account) -> AccountRow:
    """How an account stands."""
    now = part.clock.now()
    standing: Standing = part.ledger.standing(account, now)
    movements = [
        (one.at, one.sort, "unknown" if one.amount is None else plain(one.amount), one.job.id if one.job else "")
        for one in part.ledger.newest(account, now, most=MOST_MOVEMENTS)
    ]
    return AccountRow(
        part.name,
        account.name,
        account.keys,
        len(account.jobs),
        tuple(_sums(standing)),
        standing.currency,
        "" if standing.shown is None else plain(standing.shown),
        standing.limited,
        tuple(movements),
    )


def _sums(standing: Standing) -> Iterator[tuple[str, str]]:
    amounts = {
        "balance": standing.left,
        "held": standing.held,
        "charged": standing.taken,
        "opening balance": standing.opening,
        "added by hand": standing.added or None,
    }
    for word, amount in amounts.items():
        if amount is not None:
            yield word, f"{plain(amount)} {standing.currency}"
    if standing.unknown:
        yield "of unknown price", f"{standing.unknown} job{'' if standing.unknown == 1 else 's'}"
