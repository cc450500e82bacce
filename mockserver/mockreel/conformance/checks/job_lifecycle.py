"""A job moves along the lifecycle, to its end, and stays there."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.jobs.job_groups import BURST, CANCELLED, PLAIN
from mockreel.conformance.jobs.job_traces import JobTrace
from mockreel.contract import JobScenario, pointers
from mockreel.contract.conversation.promises import Places
from mockreel.contract.exchanges.problem import Problem
from mockreel.simulator.in_process.mock_target import NotApplicable

# A first look so soon after the submit must find the job where jobs begin, in seconds.
SOON = 0.25
# A job that looking does not move takes at least this part of the time that others take; shorter jobs prove nothing.
PART, LONG_ENOUGH = 1 / 5, 1.0
# A state that lasts this many poll intervals is seen by a poll.
LOOKS = 2
# The number of polls after the end of a job.
LATE_LOOKS = 2


@check("lifecycle.known", "A job is in a state of the lifecycle whenever it is asked for.", level="jobs", uses=(PLAIN,))
def states_are_known(context: CheckContext) -> Iterator[Problem]:
    words = ", ".join(dict.fromkeys(state.word for state in context.contract.lifecycle.states.values()))
    for trace in context.jobs.traces():
        for poll, states in context.job_traces.words(trace):
            context.judged()
            if not states:
                fact = context.facts.fact(
                    f"a job is one of {words}", "lifecycle.yaml states", context.contract.lifecycle.initial.evidence
                )
                yield Problem(fact, f"one of {words}", poll.response.shown(), trace.poll, trace.subject)
                break


@check(
    "lifecycle.submitted", "The response to a submit shows the first state.", level="jobs", uses=(PLAIN,),
    known=lambda context: any(talk.promises.begun for talk in context.contract.conversation.jobs.values()),
)  # fmt: skip
def is_submitted(context: CheckContext) -> Iterator[Problem]:
    initial = context.contract.lifecycle.initial
    for trace, row in _promising(context):
        if (word := pointers.value(trace.response.json, row.at[0])) is None and context.response_checker.may_lack(
            trace.submit, row.at[0]
        ):
            continue
        context.judged()
        if word != initial.word:
            fact = context.facts.fact(f"a job begins as {initial.word}", "lifecycle.yaml initial", row.evidence)
            yield Problem(fact, f"{initial.word} at {row.at[0]}", trace.response.shown(), trace.request, trace.subject)


def _promising(context: CheckContext) -> Iterator[tuple[JobTrace, Places]]:
    """The job traces whose submit promises to show a state, each with the place of it.

    Raises:
        NotApplicable: each was answered only when its job was over, as the contract's reading has it.
    """
    promised = [(trace, row) for trace in context.jobs.traces() if (row := trace.talk.promises.begun) is not None]
    prompt = [
        (trace, row) for trace, row in promised if not (row.given.get("waits") and _answered_at_end(context, trace))
    ]
    if promised and not prompt:
        raise NotApplicable("a submit is answered when its job is over")
    for trace, row in prompt:
        context.missing_places(trace.submit, row.at)
        yield trace, row


def _immediate_jobs(context: CheckContext, group: str = PLAIN) -> Iterator[JobTrace]:
    """The job traces whose submit was answered at once.

    Raises:
        NotApplicable: each was answered only when its job was over, as one reading has it.
    """
    traces = context.jobs.told(group)
    prompt = [trace for trace in traces if not _answered_at_end(context, trace)]
    if traces and not prompt:
        raise NotApplicable("a submit is answered when its job is over")
    yield from prompt


def _answered_at_end(context: CheckContext, trace: JobTrace) -> bool:
    """Whether the submit was answered only when its job was over, as one reading has it."""
    return trace.accepted - trace.started_at > (0 if context.own else LONG_ENOUGH)


@check(
    "lifecycle.begins",
    "A job that was just submitted is at the beginning of the lifecycle.",
    level="jobs",
    uses=(PLAIN,),
)
def begins_at_the_beginning(context: CheckContext) -> Iterator[Problem]:
    initial = context.contract.lifecycle.initial
    for trace in _immediate_jobs(context):
        if not trace.polls or trace.polls[0].sent > trace.accepted + (0 if context.own else SOON):
            continue
        context.judged()
        first_states = context.states(trace.polls[0].word)
        if first_states and not any(state.kind == "pending" for state in first_states):
            fact = context.facts.fact(f"a job begins as {initial.word}", "lifecycle.yaml initial", initial.evidence)
            yield Problem(fact, f"{initial.word} first", trace.polls[0].response.shown(), trace.poll, trace.subject)


@check(
    "lifecycle.forward", "A job moves only along the lifecycle, never backwards.", level="jobs",
    uses=(PLAIN, CANCELLED),
)  # fmt: skip
def moves_forward(context: CheckContext) -> Iterator[Problem]:
    for trace in (*context.jobs.traces(), *context.jobs.told(CANCELLED)):
        yield from _backward(context, trace)


def _backward(context: CheckContext, trace: JobTrace) -> Iterator[Problem]:
    for (_, before), (poll, after) in pairwise(context.job_traces.words(trace)):
        context.judged()
        is_terminal = any(state.terminal for state in before)
        if (
            not before
            or not after
            or is_terminal
            or any(context.contract.lifecycle.leads(a, b) for a in before for b in after)
        ):
            continue
        fact = context.facts.fact(
            "a job moves along the transitions of the lifecycle", "lifecycle.yaml transitions", trace.talk.forward
        )
        expected = f"something that follows {before[0].word}"
        yield Problem(fact, expected, f"{after[0].word}: {poll.response.shown()}", trace.poll, trace.subject)
        return


@check(
    "lifecycle.passes", "A job passes the states that its course names.", level="jobs", uses=(PLAIN,),
    plays=True,
)  # fmt: skip
def passes_its_states(context: CheckContext) -> Iterator[Problem]:
    """Only the mock server's course is known beforehand; over a network a state may pass between two looks."""
    if not context.own and not any(_long_ones(context, one, _course(context, one)) for one in context.jobs.traces()):
        raise NotApplicable("the looks at a job are too far apart to meet every state")
    for trace in _immediate_jobs(context):
        course = _course(context, trace)
        words = [context.contract.lifecycle.states[name].word for name in course.states]
        seen = list(dict.fromkeys(poll.word for poll in trace.polls))
        if not context.own:
            words = [context.contract.lifecycle.states[name].word for name in _long_ones(context, trace, course)]
            seen = [word for word in seen if word in words]
        context.judged(context.own or bool(words))
        if seen != list(dict.fromkeys(words)):
            fact = context.facts.fact(
                f"a job passes {', '.join(words)}", f"scenarios.yaml jobs {course.name}", trace.talk.forward
            )
            yield Problem(fact, ", ".join(words), ", ".join(map(str, seen)), trace.poll, trace.subject)


def _course(context: CheckContext, trace: JobTrace) -> JobScenario:
    scenarios = context.contract.scenarios
    return scenarios.jobs[trace.scenario or scenarios.default]


def _long_ones(context: CheckContext, trace: JobTrace, course: JobScenario) -> list[str]:
    """The states of a plan that lasted long enough, at any pace, for a poll to see them."""
    paces = context.contract.scenarios.paces.values()
    if trace.ended_at is None or len(trace.polls) <= LOOKS or not paces:
        return []
    pause = max(later.at - earlier.sent for earlier, later in pairwise(trace.polls))
    lasted = trace.ended_at - trace.accepted
    shares = {name: min(_share(pace, course, name) for pace in paces) for name in course.states}
    return [name for name in course.states if shares[name] * lasted > LOOKS * pause]


def _share(pace: Mapping[str, tuple[float, float]], course: JobScenario, name: str) -> float:
    """The least part of a course that a state takes at a pace."""
    whole = sum(pace[one][1] for one in course.states if one in pace)
    return pace[name][0] / whole if name in pace and whole else 0.0


@check("lifecycle.ends", "A job comes to an end.", level="jobs", uses=(PLAIN,))
def ends(context: CheckContext) -> Iterator[Problem]:
    succeeded = next(state for state in context.contract.lifecycle.states.values() if state.kind == "succeeded")
    for trace in context.jobs.traces():
        if trace.poll is None:
            continue
        if not trace.ended and trace.stopped:
            seconds = context.waits.wait_timeout
            context.skip(f"a job had not ended, and {trace.stopped}; by the docs it may take {seconds:.0f} s")
            continue
        context.judged()
        if not trace.ended:
            fact = context.facts.fact("a job ends", "lifecycle.yaml states", succeeded.evidence)
            shown = trace.last.response.shown() if trace.last else "nothing"
            actual = f"{context.target.now() - trace.started_at:.0f} s and {len(trace.polls)} looks later: {shown}"
            yield Problem(fact, "a terminal state", actual, trace.poll, trace.subject)


@check("lifecycle.final", "A job that has ended never changes again.", level="jobs", uses=(PLAIN,))
def stays_ended(context: CheckContext) -> Iterator[Problem]:
    for trace in context.jobs.traces():
        if not trace.ended:
            continue
        for _ in range(LATE_LOOKS):
            context.job_traces.look(trace)
        terminal_polls = [
            poll for poll, states in context.job_traces.words(trace) if any(state.terminal for state in states)
        ]
        after = trace.polls[trace.polls.index(terminal_polls[0]) :]
        context.judged()
        for poll in after[1:]:
            if poll.word != terminal_polls[0].word:
                fact = context.facts.fact(
                    "a terminal state is final", f"conversation.yaml {trace.talk.name} final", trace.talk.final
                )
                yield Problem(fact, f"still {terminal_polls[0].word}", poll.response.shown(), trace.poll, trace.subject)
                break


@check("lifecycle.still", "Asking how a job is does not move it.", level="jobs", uses=(BURST, PLAIN))
def polling_moves_nothing(context: CheckContext) -> Iterator[Problem]:
    for trace in context.jobs.told(BURST):
        words = [poll_.word for poll_ in trace.burst]
        if not words:
            continue
        context.judged()
        moved = len(set(map(str, words))) > 1 if context.own else _is_hurried(context, trace)
        if moved:
            poll = context.contract.operation(trace.talk.poll)
            fact = context.facts.operation(f"{trace.talk.poll} only reads", poll)
            actual = f"{' '.join(map(str, words))} within {trace.burst[-1].at - trace.started_at:.2f} s"
            yield Problem(fact, f"{words[0]} as long as no time passes", actual, trace.poll, trace.subject)


def _is_hurried(context: CheckContext, trace: JobTrace) -> bool:
    """Whether a job that was looked at many times at once was over long before all others of its kind."""
    others = [
        _pending(context, one)
        for one in context.jobs.traces()
        if (one.submit.id, one.model) == (trace.submit.id, trace.model)
        and one.ended_at is not None
        and one.scenario is None
    ]
    own = trace.ended_at - trace.started_at if trace.ended_at is not None else None
    return own is not None and bool(others) and min(others) >= LONG_ENOUGH and own < PART * min(others)


def _pending(context: CheckContext, trace: JobTrace) -> float:
    """How long a job was seen to be under way, in seconds: at least so long it took."""
    words = context.job_traces.words(trace)
    looks = [poll.sent for poll, states in words if states and not any(state.terminal for state in states)]
    return looks[-1] - trace.started_at if looks else 0.0


@check(
    "lifecycle.course",
    "A job that is asked to go another way ends as that way ends.",
    level="jobs",
    uses=(PLAIN,),
    plays=True,
)
def takes_the_course(context: CheckContext) -> Iterator[Problem]:
    for trace in context.jobs.traces():
        if trace.scenario is None or trace.last is None or not trace.ended:
            continue
        context.judged()
        end = context.contract.lifecycle.states[context.contract.scenarios.jobs[trace.scenario].states[-1]]
        if trace.last.word != end.word:
            fact = context.facts.fact(f"{trace.scenario} ends as {end.word}", "scenarios.yaml", end.evidence)
            yield Problem(fact, f"{end.word} at the end", trace.last.response.shown(), trace.request, trace.subject)


@check(
    "lifecycle.cancelled",
    "A job that is cancelled ends as cancelled.",
    level="jobs",
    uses=(CANCELLED,),
    known=lambda context: context.contract.conversation.cancel is not None,
)
def can_be_cancelled(context: CheckContext) -> Iterator[Problem]:
    name = context.contract.conversation.cancel or ""
    operation = context.contract.operation(name)
    if operation.admin and "admin" not in context.target.keys.of:
        context.skip(f"{name} takes the key of an admin; give --admin-key")
    for trace in _immediate_jobs(context, CANCELLED):
        if trace.cancelled is None:
            continue
        fact = context.facts.operation(f"{name} ends a job as cancelled", operation)
        request = context.job_traces.cancellation(trace)
        if context.error_detector.refused(trace.cancelled):
            context.judged()
            yield Problem(fact, "the job is cancelled", trace.cancelled.shown(), request, trace.subject)
        elif not trace.ended:
            context.skip(f"a cancelled job had not ended, and {trace.stopped}")
        else:
            context.judged()
            if not any(state.kind == "cancelled" for state in context.states(trace.last.word if trace.last else None)):
                shown = trace.last.response.shown() if trace.last else ""
                yield Problem(fact, "a job that ends as cancelled", shown, request, trace.subject)


CHECKS: tuple[Check, ...] = (
    states_are_known,
    is_submitted,
    begins_at_the_beginning,
    moves_forward,
    passes_its_states,
    ends,
    stays_ended,
    polling_moves_nothing,
    takes_the_course,
    can_be_cancelled,
)
