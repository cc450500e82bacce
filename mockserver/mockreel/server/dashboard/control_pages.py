"""The pages that control: rules for scenarios and faults, readings, accounts and their money."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mockreel.engine.accounts.account import Account
from mockreel.engine.billing import AccountStatus, cost_avoided, plain
from mockreel.engine.faults import catalogue
from mockreel.engine.scenarios.rules import Rule
from mockreel.server.dashboard.pages import FoundAtOnce, PageContext
from mockreel.server.dashboard.renderer import Region
from mockreel.simulator.provider import Provider
from mockreel.simulator.simulator import Simulator
from mockreel.terminal import counted

# So many accounts, and so many movements of each, are shown; the control API has all.
MOST_ACCOUNTS = 100
MOST_MOVEMENTS = 20


@dataclass(frozen=True, slots=True)
class RuleRow:
    id: int
    effect: str
    where: str
    seen: int


class RulesView(FoundAtOnce):
    """The rules, and a form for one more: a scenario, a fault or a result."""

    template, tab, title = "rules.html", "Rules", "Scenarios and faults"

    def __init__(self, context: PageContext) -> None:
        self._context = context

    def regions(self) -> list[Region]:
        simulator = self._context.simulator
        found = [(str(rule.id), rule_row(rule)) for rule in simulator.rules.all]
        return [
            self._context.region("rule_row", found, tag="li"),
            self._context.region("rules_tail", [("tail", len(found))]),
        ]

    def values(self) -> Mapping[str, Any]:
        simulator = self._context.simulator
        return {
            "providers": list(simulator.providers),
            "scenarios": scenarios(simulator),
            "codes": codes(simulator),
            "faults": catalogue(),
            "operations": sorted(
                {one.id for provider in simulator.providers.values() for one in provider.contract.operations}
            ),
            "models": sorted({name for provider in simulator.providers.values() for name in provider.contract.models}),
        }


def rule_row(rule: Rule) -> RuleRow:
    """A rule as a sentence in two halves: its effect, and the requests that it matches."""
    row = dict(rule.row())
    fault = row["fault"]
    if fault:
        own = {name: value for name, value in fault.items() if name not in ("name", "fault")}
        effect = f"fault {rule.fault.name if rule.fault else ''}{_in_words(own)}"
    elif rule.result is not None:
        effect = f"result {rule.result if len(rule.result) < 60 else rule.result[:59] + '…'}"
    else:
        code = f", code {row['code']}" if row["code"] else ""
        effect = f"scenario {row['scenario']}{code}"
    conditions = {name: row[name] for name in ("provider", "model", "operation", "prompt") if row.get(name) is not None}
    where = ", ".join(f"{name} {value!r}" for name, value in conditions.items()) or "every request"
    if row.get("nth") is not None:
        where += f", only match number {row['nth']}"
    if row.get("probability") is not None:
        where += f", {100 * row['probability']:g} % of them"
    return RuleRow(rule.id, effect, where, rule.seen)


def _in_words(values: Mapping[str, Any]) -> str:
    return "".join(f", {name.replace('_', ' ')} {value}" for name, value in values.items() if value is not None)


def scenarios(simulator: Simulator) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for provider in simulator.providers.values():
        for name in provider.contract.scenarios.names:
            found.setdefault(name, []).append(provider.name)
    return found


def codes(simulator: Simulator) -> list[str]:
    """Every failure and error response that a rule may name."""
    providers = simulator.providers.values()
    return sorted({name for provider in providers for name in (*provider.contract.failures, *provider.contract.errors)})


@dataclass(frozen=True, slots=True)
class ReadingRow:
    """One contradiction of the docs, its options and what is chosen."""

    provider: str
    id: str
    question: str
    chosen: str
    default: str
    options: tuple[tuple[str, str, str], ...]  # name, description, evidence


class ReadingsView(FoundAtOnce):
    """Every reading, to be switched while the mock server runs."""

    template, tab, title = "readings.html", "Readings", "Readings"

    def __init__(self, context: PageContext) -> None:
        self._context = context

    def regions(self) -> list[Region]:
        return [self._context.region("reading_row", _readings(self._context.simulator), tag="li")]

    def values(self) -> Mapping[str, Any]:
        return {}


def _readings(simulator: Simulator) -> Iterator[tuple[str, ReadingRow]]:
    for provider in simulator.providers.values():
        for name, reading in provider.contract.readings.items():
            options = tuple((one.name, one.says, one.evidence.kind) for one in reading.options.values())
            chosen = provider.contract.chosen[name]
            yield (
                f"{provider.name}/{name}",
                ReadingRow(provider.name, name, reading.question, chosen, reading.default, options),
            )


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


class AccountsView(FoundAtOnce):
    """Who has how much, and what was not spent."""

    template, tab, title = "accounts.html", "Accounts", "Accounts"

    def __init__(self, context: PageContext) -> None:
        self._context = context

    def regions(self) -> list[Region]:
        simulator = self._context.simulator
        accounts = [
            (provider, account)
            for provider in simulator.providers.values()
            for account in list(provider.keyring.accounts.values())
        ]
        found = [
            (f"{provider.name}/{one.number}", account_row(provider, one)) for provider, one in accounts[-MOST_ACCOUNTS:]
        ]
        per_part = [
            (provider.contract.title, provider.ledger.cost_avoided(simulator.clock.now()))
            for provider in simulator.providers.values()
        ]
        return [
            self._context.region("cost-avoided", [("sum", {"all": cost_avoided(simulator), "parts": per_part})]),
            self._context.region("account_row", found, tag="li"),
        ]

    def values(self) -> Mapping[str, Any]:
        return {}


def account_row(provider: Provider, account: Account) -> AccountRow:
    now = provider.clock.now()
    status: AccountStatus = provider.ledger.status(account, now)
    movements = [
        (one.at, one.sort, "unknown" if one.amount is None else plain(one.amount), one.job.id if one.job else "")
        for one in provider.ledger.newest(account, now, most=MOST_MOVEMENTS)
    ]
    return AccountRow(
        provider.name,
        account.name,
        account.keys,
        len(account.jobs),
        tuple(_sums(status)),
        status.currency,
        "" if status.shown is None else plain(status.shown),
        status.limited,
        tuple(movements),
    )


def _sums(status: AccountStatus) -> Iterator[tuple[str, str]]:
    amounts = {
        "balance": status.left,
        "held": status.held,
        "charged": status.charged,
        "opening balance": status.opening,
        "added by hand": status.added or None,
    }
    for word, amount in amounts.items():
        if amount is not None:
            yield word, f"{plain(amount)} {status.currency}"
    if status.unknown:
        each = f", assumed at {plain(status.assumed)} {status.currency}" if status.assumed else ""
        yield "of unknown price", f"{counted(status.unknown, 'job')}{each}"
