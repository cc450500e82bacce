"""Lives of jobs, in any order of calls: a client submits, polls, cancels, waits, and answers callbacks as it likes.

Hypothesis chooses the calls; the model in `expected.py` says what must hold. Every provider is played by its contract:
the submits, links, words and policies are rows of data.
"""

from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from properties.expected import Life, attempts_until, end_between, possible_words
from support.depth import examples

from mockreel.conformance.check_context import CheckContext
from mockreel.contract import Contract, pointers
from mockreel.contract.exchanges.exchange import ReceivedResponse
from mockreel.contract.messages.message import Request
from mockreel.simulator.in_process.memory_receiver import Behaviour
from mockreel.simulator.in_process.mock_target import Answering, MockTarget, answer_honestly, asked_by
from mockreel.simulator.provider import Provider
from mockreel.simulator.simulator import load_contracts

PROVIDERS = ("runflow", "aimlapi", "runninghub")
ANSWERS: tuple[Behaviour, ...] = (200, 204, 301, 404, 429, 500, 503, "timeout", "refused", "broken")
WAITS = st.one_of(st.sampled_from([0.0, 0.1, 0.5, 1.0, 2.0, 10.0, 60.0]), st.floats(0, 100))
NUMBERS = st.integers(0, 99)


class Lives(RuleBasedStateMachine):
    """One provider, one client, any number of jobs."""

    provider = ""
    answering: Answering = staticmethod(answer_honestly)

    def __init__(self) -> None:
        super().__init__()
        self.contract = contract(self.provider)
        self.target = MockTarget(self.contract, answering=self.answering)
        self.context = CheckContext(self.contract, self.target)
        self.context.secret()
        self.lives: list[Life] = []

    def teardown(self) -> None:
        """After a day everything that can end has ended, and every callback was delivered or given up."""
        try:
            self.target.wait(86_400)
            for life in self.lives:
                self._look(life)
                self._told(life)
        finally:
            self.target.close()

    @rule(submit=NUMBERS, model=NUMBERS, scenario=NUMBERS, answers=st.lists(st.sampled_from(ANSWERS), max_size=5))
    def submit(self, submit: int, model: int, scenario: int, answers: list[Behaviour]) -> None:
        """Start a job of any sort, with any scenario, with a callback if responses are drawn for it."""
        context, jobs = self.context, self.contract.scenarios.jobs
        submits = list(context.submits())
        talk, operation = submits[submit % len(submits)]
        models = context.model_selection.leads(operation)
        name = list(jobs)[scenario % len(jobs)]
        request = context.requests.good(operation, models[model % len(models)])
        url = None
        if answers and talk.webhook is not None and context.webhooks.of(operation) is not None:
            request, url = context.with_callback(request, tuple(answers))
        request = replace(request, headers={**request.headers, "prefer": f"scenario={name}"})
        response = context.send(request)
        assert not context.error_detector.refused(response), response.shown()
        link = context.links.find(operation, response, talk.poll)
        assert link is not None
        poll, id_ = context.links.follow(link, request, response), str(context.links.id(link, request, response))
        assert id_ not in {life.id for life in self.lives}
        self.lives.append(
            Life(talk, jobs[name], self.target.now(), request, response, poll, id_, url=url, behaviours=tuple(answers))
        )

    @rule(seconds=WAITS)
    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.target.wait(seconds)

    @precondition(lambda self: self.lives)
    @rule(number=NUMBERS)
    def poll(self, number: int) -> None:
        """Look at one job."""
        self._look(self.lives[number % len(self.lives)])

    @precondition(lambda self: self.lives)
    @rule(number=NUMBERS)
    def poll_as_somebody_else(self, number: int) -> None:
        """Another account does not see it."""
        life = self.lives[number % len(self.lives)]
        response = self.context.send(asked_by(life.poll, "other"))
        assert self.context.error_detector.refused(response), response.shown()

    @precondition(lambda self: self.lives and self.contract.conversation.cancel)
    @rule(number=NUMBERS)
    def cancel(self, number: int) -> None:
        """Cancel one job: one that is under way is cancelled from now on, one that is over stays as it is."""
        life, context = self.lives[number % len(self.lives)], self.context
        operation = life.submit.operation
        assert operation is not None
        link = context.links.find(operation, life.response, self.contract.conversation.cancel or "")
        if link is None:
            return
        before = self._look(life)
        request = context.links.follow(link, life.submit, life.response)
        response = context.send(asked_by(request, "admin") if link.to.admin else request)
        if not before:
            assert not context.error_detector.refused(response), response.shown()
            life.cancelled = self.target.now()
        self._look(life)

    @precondition(lambda self: self.lives)
    @rule(number=NUMBERS)
    def count_callbacks(self, number: int) -> None:
        """Look at what the receiver of one job got so far."""
        self._told(self.lives[number % len(self.lives)])

    @invariant()
    def every_reply_was_documented(self) -> None:
        """Each response has a documented form."""
        assert [str(problem) for problem in self.context.passing] == []

    def _look(self, life: Life) -> bool:
        """Poll a job and compare the response with the model; returns whether it has ended."""
        response = self.context.send(life.poll)
        word = pointers.value(response.json, life.talk.state)
        if life.over is not None:
            assert word == life.over, f"{life.id} was {life.over} and is {word}"
            return True
        states = [state for state in self.contract.lifecycle.states.values() if state.word == word]
        assert states, response.shown()
        if life.cancelled is not None:
            assert {state.kind for state in states} & {"cancelled"}, response.shown()
        else:
            assert word in possible_words(self.contract, life, self.target.now()), response.shown()
            assert not life.seen or self._is_no_step_back(life, word), f"{life.seen} then {word}"
        life.seen.append(word)
        if any(state.terminal for state in states):
            life.over = word
        self._has_results_when_it_should(life, response, kinds={state.kind for state in states})
        return life.over is not None

    def _is_no_step_back(self, life: Life, word: Any) -> bool:
        words = [self.contract.lifecycle.states[name].word for name in life.scenario.states]
        return words.index(word) >= words.index(life.seen[-1])

    def _has_results_when_it_should(self, life: Life, response: ReceivedResponse, *, kinds: set[str]) -> None:
        if life.talk.made is not None or life.submit.operation is None:
            return
        there = [value for place in life.talk.results for value in pointers.values(response.json, place) if value]
        if not kinds & {"succeeded", "partial"}:
            assert there == [], response.shown()
        assert not there or all(str(url).startswith("http") for url in there)

    def _told(self, life: Life) -> None:
        """The callbacks of a job: none before its end, then as often and when the policy says, the same each time."""
        if life.url is None or life.talk.webhook is None:
            return
        assert self.target.receiver is not None
        arrivals = self.target.receiver.of(life.url)
        ends = end_between(self.contract, life)
        if ends is None or self.target.now() < ends[0]:
            assert arrivals == []
            return
        if not arrivals:
            assert self.target.now() <= ends[1], f"{life.id} has ended, and nobody was told"
            return
        first_at = arrivals[0].at
        assert ends[0] <= first_at <= ends[1]
        policy = self.contract.callbacks.policies[life.talk.webhook.policy]
        expected = attempts_until(policy, life.behaviours, first_at, self.target.now())
        assert [one.at for one in arrivals] == pytest.approx(expected, abs=1e-5)
        assert len({one.body for one in arrivals}) == 1
        assert str(pointers.value(self.context.webhooks.payload(arrivals[0].body), life.talk.webhook.id)) == life.id


@cache
def contract(provider: str) -> Contract:
    return load_contracts([provider])[provider]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_whatever_a_client_does_its_jobs_live_as_the_contract_says(provider: str) -> None:
    """States only forward and in their time, results when it says so, callbacks to the letter, nothing of others."""
    _live(provider, answer_honestly, examples=examples(40))


def _live(provider: str, answering: Answering, *, phases: tuple[Phase, ...] = tuple(Phase), examples: int = 40) -> None:
    machine = type("LivesOf", (Lives,), {"provider": provider, "answering": staticmethod(answering)})
    expected = settings(max_examples=examples, stateful_step_count=25, phases=phases, deadline=None, database=None)
    run_state_machine_as_test(machine, settings=settings(expected, derandomize=True))


def forgetful(provider: Provider, request: Request) -> Any:
    """A cancellation is accepted, and forgotten."""
    answer = provider.answer(request)
    for job in provider.jobs:
        job.intervention = None
    return answer


def hasty(provider: Provider, request: Request) -> Any:
    """A poll makes a job older."""
    for job in provider.jobs:
        job.created -= 0.5
    return provider.answer(request)


def insistent(provider: Provider, request: Request) -> Any:
    """Everything is tried once more than the policy says."""
    for delivery in provider.deliveries:
        if delivery.status == "pending" and delivery.policy.attempts < 9:
            policy = delivery.policy
            delivery.policy = replace(policy, attempts=policy.attempts + 9, delays=(*policy.delays, *[1.0] * 9))
    return provider.answer(request)


@pytest.mark.parametrize(
    ("provider", "broken"),
    [("runflow", forgetful), ("aimlapi", hasty), ("runninghub", hasty), ("runflow", insistent)],
    ids=lambda one: getattr(one, "__name__", one),
)
def test_a_server_that_is_broken_is_found_out(provider: str, broken: Answering) -> None:
    """The model has teeth: one thing that is wrong in the engine is found by the same calls."""
    with pytest.raises(AssertionError):
        # Which calls are the fewest is of no interest here; how soon they are found is chance.
        _live(provider, broken, phases=(Phase.generate,), examples=400)
