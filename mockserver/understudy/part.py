"""A provider on the stage: its contract, its accounts and jobs, and the way of a request through them."""

import asyncio
import logging
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any

from understudy import artifacts, bodies
from understudy.accounts import Account, Caller, Keyring
from understudy.agenda import Agenda
from understudy.call import Answer, Call, Player, Refused
from understudy.callbacks import Deliveries
from understudy.clock import Clock
from understudy.contract import Contract, ErrorRow, Model, Operation, Place
from understudy.directions import Rules, Wish, check_wish, preferred, refusal
from understudy.draws import digest
from understudy.errors import OptionError
from understudy.jobs import Intervention, Job, JobStore, MemoryJobs
from understudy.journal import Entry, Journal
from understudy.lifecycle import Course, Courses
from understudy.messages import Reply, Request, exact, problem
from understudy.queries import Queries
from understudy.uploads import Uploads
from understudy.validation import Violation, violations

# Paths of the stand-in itself on a provider's port: clips, uploads, and the control API where it is mounted.
OWN_PATHS = "/_understudy/"


@dataclass(frozen=True, slots=True)
class Settings:
    """How a stage plays: the same settings and the same calls give the same bytes under a held clock."""

    seed: int = 0
    pace: str = "quick"
    max_body: int = 32 * 1024 * 1024
    max_jobs: int = 1_000_000
    patience: float = 60.0  # real seconds that a request may wait for a job to end


class Part:
    """One provider as it is played."""

    def __init__(
        self,
        contract: Contract,
        player: Player,
        *,
        clock: Clock,
        agenda: Agenda,
        journal: Journal,
        rules: Rules,
        keyring: Keyring,
        deliveries: Deliveries,
        settings: Settings,
    ) -> None:
        self.contract = contract
        self.name = contract.provider
        self.player = player
        self.clock = clock
        self.agenda = agenda
        self.journal = journal
        self.rules = rules
        self.keyring = keyring
        self.deliveries = deliveries
        self.settings = settings
        self.jobs: JobStore = MemoryJobs(limit=settings.max_jobs)
        self.uploads = Uploads()
        self.courses = Courses(contract, pace=settings.pace)
        self.default = Wish(contract.scenarios.default)
        self._default_course = self.courses.course(self.default.scenario)
        self._queries = Queries(contract.schemas)
        self._numbers: dict[str, int] = {}
        self._waiting: dict[str, list[asyncio.Event]] = {}
        self.base_url = ""  # as last seen; what is sent without a request (a callback) uses it
        self.state: Any = player.new_state(self)

    # The way of a request ------------------------------------------------------------------------------------------

    def answer(self, request: Request) -> Answer:
        """The reply to one request, or an awaitable of it where the answer must wait for the clock."""
        call = Call(self, request, self.clock.now())
        self.base_url = request.base_url
        try:
            answer = self._perform(call)
        except Refused as refused:
            return self.refuse(call, refused)
        except OptionError as wrong:
            return self._unknown_wish(call, wrong)
        except Exception as broken:
            return self._broken(call, broken)
        if isinstance(answer, Reply):
            self._note(call, answer.status, None)
            return answer
        return self._later(call, answer)

    def _perform(self, call: Call) -> Answer:
        """The story: which operation, what was sent, who are you, which model, what happens, is it well-formed."""
        if call.request.path.startswith(OWN_PATHS):
            return artifacts.serve(self, call.request)
        self._find_operation(call)
        spoilt = self._read(call)
        self._find_caller(call)
        if spoilt is not None:
            raise spoilt
        self._find_model(call)
        self._direct(call)
        self._validate(call)
        return self.player.handlers[call.operation.id](call)

    def _find_operation(self, call: Call) -> None:
        found = self.contract.router.find(call.request.path)
        if found is None:
            raise Refused("unknown-path", values={"path": call.request.path})
        operation = found.methods.get(call.request.method)
        if operation is None and call.request.method == "HEAD":
            operation = found.methods.get("GET")
        if operation is None:
            allowed = ", ".join(sorted(found.methods))
            raise Refused(
                "wrong-method",
                values={"method": call.request.method, "path": call.request.path, "allowed": allowed},
                headers=((b"allow", allowed.encode()),),
            )
        call.operation = operation
        call.params = found.params

    def _read(self, call: Call) -> Refused | None:
        """Read the query and the body; what cannot be read is told only to who may know."""
        if len(call.request.body) > self.settings.max_body:
            raise Refused("body-too-large", values={"limit": self.settings.max_body})
        try:
            call.body = bodies.read_body(call.request, call.operation)
        except Refused as spoilt:
            return spoilt
        return None

    def _find_caller(self, call: Call) -> None:
        places = call.operation.key
        if not places:
            return
        key = next((key for place in places if (key := _key_at(place, call))), None)
        if key is None:
            raise Refused("no-key")
        caller = self.keyring.find(key)
        if caller is None:
            raise Refused("wrong-key")
        self._allow(call.operation, caller)
        call.caller = caller

    def _allow(self, operation: Operation, caller: Caller) -> None:
        scopes = caller.account.scopes
        if operation.admin and not caller.admin:
            raise Refused("forbidden", values={"scope": "admin"})
        if operation.scope is not None and scopes is not None and operation.scope not in scopes:
            raise Refused("forbidden", values={"scope": operation.scope})

    def _find_model(self, call: Call) -> None:
        place = call.operation.model
        if place is None:
            return
        name = call.params.get(place.name) if place.kind == "path" else _field(call.body, place.name)
        if place.kind == "body" and not isinstance(name, str):
            return  # the schema says what is wrong with it
        call.model = self.contract.names.get(str(name))
        if call.model is None:
            raise Refused("unknown-model", values={"model": name})

    def _direct(self, call: Call) -> None:
        """Choose the course of the job, or play the refusal that is wished."""
        wish = preferred(call.request.header(b"prefer"))
        submits = call.operation.submits
        if wish is None and submits:
            wish = self._standing_wish(call)
        if wish is None or wish is self.default:
            call.course = self._default_course
            return
        check_wish(self.contract, wish)
        row = refusal(self.contract, wish)
        if row is not None:
            raise Refused(row.name)
        call.course = self.courses.course(wish.scenario, code=wish.code) if submits else self._default_course

    def _standing_wish(self, call: Call) -> Wish:
        """What the rules, the key or the default want."""
        if self.rules.all:
            prompt = _prompt(call.body)
            wish = self.rules.wish(self.name, call.model.id if call.model else None, prompt)
            if wish is not None:
                return wish
        own = call.caller.account.scenario if call.caller else None
        return Wish(own) if own else self.default

    def _validate(self, call: Call) -> None:
        """Query, body and model input against the contract; all violations together."""
        operation = call.operation
        if operation.query:
            call.query = self._queries.read(operation, call.request.query)
        found = self._queries.body_violations(operation, call.body)
        if not found and call.model is not None and operation.body == "json":
            call.fields, found = self._model_input(call, call.model)
        if found:
            raise Refused("invalid-body", violations=found)

    def _model_input(self, call: Call, model: Model) -> tuple[Mapping[str, Any], tuple[Violation, ...]]:
        prefix = tuple(call.operation.input.split("/")[1:])
        fields = call.body
        for step in prefix:
            fields = fields.get(step) if isinstance(fields, Mapping) else None
        validator = self.contract.schemas.validator(model.schema)
        if isinstance(fields, Mapping) and validator.is_valid(fields):
            return fields, ()
        return {}, violations(validator, fields, prefix=prefix)

    # Saying no -----------------------------------------------------------------------------------------------------

    def refuse(self, call: Call, refused: Refused) -> Reply:
        """The provider's own words for a refusal."""
        row: ErrorRow = self.contract.errors[refused.row]
        reply = self.player.refuse(call, row, refused)
        if refused.headers:
            reply = Reply(reply.status, reply.body, reply.headers + refused.headers)
        self._note(call, reply.status, row.name, refused.violations)
        return reply

    def _unknown_wish(self, call: Call, wrong: OptionError) -> Reply:
        reply = problem(400, "Unknown scenario", str(wrong), more={"asked": wrong.value, "valid": list(wrong.valid)})
        self._note(call, reply.status, None)
        return reply

    def _broken(self, call: Call, broken: Exception) -> Reply:
        logging.getLogger("understudy").error(
            "%s %s broke the stand-in; this is its fault", call.request.method, call.request.path, exc_info=broken
        )
        return self.refuse(call, Refused("internal-error"))

    async def _later(self, call: Call, answer: Awaitable[Reply]) -> Reply:
        try:
            reply = await answer
        except Refused as refused:
            return self.refuse(call, refused)
        except Exception as broken:
            return self._broken(call, broken)
        self._note(call, reply.status, None)
        return reply

    def _note(self, call: Call, status: int, row: str | None, found: tuple[Violation, ...] = ()) -> None:
        operation = call.known_operation
        account = call.caller.account.name if call.caller else None
        request = call.request
        name = operation.id if operation else None
        self.journal.note(Entry(call.now, self.name, account, request.method, request.path, name, status, row, found))

    # What handlers ask for -----------------------------------------------------------------------------------------

    def draw(self, purpose: str, *key: str | int, size: int = 64) -> bytes:
        """Drawn bytes for a purpose; the same purpose and key always give the same."""
        return digest(self.settings.seed, self.name, purpose, *key, size=size)

    def count(self, what: str) -> int:
        """The next number of a sort of thing, from 1."""
        number = self._numbers[what] = self._numbers.get(what, 0) + 1
        return number

    def begin(
        self,
        call: Call,
        make_id: Any,
        *,
        request: bytes = b"",
        callback_url: str | None = None,
        extra: Any = None,
        tell: bool = False,
    ) -> Job:
        """Begin a job for a call: draw its plan, keep it, and note its end on the agenda where somebody is told.

        Args:
            make_id: `(now, drawn bytes) -> id` in the provider's form.
            request: what the provider echoes or needs later; kept in exact bytes.
            callback_url: whom to tell when it ends.
            tell: call `player.job_ended` at its end even without a callback URL.
        """
        return self.begin_for(
            call.account,
            call.course or self._default_course,
            make_id,
            now=call.now,
            kind=call.operation.id,
            model=call.model,
            request=request,
            callback_url=callback_url,
            extra=extra,
            tell=tell,
        )

    def begin_for(
        self,
        account: Account,
        course: Course,
        make_id: Any,
        *,
        now: float,
        kind: str,
        model: Model | None = None,
        request: bytes = b"",
        callback_url: str | None = None,
        extra: Any = None,
        tell: bool = False,
    ) -> Job:
        """Begin a job outside a call (an item of a batch)."""
        number = account.next_number()
        block = digest(self.settings.seed, self.name, account.number, number)
        plan = course.plan(block)
        job = Job(
            make_id(now, block[32:]),
            number,
            account,
            model,
            now,
            plan,
            exact(request),
            kind,
            callback_url,
            extra=extra,
        )
        self.jobs.add(job)
        if callback_url is not None or tell:
            self.watch(job)
        return job

    def watch(self, job: Job) -> None:
        """Note a job's end on the agenda, so that `player.job_ended` is called then."""
        end = job.ends
        if end is not None:
            self.agenda.at(end, lambda: self._ended(job, end))

    def intervene(self, job: Job, intervention: Intervention) -> None:
        """Change a job's plan: cancel, complete or fail it, from now on."""
        job.intervention = intervention
        self.watch(job)
        for over in self._waiting.get(job.id, ()):
            over.set()

    async def wait_for(self, job: Job) -> bool:
        """Wait until a job has ended by the clock; False if that took longer than `settings.patience` real seconds."""
        over = asyncio.Event()
        self._waiting.setdefault(job.id, []).append(over)
        if job.ends is not None:
            self.agenda.at(job.ends, over.set)
        try:
            await asyncio.wait_for(over.wait(), self.settings.patience)
        except TimeoutError:
            return False
        finally:
            self._waiting[job.id].remove(over)
            if not self._waiting[job.id]:
                del self._waiting[job.id]
        return True

    def _ended(self, job: Job, expected: float) -> None:
        if job.ends == expected:
            self.player.job_ended(self, job)

    def job_of(self, account: Account, id: str | None, *, row: str = "unknown-job") -> Job:  # noqa: A002
        """A job of this account.

        Raises:
            Refused: there is none, or it is another account's; the two look the same.
        """
        job = self.jobs.get(id) if id else None
        if job is None or job.account is not account:
            raise Refused(row, values={"id": id})
        return job


def _key_at(place: Place, call: Call) -> str | None:
    """The key at a place of a request, or None."""
    if place.kind == "header":
        value = call.request.header(place.name.lower().encode())
        return _without_scheme(value, place.scheme) if value else None
    if place.kind == "query":
        return bodies.read_query(call.request.query).get(place.name)
    found = _field(call.body, place.name)
    return found if isinstance(found, str) else None


def _without_scheme(value: bytes, scheme: str) -> str | None:
    text = value.decode("latin-1").strip()
    if not scheme:
        return text
    word, _, key = text.partition(" ")
    return key.strip() or None if word.lower() == scheme.lower() else None


def _field(body: Any, name: str) -> Any:
    """A top-level field of a JSON object or a form."""
    if isinstance(body, Mapping):
        return body.get(name)
    fields = getattr(body, "fields", None)
    return fields.get(name) if isinstance(fields, Mapping) else None


def _prompt(body: Any) -> str:
    """Every text in a body, one per line: what a rule's `prompt` is looked for in."""
    if isinstance(body, str):
        return body
    if isinstance(body, Mapping):
        return "\n".join(_prompt(value) for value in body.values())
    return "\n".join(_prompt(item) for item in body) if isinstance(body, list) else ""
