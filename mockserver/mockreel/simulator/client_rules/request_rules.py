"""Rules for a single request: what it requests, what it carries, and who sends it."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from mockreel.contract import Evidence
from mockreel.contract.messages.duplicate_keys import KEYWORD
from mockreel.engine.journal.journal import Entry
from mockreel.errors import nearest
from mockreel.simulator.client_rules.client_rule import BrokenRule, Rule, request_line
from mockreel.simulator.client_rules.documented_fields import Fields

# What a request can be refused for that its sender should have known.
_UNREADABLE = ("malformed-json", "wrong-content-type", "unknown-path", "wrong-method")
# How many violations of one request, and how many names, are reported.
MOST_REPORTED = 3
MOST_LISTED = 12
_JSON = Evidence("documented", ("RFC 8259, section 4: the names within an object should be unique",))


class InvalidRequest(Rule):
    """A request broke the schema of its operation, was unreadable, or requested what does not exist."""

    id = "invalid-request"
    summary = (
        "A request breaks the schema of its operation, is not JSON, or requests a path or method that does not exist."
    )

    def request(self, entry: Entry) -> Iterator[BrokenRule]:
        wrong = [one for one in entry.violations if one.keyword != KEYWORD]
        if wrong:
            done = "; ".join(f"{one.pointer or '/'}: {one.message}" for one in wrong[:MOST_REPORTED])
        elif entry.row in _UNREADABLE and _is_unreadable(entry):
            done = str(entry.row)
        else:
            return
        operation = self.operation_of(entry)
        if operation is None:
            fact = self.facts.fact("no such operation is documented", "openapi.yaml paths", _documented(self))
        else:
            fact = self.facts.operation(f"{operation.id} defines its request", operation)
        yield f"{request_line(entry)} was sent with {done}", fact


def _is_unreadable(entry: Entry) -> bool:
    """Whether the request itself is at fault, and no scenario chose the error."""
    if entry.row == "malformed-json":
        return entry.json is None
    if entry.row == "wrong-content-type":
        return "json" not in (entry.header("content-type") or "")
    return entry.operation is None


def _documented(rule: Rule) -> Evidence:
    """That the operations which the document has are those that the docs have."""
    sources = [source for one in rule.contract.operations for source in one.raw["x-mockreel"]["source"]]
    return Evidence("documented", tuple(dict.fromkeys(sources))[:1])


class DuplicateKey(Rule):
    """A JSON object had a name twice."""

    id = "duplicate-key"
    summary = "A JSON object has the same name twice; the last one counts."

    def request(self, entry: Entry) -> Iterator[BrokenRule]:
        for one in entry.violations:
            if one.keyword == KEYWORD:
                fact = self.facts.fact("a name occurs once in an object", "JSON", _JSON)
                yield f"{request_line(entry)} was sent with {one.pointer}: {one.message}", fact


class MissingKey(Rule):
    """A request that needs a key had none in any place where one may be."""

    id = "missing-key"
    summary = "A request carries no API key where one is needed."

    def request(self, entry: Entry) -> Iterator[BrokenRule]:
        operation = self.operation_of(entry)
        if operation is None or not operation.key or entry.row != "no-key" or entry.account is not None:
            return
        places = " or ".join(f"{place.kind} {place.name}" for place in operation.key)
        yield (
            f"{request_line(entry)} was sent without a key",
            self.facts.operation(f"{operation.id} needs a key in {places}", operation),
        )


class UnknownModel(Rule):
    """A model that the contract does not hold."""

    id = "unknown-model"
    summary = "A request names a model that the provider does not list."

    def request(self, entry: Entry) -> Iterator[BrokenRule]:
        operation = self.operation_of(entry)
        if operation is None or operation.model is None:
            return
        known = self.contract.names_at[operation.id]
        name = self._model_name(entry)
        if name is None or name in known or name in operation.own_models:
            return
        fact = self.facts.operation(f"{operation.id} accepts {len(known)} model names", operation)
        yield f"{request_line(entry)} requested the model {name[:80]!r}; {_nearest(name, known)}", fact

    def _model_name(self, entry: Entry) -> str | None:
        place = self.contract.operation(str(entry.operation)).model
        assert place is not None
        if place.kind == "path":
            found = self.contract.router.find(entry.path)
            return found.params.get(place.name) if found else None
        body = entry.json
        name = body.get(place.name) if isinstance(body, dict) else None
        return name if isinstance(name, str) else None


class UnknownField(Rule):
    """A field of the body that no document has: misspelt, or another provider's."""

    id = "unknown-field"
    summary = "A body has a field that is not documented, such as a misspelt one; it has no effect."

    @cached_property
    def _fields(self) -> Fields:
        return Fields(self.contract)

    def request(self, entry: Entry) -> Iterator[BrokenRule]:
        operation, body = self.operation_of(entry), entry.json
        if operation is None or not isinstance(body, dict):
            return
        for one in self._fields.unknown(operation, entry.path, body):
            fact = self.facts.operation(f"{operation.id} defines its fields", operation)
            if one.model is not None:
                where = f"models.json {one.model.id}"
                fact = self.facts.fact(
                    f"the input schema of {one.model.id} defines its fields", where, one.model.evidence
                )
            hint = _nearest(one.name, one.known)
            yield f"{request_line(entry)} was sent with {one.pointer}, which is not a field; {hint}", fact


class UnknownQueryParameter(Rule):
    """A parameter in the query that the operation does not have."""

    id = "unknown-query-parameter"
    summary = "A query has a parameter that is not documented."

    def request(self, entry: Entry) -> Iterator[BrokenRule]:
        operation = self.operation_of(entry)
        if operation is None or not entry.query:
            return
        places = {place.name for place in operation.key if place.kind == "query"}
        known = {*places, *(parameter.name for parameter in operation.query)}
        for name in dict.fromkeys(name for name, _ in parse_qsl(entry.query, keep_blank_values=True)):
            if name not in known:
                fact = self.facts.operation(f"{operation.id} defines its parameters", operation)
                done = f"the query parameter {name[:80]!r}, which it does not have"
                yield f"{request_line(entry)} was sent with {done}; {_nearest(name, known)}", fact


def _nearest(name: str, known: Iterable[str]) -> str:
    """What was meant, where that can be guessed, else what there is."""
    names = sorted(known)
    plain = {_plain(one): one for one in names}
    near: Any = plain.get(_plain(name)) or next(iter(nearest(name, names, most=1, least=0.6)), None)
    if near is not None:
        return f"did you mean {near!r}?"
    if not names:
        return "there is none"
    more = f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
    return f"there are {', '.join(names[:MOST_LISTED])}{more}"


def _plain(name: str) -> str:
    """A name however it is written: `aspectRatio` and `aspect_ratio` are the same."""
    return name.replace("_", "").replace("-", "").lower()
