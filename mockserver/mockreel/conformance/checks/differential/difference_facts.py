"""What a difference is worth: the fact of the contract behind what the models say, and its evidence."""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from mockreel.conformance.checks.differential.contract_literals import scalars, stated_values
from mockreel.conformance.checks.differential.reply_comparison import ComparedExchange, Difference
from mockreel.contract import ErrorRow, Evidence, pointers
from mockreel.contract.evidence.facts import Fact
from mockreel.contract.exchanges.problem import Problem

if TYPE_CHECKING:
    from mockreel.conformance.check_context import CheckContext

# Kinds of differences that say nothing of a single value.
_WHOLE = ("status", "refusal", "type", "name", "entry")
MOST_SHOWN, MOST_PLACES = 160, 4
_NUMBER, _INDEX = re.compile(r"-?\d+(\.\d+)?"), re.compile(r"/\d+(?=/|$)")


class DifferenceFacts:
    """Makes problems of differences, by the contract of one check context."""

    def __init__(self, context: "CheckContext") -> None:
        self._context = context
        self._stated = stated_values(context.contract)
        self._sent: set[str] = set()
        self._set: defaultdict[str, set[str]] = defaultdict(set)

    def sent(self, compared: ComparedExchange) -> None:
        """What a request says, a reply may say again."""
        said = set(scalars(compared.request.json))
        self._sent |= said
        self._set[compared.request.path] |= said

    def problem(self, compared: ComparedExchange) -> Problem | None:
        """The problem of an exchange, about the differences for which the contract has the best evidence."""
        return self._problem(compared, self._fact)

    def webhook_problem(self, compared: ComparedExchange) -> Problem | None:
        """The same of a webhook, whose submit is what the exchange begins with."""
        return self._problem(compared, self._webhook_fact)

    def _problem(
        self, compared: ComparedExchange, fact_of: Callable[[ComparedExchange, Difference], Fact | None]
    ) -> Problem | None:
        operation = compared.request.operation
        if operation is None:
            return None
        facts = [(one, fact) for one in compared.differences if (fact := fact_of(compared, one)) is not None]
        if not facts:
            return None
        firm = [pair for pair in facts if pair[1].firm] or facts
        expected = ", ".join(f"{one.place or 'the reply'}: {short_text(one.expected)}" for one, _ in firm[:MOST_PLACES])
        actual = ", ".join(short_text(one.actual) for one, _ in firm[:MOST_PLACES])
        places = dict.fromkeys(_INDEX.sub("/*", one.place) for one, _ in firm[:MOST_PLACES])
        return Problem(firm[0][1], expected, actual, compared.request, " ".join((operation.id, *places)).strip())

    def _webhook_fact(self, compared: ComparedExchange, difference: Difference) -> Fact | None:
        operation = compared.request.operation
        found = self._context.webhooks.of(operation) if operation is not None else None
        if found is None or operation is None:
            return None
        row = found[1].get("x-mockreel") or operation.raw["x-mockreel"]
        evidence = self._value_evidence(Evidence(row["evidence"], tuple(row["source"])), difference)
        return self._context.facts.fact("a webhook says so", "openapi.yaml callbacks", evidence)

    def _value_evidence(self, evidence: Evidence, difference: Difference) -> Evidence:
        """The evidence for one value: what nobody has stated is the models' own word."""
        if difference.kind in (*_WHOLE, "key") or self._is_stated(difference.expected):
            return evidence
        return replace(evidence, kind="inferred")

    def _fact(self, compared: ComparedExchange, difference: Difference) -> Fact | None:
        operation = compared.request.operation
        assert operation is not None
        if self._is_total(compared, difference) or self._is_length_of_page(compared, difference):
            return None
        if self._context.error_detector.refused(compared.model):
            row = self._row(compared)
            if row is not None:
                fact = self._context.facts.row(row.name)
                worded = self._is_worded_anew(compared, row, difference)
                return replace(fact, evidence=replace(fact.evidence, kind="inferred")) if worded else fact
        found = self._context.response_checker.documented(operation, compared.model.status)
        if found is None:
            return None
        key, response = found
        evidence = self._context.response_checker.evidence(operation, response, compared.model)
        if difference.kind == "key" and self._context.response_checker.may_lack(operation, difference.place):
            if difference.expected in (None, "", [], {}):
                return None
            evidence = replace(evidence, kind="inferred")
        evidence = self._value_evidence(evidence, difference)
        return self._context.facts.fact(
            f"{operation.id} answers so", f"openapi.yaml {operation.method} {operation.path} {key}", evidence
        )

    def _is_worded_anew(self, compared: ComparedExchange, row: ErrorRow, difference: Difference) -> bool:
        """Whether another's server refuses by the same row in other words, which programs do not read."""
        operation = compared.request.operation
        words = isinstance(difference.expected, str) and (
            " " in difference.expected or difference.expected == row.message
        )
        return (
            not self._context.own and words and self._context.error_detector.is_row(compared.response, row, operation)
        )

    def _is_length_of_page(self, compared: ComparedExchange, difference: Difference) -> bool:
        """Whether it is how much a page has of a list that goes on, where neither the request nor the contract says."""
        operation = compared.request.operation
        assert operation is not None
        paged = self._context.contract.conversation.lists.get(operation.id)
        if paged is None or paged.limit is None or paged.next is None or difference.kind != "entry":
            return False
        schema = next((one.schema for one in operation.query if one.name == paged.limit), {})
        asked = paged.limit in dict(parse_qsl(compared.request.query))
        return not asked and "default" not in schema and bool(pointers.value(compared.response.json, paged.next))

    def _is_total(self, compared: ComparedExchange, difference: Difference) -> bool:
        """Whether a number or a flag is about all that an account has: which depends on its past."""
        operation, body = compared.request.operation, compared.request.json
        assert operation is not None
        keys = {place.name.lower() for place in operation.key}
        asks = isinstance(body, Mapping) and any(name.lower() not in keys for name in body)
        if asks or operation.model is not None or "{" in operation.path:
            return False
        if not isinstance(difference.expected, bool) and str(difference.expected) in self._set[compared.request.path]:
            return False  # it was set there
        return isinstance(difference.expected, bool) or _is_number(difference.expected)

    def _row(self, compared: ComparedExchange) -> ErrorRow | None:
        """The error definition by which the model has refused."""
        detector, operation = self._context.error_detector, compared.request.operation
        rows = [
            row for row in self._context.contract.errors.values() if detector.is_row(compared.model, row, operation)
        ]
        worded = [row for row in rows if not detector.missing_text(compared.model, row, operation)]
        return next(iter(worded or rows), None)

    def _is_stated(self, value: Any) -> bool:
        """Whether a value stands in the contract, or was sent."""
        if isinstance(value, bool) or value is None:
            return False
        return str(value) in self._sent or (not _is_number(value) and str(value) in self._stated)


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return _NUMBER.fullmatch(value) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)


def short_text(value: Any) -> str:
    """A value in one line, shortened if it is long."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"
