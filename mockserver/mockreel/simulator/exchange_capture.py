"""An exchange as the journal stores it: built after the response, from bytes that exist already."""

from functools import partial
from typing import Any, NamedTuple, cast

import orjson

from mockreel.contract import Contract
from mockreel.contract.messages.body import read_query
from mockreel.contract.messages.duplicate_keys import duplicates
from mockreel.contract.messages.form import Form
from mockreel.contract.messages.message import Request, Response
from mockreel.contract.operations import resolve
from mockreel.contract.validation import KEPT_TEXT, Step, Violation, Violations
from mockreel.engine.faults import NO_FAULTS
from mockreel.engine.journal.exchange_content import NOTHING, ExchangeContent, Pairs, Unread, UnreadViolations
from mockreel.engine.journal.journal import Entry
from mockreel.engine.redaction import MOST_MASKED, Fingerprints, credentials_of, left_out, redactor_of
from mockreel.simulator.request_context import RequestContext

# Common request headers without secrets; those that the contract declares are added.
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
# Longer headers are not stored.
LONGEST = 1000
# So many sets of headers, and harmless violations, are known again; then they are counted again.
MOST_KNOWN = 256
# A violation's text may repeat a whole body: of a longer one only the beginning is redacted, more than any key is long.
MOST_READ = 80_000
# A body with more fields than this is no question about a job.
FEW = 6


class StoredHeaders(NamedTuple):
    """What is stored of a request's headers, and how many of them carry a credential."""

    of: "Capture"
    stored: Pairs
    credentials: int


class Capture:
    """Makes the journal's entries of one provider."""

    def __init__(self, contract: Contract) -> None:
        self._provider = contract.provider
        self.redactor = contract.once("capture.redactor", lambda: redactor_of(contract))
        self._credentials = contract.once("capture.credentials", lambda: credentials_of(contract))
        self._chosen = contract.once("capture.chosen", lambda: CHOSEN | _declared(contract))
        self.headers = self._chosen  # the names of those that are stored
        self._known: dict[int, StoredHeaders] = {}
        self._harmless: dict[tuple[tuple[Step, ...], str, str], Violation] = {}
        self._added = 0  # how many keys were known when these were found harmless
        self._plain: set[int] = set()  # hashes of bodies that carried no secret, and no key twice

    def entry(
        self, context: RequestContext, response: Response, *, row: str | None, found: tuple[Violation, ...]
    ) -> Entry:
        request = context.request
        headers = self._headers(request)
        content = Unread(
            self.redactor,
            context.provider.keyring.known,
            query=request.query,
            headers=headers.stored,
            body=self._body(context) if request.body else b"",
            reply=response.body,
            reply_headers=response.headers,
        )
        job = context.job or context.polled or _polled_job(context)
        return self._entry(context, response, row=row, found=found, headers=headers, content=content, job=job)

    def line(
        self, context: RequestContext, response: Response, *, row: str | None, found: tuple[Violation, ...]
    ) -> Entry:
        """The entry without content: who requested what, how it ended, and every violation."""
        headers = self._headers(context.request)
        return self._entry(context, response, row=row, found=found, headers=headers, content=NOTHING, job=context.job)

    def _entry(
        self,
        context: RequestContext,
        response: Response,
        *,
        row: str | None,
        found: tuple[Violation, ...],
        headers: StoredHeaders,
        content: ExchangeContent | Unread,
        job: str | None,
    ) -> Entry:
        operation, request, caller = context.known_operation, context.request, context.caller
        if caller is None or request.body or request.query or headers.credentials > 1:
            found = found + repeated if (repeated := self._look_into(context, headers)) else found
        return Entry(
            context.now,
            self._provider,
            caller.account.name if caller else None,
            request.method,
            request.path if operation and not context.params else self._path(context, response, row, job),
            operation.id if operation else None,
            response.status,
            row,
            self._violations(context, found) if found else (),
            content,
            job,
            None if context.faults is NO_FAULTS else _faults(context),
            context.provider.clock.real(),
            self._notes(context) if context.notes else (),
        )

    def _notes(self, context: RequestContext) -> tuple[str, ...]:
        """What they quote of a header is shown as the header is."""
        return tuple([self.redactor.header(note, context.provider.keyring.known) for note in context.notes])

    def report(self, context: RequestContext, text: str) -> str:
        """A text about a request as a log may have it, line by line."""
        self._remember(context, self.redactor.plain_members(_fields(context)))
        known = context.provider.keyring.known
        return "\n".join(self.redactor.text(line, known, loose=True) for line in text.splitlines())

    def _look_into(self, context: RequestContext, headers: StoredHeaders) -> tuple[Violation, ...]:
        """Look for secrets and repeated keys; a JSON body that had none before has none again."""
        request, body = context.request, context.body
        is_json = type(body) is dict or type(body) is list
        is_plain = context.caller is not None and headers.credentials < 2
        if is_plain and not request.body:
            if not _names_job(context):
                self._remember(context, 0)
            return ()
        known = hash(request.body) if is_json and not request.query else None
        if is_plain and known in self._plain:
            return ()
        members = self.redactor.plain_members(_fields(context))
        carries = self._remember(context, members)
        # what nothing rejects: of keys that occur twice the last one counts
        repeated = duplicates(request.body, body, members) if is_json else ()
        if known is not None and not carries and not repeated:
            if len(self._plain) >= MOST_KNOWN:
                self._plain.clear()
            self._plain.add(known)
        return repeated

    def _remember(self, context: RequestContext, members: int | None) -> bool:
        """Have the keyring remember unknown values in a key's place, so that they are shown nowhere.

        Args:
            members: how many fields its body has; None where the name of one says what it holds.

        Returns:
            Whether there may be such a thing.
        """
        request = context.request
        shown = len(request.body) <= MOST_MASKED
        report = shown and (self.redactor.has_addresses(request.body) or b"\\" in request.body)
        in_body = members is None or report
        in_query = [*self.redactor.carried(read_query(request.query))] if request.query else []
        if context.caller is not None and self._headers(request).credentials < 2 and not in_body and not in_query:
            return False
        strangers = context.provider.keyring.strangers
        for text in self._credentials.texts(request.headers):
            strangers.add(text)
        for text in in_query:
            strangers.add(text)
        if in_body:
            for text in self.redactor.carried(_fields(context)):
                strangers.add(text)
        return True

    def _path(self, context: RequestContext, response: Response, row: str | None, job: str | None) -> str:
        """The path. Parameters are shown as sent only if they name a job or model of the simulator.

        Any other value may be the client's key, even in a request that succeeded or failed under status 200.
        """
        operation = context.known_operation
        if operation is not None:
            is_taken = row is None and response.status < 400
            for value in context.params.values():
                if is_taken and (value == job or context.provider.jobs.get(value) is not None):
                    continue
                if value not in context.provider.contract.names:
                    break
            else:
                return context.request.path
        return self.redactor.path(context.request.path, context.provider.keyring.known, strange=operation is None)

    def _violations(self, context: RequestContext, found: tuple[Violation, ...]) -> UnreadViolations:
        """Violations without values; a long text is redacted before it is cut."""
        report = found.cached_texts if isinstance(found, Violations) else {}
        unread: UnreadViolations | None = report.get("kept")
        if unread is not None:
            unread.read()  # the same ones are found again and again
            return unread
        known = context.provider.keyring.known
        redacted = partial(self._violation, known)
        stored = [
            self._stored(one)
            if len(one.message) <= KEPT_TEXT
            else redacted(one._replace(message=one.message[:MOST_READ]))
            for one in found
        ]
        unread = UnreadViolations(stored, redacted, known)
        if all(len(one.message) <= KEPT_TEXT for one in found):
            report["kept"] = unread
        return unread

    def _stored(self, one: Violation) -> Violation:
        """A violation without its value; equal ones share an object."""
        path, keyword, message, _, limit = one
        found = self._harmless.get((path, keyword, message))
        if found is not None and found.limit == limit:
            return found
        return Violation._make((path, keyword, message, None, limit))

    def _violation(self, known: Fingerprints, one: Violation) -> Violation:
        """A violation as it may be shown; one found harmless is so until another key is known."""
        if known.added != self._added or len(self._harmless) >= MOST_KNOWN:
            self._harmless.clear()
            self._added = known.added
        name = (one.path, one.keyword, one.message)
        found = self._harmless.get(name)
        if found is one or (found is not None and found.limit == one.limit):
            return found
        shown = self._redacted(known, one)
        if shown == one.for_storage() and len(one.message) <= KEPT_TEXT:
            self._harmless[name] = shown
        return shown

    def _redacted(self, known: Fingerprints, one: Violation) -> Violation:
        """A redacted violation; for a secret's place only the rule is reported."""
        steps = [step for step in one.path if isinstance(step, str)]
        path = tuple([self.redactor.text(step, known) if isinstance(step, str) else step for step in one.path])
        content = self.redactor.text(one.message, known)
        if one.keyword != "required" and any(self.redactor.is_secret(step, None) for step in steps):
            content = f"the value breaks the rule {one.keyword!r}"
        stored = one.for_storage(path=path, message=content)
        return stored._replace(limit=self.redactor.value(one.limit, known)) if _lists_names(one) else stored

    def _headers(self, request: Request) -> StoredHeaders:
        """What is stored of headers; clients send the same ones again and again, so the result is cached."""
        facts = request.facts
        if facts.stored is not None and facts.stored.of is self:
            return cast(StoredHeaders, facts.stored)
        headers = tuple([(name, value) for name, value in request.headers])
        seen = hash(headers)
        known = self._known.get(seen)
        if known is None:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            worth = tuple([pair for pair in headers if pair[0] in self._chosen and len(pair[1]) < LONGEST])
            known = self._known[seen] = StoredHeaders(self, worth, len(self._credentials.names(headers)))
        facts.stored = known
        return known

    def _body(self, context: RequestContext) -> bytes:
        """The body to keep: of files their size and hash."""
        body = context.body
        if isinstance(body, Form):
            return _form(body)
        return left_out(body) if isinstance(body, bytes) else context.request.body


def _fields(context: RequestContext) -> Any:
    """The parsed body."""
    return context.body.fields if isinstance(context.body, Form) else context.body


def _names_job(context: RequestContext) -> bool:
    """Whether the query holds the id of the polled job, and nothing else."""
    return b"&" not in context.request.query and [*context.query.values()] == [context.polled]


def _lists_names(one: Violation) -> bool:
    """Whether its limit lists names that were sent, and not those of the schema."""
    return one.keyword != "enum" and isinstance(one.limit, list)


def _form(form: Form) -> bytes:
    files = {
        name: {"filename": file.filename, "mime": file.mime, **orjson.loads(left_out(file.data))}
        for name, file in form.files.items()
    }
    return orjson.dumps({"fields": dict(form.fields), "files": files})


def _faults(context: RequestContext) -> str | None:
    """What was damaged on purpose, in words."""
    return None if context.faults is None else str(context.faults)


def _polled_job(context: RequestContext) -> str | None:
    """The id in a request that is a job of this account; None where there is none."""
    if context.caller is None:
        return None
    get, account = context.provider.jobs.get, context.caller.account
    fields = context.body.values() if type(context.body) is dict and len(context.body) < FEW else ()
    for values in (context.params.values(), context.query.values(), fields):
        for value in values:
            if type(value) is str or (values is fields and type(value) is int):
                job = get(str(value))
                if job is not None and job.account is account:
                    return job.id
    return None


def _declared(contract: Contract) -> frozenset[bytes]:
    """Headers that operations declare, but for those that hold a key."""
    keys = {place.header for operation in contract.operations for place in operation.key}
    rows: list[Any] = [row for operation in contract.operations for row in operation.raw.get("parameters", [])]
    stated = [resolve(contract.document, row, where=contract.provider) for row in rows]
    return frozenset(row["name"].lower().encode() for row in stated if row.get("in") == "header") - keys
