"""Infer the scenario from which a cassette's responses follow: which scenario, which error row."""

from collections.abc import Sequence
from dataclasses import dataclass

from mockreel.cassettes.cassette import Exchange
from mockreel.cassettes.contract_check import received_response
from mockreel.cassettes.replay.request_parser import Phrases
from mockreel.client.profile import JobPlaces
from mockreel.contract import Contract, Operation
from mockreel.contract.conversation.conversation import JobTalk
from mockreel.contract.exchanges.error_detection import ErrorDetector
from mockreel.contract.exchanges.exchange import ReceivedResponse
from mockreel.contract.pointers import text


@dataclass
class ScenarioInference:
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
        """The kind of job of an operation; the usual one if unknown."""
        jobs = self.contract.conversation.jobs
        for talk in jobs.values():
            via = talk.webhook.via if talk.webhook else None
            if operation.id in (talk.poll, talk.made, via):
                return talk
        return self.contract.conversation.of(self.phrases.profile.submit) or next(iter(jobs.values()))

    def kind(self, word: str | None) -> str | None:
        """What a word on the wire means, whatever the reading."""
        return self.phrases.profile.words.get(word.casefold()) if word else None

    def scenario(self, word: str | None, reported: object) -> str | None:
        """The preference for a job that ends with this word, by what is reported of it."""
        usual = self.rows(self.talk_about(self.contract.operation(self.phrases.profile.submit)))
        return self._scenario(self.kind(word), reported, usual)

    def course(self, number: int) -> str | None:
        """What to prefer at a submit, so that the job ends as it was recorded."""
        operation = self.phrases.operation(self.exchanges[number])
        talk = self.contract.conversation.of(operation.id) if operation else None
        id_ = text(received_response(self.exchanges[number]).json, self.rows(talk).id) if talk else None
        return self.course_of(id_) if id_ is not None else None

    def course_of(self, id_: str) -> str | None:
        """The preference for a job by the cassette's last response about it; None for the default."""
        exchanges_of_job = [one for one in self.exchanges if self.phrases.job(one) == id_]
        operations = [self.phrases.operation(one) for one in exchanges_of_job]
        cancel = self.contract.conversation.cancel
        if not exchanges_of_job or any(one is not None and one.id == cancel for one in operations):
            return None
        last, operation = received_response(exchanges_of_job[-1]), operations[-1]
        rows = self.rows_polled(operation) if operation else None
        if rows is None:
            return None
        return self._scenario(self.kind(text(last.json, rows.state)), last.json, rows)

    def row(self, response: ReceivedResponse, operation: Operation) -> str | None:
        """The error row that a recorded error is; the one whose text it has where several share status and code."""
        found = [row for row in self.contract.errors.values() if self._error_detector.is_row(response, row, operation)]
        code, message = (text(response.json, places) for places in self._error_places())
        ranked = sorted(found, key=lambda row: (row.message != message, str(row.code) != code))
        return ranked[0].name if ranked else None

    def _error_places(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        places = self.phrases.profile.errors
        return places.codes, places.messages

    def _scenario(self, kind: str | None, reported: object, rows: JobPlaces) -> str | None:
        states = self.contract.lifecycle.states
        scenarios = self.contract.scenarios
        if kind in (None, "pending") or states[scenarios.jobs[scenarios.default].states[-1]].kind == kind:
            return None
        name = next((name for name, job in scenarios.jobs.items() if states[job.states[-1]].kind == kind), None)
        if name is None:
            return None
        code = text(reported, rows.failure.code)
        known = {key for one in self.contract.failures.values() for key in (one.name, str(one.code))}
        return f"scenario={name}; code={code}" if kind == "failed" and code in known else f"scenario={name}"

    def _has_job_in_query(self, operation: Operation) -> bool:
        names = {place.name for place in self.phrases.profile.by_id.values() if place.kind == "query"}
        return any(parameter.name in names for parameter in operation.query)
