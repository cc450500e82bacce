"""`mockreel control rules`, `faults`, `balances` and `readings`."""

from typing import TYPE_CHECKING, Any

import click

from mockreel.cli.admin.control_options import ControlSession
from mockreel.engine.artifacts.custom_result import portable
from mockreel.terminal import counted

if TYPE_CHECKING:
    from mockreel.client.admin import Balance, Rule


@click.group("rules")
def group() -> None:
    """Rules: a scenario or a fault for matching requests."""


_NONE = "There are no rules."
_CONDITIONS = ("provider", "model", "operation", "prompt", "nth", "probability")


_HEAD = ("rule", "scenario, fault or result", "matched", "for")


def _row(rule: "Rule") -> tuple[object, ...]:
    fault = "; ".join(f"{k}={v}" for k, v in (rule.fault or {}).items())
    effect = rule.scenario or fault or f"result {rule.result}"
    code = f" {rule.code}" if rule.code else ""
    conditions = [f"{name}={rule.raw[name]}" for name in _CONDITIONS if rule.raw[name] is not None]
    return rule.id, f"{effect}{code}", rule.seen, " ".join(conditions) or "every request"


def _show(session: ControlSession, rules: "tuple[Rule, ...]") -> None:
    session.show_table([rule.raw for rule in rules], _HEAD, lambda: map(_row, rules), none=_NONE)


@group.command("list")
@click.pass_obj
def list_rules(session: ControlSession) -> None:
    """List the rules in the order in which they are evaluated."""
    with session.client() as control:
        _show(session, control.rules())


@group.command("add")
@click.option("--scenario", metavar="NAME", help="Select this scenario.")
@click.option("--code", metavar="CODE", help="With this code.")
@click.option("--fault", metavar="TEXT", help="Or inject this fault, as 'delay; seconds=2'.")
@click.option("--result", metavar="FILE|URL|JSON", help="Or answer with this result.")
@click.option("--provider", metavar="NAME", help="For requests to this provider.")
@click.option("--model", metavar="ID", help="For this model.")
@click.option("--operation", metavar="ID", help="For this operation of the contract.")
@click.option("--prompt", metavar="TEXT", help="For a body that contains this text.")
@click.option("--nth", type=int, metavar="N", help="For the N-th matching request only.")
@click.option(
    "--probability", type=float, metavar="PART", help="For this share of them, from 0 to 1, drawn from the seed."
)
@click.pass_obj
def add(session: ControlSession, /, **options: Any) -> None:
    """Add a rule after the others."""
    if options["result"] is not None:
        options["result"] = portable(options["result"])
    with session.client() as control:
        rule = control.add_rule(**{name: value for name, value in options.items() if value is not None})
    session.show_table(rule.raw, _HEAD, lambda: [_row(rule)], none=_NONE)


@group.command("remove")
@click.argument("number", type=int)
@click.pass_obj
def remove(session: ControlSession, number: int) -> None:
    """Remove the rule with this NUMBER."""
    with session.client() as control:
        _show(session, control.remove_rule(number))


@group.command("clear")
@click.pass_obj
def clear(session: ControlSession) -> None:
    """Remove all rules."""
    with session.client() as control:
        control.clear_rules()
    session.show([], lambda: [_NONE])


@click.command("faults")
@click.pass_obj
def faults(session: ControlSession) -> None:
    """List the faults that can be injected."""
    with session.client() as control:
        found = control.faults()
    head = ("fault", "of", "what happens")
    session.show_table(found, head, lambda: ((one["name"], one["sort"], one["says"]) for one in found), none="")


@click.group("balances")
def balances() -> None:
    """List and set the balances of accounts."""


_ACCOUNT = ("provider", "account", "balance", "held", "charged", "currency", "jobs", "keys")


def _account(one: "Balance") -> tuple[object, ...]:
    """A balance without a limit refuses nothing; some providers show one all the same."""
    left = one.left if one.limited else f"{one.left} (no limit)" if one.left is not None else "no limit"
    unknown = one.raw["unknown"]
    charged = f"{one.taken} ({counted(unknown, 'job')} of unknown price)" if unknown else one.taken
    return one.provider, one.account, left, one.held, charged, one.currency, one.jobs, ", ".join(one.keys)


@balances.command("list")
@click.option("--provider", metavar="NAME", help="Only this provider.")
@click.pass_obj
def list_balances(session: ControlSession, provider: str | None) -> None:
    """List every account with its balance."""
    with session.client() as control:
        found = control.balances(provider=provider)
    rows = [one.raw for one in found]
    session.show_table(rows, _ACCOUNT, lambda: map(_account, found), none="There are no accounts: no key was used yet.")


@balances.command("set")
@click.argument("provider")
@click.argument("account")
@click.argument("amount")
@click.pass_obj
def set_balance(session: ControlSession, provider: str, account: str, amount: str) -> None:
    """Set the balance of ACCOUNT of PROVIDER to AMOUNT in its currency; `none` removes the limit."""
    with session.client() as control:
        found = control.set_balance(provider, account, None if amount == "none" else amount)
    session.show_table(found.raw, _ACCOUNT, lambda: [_account(found)], none="")


@click.group("readings")
def readings() -> None:
    """List and switch readings: options where the documentation contradicts itself."""


@readings.command("list")
@click.option("--provider", metavar="NAME", help="Only this provider.")
@click.pass_obj
def list_readings(session: ControlSession, provider: str | None) -> None:
    """List the readings with the option in use."""
    with session.client() as control:
        found = {name: rows for name, rows in control.readings().items() if provider in (None, name)}
    rows = [(name, id_, row["chosen"], ", ".join(row["options"])) for name in found for id_, row in found[name].items()]
    session.show_table(found, ("provider", "reading", "in use", "options"), lambda: rows, none="There are no readings.")


@readings.command("choose")
@click.argument("provider")
@click.argument("reading")
@click.argument("option")
@click.pass_obj
def choose_reading(session: ControlSession, provider: str, reading: str, option: str) -> None:
    """Use OPTION of READING from now on; jobs, accounts and journal stay."""
    with session.client() as control:
        found = control.choose_reading(provider, reading, option)
    session.show(found, lambda: [f"{provider}:{reading} is {found[provider][reading]['chosen']} now."])
