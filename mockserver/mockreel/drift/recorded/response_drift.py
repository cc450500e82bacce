"""Drift of a recorded response: its status, the words, types and keys of its body, its headers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema_rs

from mockreel.cassettes.contract_check import body_trouble
from mockreel.contract import Contract, load_contract
from mockreel.contract.exchanges.response_check import ResponseChecker
from mockreel.contract.exchanges.schema_resolver import Resolver
from mockreel.contract.operations import Operation
from mockreel.contract.validation import Violation, violations
from mockreel.drift.finding import NOTHING, Finding, Verdict
from mockreel.drift.recorded.recorded_exchange import Recorded

# Headers of HTTP and of who forwards; that one is there or not says nothing of a provider.
GENERIC = frozenset({
    "accept-ranges", "age", "alt-svc", "cache-control", "cf-cache-status", "cf-ray", "connection",
    "content-encoding", "content-length", "content-security-policy", "content-type",
    "cross-origin-opener-policy", "date", "expires", "keep-alive", "last-modified", "location", "nel",
    "pragma", "referrer-policy", "report-to", "server", "set-cookie", "strict-transport-security",
    "trailer", "transfer-encoding", "upgrade", "vary", "via", "x-content-type-options",
    "x-dns-prefetch-control", "x-download-options", "x-frame-options",
    "x-permitted-cross-domain-policies", "x-powered-by", "x-xss-protection",
})  # fmt: skip
_SAYS = {
    "required": "a key that every reply had is missing",
    "enum": "a word that is not known",
    "const": "another value than the only one that is known",
    "type": "a value of another type",
}


@dataclass
class ReplyJudge:
    """Compares responses with one contract."""

    contract: Contract
    root: Path | None = None
    _validators: dict[tuple[str, str], jsonschema_rs.Draft202012Validator | None] = field(default_factory=dict)
    _others: list[tuple[str, "ReplyJudge"]] | None = None

    def __post_init__(self) -> None:
        self._response_checker = ResponseChecker(self.contract)
        self._resolver = Resolver(self.contract)

    def drift(self, recorded: Recorded) -> Iterator[Finding]:
        """What a response shows that is not held."""
        operation, received = recorded.operation, recorded.told
        if operation is None:
            says = "an operation that is not held"
            yield recorded.finding("operation", "compatible", says, NOTHING, recorded.name)
            return
        found = self._response_checker.documented(operation, received.status)
        if found is None:
            if not recorded.filled("response/status"):
                yield self._unknown_status(recorded, operation)
            return
        _, response = found
        yield from self._headers(recorded, response)
        media = self._response_checker.wrong_media(response, received)
        if media and not recorded.filled("response/headers"):
            held, says = list(response["content"]), "another content type"
            yield recorded.finding(f"{received.status}/media", "breaking for replies", says, held, received.media)
        if trouble := recorded.exchange.reply_trouble:
            yield recorded.finding(
                f"{received.status}/body", "unchecked", f"the recorded body cannot be read: {trouble}"
            )
            return
        if recorded.filled("response/body/string"):
            return
        if trouble := body_trouble(response, received, _media(response, recorded)):
            yield recorded.finding(
                f"{received.status}/body", "breaking for replies", trouble, NOTHING, received.shown()
            )
            return
        yield from self._body(recorded, operation)
        for pointer, value in self.undeclared(operation, recorded).items():
            if not recorded.filled("response/body/string", pointer):
                aspect = f"{received.status}{pointer}"
                yield recorded.finding(aspect, "compatible", "a key that is not declared", NOTHING, value)

    def violations(self, operation: Operation, recorded: Recorded) -> tuple[Violation, ...] | None:
        """What in a body breaks the schema for its status; None where no such status is documented."""
        found = self._response_checker.documented(operation, recorded.told.status)
        if found is None:
            return None
        validator = self._validator(operation, *found, _media(found[1], recorded))
        return violations(validator, recorded.told.json) if validator is not None and recorded.told.body else ()

    def _unknown_status(self, recorded: Recorded, operation: Operation) -> Finding:
        status = recorded.told.status
        verdict: Verdict = "compatible" if status >= 400 else "breaking for replies"
        held = list(operation.statuses)
        return recorded.finding(f"{status}", verdict, "a status that is not documented", held, status)

    def _body(self, recorded: Recorded, operation: Operation) -> Iterator[Finding]:
        for one in self.violations(operation, recorded) or ():
            if recorded.filled("response/body/string", one.pointer):
                continue
            aspect = f"{recorded.told.status}{one.pointer}/{one.keyword}"
            says = _SAYS.get(one.keyword, f"a value that breaks `{one.keyword}`")
            reading = self._reading_that_takes(recorded, operation, one)
            after = NOTHING if one.keyword == "required" else one.value
            if reading is not None:
                verdict: Verdict = "docs only"
                yield recorded.finding(aspect, verdict, f"{says}, as the reading {reading} has it", one.limit, after)
            else:
                yield recorded.finding(aspect, "breaking for replies", says, one.limit, after)

    def _reading_that_takes(self, recorded: Recorded, operation: Operation, violation: Violation) -> str | None:
        """The option of a reading under which this is no violation, and nothing else is one instead.

        A missing key is no violation only where the reading declares one that is there in its place.
        """
        held = {_key(one) for one in self.violations(operation, recorded) or ()}
        own = set(self.undeclared(operation, recorded))
        for name, judge in self._readings():
            there = judge.contract.operation(operation.id)
            found = judge.violations(there, recorded)
            if found is None or not {_key(one) for one in found} <= held - {_key(violation)}:
                continue
            if violation.keyword != "required" or set(judge.undeclared(there, recorded)) < own:
                return name
        return None

    def _readings(self) -> list[tuple[str, "ReplyJudge"]]:
        """The contract under each other option of each reading, one at a time."""
        if self._others is None:
            chosen = dict(self.contract.chosen)
            self._others = [
                (f"{reading.id}={option}", ReplyJudge(self._loaded({**chosen, reading.id: option}), self.root))
                for reading in self.contract.readings.values()
                for option in reading.options
                if option != chosen.get(reading.id, reading.default)
            ]
        return self._others

    def _loaded(self, readings: Mapping[str, str]) -> Contract:
        return load_contract(self.contract.provider, readings=readings, root=self.root)

    def undeclared(self, operation: Operation, recorded: Recorded) -> dict[str, Any]:
        """The keys of a body that no schema declares, by their pointers."""
        found = self._response_checker.documented(operation, recorded.told.status)
        schema = found[1].get("content", {}).get(_media(found[1], recorded), {}).get("schema") if found else None
        if schema is None:
            return {}
        return dict(self._beyond(recorded.told.json, [(self._resolver.absolute(schema), "")]))

    def _beyond(self, value: Any, schemas: list[tuple[Any, str]], at: str = "") -> Iterator[tuple[str, Any]]:
        """Every key of a message that no schema for its place names."""
        flat = [part for schema, base in schemas for part in self._parts(schema, base)]
        if isinstance(value, dict):
            open_ = any(part.get("additionalProperties") not in (None, False) for part, _ in flat)
            declared = {key for part, _ in flat for key in part.get("properties", {})}
            for key, inner in value.items():
                here = f"{at}/{key}"
                if key in declared:
                    own = [(part["properties"][key], base) for part, base in flat if key in part.get("properties", {})]
                    yield from self._beyond(inner, own, here)
                elif declared and not open_:
                    yield here, inner
        elif isinstance(value, list):
            items = [(part["items"], base) for part, base in flat if "items" in part]
            for number, inner in enumerate(value):
                yield from self._beyond(inner, items, f"{at}/{number}")

    def _parts(self, schema: Any, base: str) -> Iterator[tuple[Mapping[str, Any], str]]:
        """Everything that a schema says of one place."""
        followed, base = self._resolver.followed(schema, base)
        if not isinstance(followed, Mapping):
            return
        yield followed, base
        for word in ("allOf", "anyOf", "oneOf"):
            for branch in followed.get(word, ()):
                yield from self._parts(branch, base)

    def _headers(self, recorded: Recorded, response: Mapping[str, Any]) -> Iterator[Finding]:
        if recorded.filled("response/headers"):
            return
        held = {name.lower() for name in response.get("headers", {})}
        told = recorded.told.headers
        shown = dict(told)
        for name in sorted(set(told) - held - GENERIC):
            if not name.startswith("access-control-"):
                says = "a header that is not documented"
                yield recorded.finding(f"headers/{name}", "compatible", says, NOTHING, told[name], witness=shown)
        for name in sorted(held - set(told)):
            says = "a documented header that is not there"
            yield recorded.finding(f"headers/{name}", "unknown", says, name, NOTHING, witness=shown)

    def _validator(
        self, operation: Operation, key: str, response: Mapping[str, Any], media: str
    ) -> jsonschema_rs.Draft202012Validator | None:
        if (operation.id, key) not in self._validators:
            schema = response.get("content", {}).get(media, {}).get("schema")
            schemas = self.contract.schemas
            compiled = schemas.compile(schemas.absolute(schema), where=f"{operation.id} {key}") if schema else None
            self._validators[operation.id, key] = compiled
        return self._validators[operation.id, key]


def _media(response: Mapping[str, Any], recorded: Recorded) -> str:
    """By which content type a body is judged: its own, or the documented one where nobody recorded it."""
    content = response.get("content", {})
    unknown = not recorded.told.media or recorded.filled("response/headers")
    return next(iter(content)) if unknown and len(content) == 1 else recorded.told.media


def _key(violation: Violation) -> tuple[str, str]:
    return violation.pointer, violation.keyword
