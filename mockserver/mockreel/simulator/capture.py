"""An exchange as the journal may keep it: put together after the reply, from bytes that are there already."""

from collections.abc import Iterator
from typing import Any

import orjson

from mockreel.contract import Contract
from mockreel.contract.messages.duplicate_keys import duplicates
from mockreel.contract.messages.form import Form
from mockreel.contract.messages.message import Reply, exact
from mockreel.contract.operations import resolve
from mockreel.contract.validation import Violation
from mockreel.engine.faults import NO_FAULTS
from mockreel.engine.journal.journal import Entry
from mockreel.engine.journal.redaction import MASK, Masks, Texts, left_out
from mockreel.simulator.context import Call

# Headers of any client that are worth a question, and hold no secret; what the contract declares is kept besides.
CHOSEN = frozenset(
    {
        b"accept",
        b"content-encoding",
        b"content-type",
        b"content-length",
        b"idempotency-key",
        b"prefer",
        b"range",
        b"user-agent",
    }
)
# A longer header, and a longer piece of what could not be read, is not kept.
LONGEST = 1000
# So many sets of headers are kept once; then they are counted anew.
MOST_KNOWN = 256
# A body with more fields than this is no question about a job.
FEW = 6


Pairs = tuple[tuple[bytes, bytes], ...]


class Noting:
    """Makes the journal's entries of one provider."""

    def __init__(self, contract: Contract) -> None:
        self._provider = contract.provider
        self.masks = Masks({*contract.conversation.hidden, *_key_fields(contract)})
        self._chosen = CHOSEN | _declared(contract)
        self._known: dict[int, Pairs] = {}
        talks = contract.conversation.jobs.values()
        self._harmless = frozenset(name for talk in talks for name in (*talk.submits, talk.poll))

    def entry(
        self, call: Call, reply: Reply, *, row: str | None, found: tuple[Violation, ...], keys: list[str]
    ) -> Entry:
        """What is kept of one exchange; `keys` are the texts that must not be."""
        request, operation, hidden = call.request, call.known_operation, Texts(keys)
        name = operation.id if operation else None
        if request.body:
            found += self._repeated(call)
        return Entry(
            call.now,
            self._provider,
            call.caller.account.name if call.caller else None,
            request.method,
            hidden.masked_text(request.path),
            name,
            reply.status,
            row,
            tuple([one.kept(without=keys) for one in found]) if found else (),
            self.masks.query(request.query, hidden) if request.query else "",
            self._headers(call, hidden),
            self._body(call, hidden) if request.body else b"",
            self.masks.reply(reply.body, hidden, harmless=name in self._harmless),
            reply.headers,
            call.job or _asked_about(call),
            None if call.faults is NO_FAULTS else _faults(call),
            call.part.clock.real(),
            tuple([hidden.masked_text(note) for note in call.notes]) if call.notes else (),
        )

    def line(
        self, call: Call, reply: Reply, *, row: str | None, found: tuple[Violation, ...], keys: list[str]
    ) -> Entry:
        """The same without what was said: who asked for what, how it ended, and every violation."""
        operation = call.known_operation
        path = call.request.path
        if call.request.body:
            found += self._repeated(call)
        for key in keys:
            path = path.replace(key, MASK)
        return Entry(
            call.now,
            self._provider,
            call.caller.account.name if call.caller else None,
            call.request.method,
            path,
            operation.id if operation else None,
            reply.status,
            row,
            tuple([one.kept(without=keys) for one in found]) if found else (),
            job=call.job,
            fault=None if call.faults is NO_FAULTS else _faults(call),
            real=call.part.clock.real(),
            notes=tuple([Texts(keys).masked_text(note) for note in call.notes]) if call.notes else (),
        )

    def _headers(self, call: Call, hidden: Texts) -> Pairs:
        """The headers that are kept; a client sends the same ones again and again, so they are kept once.

        They are found again by their hash, as a key stands among them that nothing may hold.
        """
        headers = tuple([(name, value) for name, value in call.request.headers])
        seen = hash((headers, *hidden.texts))
        known = self._known.get(seen)
        if known is None:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            pairs = [pair for pair in headers if pair[0] in self._chosen and len(pair[1]) < LONGEST]
            known = self._known[seen] = hidden.masked_pairs(pairs)
        return known

    def _repeated(self, call: Call) -> tuple[Violation, ...]:
        """The keys that stand twice in the body, which nothing refuses: the last one counts."""
        body = call.body
        return duplicates(call.request.body, body) if type(body) is dict or type(body) is list else ()

    def _body(self, call: Call, hidden: Texts) -> bytes:
        raw, body = call.request.body, call.body
        if type(body) is dict:  # first, as almost all are
            return self.masks.json(raw, body, hidden)
        if isinstance(body, Form):
            return self._form(body, hidden)
        if isinstance(body, bytes):
            return left_out(raw)
        if body is not None:
            return self.masks.json(raw, body, hidden)
        try:
            return self.masks.json(raw, orjson.loads(raw), hidden)
        except (orjson.JSONDecodeError, TypeError):
            return self._unread(raw, hidden)

    def _form(self, form: Form, hidden: Texts) -> bytes:
        files = {
            name: {"filename": file.filename, "mime": file.mime, **orjson.loads(left_out(file.data))}
            for name, file in form.files.items()
        }
        shown = {"fields": dict(form.fields), "files": files}
        return self.masks.json(orjson.dumps(shown), shown, hidden)

    def _unread(self, raw: bytes, hidden: Texts) -> bytes:
        """What was no JSON: its beginning, unless a secret could stand in it that nobody can find."""
        if b"\\" in raw or self.masks.concern(raw) or not raw.isascii():
            return left_out(raw)
        return hidden.masked(exact(raw[:LONGEST]))


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


def _key_fields(contract: Contract) -> Iterator[str]:
    """Names of fields and parameters that hold a key somewhere in this contract."""
    for operation in contract.operations:
        yield from (place.name for place in operation.key if place.kind != "header")


def _declared(contract: Contract) -> frozenset[bytes]:
    """Headers that operations declare, but for those that hold a key."""
    keys = {place.header for operation in contract.operations for place in operation.key}
    rows: list[Any] = [row for operation in contract.operations for row in operation.raw.get("parameters", [])]
    stated = [resolve(contract.document, row, where=contract.provider) for row in rows]
    return frozenset(row["name"].lower().encode() for row in stated if row.get("in") == "header") - keys
