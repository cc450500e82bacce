"""The flows of a job (submit, poll, wait, cancel, find, quote), without any input or output."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from mockreel.client.client_errors import (
    DeadlineExceeded,
    JobCancelled,
    JobFailed,
    NotOffered,
    ReplyNotUnderstood,
    SubmitUncertain,
)
from mockreel.client.deadlines import Deadline, Timing
from mockreel.client.http.api_key import Key
from mockreel.client.http.request_writer import RequestWriter
from mockreel.client.http.steps import IncomingResponse, Pause, Talk
from mockreel.client.http.whole_text import check_whole
from mockreel.client.input_format import formatted, name_in_schema
from mockreel.client.profile import ClientProfile
from mockreel.client.readers.error_reader import ErrorReader
from mockreel.client.readers.job_reader import Outcomes
from mockreel.client.readers.webhook_reader import Notices
from mockreel.client.retries import Exchanges, Uncertain
from mockreel.client.values import Job, JobRequest, Outcome, Progress
from mockreel.contract import Contract, Model, Operation, pointers
from mockreel.contract.conversation.conversation import JobTalk
from mockreel.contract.pricing import Cost
from mockreel.engine.artifacts import artifact
from mockreel.errors import OptionError

OnProgress = Callable[[Progress], None]


class Core:
    """The flows with one provider."""

    def __init__(
        self, contract: Contract, profile: ClientProfile, base_url: str, key: Key, timing: Timing, *, timeout: float
    ) -> None:
        self.contract = contract
        self.profile = profile
        self.timing = timing
        self.writer = RequestWriter(contract, profile, base_url)
        self.error_reader = ErrorReader(contract, profile.errors, key)
        self.outcomes = Outcomes(profile, shown=self.error_reader.shown)
        self.notices = Notices(contract, profile, self.outcomes, self.error_reader)
        self.exchanges = Exchanges(profile.pace, self.error_reader, timing, timeout=timeout)

    def deadline(self, seconds: float | None) -> Deadline:
        return Deadline.after(self.timing, seconds)

    def job(self, job: Job | str, *, sort: str | None = None) -> Job:
        """A job by its id, such as after a crash.

        Raises:
            OptionError: it is another provider's, its sort is unknown, or its id cannot be sent.
        """
        if isinstance(job, Job):
            if job.provider != self.contract.provider:
                raise OptionError("job", job.id, then=f"It is a job of {job.provider}; use that provider's client.")
            return job
        if not job:
            raise OptionError("job", job, then="Use the id that submit() returned.")
        check_whole("job", job)
        usual = self.contract.conversation.of(self.profile.submit)
        name = sort or (usual.name if usual else "")
        if name not in self.profile.jobs:
            raise OptionError("sort", name, self.profile.jobs)
        return Job(job, self.contract.provider, name)

    def submit(self, request: JobRequest, deadline: Deadline) -> Talk[Job]:
        """Submit a job."""
        operation, talk = self._begins(request.via or self.profile.submit)
        self._check_idempotency(request.idempotency_key)
        request = replace(request, mark=self._mark(request.mark))
        find = self.profile.find.says.format(mark=request.mark)
        uncertain = Uncertain(request.mark, find, repeats=request.idempotency_key is not None)
        outgoing = self.writer.submit(
            operation, replace(request, model=self._name(request.model)), self._fields(request)
        )
        rows = self.profile.jobs[talk.name]

        def accepted(response: IncomingResponse) -> bool:
            return pointers.text(response.json, rows.id) is not None

        response = yield from self.exchanges.request(outgoing, deadline, uncertain=uncertain, expected=accepted)
        id_ = pointers.text(response.json, rows.id)
        if id_ is None:
            why = f"the response {response.status} has no job id"
            raise SubmitUncertain(outgoing.what, why, mark=request.mark, find=find)
        return Job(id_, self.contract.provider, talk.name, request.mark, self.error_reader.request_id(response))

    def poll(self, job: Job, deadline: Deadline) -> Talk[Outcome]:
        """The current state of a job."""
        talk, rows = self.contract.conversation.jobs[job.sort], self.profile.jobs[job.sort]
        request = self.writer.request_for_job(self.contract.operation(talk.poll), job.id, what=f"poll of {job.id}")

        def ended(response: IncomingResponse) -> bool:
            return self.outcomes.state(pointers.text(response.json, rows.state)) not in (None, "pending")

        response = yield from self.exchanges.request(request, deadline, job=job, expected=ended)
        word = pointers.text(response.json, rows.state)
        state = self.outcomes.state(word)
        if word is None or state is None:
            valid = ", ".join(sorted(self.profile.words))
            why = f"unknown state {self.error_reader.shown(word)!r}" if word else "no state in the response"
            raise ReplyNotUnderstood(request.what, f"{why}; valid: {valid}", job=job)
        if talk.made is not None and state in ("succeeded", "partial", "failed"):
            response = yield from self._fetch_results(talk, job, deadline)
        return self.outcomes.read(job, response.json, response.headers, word=word, state=state)

    def wait(
        self, job: Job, deadline: Deadline, *, every: float | None = None, on_progress: OnProgress | None = None
    ) -> Talk[Outcome]:
        """Wait until a job has succeeded."""
        pause, polls = self.profile.pace.poll if every is None else every, 0
        while True:
            outcome = yield from self.poll(job, deadline)
            polls += 1
            if on_progress is not None:
                on_progress(Progress(outcome, deadline.passed, polls))
            if outcome.state == "failed":
                raise JobFailed(outcome)
            if outcome.state == "cancelled":
                raise JobCancelled(outcome)
            if outcome.ended:
                return outcome
            if pause >= deadline.seconds_left:
                raise DeadlineExceeded(
                    f"wait for {job.id}", deadline.seconds or 0.0, job=job, last=f"it was {outcome.word}"
                )
            yield Pause(pause)

    def run(
        self,
        request: JobRequest,
        deadline: Deadline,
        *,
        every: float | None = None,
        on_progress: OnProgress | None = None,
    ) -> Talk[Outcome]:
        """Submit, then wait."""
        job = yield from self.submit(request, deadline)
        return (yield from self.wait(job, deadline, every=every, on_progress=on_progress))

    def cancel(self, job: Job, deadline: Deadline) -> Talk[None]:
        """Request the cancellation of a job; poll it for the outcome.

        Raises:
            NotOffered: the provider has no cancellation.
        """
        name = self.contract.conversation.cancel
        if name is None:
            raise NotOffered(self.contract.title, "cancellation", "The job continues and is charged.")
        request = self.writer.request_for_job(self.contract.operation(name), job.id, what=f"cancel of {job.id}")
        yield from self.exchanges.request(request, deadline, job=job)

    def find(self, mark: str, deadline: Deadline) -> Talk[Job | None]:
        """The job that was submitted with a mark, or None.

        Raises:
            NotOffered: the provider has no search; the message says how to look by hand.
        """
        check_whole("mark", mark)
        find = self.profile.find
        if find.operation is None:
            raise NotOffered(self.contract.title, "search for jobs by a mark", find.says.format(mark=mark))
        query = {name: text.format(mark=mark) for name, text in find.query.items()}
        job = self.job("unknown")
        request = self.writer.request(self.contract.operation(find.operation), what=f"search for {mark}", query=query)
        response = yield from self.exchanges.request(request, deadline)
        found = pointers.first(response.json, (find.items,)) or []
        id_ = pointers.text(found[0], self.profile.jobs[job.sort].id) if found else None
        return None if id_ is None else replace(job, id=id_, mark=mark)

    def price(self, model: str, fields: Mapping[str, Any]) -> Cost:
        """The cost of a job by the contract's prices, without a request.

        Raises:
            OptionError: the contract has no such model.
        """
        known_model = self.model(model)
        if known_model is None:
            raise OptionError("model", model, self.contract.names, then="`mockreel models` lists them all.")
        return artifact.price_of(self, known_model, formatted(self.contract, known_model, fields))

    def quote(self, model: str, fields: Mapping[str, Any], deadline: Deadline) -> Talk[Cost]:
        """The provider's quotation for a job.

        Raises:
            NotOffered: the provider has no quotations.
        """
        row = self.profile.quote
        if row is None:
            raise NotOffered(self.contract.title, "quotation", "Use price(), which computes it from the contract.")
        request = JobRequest(model, fields)
        outgoing = self.writer.submit(self.contract.operation(row.operation), request, self._fields(request))
        response = yield from self.exchanges.request(replace(outgoing, what=f"quotation for {model}"), deadline)
        amount = pointers.text(response.json, (row.amount,))
        currency = pointers.text(response.json, (row.currency,)) or ""
        return Cost(None if amount is None else Decimal(amount), currency, "unknown" if amount is None else "exact")

    def model(self, name: str | None) -> Model | None:
        return self.contract.names.get(name) if name is not None else None

    def _mark(self, chosen: str | None) -> str | None:
        """The mark of a job, if the provider supports one; drawn if none is given."""
        row = self.profile.mark
        if row is None:
            if chosen is not None:
                raise OptionError("mark", chosen, then=f"{self.contract.title} does not support marks; leave it out.")
            return None
        mark = self.timing.word() if chosen is None else chosen
        if not re.fullmatch(row.pattern, mark):
            raise OptionError("mark", mark, then=f"{self.contract.title} requires a match of {row.pattern}.")
        return mark

    def _check_idempotency(self, key: str | None) -> None:
        if key is not None and self.profile.idempotency is None:
            raise OptionError("idempotency_key", key, then=f"{self.contract.title} documents none; leave it out.")
        if key is not None and not re.fullmatch(r"[!-~]+", key):
            raise OptionError("idempotency_key", key, then="It is sent in a header: use printable ASCII characters.")

    def _name(self, model: str | None) -> str | None:
        """The model's name on the wire: as given, unless its schema accepts only one other name."""
        known_model = self.model(model)
        return model if known_model is None else name_in_schema(self.contract, known_model, model or "")

    def _begins(self, name: str) -> tuple[Operation, JobTalk]:
        talk = self.contract.conversation.of(name)
        if talk is None or talk.name not in self.profile.jobs:
            valid = [one for row in self.contract.conversation.jobs.values() for one in row.submits]
            raise OptionError("via", name, valid)
        return self.contract.operation(name), talk

    def _fields(self, request: JobRequest) -> Mapping[str, Any]:
        known_model = self.model(request.model)
        return formatted(self.contract, known_model, request.input) if known_model is not None else request.input

    def _fetch_results(self, talk: JobTalk, job: Job, deadline: Deadline) -> Talk[IncomingResponse]:
        """The results of a job, if they need another request; for a failed job it returns an error response."""
        operation = self.contract.operation(talk.made or "")
        request = self.writer.request_for_job(operation, job.id, what=f"results of {job.id}")
        return (
            yield from self.exchanges.request(
                request, deadline, job=job, expected=lambda response: response.json is not None
            )
        )
