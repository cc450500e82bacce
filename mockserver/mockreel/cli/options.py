"""Options that several commands share, and how their values are read."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


class Pair(click.ParamType[tuple[str, str]]):
    """`LEFT=RIGHT`, split at the first equals sign that has something on both sides."""

    name = "pair"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        left, equals, right = str(value).partition("=")
        if not (left and equals and right):
            self.fail(f"{value!r} is not of the form {param.metavar if param else 'A=B'}.", param, ctx)
        return left, right


class Money(click.ParamType[Decimal]):
    """An amount of money: a decimal, never a float."""

    name = "amount"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        from mockreel.contract.amount import read_amount  # noqa: PLC0415  (--help needs none of it)

        found = read_amount(value)
        if found is None or found < 0:
            self.fail(f"{value!r} is no amount of money. Write a decimal from 0 up, as 0.50.", param, ctx)
        return found


def data_option(command: F) -> F:
    """Where further data is."""
    return _with(
        command,
        click.option(
            "--data",
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            metavar="DIR",
            help="A further data folder: its providers stand beside the packaged ones, or in their place.",
        ),
    )


def stage_options(command: F) -> F:
    """The options that shape a stage: providers, readings, seed, speed, pace, budget, faults, data."""
    return _with(
        command,
        click.option("--provider", "providers", multiple=True, metavar="NAME", help="Play only this one (repeatable)."),
        click.option(
            "--reading",
            "readings",
            multiple=True,
            type=Pair(),
            metavar="ID=OPTION",
            help="Read a contradiction in the docs another way (repeatable); `serve --list-readings` shows them.",
        ),
        click.option("--seed", default=0, show_default=True, help="The same seed and calls give the same jobs."),
        click.option("--speed", default=1.0, show_default=True, help="Stage seconds per real second."),
        click.option("--pace", default="quick", show_default=True, help="How long jobs take: quick or documented."),
        click.option(
            "--budget",
            multiple=True,
            metavar="[PROVIDER=]AMOUNT",
            help="What every account begins with, in its provider's currency (repeatable); without one nobody is "
            "refused for want of money.",
        ),
        click.option(
            "--assume-price",
            multiple=True,
            metavar="[PROVIDER=]AMOUNT",
            help="What a job of unknown price counts for in a budget (repeatable); else as the contracts say.",
        ),
        click.option(
            "--fault",
            "faults",
            multiple=True,
            metavar="FAULT",
            help="Damage what fits on purpose: 'reset; operation=get_run; nth=2' (repeatable); `mockreel faults` "
            "lists them.",
        ),
        data_option,
    )


def callback_options(command: F) -> F:
    """Where callbacks may go."""
    return _with(
        command,
        click.option(
            "--callback-map",
            "callback_map",
            multiple=True,
            type=Pair(),
            metavar="FROM=TO",
            help="Send callbacks for URLs that begin with FROM to TO instead (repeatable).",
        ),
        click.option(
            "--allow-callback",
            "allow_callbacks",
            multiple=True,
            metavar="HOST",
            help="Let callbacks leave this machine for this host or network (repeatable).",
        ),
    )


def ready_file_option(command: F) -> F:
    """Where it is told that everything answers."""
    return _with(
        command,
        click.option(
            "--ready-file",
            type=click.Path(dir_okay=False, path_type=Path),
            metavar="PATH",
            help="Written at once and whole when everything answers; removed at start and stop.",
        ),
    )


def log_options(command: F) -> F:
    """How what happens is told."""
    return _with(
        command,
        click.option("--json", "as_json", is_flag=True, help="Tell what happens as JSON, one object a line."),
        click.option("--quiet", is_flag=True, help="Tell nothing but what goes wrong."),
    )


def _with(command: F, *options: Callable[[F], F]) -> F:
    """A command with these options, in this order."""
    for option in reversed(options):
        command = option(command)
    return command


def shared(given: Mapping[str, Any]) -> dict[str, Any]:
    """What `stage_options` and `callback_options` gave, as both `serve` and `run` take it."""
    return {
        "providers": given["providers"],
        "readings": dict(given["readings"]),
        "data": given["data"],
        "faults": given["faults"],
        "callback_map": dict(given["callback_map"]),
        "allow_callbacks": frozenset(given["allow_callbacks"]),
        "speed": given["speed"],
        "budget": given["budget"],
        "assume_price": given["assume_price"],
    }
