"""What course the mock must play so that a cassette's responses follow from it: which scenario, which error row."""

from collections.abc import Sequence
from dataclasses import dataclass

from mockreel.cassettes.cassette import Exchange
from mockreel.cassettes.contract_check import told_of
from mockreel.cassettes.replay.request_parser import Phrases
from mockreel.client.profile import JobPlaces
from mockreel.contract import Contract, Operation
from mockreel.contract.conversation.conversation import JobTalk
from mockreel.contract.exchanges.error_detection import ErrorDetector
from mockreel.contract.exchanges.exchange import ReceivedResponse
from mockreel.contract.pointers import text


@dataclass
class Casting:
    """Reads the course of one cassette's jobs."""

    contract: Contract
    phrases: Phrases
    exchanges: Sequence[Exchange]

    def __post_init__(self) -> None:
        self._error_detector = ErrorDetector(self.contract)

    def rows(self, talk: JobTalk) -> JobPlaces:
        """Where a sort of job shows what it is."""
        return self.phrases.profile.jobs[talk.name]

    def rows_polled(self, operation: Operation) -> JobPlaces | None:
        """Where a poll's response shows it; None where the operation is no poll."""
        if operation.id not in self.phrases.profile.by_id and not self._has_job_in_query(operation):
            return None
        talk = self.talk_about(operation)
        return None if operation.id == self.contract.conversation.cancel else self.rows(talk)

    def talk_about(self, operation: Operation) -> JobTalk:
        """The sort of job that an operation is about; the usual one where nothing says it."""
        jobs = self.contract.conversation.jobs
        for talk in jobs.values():
            via = talk.webhook.via if talk.webhook else None
            if operation.id in (talk.poll, talk.made, via):
                return talk
        return self.contract.conversation.of(self.phrases.profile.submit) or next(iter(jobs.values()))

    def kind(self, word: str | None) -> str | None:
        """What a word on the wire means, whatever the reading."""
        return self.phrases.profile.words.get(word.casefold()) if word else None

    def scenario(self, word: str | None, told: object) -> str | None:
        """What to prefer for a job that ends with this word, by what is told of it."""
        usual = self.rows(self.talk_about(self.contract.operation(self.phrases.profile.submit)))
        return self._scenario(self.kind(word), told, usual)

    def course(self, number: int) -> str | None:
        """What to prefer at a submit, so that the job ends as it was recorded."""
        operation = self.phrases.operation(self.exchanges[number])
        talk = self.contract.conversation.of(operation.id) if operation else None
        id_ = text(told_of(self.exchanges[number]).json, self.rows(talk).id) if talk else None
        return self.course_of(id_) if id_ is not None else None

    def course_of(self, id_: str) -> str | None:
        """What to prefer for a job by what the cassette's last response about it says; None for the default course."""
        asked = [one for one in self.exchanges if self.phrases.job(one) == id_]
        operations = [self.phrases.operation(one) for one in asked]
        cancel = self.contract.conversation.cancel
        if not asked or any(one is not None and one.id == cancel for one in operations):
            return None
        last, operation = told_of(asked[-1]), operations[-1]
        rows = self.rows_polled(operation) if operation else None
        if rows is None:
            return None
        return self._scenario(self.kind(text(last.json, rows.state)), last.json, rows)

    def row(self, response: ReceivedResponse, operation: Operation) -> str | None:
        """The error row that a recorded error is; the one whose text it has where several share status and code."""
        found = [row for row in self.contract.errors.values() if self._error_detector.is_row(response, row, operation)]
        code, message = (text(response.json, places) for places in self._refusal_places())
        ranked = sorted(found, key=lambda row: (row.message != message, str(row.code) != code))
        return ranked[0].name if ranked else None

    def _refusal_places(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        places = self.phrases.profile.errors
        return places.codes, places.messages

    def _scenario(self, kind: str | None, told: object, rows: JobPlaces) -> str | None:
        states = self.contract.lifecycle.states
        scenarios = self.contract.scenarios
        if kind in (None, "pending") or states[scenarios.jobs[scenarios.default].states[-1]].kind == kind:
            return None
        name = next((name for name, job in scenarios.jobs.items() if states[job.states[-1]].kind == kind), None)
        if name is None:
            return None
        code = text(told, rows.failure.code)
        known = {key for one in self.contract.failures.values() for key in (one.name, str(one.code))}
        return f"scenario={name}; code={code}" if kind == "failed" and code in known else f"scenario={name}"

    def _has_job_in_query(self, operation: Operation) -> bool:
        names = {place.name for place in self.phrases.profile.by_id.values() if place.kind == "query"}
        return any(parameter.name in names for parameter in operation.query)
