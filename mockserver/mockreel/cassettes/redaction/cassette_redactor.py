"""Redact exchanges, deny by default on both sides: known names and values are stored, all others are placeholders."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx2
import orjson

from mockreel.cassettes.cassette import Exchange, Headers, InboundCallback
from mockreel.cassettes.recording_rules import Rules
from mockreel.cassettes.redaction.body_fields import FieldRedactor
from mockreel.cassettes.redaction.header_values import HeaderRedactor
from mockreel.cassettes.redaction.placeholders import Placeholders
from mockreel.cassettes.redaction.schema_fields import Candidates, SchemaFields, schema_of_places
from mockreel.cassettes.redaction.secret_patterns import Secrets
from mockreel.cassettes.redaction.storable_text import TextRedactor
from mockreel.cassettes.redaction.urls import AddressRedactor
from mockreel.cassettes.redaction.vocabulary import vocabulary
from mockreel.client.profile import ClientProfile
from mockreel.contract import Contract, Operation
from mockreel.contract.messages.json_text import parsed_json
from mockreel.contract.operations import resolve
from mockreel.terminal import counted


@dataclass(frozen=True, slots=True)
class RedactedCassette:
    """Redacted exchanges, and what must not be in them: texts by their description."""

    exchanges: tuple[Exchange, ...]
    callbacks: tuple[InboundCallback, ...]
    originals: Mapping[str, str]


class CassetteRedactor:
    """Redacts the exchanges of one cassette; ids are replaced alike in all of them, so that they still link.

    Args:
        known: texts that are secrets, by what they are called: the key, above all.
    """

    def __init__(self, contract: Contract, profile: ClientProfile, rules: Rules, *, known: Mapping[str, str]) -> None:
        self.placeholders = Placeholders()
        self._contract = contract
        self._profile = profile
        self._rules = rules
        self._schema_fields = SchemaFields(contract)
        for secret in known:
            self.placeholders.of(secret, "key")
        texts = TextRedactor(Secrets(rules.looks, known=known), self.placeholders, vocabulary(contract))
        self._addresses = AddressRedactor(contract, texts, self.placeholders)
        self._headers = HeaderRedactor(contract, profile, texts, self._addresses, self.placeholders)
        places = [place for operation in contract.operations for place in operation.key]
        self._fields = FieldRedactor(
            rules,
            self._schema_fields,
            texts,
            self._addresses,
            self.placeholders,
            frozenset(contract.conversation.hidden),
            frozenset(place.name for place in places if place.kind in ("body", "query")),
            rules.ids | ({profile.mark.place.name} if profile.mark else frozenset()),
            self._inside(),
        )

    def redacted(self, exchanges: Sequence[Exchange], callbacks: Sequence[InboundCallback] = ()) -> RedactedCassette:
        """Everything twice: what is learnt from the last exchange is replaced in the first one too."""
        for _ in range(2):
            redacted = tuple(map(self.exchange, exchanges))
            called = tuple(map(self.callback, callbacks))
        replaced = self.placeholders.originals
        return RedactedCassette(
            redacted, called, {one: what for one, what in replaced.items() if one not in self._fields.stored}
        )

    def exchange(self, raw: Exchange) -> Exchange:
        operation = self._addresses.operation(raw.method, raw.uri)
        request_body = unpacked(raw.body, raw.headers)
        return Exchange(
            raw.method,
            self._addresses.address(raw.uri),
            self._headers.request(raw.headers),
            self._body(request_body, raw.headers, self._request_schemas(operation, raw, request_body), own=True),
            raw.status,
            self._headers.reply(raw.reply_headers),
            self._body(
                unpacked(raw.reply, raw.reply_headers), raw.reply_headers, self._reply_schemas(operation), own=False
            ),
        )

    def callback(self, raw: InboundCallback) -> InboundCallback:
        """One webhook, redacted."""
        known = self._webhook_fields()
        return InboundCallback(
            self.placeholders.address(raw.url),
            self._headers.webhook_headers(raw.headers),
            self._body(unpacked(raw.body, raw.headers), raw.headers, known, own=False),
            raw.method,
            raw.at,
            raw.filled,
        )

    def _body(self, body: bytes | None, headers: Headers, known: Candidates, *, own: bool) -> bytes:
        if not body:
            return b"" if body is not None else b"(a body in an unknown encoding was were left out)"
        media = _media_type(headers)
        if media == "application/x-www-form-urlencoded":
            return self._form(body, known, own=own)
        parsed = parsed_json(body)
        if parsed is None:
            return f"({counted(len(body), 'byte')} of {media} were left out)".encode()
        redact = self._fields.request if own else self._fields.reply
        return orjson.dumps(redact(parsed, known))

    def _form(self, body: bytes, known: Candidates, *, own: bool) -> bytes:
        fields = dict(parse_qsl(body.decode("latin-1"), keep_blank_values=True))
        redact = self._fields.request if own else self._fields.reply
        return urlencode(redact(fields, known)).encode()

    def _request_schemas(self, operation: Operation | None, raw: Exchange, body: bytes | None) -> Candidates:
        """What is known of a request's body: its own schema, the model's, the places of the key and of the mark."""
        if operation is None:
            return ()
        names = [place.name for place in operation.key if place.kind == "body"]
        names += [operation.model.name] if operation.model and operation.model.kind == "body" else []
        mark = self._profile.mark
        names += [mark.place.name] if mark and mark.place.kind == "body" else []
        schemas = [operation.request_schema, schema_of_places(f"/{name}" for name in names)]
        model = self._contract.names.get(self._model(operation, raw, body))
        if model is not None:
            schema: Any = {"$ref": self._contract.schemas.uri(model.schema)}
            for step in reversed(operation.input_path):
                schema = {"properties": {step: schema}}
            schemas.append(schema)
        return self._schema_fields.schemas(schemas)

    def _model(self, operation: Operation, raw: Exchange, body: bytes | None) -> str:
        """What a request calls the model that it is for."""
        if operation.model is None:
            return ""
        if operation.model.kind == "path":
            return self._addresses.params(raw.uri).get(operation.model.name, "")
        parsed = parsed_json(body or b"")
        return str(parsed.get(operation.model.name, "")) if isinstance(parsed, dict) else ""

    def _reply_schemas(self, operation: Operation | None) -> Candidates:
        """What is known of a answer's body: what any answer of the operation may hold, and what the client reads."""
        errors = self._profile.errors
        places = [*errors.codes, *errors.messages, *errors.violations, *errors.request_ids]
        for job in self._profile.jobs.values():
            places += [*job.id, *job.state, *job.results, *job.kinds, *job.seconds, *job.texts]
            places += [*job.failure.code, *job.failure.message, *job.failure.stage, *(row.at for row in job.spent)]
        # What the rows name is known at the root, whichever envelope the provider has chosen today.
        places += [f"/{name}" for name in sorted(self._rules.words | self._rules.texts) if "/" not in name]
        schemas = self._documented_schemas(operation) if operation else []
        return self._schema_fields.schemas([*schemas, schema_of_places(one for one in places if one.startswith("/"))])

    def _documented_schemas(self, operation: Operation) -> list[Any]:
        rows = [
            resolve(self._contract.document, row, where=operation.id)
            for row in operation.raw.get("responses", {}).values()
        ]
        return [media.get("schema") for row in rows for media in row.get("content", {}).values()]

    def _webhook_fields(self) -> Candidates:
        """What is known of a callback's body."""
        webhook = self._profile.webhook
        places = [*webhook.id, *webhook.state, *webhook.event, *webhook.inside] if webhook else []
        schemas = [schema for operation in self._contract.operations for schema in self._schemas_called(operation)]
        return self._schema_fields.schemas([*schemas, schema_of_places(places)])

    def _schemas_called(self, operation: Operation) -> Iterator[Any]:
        for row in operation.raw.get("callbacks", {}).values():
            for item in resolve(self._contract.document, row, where=operation.id).values():
                body = resolve(self._contract.document, item["post"]["requestBody"], where=operation.id)
                yield from (media.get("schema") for media in body["content"].values())

    def _inside(self) -> Mapping[str, Candidates]:
        """What is known of the JSON that a field of a callback holds as a text: a job, as its poll shows it."""
        webhook = self._profile.webhook
        polls = [self._contract.operation(talk.poll) for talk in self._contract.conversation.jobs.values()]
        known = tuple(one for poll in polls for one in self._reply_schemas(poll))
        return {place.rpartition("/")[2]: known for place in (webhook.inside if webhook else ())}


def unpacked(body: bytes, headers: Headers) -> bytes | None:
    """A body without its content encoding; None where that is unknown or broken."""
    how = next((value for name, value in headers if name.lower() == "content-encoding"), "").strip().lower()
    if how in ("", "identity") or not body:
        return body
    try:
        content = httpx2.Response(200, headers={"content-encoding": how}, content=body).content
    except httpx2.DecodingError:
        return None
    return None if content in (body, b"") else content  # httpx2 leaves unknown codings unchanged


def _media_type(headers: Headers) -> str:
    found = next((value for name, value in headers if name.lower() == "content-type"), "")
    return found.partition(";")[0].strip().lower() or "an unknown type"
