"""Drift of a recorded response: its status, the values, types and keys of its body, its headers."""

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

# Headers of HTTP and of gateways: their presence is no fact about a provider.
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
    "required": "a required key is missing",
    "enum": "an unknown value of an enum",
    "const": "another value than the constant one",
    "type": "a value of another type",
}


@dataclass
class ResponseJudge:
    """Compares responses with one contract."""

    contract: Contract
    root: Path | None = None
    _validators: dict[tuple[str, str], jsonschema_rs.Draft202012Validator | None] = field(default_factory=dict)
    _others: list[tuple[str, "ResponseJudge"]] | None = None

    def __post_init__(self) -> None:
        self._response_checker = ResponseChecker(self.contract)
        self._resolver = Resolver(self.contract)

    def drift(self, recorded: Recorded) -> Iterator[Finding]:
        """Where a response differs from the contract."""
        operation, received = recorded.operation, recorded.response
        if operation is None:
            says = "an unknown operation"
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
            documented, says = list(response["content"]), "another content type"
            yield recorded.finding(f"{received.status}/media", "breaking for replies", says, documented, received.media)
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
        """The violations of the schema for a body's status; None if the status is not documented."""
        found = self._response_checker.documented(operation, recorded.response.status)
        if found is None:
            return None
        validator = self._validator(operation, *found, _media(found[1], recorded))
        return violations(validator, recorded.response.json) if validator is not None and recorded.response.body else ()

    def _unknown_status(self, recorded: Recorded, operation: Operation) -> Finding:
        status = recorded.response.status
        verdict: Verdict = "compatible" if status >= 400 else "breaking for replies"
        documented = list(operation.statuses)
        return recorded.finding(f"{status}", verdict, "a status that is not documented", documented, status)

    def _body(self, recorded: Recorded, operation: Operation) -> Iterator[Finding]:
        for one in self.violations(operation, recorded) or ():
            if recorded.filled("response/body/string", one.pointer):
                continue
            aspect = f"{recorded.response.status}{one.pointer}/{one.keyword}"
            says = _SAYS.get(one.keyword, f"a value that breaks `{one.keyword}`")
            reading = self._reading_that_allows(recorded, operation, one)
            after = NOTHING if one.keyword == "required" else one.value
            if reading is not None:
                verdict: Verdict = "docs only"
                yield recorded.finding(aspect, verdict, f"{says}, as the reading {reading} has it", one.limit, after)
            else:
                yield recorded.finding(aspect, "breaking for replies", says, one.limit, after)

    def _reading_that_allows(self, recorded: Recorded, operation: Operation, violation: Violation) -> str | None:
        """The option of a reading under which this is no violation and nothing else becomes one.

        For a missing key, the reading must declare a key that the body has instead.
        """
        broken = {_key(one) for one in self.violations(operation, recorded) or ()}
        undeclared = set(self.undeclared(operation, recorded))
        for name, judge in self._readings():
            there = judge.contract.operation(operation.id)
            found = judge.violations(there, recorded)
            if found is None or not {_key(one) for one in found} <= broken - {_key(violation)}:
                continue
            if violation.keyword != "required" or set(judge.undeclared(there, recorded)) < undeclared:
                return name
        return None

    def _readings(self) -> list[tuple[str, "ResponseJudge"]]:
        """The contract under each other option of each reading, one at a time."""
        if self._others is None:
            chosen = dict(self.contract.chosen)
            self._others = [
                (f"{reading.id}={option}", ResponseJudge(self._loaded({**chosen, reading.id: option}), self.root))
                for reading in self.contract.readings.values()
                for option in reading.options
                if option != chosen.get(reading.id, reading.default)
            ]
        return self._others

    def _loaded(self, readings: Mapping[str, str]) -> Contract:
        return load_contract(self.contract.provider, readings=readings, root=self.root)

    def undeclared(self, operation: Operation, recorded: Recorded) -> dict[str, Any]:
        """The keys of a body that no schema declares, by their pointers."""
        found = self._response_checker.documented(operation, recorded.response.status)
        schema = found[1].get("content", {}).get(_media(found[1], recorded), {}).get("schema") if found else None
        if schema is None:
            return {}
        return dict(self._beyond(recorded.response.json, [(self._resolver.absolute(schema), "")]))

    def _beyond(self, value: Any, schemas: list[tuple[Any, str]], at: str = "") -> Iterator[tuple[str, Any]]:
        """Every key of a message that no schema for its place declares."""
        flat = [part for schema, base in schemas for part in self._parts(schema, base)]
        if isinstance(value, dict):
            open_ = any(part.get("additionalProperties") not in (None, False) for part, _ in flat)
            declared = {key for part, _ in flat for key in part.get("properties", {})}
            for key, inner in value.items():
                here = f"{at}/{key}"
                if key in declared:
                    below = [
                        (part["properties"][key], base) for part, base in flat if key in part.get("properties", {})
                    ]
                    yield from self._beyond(inner, below, here)
                elif declared and not open_:
                    yield here, inner
        elif isinstance(value, list):
            items = [(part["items"], base) for part, base in flat if "items" in part]
            for number, inner in enumerate(value):
                yield from self._beyond(inner, items, f"{at}/{number}")

    def _parts(self, schema: Any, base: str) -> Iterator[tuple[Mapping[str, Any], str]]:
        """Every part of a schema that applies to one place."""
        followed, base = self._resolver.followed(schema, base)
        if not isinstance(followed, Mapping):
            return
        yield followed, base
        for keyword in ("allOf", "anyOf", "oneOf"):
            for branch in followed.get(keyword, ()):
                yield from self._parts(branch, base)

    def _headers(self, recorded: Recorded, response: Mapping[str, Any]) -> Iterator[Finding]:
        if recorded.filled("response/headers"):
            return
        documented = {name.lower() for name in response.get("headers", {})}
        headers = recorded.response.headers
        witness = dict(headers)
        for name in sorted(set(headers) - documented - GENERIC):
            if not name.startswith("access-control-"):
                says = "a header that is not documented"
                yield recorded.finding(f"headers/{name}", "compatible", says, NOTHING, headers[name], witness=witness)
        for name in sorted(documented - set(headers)):
            says = "a documented header is missing"
            yield recorded.finding(f"headers/{name}", "unknown", says, name, NOTHING, witness=witness)

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
    """The content type that a body is judged by: its own, or the documented one if none was recorded."""
    content = response.get("content", {})
    unknown = not recorded.response.media or recorded.filled("response/headers")
    return next(iter(content)) if unknown and len(content) == 1 else recorded.response.media


def _key(violation: Violation) -> tuple[str, str]:
    return violation.pointer, violation.keyword
