"""Read RunningHub's price list: fixed prices, prices by parameter, and prices marked as unparsed."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import partial
from itertools import islice, product
from typing import Any

from mockreel.authoring.corrections import cast
from mockreel.authoring.docs_folder import Docs
from mockreel.authoring.documented_model import Certainty, PageError, PagePrice, Rule

Costs = Mapping[str, Callable[[Mapping[str, Any]], PagePrice]]
_UNIT = re.compile(r"/(?P<per>\d*)(?P<word>次|秒|second|张|字符)(?P<least>起?)\Z")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_WORDS = {"次": "request", "秒": "second", "second": "second", "张": "image", "字符": "character"}
_MOST_CHOICES = 10_000


def read_prices(document: Any, name: str, source: str, docs: Docs) -> Costs:
    """For each endpoint in the list, a function from the model's schema, which types the conditions, to the price.

    Raises:
        PageError: the list or an entry of it cannot be parsed.
    """
    entries = document.get("pricing") if isinstance(document, Mapping) else None
    if not isinstance(entries, list):
        raise PageError(name, "no list under 'pricing'", expected='{"pricing": […]}')
    dated = _DATE.search(str(document.get("version", "")))
    date = dated[0] if dated else ""
    found: dict[str, Callable[[Mapping[str, Any]], PagePrice]] = {}
    for number, entry in enumerate(entries):
        where = f"{name} /pricing/{number}"
        endpoint = entry.get("endpoint", "") if isinstance(entry, Mapping) else ""
        with docs.part(f"price {endpoint}"):
            found[_text(entry, "endpoint", where)] = _cost(entry, where, source, date)
    return found


def _cost(entry: Mapping[str, Any], where: str, source: str, date: str) -> Callable[[Mapping[str, Any]], PagePrice]:
    currency = _text(entry, "currency", where)
    kind = entry.get("pricing_type")
    if kind == "unparsed":
        why = "the price list says that a price exists, and not which"
        unknown = PagePrice("unknown", currency, "request", (source,), note=why, date=date)
        return lambda _: unknown
    if kind not in ("fixed", "parameter_based"):
        raise PageError(
            f"{where} /pricing_type", f"{kind!r} is not known", expected="fixed, parameter_based or unparsed"
        )
    unit, per, certainty = _unit(_text(entry, "unit", where), where)
    if kind == "fixed":
        fixed = PagePrice(certainty, currency, unit, (source,), amount=_amount(entry, where) / per, date=date)
        return lambda _: fixed
    rules = tuple((_when(rule, where), _amount(rule, where) / per) for rule in entry.get("rules", ()))
    if not rules:
        raise PageError(f"{where} /rules", "no rules", expected="a list of {when, price}")
    return partial(_by_rules, rules, PagePrice(certainty, currency, unit, (source,), date=date))


def _by_rules(
    rules: tuple[tuple[Mapping[str, str], Decimal], ...], bare: PagePrice, schema: Mapping[str, Any]
) -> PagePrice:
    fields = schema["properties"]
    typed = tuple(
        Rule({key: _typed(value, fields.get(key, {})) for key, value in when.items()}, amount, bare.certainty)
        for when, amount in rules
    )
    remarks = [*_beyond(typed, fields), *_uncovered(typed, fields)]
    return replace(bare, rules=typed, note="; ".join(remarks))


def _typed(value: str, field: Mapping[str, Any]) -> Any:
    """A condition's value in the type of the field, and in the case of its option."""
    typed = cast(value, field.get("type"))
    options = field.get("enum", [])
    alike = [option for option in options if str(option).lower() == str(typed).lower()]
    return alike[0] if typed not in options and len(alike) == 1 else typed


def _beyond(rules: tuple[Rule, ...], fields: Mapping[str, Any]) -> list[str]:
    """Conditions that no request can meet."""
    met = {
        f"{key}={value}": None
        for rule in rules
        for key, value in rule.when.items()
        if key not in fields or value not in fields[key].get("enum", [value])
    }
    return [f"the model does not offer {', '.join(met)}"] if met else []


def _uncovered(rules: tuple[Rule, ...], fields: Mapping[str, Any]) -> list[str]:
    """Choices without a rule, counted only if they can be listed."""
    keys = sorted({key for rule in rules for key in rule.when if key in fields})
    choices = [fields[key].get("enum") or _booleans(fields[key]) for key in keys]
    if not all(choices):
        return []
    combinations = islice(product(*choices), _MOST_CHOICES)
    missed = [c for c in combinations if not any(_holds(rule, dict(zip(keys, c, strict=True))) for rule in rules)]
    return [f"no rule for {len(missed)} of the choices of {', '.join(keys)}"] if missed else []


def _booleans(field: Mapping[str, Any]) -> list[bool]:
    return [False, True] if field.get("type") == "boolean" else []


def _holds(rule: Rule, choice: Mapping[str, Any]) -> bool:
    return all(choice.get(key) == value for key, value in rule.when.items())


def _unit(text: str, where: str) -> tuple[str, Decimal, Certainty]:
    found = _UNIT.match(text)
    if found is None:
        raise PageError(f"{where} /unit", f"{text!r} is not known", expected="/ and one of " + ", ".join(_WORDS))
    per = Decimal(found["per"] or 1)
    # How part of a group of units is rounded is unknown, so its share is the minimum.
    return _WORDS[found["word"]], per, "at least" if found["least"] or per != 1 else "exact"


def _when(rule: Any, where: str) -> Mapping[str, str]:
    when = rule.get("when") if isinstance(rule, Mapping) else None
    if not isinstance(when, Mapping) or not all(isinstance(value, str) for value in when.values()):
        raise PageError(f"{where} /rules", f"{rule!r} is not a rule", expected="{when: {field: text}, price: number}")
    return when


def _amount(entry: Any, where: str) -> Decimal:
    price = entry.get("price") if isinstance(entry, Mapping) else None
    if isinstance(price, bool) or not isinstance(price, int | Decimal):
        raise PageError(f"{where} /price", f"{price!r} is not an amount", expected="a number")
    return Decimal(price)


def _text(entry: Any, key: str, where: str) -> str:
    value = entry.get(key) if isinstance(entry, Mapping) else None
    if not isinstance(value, str):
        raise PageError(f"{where} /{key}", f"{value!r} is not a text", expected="a text")
    return value
