"""Parse data files into frozen rows; an invalid value is an error that names its place."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple, TypeVar, get_args

from mockreel.contract import rows
from mockreel.contract.data import webhook_rows
from mockreel.errors import DataError

T = TypeVar("T")

CERTAINTIES: tuple[str, ...] = get_args(rows.Certainty)
EVIDENCE_KINDS: tuple[str, ...] = get_args(rows.EvidenceKind)

LEAST_STATUS, MOST_STATUS = 200, 599  # of an error response; some providers send errors with 200
_STATUS_PATTERN = re.compile(r"!?[1-5]([0-9]{2}|[0-9]x|xx)")


class Cursor(NamedTuple):
    """A place in a data file: its value, and its name in messages.

    A start creates thousands; a tuple is three times as fast to create as a frozen dataclass.
    """

    where: str
    value: Any

    def at(self, key: str) -> "Cursor":
        """The required value under `key`."""
        found = self.maybe(key)
        if found is None:
            raise DataError(self.where, f"{key!r} is missing", expected=f"a value under {key!r}")
        return found

    def maybe(self, key: str) -> "Cursor | None":
        """The value under `key`, or None."""
        value = self.mapping().get(key)
        return None if value is None else Cursor(f"{self.where} /{key}", value)

    def get(self, key: str, default: T) -> "T":
        """The value under `key`, which must have the type of `default`; the default if there is none."""
        value = self.mapping().get(key)
        if value is None:
            return default
        if isinstance(default, float) and isinstance(value, int):
            value = float(value)
        if not isinstance(value, type(default)):
            raise DataError(f"{self.where} /{key}", f"{value!r} has the wrong type", expected=type(default).__name__)
        return value

    def mapping(self) -> Mapping[str, Any]:
        if not isinstance(self.value, dict):
            raise DataError(self.where, f"{self.value!r} is not a mapping", expected="a mapping")
        return self.value

    def text(self) -> str:
        if not isinstance(self.value, str):
            raise DataError(self.where, f"{self.value!r} is not a text", expected="a text (in quotes, perhaps)")
        return self.value

    def texts(self) -> tuple[str, ...]:
        value = [self.value] if isinstance(self.value, str) else self.value
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise DataError(self.where, f"{self.value!r} is not a list of texts", expected="a list of texts")
        return tuple(value)

    def each(self, build: "Callable[[str, Cursor], T]") -> dict[str, T]:
        """A frozen row per key, in the order of the file."""
        return {key: build(key, Cursor(f"{self.where} /{key}", value)) for key, value in self.mapping().items()}

    def choice(self, valid: tuple[str, ...]) -> Any:
        if self.value not in valid:
            raise DataError(self.where, f"{self.value!r} is not known", expected="one of " + ", ".join(valid))
        return self.value


def evidence(row: Cursor) -> rows.Evidence:
    """The required evidence of a row."""
    kind = row.at("evidence").choice(EVIDENCE_KINDS)
    return rows.Evidence(kind, row.at("source").texts())


def lifecycle(file: Cursor) -> rows.Lifecycle:
    """`lifecycle.yaml`."""
    states = file.at("states").each(_state)
    initial = file.at("initial")
    moves = file.at("transitions")
    pairs = [(Cursor(moves.where, move).at("from"), Cursor(moves.where, move).at("to")) for move in moves.value]
    names = tuple(states)
    transitions = frozenset((start.choice(names), end.choice(names)) for start, end in pairs)
    at_work = {start for start, end in transitions if states[end].kind == "succeeded"}
    states = {name: replace(state, works=name in at_work) for name, state in states.items()}
    return rows.Lifecycle(states[initial.choice(names)], states, transitions)


def _state(name: str, row: Cursor) -> rows.State:
    kind = row.at("kind").choice(get_args(rows.StateKind))
    return rows.State(name, row.at("word").text(), kind, evidence(row))


def error_rows(file: Cursor) -> dict[str, rows.ErrorRow]:
    """The `rows` of `errors.yaml`."""
    return file.at("rows").each(_error)


def _error(name: str, row: Cursor) -> rows.ErrorRow:
    mapping = row.mapping()
    return rows.ErrorRow(
        name, _status(row), mapping.get("code"), row.get("message", ""), row.get("fields", {}), evidence(row)
    )


def _status(row: Cursor) -> int:
    status = row.get("status", 200)
    if not LEAST_STATUS <= status <= MOST_STATUS:
        raise DataError(f"{row.where} /status", f"{status} is no status of a response", expected="200 to 599")
    return status


def failures(file: Cursor) -> dict[str, rows.Failure]:
    """The `failures` of `errors.yaml`."""
    return file.at("failures").each(_failure)


def _failure(name: str, row: Cursor) -> rows.Failure:
    return rows.Failure(name, row.mapping().get("code"), row.get("message", ""), row.get("fields", {}), evidence(row))


def callbacks(file: Cursor) -> webhook_rows.Callbacks:
    """`callbacks.yaml`."""
    headers = file.maybe("headers")
    signature = file.maybe("signature")
    payload = file.maybe("payload")
    return webhook_rows.Callbacks(
        file.at("events").each(_event),
        file.at("policy").each(_policy),
        _signature(signature) if signature else None,
        tuple(_header(Cursor(headers.where, row)) for row in headers.value) if headers else (),
        payload.text() if payload else None,
    )


def _event(name: str, row: Cursor) -> webhook_rows.Event:
    return webhook_rows.Event(name, row.at("word").text(), row.at("on").texts(), evidence(row))


def _policy(name: str, row: Cursor) -> webhook_rows.DeliveryPolicy:
    retry = row.maybe("retry") or Cursor(row.where, {})
    statuses = retry.maybe("statuses")
    attempts = row.get("attempts", 1)
    delays = tuple(_delay(row, delay) for delay in _list(row, "delays"))
    if len(delays) != attempts - 1:
        raise DataError(row.where, f"{attempts} attempts with {len(delays)} delays", expected="one delay fewer")
    return webhook_rows.DeliveryPolicy(
        attempts,
        delays,
        row.get("timeout", 10.0),
        _patterns(row.at("success")),
        _patterns(statuses) if statuses else (),
        retry.get("network", False),
        retry.get("timeout", False),
        evidence(row),
        tuple(_list(row, "inferred")),
    )


def _delay(row: Cursor, delay: Any) -> float:
    if isinstance(delay, bool) or not isinstance(delay, int | float) or delay < 0:
        raise DataError(f"{row.where} /delays", f"{delay!r} is not a delay", expected="a number of seconds")
    return float(delay)


def _patterns(row: Cursor) -> tuple[str, ...]:
    """Patterns of HTTP statuses; one that can match nothing is an error."""
    for pattern in row.texts():
        if not _STATUS_PATTERN.fullmatch(pattern):
            raise DataError(row.where, f"{pattern!r} is not a pattern of statuses", expected="such as 404, 5xx or !2xx")
    return row.texts()


def _signature(row: Cursor) -> webhook_rows.Signature:
    return webhook_rows.Signature(
        row.at("header").text(),
        row.at("algorithm").choice(webhook_rows.ALGORITHMS),
        row.at("encoding").choice(webhook_rows.ENCODINGS),
        evidence(row),
    )


def _header(row: Cursor) -> webhook_rows.FixedHeader:
    return webhook_rows.FixedHeader(row.at("name").text(), row.at("value").text(), row.get("unique", False))


def scenarios(file: Cursor) -> rows.Scenarios:
    """`scenarios.yaml`."""
    requests = file.maybe("requests")
    return rows.Scenarios(
        file.at("default").text(),
        file.at("jobs").each(_job_scenario),
        requests.each(_error_scenario) if requests else {},
        file.at("pace").each(lambda _, pace: pace.each(_span)),
    )


def _job_scenario(name: str, row: Cursor) -> rows.JobScenario:
    failure = row.maybe("failure")
    return rows.JobScenario(
        name,
        row.at("states").texts(),
        failure.text() if failure else None,
        row.get("stretch", 1.0),
        row.get("fields", {}),
    )


def _error_scenario(name: str, row: Cursor) -> rows.ErrorScenario:
    return rows.ErrorScenario(name, row.at("row").text())


def _span(_: str, span: Cursor) -> tuple[float, float]:
    match span.value:
        case [int() | float() as low, int() | float() as high] if 0 <= low <= high:
            return float(low), float(high)
    raise DataError(span.where, f"{span.value!r} is not a span", expected="two numbers of seconds, the smaller first")


def price(row: Cursor) -> rows.Price:
    """One price row."""
    certainty = row.at("certainty").choice(CERTAINTIES)
    amount = row.maybe("amount")
    rules = [Cursor(f"{row.where} /rules/{n}", rule) for n, rule in enumerate(_list(row, "rules"))]
    return rows.Price(
        certainty,
        row.at("currency").text(),
        row.get("unit", ""),
        decimal(amount) if amount else None,
        tuple(_price_rule(rule, certainty) for rule in rules),
        evidence(row),
        row.get("note", ""),
        row.get("placeholder", {}),
        row.get("date", ""),
    )


def _price_rule(row: Cursor, certainty: rows.Certainty) -> rows.PriceRule:
    condition = row.maybe("when")
    when = {key: value_text(value) for key, value in condition.mapping().items()} if condition else {}
    certainty_row = row.maybe("certainty")
    return rows.PriceRule(
        when, decimal(row.at("amount")), certainty_row.choice(CERTAINTIES) if certainty_row else certainty
    )


def decimal(amount: Cursor) -> Decimal:
    """An amount of money, written as a decimal text, not as a float."""
    try:
        found = Decimal(amount.text())
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise DataError(amount.where, f"{amount.value!r} is not an amount", expected='a decimal text, as "0.03"')
    return found


def _list(row: Cursor, key: str) -> list[Any]:
    found: list[Any] = row.get(key, [])
    return found


def value_text(value: Any) -> str:
    """A field's value in the form of price rules: booleans as `true` and `false`, numbers without quotes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def model(id: str, row: Cursor) -> rows.Model:  # noqa: A002  (what the docs call it)
    """One entry of `models.json`."""
    return rows.Model(
        id,
        tuple(row.get("aliases", [])),
        row.at("output").text(),
        row.at("schema").text(),
        row.get("media", {}),
        price(row.at("price")),
        evidence(row),
        row.get("defaults", {}),
        tuple(row.get("endpoints", [])),
        row.get("routes", {}),
    )
