"""`mockreel control rules`, `faults`, `balances` and `readings`: what is played, and on what terms."""

from typing import TYPE_CHECKING, Any

import click

from mockreel.cli.admin.server_options import Asked, columns

if TYPE_CHECKING:
    from mockreel.client.admin import Balance, Rule


@click.group("rules")
def group() -> None:
    """Rules: which requests meet which scenario or fault."""


_CONDITIONS = ("provider", "model", "operation", "prompt", "nth", "probability")


def _row(rule: "Rule") -> tuple[object, ...]:
    wanted = rule.scenario if rule.fault is None else "; ".join(f"{k}={v}" for k, v in rule.fault.items())
    code = f" {rule.code}" if rule.code else ""
    conditions = [f"{name}={rule.raw[name]}" for name in _CONDITIONS if rule.raw[name] is not None]
    return rule.id, f"{wanted}{code}", " ".join(conditions) or "every request", f"seen {rule.seen}"


def _show(asked: Asked, rules: "tuple[Rule, ...]") -> None:
    asked.show([rule.raw for rule in rules], lambda: columns(map(_row, rules)) or ["There is no rule."])


@group.command("list")
@click.pass_obj
def list_rules(asked: Asked) -> None:
    """List the rules in the order in which they are asked."""
    with asked.client() as control:
        _show(asked, control.rules())


@group.command("add")
@click.option("--scenario", metavar="NAME", help="Play this scenario.")
@click.option("--code", metavar="CODE", help="With this code.")
@click.option("--fault", metavar="TEXT", help="Or this damage: 'delay; seconds=2'.")
@click.option("--provider", metavar="NAME", help="For requests to this provider.")
@click.option("--model", metavar="ID", help="For this model.")
@click.option("--operation", metavar="ID", help="For this operation of the contract.")
@click.option("--prompt", metavar="TEXT", help="For a body with this text in it.")
@click.option("--nth", type=int, metavar="N", help="For the N-th request that fits otherwise.")
@click.option("--probability", type=float, metavar="PART", help="For this part of them, drawn from the seed.")
@click.pass_obj
def add(asked: Asked, /, **given: Any) -> None:
    """Set one more rule, behind the others."""
    with asked.client() as control:
        rule = control.add_rule(**{name: value for name, value in given.items() if value is not None})
    asked.show(rule.raw, lambda: columns([_row(rule)]))


@group.command("remove")
@click.argument("number", type=int)
@click.pass_obj
def remove(asked: Asked, number: int) -> None:
    """Take the rule with this NUMBER away."""
    with asked.client() as control:
        _show(asked, control.remove_rule(number))


@group.command("clear")
@click.pass_obj
def clear(asked: Asked) -> None:
    """Take all rules away."""
    with asked.client() as control:
        control.clear_rules()
    asked.show([], lambda: ["There is no rule."])


@click.command("faults")
@click.pass_obj
def faults(asked: Asked) -> None:
    """List what can be damaged, and how."""
    with asked.client() as control:
        found = control.faults()
    asked.show(found, lambda: columns((one["name"], one["sort"], one["says"]) for one in found))


@click.group("balances")
def balances() -> None:
    """What accounts have."""


def _account(one: "Balance") -> tuple[object, ...]:
    shown = "no limit" if not one.limited else f"{one.left} {one.currency} left"
    return one.provider, one.account, shown, f"{one.held} held", f"{one.taken} taken", f"{one.jobs} jobs"


@balances.command("list")
@click.option("--provider", metavar="NAME", help="Only of this provider.")
@click.pass_obj
def list_balances(asked: Asked, provider: str | None) -> None:
    """List every account, and how it stands."""
    with asked.client() as control:
        found = control.balances(provider=provider)
    asked.show([one.raw for one in found], lambda: columns(map(_account, found)) or ["No key was used yet."])


@balances.command("set")
@click.argument("provider")
@click.argument("account")
@click.argument("amount")
@click.pass_obj
def set_balance(asked: Asked, provider: str, account: str, amount: str) -> None:
    """Give ACCOUNT of PROVIDER this AMOUNT in its currency, and no more; `none` takes its limit away."""
    with asked.client() as control:
        found = control.set_balance(provider, account, None if amount == "none" else amount)
    asked.show(found.raw, lambda: columns([_account(found)]))


@click.group("readings")
def readings() -> None:
    """How the docs are read where they contradict themselves."""


@readings.command("list")
@click.option("--provider", metavar="NAME", help="Only of this provider.")
@click.pass_obj
def list_readings(asked: Asked, provider: str | None) -> None:
    """List the readings, and which option is chosen."""
    with asked.client() as control:
        found = {name: rows for name, rows in control.readings().items() if provider in (None, name)}
    rows = [(name, id_, row["chosen"], ", ".join(row["options"])) for name in found for id_, row in found[name].items()]
    asked.show(found, lambda: columns(rows))


@readings.command("choose")
@click.argument("provider")
@click.argument("reading")
@click.argument("option")
@click.pass_obj
def choose_reading(asked: Asked, provider: str, reading: str, option: str) -> None:
    """Take OPTION of READING from now on; what has come to be stays."""
    with asked.client() as control:
        found = control.choose_reading(provider, reading, option)
    asked.show(found, lambda: [f"{provider}:{reading} is {found[provider][reading]['chosen']} now."])
