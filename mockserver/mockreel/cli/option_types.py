"""What the value of an option may be: a pair, seconds, money, a size, a provider's own."""

import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import click


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


class Secret(click.ParamType[str]):
    """A text that signs: never blank. As it may have spaces, the variable of a repeatable one has one a line."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not str(value).strip():
            self.fail("It is blank. Give a text, or leave it out and unset its variable.", param, ctx)
        return str(value)

    def split_envvar_value(self, rv: str) -> list[str]:
        return rv.splitlines()


class Key(Secret):
    """A provider's key: never blank. The variable of a repeatable one has them separated by spaces."""

    def split_envvar_value(self, rv: str) -> list[str]:
        return rv.split() or [rv]


class Seconds(click.FloatRange):
    """A finite number of seconds."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        found: float = super().convert(value, param, ctx)
        if not math.isfinite(found):
            self.fail(f"{value!r} is not a finite number.", param, ctx)
        return found


class Money(click.ParamType[Decimal]):
    """An amount of money: a decimal, never a float."""

    name = "amount"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        from mockreel.contract.pricing import read_amount  # noqa: PLC0415  (--help needs none of it)

        found = read_amount(value)
        if found is None or found < 0:
            self.fail(f"{value!r} is not an amount of money. Write a decimal from 0 up, as 0.50.", param, ctx)
        return found


class Size(click.ParamType[int]):
    """A number of bytes: `1000`, `64K`, `32M`, `1G`."""

    name = "size"
    _UNITS: Mapping[str, int] = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"([1-9]\d{0,11})([KMG]?)(?:i?B)?", str(value).strip(), re.ASCII | re.IGNORECASE)
        if found is None:
            self.fail(f"{value!r} is not a size. Write bytes, or a number with K, M or G, as 64M.", param, ctx)
        return int(found[1]) * self._UNITS[found[2].upper()]


def by_provider(text: str) -> tuple[str, str]:
    """`PROVIDER=URL` split, or the URL for the empty name; a URL has a colon before any equals sign."""
    name, equals, rest = text.partition("=")
    return (name, rest) if equals and ":" not in name else ("", text)


def key_option(text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--key`, as often as there are keys; `text` is its help."""
    variable, form = "MOCKREEL_KEYS", "[PROVIDER=]KEY"
    return click.option("--key", "listed", type=Key(), multiple=True, envvar=variable, metavar=form, help=text)
