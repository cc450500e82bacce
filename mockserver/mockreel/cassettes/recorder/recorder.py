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
from mockreel.cassettes.recorder.http_capture import taking
from mockreel.cassettes.recorder.recording_plan import Plan
from mockreel.cassettes.recorder.supported_readings import supported
from mockreel.cassettes.recorder.webhook_capture import Inbound
from mockreel.cassettes.recording_rules import RefusalRow
from mockreel.cassettes.redaction.cassette_redactor import CassetteRedactor
from mockreel.cassettes.redaction.final_check import Guard
from mockreel.client import Client, ClientError, Job, JobEnded, KeyRefused, Outcome, Refused, ReplyNotUnderstood

Say = Callable[[str], None]


class _Enough(Exception):
    """An error response was recorded, and is not asked for again."""


@dataclass(frozen=True)
class Recorder:
    """Records by a plan.

    Args:
        key: the real key; it goes to the provider's API host over verified TLS, and into no file.
        say: told what happens.
        deadline: seconds that the job may take, and `webhook_timeout` its callback.
        every: seconds between polls; as the docs advise if None.
        transport: makes what requests are sent with, for tests; it must be httpx2's own for vcrpy to see them.
    """

    plan: Plan
    key: str
    say: Say
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
        return [self._refusal(row) for row in self.plan.refusals]

    def job(self, inbound: Inbound | None = None) -> Path:
        """The cassette of the job."""
        plan, model = self.plan, self.plan.model or ""
        path, told = plan.path(model), _Told()
        store = self._store(
            lambda cassette: self._stated(cassette, expected_outcomes.of_job(plan, cassette, told.outcome))
        )
        with taking(path, store, plan.told(f"{model}: submit, polls and result.")), self._client() as client:
            job = client.submit(model, plan.input, callback_url=inbound.url if inbound else None)
            self.say(f"  submitted: {job.id}")
            # From here on something was paid for: whatever happens, it is kept as far as it came.
            try:
                told.outcome = self._waited(client, job)
                self._download(client, told.outcome)
                if inbound is not None:
                    store.callbacks += inbound.of(job.id, within=self.webhook_timeout)
                    self.say(f"  callbacks: {len(store.callbacks)}")
            except KeyboardInterrupt:
                self.say(f"  stopped; the job goes on: {job.id}")
        return path

    def _waited(self, client: Client, job: Job) -> Outcome | None:
        """How the job ended; None where nobody can say yet."""
        try:
            outcome = client.wait(job, deadline=self.deadline, every=self.every)
        except JobEnded as ended:
            outcome = ended.outcome
        except ClientError as problem:
            self.say(f"  {problem}")
            return None
        self.say(f"  ended: {outcome.word}, {len(outcome.urls)} file{'' if len(outcome.urls) == 1 else 's'}")
        return outcome

    def _download(self, client: Client, outcome: Outcome | None) -> None:
        if outcome is None or not outcome.urls:
            return
        with tempfile.TemporaryDirectory(prefix="mockreel-record-") as folder:
            try:
                size = client.download(outcome, Path(folder) / "result").stat().st_size
            except ClientError as problem:
                self.say(f"  the result could not be fetched: {type(problem).__name__}")
            else:
                self.say(f"  the result: {size} bytes, which are not kept")

    def _refusal(self, row: RefusalRow) -> Path:
        path, given = self.plan.path(row.name), dict[str, Any]()

        def says(cassette: Cassette) -> Mapping[str, Any]:
            found = expected_outcomes.of_refusal(
                self.plan, cassette, polled=row.poll is not None, wrong_key=row.wrong_key
            )
            given.update(found["calls"][0]["gives"])
            return self._stated(cassette, found)

        plan = self.plan
        with taking(path, self._store(says), plan.told(f"{row.name}: a request that is refused.")) as cassette:
            self._ask(row)
            if not len(cassette):
                raise NotRecorded(
                    f"{plan.contract.title} gave no answer at {plan.base_url}. Check the network; ask again."
                )
        told = " ".join(str(given[name]) for name in ("refused", "status", "code") if given.get(name))
        self.say(f"  {row.name}: {told or given.get('error') or given.get('state')}")
        if given.get("refused") == KeyRefused.__name__ and not row.wrong_key:
            raise NotRecorded(f"{plan.contract.title} refuses the key. Nothing else was asked, and no job begun.")
        return path

    def _stated(self, cassette: Cassette, expected: Mapping[str, Any]) -> dict[str, Any]:
        """What the metadata says besides the plan: what to expect, and under which readings the responses are valid."""
        reading, wrong = supported(self.plan.contract, cassette, root=self.plan.root)
        if wrong:
            self.say(f"  {cassette.path.name} breaks the contract in {wrong} places, under every reading: replay it.")
        return {"expect": dict(expected), "reading": reading}

    def _ask(self, row: RefusalRow) -> None:
        """Ask once, for what should be refused: the pause before a second try ends the talk."""
        answered = Refused, JobEnded, ReplyNotUnderstood
        with self._client(wrong_key=row.wrong_key, once=True) as client, contextlib.suppress(_Enough, *answered):
            if row.poll is not None:
                client.poll(row.poll)
            else:
                self._regret(client, row, client.submit(row.model, row.input))

    def _regret(self, client: Client, row: RefusalRow, job: Job) -> None:
        """A job has begun that should not have."""
        told = "It could not be cancelled."
        with contextlib.suppress(_Enough, ClientError):
            client.cancel(job)
            told = "It was asked to be cancelled."
        raise NotRecorded(
            f"{row.name}: {self.plan.contract.title} accepted what it was expected to refuse, and began job {job.id}, "
            f"which may cost. {told} Nothing else was asked."
        )

    @contextlib.contextmanager
    def _client(self, *, wrong_key: bool = False, once: bool = False) -> Iterator[Client]:
        def stop(_: float) -> None:
            raise _Enough

        made = Client(
            self.plan.contract,
            key=wrong(self.plan) if wrong_key else self.key,
            base_url=self.plan.base_url,
            data=self.plan.root,
            sleep=stop if once else self.sleep,
            transport=self.transport(),
        )
        with made:
            yield made

    def _store(self, says: Callable[[Cassette], Mapping[str, Any]]) -> Store:
        plan, known = self.plan, {self.key: "the key"}
        redactor = CassetteRedactor(
            plan.contract, plan.profile, plan.rules, known={**known, wrong(plan): "the wrong key"}
        )
        return Store(redactor, Guard(known, plan.rules.looks), says)


@dataclass(slots=True)
class _Told:
    """What the client was told of the job."""

    outcome: Outcome | None = None


def wrong(plan: Plan) -> str:
    """A key that is no one's, of the form of the provider's."""
    prefixes = plan.contract.root.get("keys", {}).get("prefixes", [])
    return f"{next((row['prefix'] for row in prefixes), '')}invalid-mockreel-record"
