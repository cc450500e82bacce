"""Record a provider: what it refuses, then a job with its polls, its result and its callback. One cassette for each."""

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from mockreel.cassettes.cassette import Cassette
from mockreel.cassettes.cassette_errors import NotRecorded
from mockreel.cassettes.cassette_writer import Store
from mockreel.cassettes.recorder import expected_outcomes
from mockreel.cassettes.recorder.http_capture import capture
from mockreel.cassettes.recorder.recording_plan import Plan
from mockreel.cassettes.recorder.supported_readings import supported
from mockreel.cassettes.recorder.webhook_capture import Inbound
from mockreel.cassettes.recording_rules import ErrorCase
from mockreel.cassettes.redaction.cassette_redactor import CassetteRedactor
from mockreel.cassettes.redaction.final_check import Guard
from mockreel.client import Client, ClientError, Job, JobEnded, KeyRefused, Outcome, Refused, ReplyNotUnderstood
from mockreel.terminal import counted

PrintLine = Callable[[str], None]


class _Enough(Exception):
    """An error response was recorded, and is not requested again."""


@dataclass(frozen=True)
class Recorder:
    """Records by a plan.

    Args:
        key: the real key; it goes to the provider's API host over verified TLS, and into no file.
        print_line: called with progress messages.
        deadline: seconds that the job may take, and `webhook_timeout` its callback.
        every: seconds between polls; the documented interval if None.
        transport: creates the HTTP transport, for tests; it must be httpx2's own for vcrpy to patch it.
    """

    plan: Plan
    key: str
    print_line: PrintLine
    deadline: float = 1800.0
    webhook_timeout: float = 60.0
    every: float | None = None
    sleep: Callable[[float], None] = time.sleep
    transport: Callable[[], httpx2.BaseTransport | None] = lambda: None

    def refusals(self) -> list[Path]:
        """One cassette for each error response that costs nothing.

        Raises:
            NotRecorded: the key is refused, or something that should be refused was accepted.
        """
        return [self._record_error(row) for row in self.plan.refusals]

    def job(self, inbound: Inbound | None = None) -> Path:
        plan, model = self.plan, self.plan.model or ""
        path, result = plan.path(model), _JobOutcome()
        store = self._store(
            lambda cassette: self._expectation_metadata(
                cassette, expected_outcomes.of_job(plan, cassette, result.outcome)
            )
        )
        with capture(path, store, plan.metadata(f"{model}: submit, polls and result.")), self._client() as client:
            job = client.submit(model, plan.input, callback_url=inbound.url if inbound else None)
            self.print_line(f"  submitted: {job.id}")
            # From here on something was paid for: whatever happens, it is saved as far as it got.
            try:
                result.outcome = self._waited(client, job)
                self._download(client, result.outcome)
                if inbound is not None:
                    store.callbacks += inbound.of(job.id, within=self.webhook_timeout)
                    self.print_line(f"  callbacks: {len(store.callbacks)}")
            except KeyboardInterrupt:
                self.print_line(f"  stopped; the job goes on: {job.id}")
        return path

    def _waited(self, client: Client, job: Job) -> Outcome | None:
        """The job's outcome; None if it is not known yet."""
        try:
            outcome = client.wait(job, deadline=self.deadline, every=self.every)
        except JobEnded as ended:
            outcome = ended.outcome
        except ClientError as problem:
            self.print_line(f"  {problem}")
            return None
        self.print_line(f"  ended: {outcome.word}, {len(outcome.urls)} file{'' if len(outcome.urls) == 1 else 's'}")
        return outcome

    def _download(self, client: Client, outcome: Outcome | None) -> None:
        if outcome is None or not outcome.urls:
            return
        with tempfile.TemporaryDirectory(prefix="mockreel-record-") as folder:
            try:
                size = client.download(outcome, Path(folder) / "result").stat().st_size
            except ClientError as problem:
                self.print_line(f"  the result could not be fetched: {type(problem).__name__}")
            else:
                self.print_line(f"  the result: {size} bytes, which are not stored")

    def _record_error(self, row: ErrorCase) -> Path:
        path, row_result = self.plan.path(row.name), dict[str, Any]()

        def stated(cassette: Cassette) -> Mapping[str, Any]:
            found = expected_outcomes.of_refusal(
                self.plan, cassette, polled=row.poll is not None, wrong_key=row.wrong_key
            )
            row_result.update(found["calls"][0]["gives"])
            return self._expectation_metadata(cassette, found)

        plan = self.plan
        with capture(path, self._store(stated), plan.metadata(f"{row.name}: a request that is rejected.")) as cassette:
            self._request(row)
            if not len(cassette):
                raise NotRecorded(
                    f"{plan.contract.title} gave no answer at {plan.base_url}. Check the network; try again."
                )
        result = " ".join(str(row_result[name]) for name in ("refused", "status", "code") if row_result.get(name))
        self.print_line(f"  {row.name}: {result or row_result.get('error') or row_result.get('state')}")
        if row_result.get("refused") == KeyRefused.__name__ and not row.wrong_key:
            raise NotRecorded(f"{plan.contract.title} rejects the key. Nothing else was requested, and no job begun.")
        return path

    def _expectation_metadata(self, cassette: Cassette, expected: Mapping[str, Any]) -> dict[str, Any]:
        """The metadata besides the plan: the expectations, and the readings under which the responses are valid."""
        reading, wrong = supported(self.plan.contract, cassette, root=self.plan.root)
        if wrong:
            places = counted(wrong, "place")
            self.print_line(f"  {cassette.path.name} breaks the contract in {places}, under every reading: replay it.")
        return {"expect": dict(expected), "reading": reading}

    def _request(self, row: ErrorCase) -> None:
        """Send a request once that should be rejected: the pause before a retry ends it."""
        answered = Refused, JobEnded, ReplyNotUnderstood
        with self._client(wrong_key=row.wrong_key, once=True) as client, contextlib.suppress(_Enough, *answered):
            if row.poll is not None:
                client.poll(row.poll)
            else:
                self._fail_on_job(client, row, client.submit(row.model, row.input))

    def _fail_on_job(self, client: Client, row: ErrorCase, job: Job) -> None:
        """A job has begun that should have been rejected."""
        result = "It could not be cancelled."
        with contextlib.suppress(_Enough, ClientError):
            client.cancel(job)
            result = "Its cancellation was requested."
        raise NotRecorded(
            f"{row.name}: {self.plan.contract.title} accepted what it was expected to refuse, and began job {job.id}, "
            f"which may cost. {result} Nothing else was requested."
        )

    @contextlib.contextmanager
    def _client(self, *, wrong_key: bool = False, once: bool = False) -> Iterator[Client]:
        def stop(_: float) -> None:
            raise _Enough

        client = Client(
            self.plan.contract,
            key=wrong(self.plan) if wrong_key else self.key,
            base_url=self.plan.base_url,
            data=self.plan.root,
            sleep=stop if once else self.sleep,
            transport=self.transport(),
        )
        with client:
            yield client

    def _store(self, stated: Callable[[Cassette], Mapping[str, Any]]) -> Store:
        plan, known = self.plan, {self.key: "the key"}
        redactor = CassetteRedactor(
            plan.contract, plan.profile, plan.rules, known={**known, wrong(plan): "the wrong key"}
        )
        return Store(redactor, Guard(known, plan.rules.looks), stated)


@dataclass(slots=True)
class _JobOutcome:
    """The client's result for the job."""

    outcome: Outcome | None = None


def wrong(plan: Plan) -> str:
    """A key that is no one's, of the form of the provider's."""
    prefixes = plan.contract.root.get("keys", {}).get("prefixes", [])
    return f"{next((row['prefix'] for row in prefixes), '')}invalid-mockreel-record"
