"""The reading of the docs that a target may follow, if it breaks the chosen one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mockreel.conformance.check import Check, Outcome
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.check_runner import REPLIES, replies_outcome, run_one
from mockreel.conformance.checks import EVERY
from mockreel.conformance.jobs.job_traces import JobTrace
from mockreel.contract import Contract
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.errors import MockreelError
from mockreel.simulator.in_process.mock_target import NotApplicable, Skipped, Target
from mockreel.simulator.simulator import load_contracts

if TYPE_CHECKING:
    from mockreel.conformance.suite import Plan


class _Remembering:
    """A target that repeats its earlier responses; nothing is sent again."""

    def __init__(self, honest: Target, log: Sequence[tuple[SentRequest, ReceivedResponse]]) -> None:
        self.own, self.base_url, self.keys = honest.own, honest.base_url, honest.keys
        self.receiver = honest.receiver
        self.plays = getattr(honest, "plays", False)
        self._now = honest.now()
        self.repeated = 0  # how many responses
        self._known: dict[tuple[str, ...], list[ReceivedResponse]] = {}
        for request, response in log:
            self._known.setdefault(_key(request), []).append(response)

    def send(self, request: SentRequest) -> ReceivedResponse:
        response = self._known.get(_key(request))
        if not response:
            raise Skipped("it was not requested before")
        self.repeated += 1
        return response[0] if len(response) == 1 else response.pop(0)

    def fetch(self, url: str, *, span: str | None = None) -> ReceivedResponse:
        raise Skipped(f"{url} is not fetched again")

    def now(self) -> float:
        return self._now

    def wait(self, seconds: float) -> None:
        """Nothing is waited for."""

    def close(self) -> None:
        """Nothing is open."""


def _key(request: SentRequest) -> tuple[str, ...]:
    headers = sorted(  # what makes a request one ends with the stamp of its run
        f"{name}:{value.rpartition('-')[0] if name.lower() == 'idempotency-key' else value}"
        for name, value in request.headers.items()
    )
    return (request.method, request.path, request.query, request.who, request.body.decode("latin-1"), *headers)


def fitting_readings(context: CheckContext, plan: "Plan", outcomes: Sequence[Outcome]) -> list[str]:
    """A line for each other reading under which what was seen has fewer faults, the best first."""
    failing = {one.check: len(one.findings) for one in outcomes if one.verdict in ("falls short", "doubtful")}
    ours = {name: count for name, count in failing.items() if not name.startswith("generated")}
    if not ours:
        return []
    every = sum(ours.values())
    found: list[tuple[int, str]] = []
    start, longest = context.target.now(), 0.0
    for name, contract in _others(context.contract, plan):
        left = _faults(context, contract, ours) if not context.budget.is_over(longest) else None
        if left is None:
            return [*_lines(found, every), "the time ended before every other reading was tried"]
        longest, start = max(longest, context.target.now() - start), context.target.now()
        if left < every:
            found.append((left, name))
    return _lines(found, every)


def _lines(found: list[tuple[int, str]], every: int) -> list[str]:
    return [
        f"the reading {name} would fit {'all' if not left else f'{every - left} of the {every}'} findings: "
        f"check again with --reading {name}"
        for left, name in sorted(found)[:5]
    ]


def _others(contract: Contract, plan: "Plan") -> Iterator[tuple[str, Contract]]:
    """Every other option of every reading, one at a time, with the contract as it is then."""
    for reading in contract.readings.values():
        for option in reading.options:
            chosen = plan.readings.get(
                reading.id, plan.readings.get(f"{contract.provider}:{reading.id}", reading.default)
            )
            if option == chosen:
                continue
            readings = {**plan.readings, f"{contract.provider}:{reading.id}": option}
            try:
                loaded = load_contracts([contract.provider], readings=readings, data=plan.data)
            except MockreelError:  # two options that exclude each other
                continue
            yield f"{reading.id}={option}", loaded[contract.provider]


def _faults(context: CheckContext, contract: Contract, ours: Mapping[str, int]) -> int | None:
    """How many faults these checks find in what was seen, by another contract; None where the time is up.

    Args:
        ours: how many each check found by the chosen contract; a check that cannot judge again has as many.
    """
    target = _Remembering(context.target, context.log)
    other = CheckContext(contract, target, context.options)
    other.adopt(context, {name: _other_traces(traces, other) for name, traces in context.jobs.groups.items()})
    found = 0
    for check in EVERY:
        if check.id in ours and check.known(other):
            if context.budget.is_over():
                return None
            again = _judged_again(other, check, target)
            found += ours[check.id] if again is None else again
    if REPLIES in ours:
        for request, response in context.log:
            if context.budget.is_over():
                return None
            other.passing += other.response_problems(_other_request(request, contract), response)
        found += len(replies_outcome(other, 0.0).findings)
    return found


def _judged_again(other: CheckContext, check: Check, target: _Remembering) -> int | None:
    """How many faults a check finds in what was seen; None where it could not even begin with that."""
    before = target.repeated
    try:
        outcome = run_one(other, check)
    except NotApplicable:
        return None
    return len(outcome.findings) if outcome.cases or outcome.findings or target.repeated > before else None


def _other_request(request: SentRequest, contract: Contract) -> SentRequest:
    """A request with its operation as another contract has it."""
    return replace(request, operation=contract.operation(request.operation.id)) if request.operation else request


def _other_traces(traces: Sequence[JobTrace], other: CheckContext) -> list[JobTrace]:
    """The same job traces in the words of another contract."""
    found = []
    for trace in traces:
        talk = other.contract.conversation.jobs.get(trace.talk.name)
        if talk is None:
            continue
        submit = other.contract.operation(trace.submit.id)
        model = other.contract.models.get(trace.model.id) if trace.model else None
        polls = [replace(poll_, word=other.word(talk, poll_.response)) for poll_ in trace.polls]
        terminal_polls = [poll_ for poll_ in polls if any(state.terminal for state in other.states(poll_.word))]
        request = _other_request(trace.request, other.contract)
        poll = _other_request(trace.poll, other.contract) if trace.poll else None
        trace_there = replace(trace, talk=talk, submit=submit, model=model, request=request, poll=poll, polls=polls)
        found.append(
            replace(trace_there, ended=bool(terminal_polls), ended_at=terminal_polls[0].at if terminal_polls else None)
        )
    return found
