"""Traces of jobs: submitted, polled until they end and once more, with every webhook received."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mockreel.conformance.check import broken
from mockreel.conformance.jobs.task_queue import Task
from mockreel.conformance.jobs.wait_times import attempts_after
from mockreel.contract import Model, Operation, State, pointers
from mockreel.contract.conversation.conversation import JobTalk
from mockreel.contract.conversation.promises import Places
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest, Who
from mockreel.contract.exchanges.links import Link
from mockreel.contract.exchanges.request_builder import placed
from mockreel.errors import MockreelError
from mockreel.simulator.in_process.memory_receiver import Arrival, Behaviour
from mockreel.simulator.in_process.mock_target import Skipped

if TYPE_CHECKING:
    from mockreel.conformance.check_context import CheckContext

# The number of polls after a job's end.
AFTER_THE_END = 2


# A text that shows changes by a server: capitals, spaces, signs, other letters.
RICH = 'A Paper Boat crosses  a puddle -- \u00e4\u00f6\u00fc \u6c34, 100% <b>"fast"</b>!\n'


def _replace_text(value: Any, old: str, new: str) -> Any:
    """A document with one text in the place of another."""
    if isinstance(value, dict):
        return {name: _replace_text(one, old, new) for name, one in value.items()}
    if isinstance(value, list):
        return [_replace_text(one, old, new) for one in value]
    return new if value == old else value


class SubmitRejected(Skipped):
    """A submit was rejected, so there is no job to watch."""


@dataclass(frozen=True, slots=True)
class Start:
    """A job to submit: `behaviours` are the receiver's responses to its webhooks; None requests no webhook.

    `burst` polls it this many times at once; `cancels` cancels it at once; `shape` are fields of its input,
    and `optional` those that the input may have, which a server may refuse together with others.
    """

    talk: JobTalk
    submit: Operation
    model: Model | None = None
    scenario: str | None = None
    behaviours: tuple[Behaviour, ...] | None = None
    burst: int = 0
    cancels: bool = False
    shape: Mapping[str, Any] = field(default_factory=dict)
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Poll:
    """One poll: its times, the word of the state, and the whole response.

    `arrived` counts the webhooks received before it.
    """

    at: float
    word: Any
    response: ReceivedResponse
    arrived: int
    sent: float


@dataclass
class JobTrace:
    """One job from its submit on; `stopped` says why watching it ended early.

    `text` is its unique prompt; empty if its input has no text. `beside` has what other operations said of it, each
    with the number of looks before it.
    """

    talk: JobTalk
    submit: Operation
    model: Model | None
    scenario: str | None
    request: SentRequest
    response: ReceivedResponse
    link: Link | None
    poll: SentRequest | None
    id: Any
    started_at: float
    accepted: float  # when the submit was answered
    polls: list[Poll] = field(default_factory=list)
    ended: bool = False
    callback_url: str | None = None
    arrivals: list[Arrival] = field(default_factory=list)
    start: Start | None = None
    ended_at: float | None = None
    burst: tuple[Poll, ...] = ()
    cancelled: ReceivedResponse | None = None
    made: ReceivedResponse | None = None  # the response that shows the results, where it is not the poll's
    whole: bool = False  # watched until nothing more was to come
    beside: list[tuple[str, SentRequest, ReceivedResponse, int]] = field(default_factory=list)
    watched: float = 0.0  # for so many seconds after it had ended
    stopped: str = ""
    text: str = ""

    @property
    def subject(self) -> str:
        return f"{self.submit.id} {self.model.id}" if self.model else self.submit.id

    @property
    def last(self) -> Poll | None:
        return self.polls[-1] if self.polls else None

    @property
    def behaviours(self) -> tuple[Behaviour, ...]:
        return (self.start.behaviours if self.start else None) or ()


class JobTraces:
    """Traces jobs in one context."""

    def __init__(self, context: "CheckContext") -> None:
        self._context = context
        self._numbers = itertools.count(1)
        self._beside: set[str] = set()  # sorts of jobs of which one is read by its other operations too
        self._took = 0.0  # seconds that a look takes: where looks are slow, they are made less often

    def begin(
        self,
        talk: JobTalk,
        submit: Operation,
        model: Model | None = None,
        *,
        scenario: str | None = None,
        behaviours: tuple[Behaviour, ...] | None = None,
        who: Who = "own",
        shape: Mapping[str, Any] | None = None,
    ) -> JobTrace:
        """Submit a job; `behaviours` are the receiver's responses to its webhooks; None requests no webhook.

        Raises:
            Skipped: it must not be submitted here, or it was rejected.
        """
        context = self._context
        request, url, text = self.ask(Start(talk, submit, model, scenario, behaviours, shape=shape or {}))
        request = replace(request, who=who)
        started_at = context.target.now()
        response = context.send(request)
        accepted = context.target.now()
        if context.error_detector.refused(response):
            raise SubmitRejected(f"{submit.id} was refused, so no job could be looked at: {response.shown()[:200]}")
        link = context.links.find(submit, response, talk.poll)
        poll = replace(context.links.follow(link, request, response), who=who) if link else None
        id_ = context.links.id(link, request, response) if link else None
        return JobTrace(
            talk, submit, model, scenario, request, response, link, poll, id_, started_at, accepted,
            callback_url=url, text=text,
        )  # fmt: skip

    def ask(self, start: Start) -> tuple[SentRequest, str | None, str]:
        """The request that begins a job, with what it may carry beside its input, its callback URL and its text."""
        context, url = self._context, None
        request, text = self._vivid(self.plain_request(start))
        carried = start.talk.promises.carries
        if carried and isinstance(request.json, dict):
            request = request.with_json(placed(request.json, "", carried))
        if start.behaviours is not None:
            request, url = context.with_callback(request, start.behaviours)
        if start.scenario is not None:
            request = replace(request, headers={**request.headers, "prefer": f"scenario={start.scenario}"})
        return request, url, text

    def plain_request(self, start: Start) -> SentRequest:
        """The same as far as it matters for what the job costs."""
        request = self._context.requests.good(start.submit, start.model)
        for name, value in start.shape.items():
            request = request.with_json(pointers.placed(request.json, f"{start.submit.input}/{name}", value))
        return request

    def _vivid(self, request: SentRequest) -> tuple[SentRequest, str]:
        """The request with longer and richer texts wherever the contract allows any text.

        Each job has a unique text, so that the results of two jobs differ.
        """
        context, number = self._context, next(self._numbers)
        for text in (RICH * 14, RICH):
            own = f"{number} {text}"
            richer = request.with_json(_replace_text(request.json, context.requests.samples.text, own))
            if richer.body != request.body and context.request_checker.judge(richer).row is None:
                return richer, own
        return request, ""

    def tell(self, start: Start, group: list[JobTrace]) -> Task:
        """Submit a job and watch it to its end; its trace is in `group` from the start.

        Raises:
            Skipped: it must not be submitted here, or it was rejected.
        """
        trace = self.begin(
            start.talk,
            start.submit,
            start.model,
            scenario=start.scenario,
            behaviours=start.behaviours,
            shape=start.shape,
        )
        trace.start = start
        group.append(trace)
        return self._watch(trace, start)

    def _watch(self, trace: JobTrace, start: Start) -> Task:
        try:
            trace.burst = tuple(poll for poll in (self.look(trace) for _ in range(start.burst)) if poll)
            if start.cancels:
                self._cancel(trace)
            yield from self._until_the_end(trace)
            yield from self._until_told(trace)
            trace.whole = True
        except MockreelError as reason:
            trace.stopped = str(reason)
        except Exception as problem:
            trace.stopped = broken(problem)
            self._context.jobs.broken.append(trace.stopped)
        except GeneratorExit:
            seconds = self._context.target.now() - trace.started_at
            trace.stopped = f"the time was up {seconds:.0f} s after it began"
            raise
        finally:
            if trace.ended_at is not None:
                trace.watched = self._context.target.now() - trace.ended_at
            if trace.callback_url is not None:
                trace.arrivals = self._context.receiver.of(trace.callback_url)

    def _cancel(self, trace: JobTrace) -> None:
        request = self.cancellation(trace)
        if request is not None:
            trace.cancelled = self._context.send(request)

    def cancellation(self, trace: JobTrace) -> SentRequest | None:
        """The request that cancels a job, or None without a link to it."""
        context = self._context
        link = context.links.find(trace.submit, trace.response, context.contract.conversation.cancel or "")
        if link is None:
            return None
        request = context.links.follow(link, trace.request, trace.response)
        return replace(request, who="admin") if link.to.admin else request

    def to_the_end(self, trace: JobTrace) -> Task:
        """Look at a job that has begun until it is over, or has taken as long as any may."""
        context, age = self._context, 0.0
        while not trace.ended and age <= context.waits.wait_timeout:
            yield context.waits.step(age)
            self.look(trace)
            age = context.target.now() - trace.started_at

    def _until_the_end(self, trace: JobTrace) -> Task:
        """Look again and again until the job is over, and a few times more."""
        context, more = self._context, AFTER_THE_END
        beside = list(self._requests_beside(trace)) if trace.talk.name not in self._beside else []
        while trace.poll is not None:
            self.look(trace)
            for name, request in beside:
                trace.beside.append((name, request, context.send(request), len(trace.polls)))
            age = context.target.now() - trace.started_at
            if trace.ended:
                more -= 1
            if more < 0 or (not trace.ended and age > context.waits.wait_timeout):
                return
            yield self._pause(trace, age)

    def _requests_beside(self, trace: JobTrace) -> Iterator[tuple[str, SentRequest]]:
        """What else reads a job while it runs: its results, if they have their own operation, and other routes."""
        promises = trace.talk.promises
        if promises.early is not None and trace.talk.made is not None:
            self._beside.add(trace.talk.name)
            yield trace.talk.made, self._result_request(trace)
        for name, row in promises.elsewhere.items():
            if trace.submit.id in row.given["of"]:
                self._beside.add(trace.talk.name)
                yield name, self.elsewhere(name, row, trace)

    def elsewhere(self, name: str, row: Places, trace: JobTrace) -> SentRequest:
        """The request that reads a job by a further operation."""
        operation, named = self._context.contract.operation(name), {str(row.given["by"]): str(trace.id)}
        good = self._context.requests.good(operation, params=named)
        return good.with_json({**good.json, **named}) if operation.body == "json" else good

    def _pause(self, trace: JobTrace, age: float) -> float:
        """Until the next look: soon, except for a job that is only there for its callbacks."""
        step = max(self._context.waits.step(age), self._took * len(self._context.tasks))
        alone = not self._context.own and trace.behaviours not in ((), (200,)) and not trace.ended
        return max(step, 2.0) if alone else step

    def _until_told(self, trace: JobTrace) -> Task:
        """Wait for every attempt that the policy makes, and a while longer for one that it does not make."""
        if trace.callback_url is None or trace.talk.webhook is None or not trace.ended:
            return
        context, url = self._context, trace.callback_url
        policy = context.contract.callbacks.policies[trace.talk.webhook.policy]
        expected = attempts_after(policy, trace.behaviours)
        until = context.target.now() + context.waits.grace
        seen = 0
        while context.target.now() < until:
            arrivals = context.receiver.of(url)
            if len(arrivals) > seen:
                seen = len(arrivals)
                more = context.waits.delivery(policy, trace.behaviours) if seen < expected else 0.0
                until = arrivals[-1].at + more + context.waits.after(policy, seen)
            yield max(0.05, min(until - context.target.now(), 2.0 if context.own else 0.25))

    def look(self, trace: JobTrace) -> Poll | None:
        """Poll once."""
        context = self._context
        if trace.poll is None:
            return None
        arrived = len(context.receiver.of(trace.callback_url)) if trace.callback_url else 0
        sent = context.target.now()
        response = context.send(trace.poll)
        poll = Poll(context.target.now(), context.word(trace.talk, response), response, arrived, sent)
        trace.polls.append(poll)
        self._took = poll.at - sent if not self._took else (self._took + poll.at - sent) / 2
        if not trace.ended and any(state.terminal for state in context.states(poll.word)):
            trace.ended, trace.ended_at = True, poll.at
        return poll

    def results(self, trace: JobTrace) -> list[Any]:
        """The results in a job's last poll."""
        response = self.shown(trace)
        return [value for place in trace.talk.results for value in pointers.values(response.json, place) if value]

    def shown(self, trace: JobTrace) -> ReceivedResponse:
        """The response that shows the results of a job as it was last seen."""
        if trace.talk.made is None:
            return trace.last.response if trace.last else trace.response
        if trace.made is None:
            trace.made = self._context.send(self._result_request(trace))
        return trace.made

    def _result_request(self, trace: JobTrace) -> SentRequest:
        link = self._context.links.find(trace.submit, trace.response, trace.talk.made or "")
        if link is None:
            raise Skipped(f"no link leads from {trace.submit.id} to {trace.talk.made}")
        return self._context.links.follow(link, trace.request, trace.response)

    def words(self, trace: JobTrace) -> Iterator[tuple[Poll, tuple[State, ...]]]:
        """Every look with the states that its word may mean."""
        for poll in trace.polls:
            yield poll, self._context.states(poll.word)
