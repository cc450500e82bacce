"""An exchange as the journal may keep it: put together after the reply, from bytes that are there already."""

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from mockreel.contract import Contract
from mockreel.contract.messages.body import read_json, read_query
from mockreel.contract.messages.duplicate_keys import duplicates
from mockreel.contract.messages.form import Form
from mockreel.contract.messages.message import Reply
from mockreel.contract.operations import resolve
from mockreel.contract.validation import Violation
from mockreel.engine.faults import NO_FAULTS
from mockreel.engine.journal.journal import Entry, header_text
from mockreel.redaction import Fingerprints, credentials_of, left_out, redactor_of
from mockreel.simulator.context import Call

# Headers of any client that are worth a question, and hold no secret; what the contract declares is kept besides.
CHOSEN = frozenset(
    {b"accept", b"content-type", b"content-length", b"idempotency-key", b"prefer", b"range", b"user-agent"}
)
# A longer header, and a longer piece of what could not be read, is not kept.
LONGEST = 1000
# So many sets of headers are kept once; then they are counted anew.
MOST_KNOWN = 256
# A reply's header that is no longer than this is a word of ours.
MOST_HARMLESS = 40
# A body with more fields than this is no question about a job.
FEW = 6


Pairs = tuple[tuple[bytes, bytes], ...]


class Noting:
    """Makes the journal's entries of one provider."""

    def __init__(self, contract: Contract) -> None:
        self._provider = contract.provider
        self.redactor = redactor_of(contract)
        self._credentials = credentials_of(contract)
        self._chosen = CHOSEN | _declared(contract)
        self._known: dict[int, Pairs] = {}

    def entry(self, call: Call, reply: Reply, *, row: str | None, found: tuple[Violation, ...]) -> Entry:
        """What is kept of one exchange."""
        request, known = call.request, self._keys(call)
        return self.line(call, reply, row=row, found=found, known=known)._replace(
            query=self.redactor.query(request.query, known) if request.query else "",
            headers=self._headers(call, known),
            body=self._body(call, known) if request.body else b"",
            reply=self.redactor.reply(reply.body, known),
            reply_headers=self._told(reply, known),
            job=call.job or _asked_about(call),
        )

    def line(
        self,
        call: Call,
        reply: Reply,
        *,
        row: str | None,
        found: tuple[Violation, ...],
        known: Fingerprints | None = None,
    ) -> Entry:
        """The same without what was said: who asked for what, how it ended, and every violation."""
        operation = call.known_operation
        if known is None:
            known = self._keys(call)
        if call.request.body:
            found += self._repeated(call)
        return Entry(
            call.now,
            self._provider,
            call.caller.account.name if call.caller else None,
            call.request.method,
            self._path(call, reply, known),
            operation.id if operation else None,
            reply.status,
            row,
            tuple([self._violation(one, known) for one in found]) if found else (),
            job=call.job,
            fault=None if call.faults is NO_FAULTS else _faults(call),
        )

    def told(self, call: Call, text: str) -> str:
        """A text about a request as a log may have it, line by line."""
        known = self._keys(call)
        return "\n".join(self.redactor.text(line, known, loose=True) for line in text.splitlines())

    def _keys(self, call: Call) -> Fingerprints:
        """The keys that must not be kept of a request: its caller's, and whatever else it carries in a key's place.

        What nobody admits is remembered by the keyring, so that it is shown nowhere else either.
        """
        request, caller = call.request, call.caller
        names = self._credentials.names(request.headers)
        asks = bool(request.query) and (b"%" in request.query or self.redactor.concerns(request.query))
        says = bool(request.body) and self.redactor.concerns(request.body)
        if caller is not None and len(names) < 2 and not asks and not says:
            return caller.key
        keyring = call.part.keyring
        for text in self._carried(call, says=says):
            keyring.strangers.add(text)
        return keyring.known

    def _carried(self, call: Call, *, says: bool) -> Iterator[str]:
        yield from self._credentials.texts(call.request.headers)
        for name, value in read_query(call.request.query).items():
            yield from self.redactor.carried({name: value})
        if says:
            body = call.body
            yield from self.redactor.carried(dict(body.fields) if isinstance(body, Form) else body)

    def _path(self, call: Call, reply: Reply, known: Fingerprints) -> str:
        path = call.request.path
        if call.known_operation is not None and reply.status < 400 and not known:
            return path
        return self.redactor.path(path, known, strange=call.known_operation is None)

    def _violation(self, one: Violation, known: Fingerprints) -> Violation:
        """A violation as it may be kept; of a secret's place nothing is told but the rule."""
        path = tuple([self.redactor.text(step, known) if isinstance(step, str) else step for step in one.path])
        hides = one.keyword != "required" and any(
            isinstance(step, str) and self.redactor.is_secret(step, None) for step in one.path
        )
        message = (
            f"what stands there breaks the rule {one.keyword!r}" if hides else self.redactor.text(one.message, known)
        )
        kept = one.kept(path=path, message=message)
        if one.keyword == "enum" or not isinstance(one.limit, list):  # what the schema says; else names that were sent
            return kept
        return kept._replace(limit=self.redactor.value(one.limit, known))

    def _headers(self, call: Call, known: Fingerprints) -> Pairs:
        """The headers that are kept; a client sends the same ones again and again, so they are kept once.

        They are found again by their hash, as a key stands among them that nothing may hold.
        """
        headers = tuple([(name, value) for name, value in call.request.headers])
        if call.caller is None or known is not call.caller.key:
            return self._masked(self._worth(headers), known)
        seen = hash(headers)
        kept = self._known.get(seen)
        if kept is None:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            kept = self._known[seen] = self._masked(self._worth(headers), known)
        return kept

    def _worth(self, headers: Pairs) -> Pairs:
        return tuple([pair for pair in headers if pair[0] in self._chosen and len(pair[1]) < LONGEST])

    def _told(self, reply: Reply, known: Fingerprints) -> Pairs:
        """The headers of a reply: most are our own words."""
        headers = reply.headers
        for _, value in headers:
            if len(value) > MOST_HARMLESS:
                return self._masked(headers, known)
        return headers

    def _masked(self, pairs: Iterable[tuple[bytes, bytes]], known: Fingerprints) -> Pairs:
        return tuple([(name, self._header(value, known)) for name, value in pairs])

    def _header(self, value: bytes, known: Fingerprints) -> bytes:
        shown = known.masked(value)
        if shown is not value or self.redactor.concerns(value):
            shown = self.redactor.text(header_text(shown)).encode()
        return value if shown == value.decode("latin-1").encode() else shown

    def _repeated(self, call: Call) -> tuple[Violation, ...]:
        """The keys that stand twice in the body, which nothing refuses: the last one counts."""
        body = call.body
        return duplicates(call.request.body, body) if type(body) is dict or type(body) is list else ()

    def _body(self, call: Call, known: Fingerprints) -> bytes:
        raw, body = call.request.body, call.body
        if type(body) is dict:  # first, as almost all are
            return self.redactor.json(raw, body, known)
        if isinstance(body, Form):
            return self._form(body, known)
        if isinstance(body, bytes):
            return left_out(raw)
        if body is None:
            try:
                body = read_json(raw)
            except ValueError:
                return self.redactor.unread(raw, known, most=LONGEST)
        return self.redactor.json(raw, body, known)

    def _form(self, form: Form, known: Fingerprints) -> bytes:
        files = {
            name: {"filename": file.filename, "mime": file.mime, **orjson.loads(left_out(file.data))}
            for name, file in form.files.items()
        }
        shown = {"fields": dict(form.fields), "files": files}
        return self.redactor.json(orjson.dumps(shown), shown, known)


def _faults(call: Call) -> str | None:
    """What was damaged on purpose, in words."""
    return None if call.faults is None else str(call.faults)


def _asked_about(call: Call) -> str | None:
    """The id in a request that is a job of this account; None where there is none."""
    if call.caller is None:
        return None
    get, account = call.part.jobs.get, call.caller.account
    for value in _values(call):
        job = get(value)
        if job is not None and job.account is account:
            return value
    return None


def _values(call: Call) -> list[str]:
    """What a request says that could be a job's id."""
    values = list(call.params.values())
    if call.query:
        values += [value for value in call.query.values() if type(value) is str]
    if type(call.body) is dict and len(call.body) < FEW:
        values += [str(value) for value in call.body.values() if type(value) is str or type(value) is int]
    return values


def _declared(contract: Contract) -> frozenset[bytes]:
    """Headers that operations declare, but for those that hold a key."""
    keys = {place.header for operation in contract.operations for place in operation.key}
    rows: list[Any] = [row for operation in contract.operations for row in operation.raw.get("parameters", [])]
    stated = [resolve(contract.document, row, where=contract.provider) for row in rows]
    return frozenset(row["name"].lower().encode() for row in stated if row.get("in") == "header") - keys
