"""A job moves along the lifecycle, to its end, and stays there."""

from collections.abc import Iterator
from itertools import pairwise

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import Scene
from mockreel.conformance.jobs.job_groups import BURST, CANCELLED, PLAIN
from mockreel.conformance.jobs.job_traces import Story
from mockreel.contract.conversation.promises import Places
from mockreel.contract.exchanges.exchange import first
from mockreel.contract.exchanges.problem import Problem
from mockreel.simulator.in_process.mock_target import NotApplicable

# A first look so soon after the submit must find the job where jobs begin, in seconds.
SOON = 0.25
# A job that looking does not move takes at least this part of the time that others take; shorter jobs prove nothing.
PART, LONG_ENOUGH = 1 / 3, 1.0
# So often is a job looked at once more when the run is over.
LATE_LOOKS = 2


@check("lifecycle.known", "A job is in a state of the lifecycle whenever it is asked for.", level="jobs", uses=(PLAIN,))
def states_are_known(scene: Scene) -> Iterator[Problem]:
    words = ", ".join(dict.fromkeys(state.word for state in scene.contract.lifecycle.states.values()))
    for story in scene.stories():
        for look, states in scene.telling.words(story):
            scene.judged()
            if not states:
                fact = scene.facts.fact(
                    f"a job is one of {words}", "lifecycle.yaml states", scene.contract.lifecycle.initial.evidence
                )
                yield Problem(fact, f"one of {words}", look.told.shown(), story.poll, story.subject)
                break


@check(
    "lifecycle.submitted", "The response to a submit shows the first state.", level="jobs", uses=(PLAIN,),
    known=lambda scene: any(talk.promises.begun for talk in scene.contract.conversation.jobs.values()),
)  # fmt: skip
def is_submitted(scene: Scene) -> Iterator[Problem]:
    initial = scene.contract.lifecycle.initial
    for story, row in _promising(scene):
        if (word := first(story.told.json, row.at[0])) is None and scene.replies.may_lack(story.submit, row.at[0]):
            continue
        scene.judged()
        if word != initial.word:
            fact = scene.facts.fact(f"a job begins as {initial.word}", "lifecycle.yaml initial", row.evidence)
            yield Problem(fact, f"{initial.word} at {row.at[0]}", story.told.shown(), story.asked, story.subject)


def _promising(scene: Scene) -> Iterator[tuple[Story, Places]]:
    """The stories whose submit promises to show a state, each with the place of it."""
    for story in _begun(scene):
        row = story.talk.promises.begun
        if row is not None:
            yield story, row


def _begun(scene: Scene, group: str = PLAIN) -> Iterator[Story]:
    """The stories whose submit was answered at once.

    Raises:
        NotApplicable: each was answered only when its job was over, as one reading has it.
    """
    stories = scene.told(group)
    prompt = [story for story in stories if not _waited(scene, story)]
    if stories and not prompt:
        raise NotApplicable("a submit is answered when its job is over")
    yield from prompt


def _waited(scene: Scene, story: Story) -> bool:
    """Whether the submit was answered only when its job was over, as one reading has it."""
    return story.accepted - story.began > (0 if scene.own else LONG_ENOUGH)


@check(
    "lifecycle.begins",
    "A job that was just submitted is at the beginning of the lifecycle.",
    level="jobs",
    uses=(PLAIN,),
)
def begins_at_the_beginning(scene: Scene) -> Iterator[Problem]:
    initial = scene.contract.lifecycle.initial
    for story in _begun(scene):
        if not story.looks or story.looks[0].sent > story.accepted + (0 if scene.own else SOON):
            continue
        scene.judged()
        first_states = scene.states(story.looks[0].word)
        if first_states and not any(state.kind == "pending" for state in first_states):
            fact = scene.facts.fact(f"a job begins as {initial.word}", "lifecycle.yaml initial", initial.evidence)
            yield Problem(fact, f"{initial.word} first", story.looks[0].told.shown(), story.poll, story.subject)


@check("lifecycle.forward", "A job moves only along the lifecycle, never backwards.", level="jobs", uses=(PLAIN,))
def moves_forward(scene: Scene) -> Iterator[Problem]:
    for story in scene.stories():
        yield from _backward(scene, story)


def _backward(scene: Scene, story: Story) -> Iterator[Problem]:
    for (_, before), (look, after) in pairwise(scene.telling.words(story)):
        scene.judged()
        ended = any(state.terminal for state in before)
        if not before or not after or ended or any(scene.contract.lifecycle.leads(a, b) for a in before for b in after):
            continue
        fact = scene.facts.fact(
            "a job moves along the transitions of the lifecycle", "lifecycle.yaml transitions", story.talk.forward
        )
        expected = f"something that follows {before[0].word}"
        yield Problem(fact, expected, f"{after[0].word}: {look.told.shown()}", story.poll, story.subject)
        return


@check(
    "lifecycle.passes", "A job passes the states that its course names.", level="jobs", uses=(PLAIN,),
    known=lambda scene: scene.own,
)  # fmt: skip
def passes_its_states(scene: Scene) -> Iterator[Problem]:
    """Only the stand-in's course is known beforehand, and only its clock stands still between two looks."""
    scenarios = scene.contract.scenarios
    for story in _begun(scene):
        course = scenarios.jobs[story.scenario or scenarios.default]
        words = [scene.contract.lifecycle.states[name].word for name in course.states]
        seen = list(dict.fromkeys(look.word for look in story.looks))
        scene.judged()
        if seen != list(dict.fromkeys(words)):
            fact = scene.facts.fact(
                f"a job passes {', '.join(words)}", f"scenarios.yaml jobs {course.name}", story.talk.forward
            )
            yield Problem(fact, ", ".join(words), ", ".join(map(str, seen)), story.poll, story.subject)


@check("lifecycle.ends", "A job comes to an end.", level="jobs", uses=(PLAIN,))
def ends(scene: Scene) -> Iterator[Problem]:
    succeeded = next(state for state in scene.contract.lifecycle.states.values() if state.kind == "succeeded")
    for story in scene.stories():
        if story.poll is None:
            continue
        if not story.ended and story.stopped:
            seconds = scene.waits.patience
            scene.skip(f"a job had not ended, and {story.stopped}; by the docs it may take {seconds:.0f} s")
            continue
        scene.judged()
        if not story.ended:
            fact = scene.facts.fact("a job ends", "lifecycle.yaml states", succeeded.evidence)
            shown = story.last.told.shown() if story.last else "nothing"
            came = f"{scene.target.now() - story.began:.0f} s and {len(story.looks)} looks later: {shown}"
            yield Problem(fact, "a terminal state", came, story.poll, story.subject)


@check("lifecycle.final", "A job that has ended never changes again.", level="jobs", uses=(PLAIN,))
def stays_ended(scene: Scene) -> Iterator[Problem]:
    for story in scene.stories():
        if not story.ended:
            continue
        for _ in range(LATE_LOOKS):
            scene.telling.look(story)
        ended = [look for look, states in scene.telling.words(story) if any(state.terminal for state in states)]
        after = story.looks[story.looks.index(ended[0]) :]
        scene.judged()
        for look in after[1:]:
            if look.word != ended[0].word:
                fact = scene.facts.fact(
                    "a terminal state is final", f"conversation.yaml {story.talk.name} final", story.talk.final
                )
                yield Problem(fact, f"still {ended[0].word}", look.told.shown(), story.poll, story.subject)
                break


@check("lifecycle.still", "Asking how a job is does not move it.", level="jobs", uses=(BURST, PLAIN))
def polling_moves_nothing(scene: Scene) -> Iterator[Problem]:
    for story in scene.told(BURST):
        words = [look.word for look in story.burst]
        if not words:
            continue
        scene.judged()
        moved = len(set(map(str, words))) > 1 if scene.own else _is_hurried(scene, story)
        if moved:
            poll = scene.contract.operation(story.talk.poll)
            fact = scene.facts.operation(f"{story.talk.poll} only reads", poll)
            came = f"{' '.join(map(str, words))} within {story.burst[-1].at - story.began:.2f} s"
            yield Problem(fact, f"{words[0]} as long as no time passes", came, story.poll, story.subject)


def _is_hurried(scene: Scene, story: Story) -> bool:
    """Whether a job that was looked at many times at once was over long before all others of its kind."""
    others = [
        one.ended_at - one.began
        for one in scene.stories()
        if one.submit.id == story.submit.id and one.ended_at is not None and one.scenario is None
    ]
    own = story.ended_at - story.began if story.ended_at is not None else None
    return own is not None and bool(others) and min(others) >= LONG_ENOUGH and own < PART * min(others)


@check(
    "lifecycle.course",
    "A job that is asked to go another way ends as that way ends.",
    level="jobs",
    uses=(PLAIN,),
    known=lambda scene: scene.plays,
)
def takes_the_course(scene: Scene) -> Iterator[Problem]:
    for story in scene.stories():
        if story.scenario is None or story.last is None or not story.ended:
            continue
        scene.judged()
        end = scene.contract.lifecycle.states[scene.contract.scenarios.jobs[story.scenario].states[-1]]
        if story.last.word != end.word:
            fact = scene.facts.fact(f"{story.scenario} ends as {end.word}", "scenarios.yaml", end.evidence)
            yield Problem(fact, f"{end.word} at the end", story.last.told.shown(), story.asked, story.subject)


@check(
    "lifecycle.cancelled",
    "A job that is cancelled ends as cancelled.",
    level="jobs",
    uses=(CANCELLED,),
    known=lambda scene: scene.contract.conversation.cancel is not None,
)
def can_be_cancelled(scene: Scene) -> Iterator[Problem]:
    name = scene.contract.conversation.cancel or ""
    operation = scene.contract.operation(name)
    if operation.admin and "admin" not in scene.target.keys.of:
        scene.skip(f"{name} takes the key of an admin; give --admin-key")
    for story in _begun(scene, CANCELLED):
        if story.cancelled is None:
            continue
        fact = scene.facts.operation(f"{name} ends a job as cancelled", operation)
        ask = scene.telling.cancellation(story)
        if scene.refusals.refused(story.cancelled):
            scene.judged()
            yield Problem(fact, "the job is cancelled", story.cancelled.shown(), ask, story.subject)
        elif not story.ended:
            scene.skip(f"a cancelled job had not ended, and {story.stopped}")
        else:
            scene.judged()
            if not any(state.kind == "cancelled" for state in scene.states(story.last.word if story.last else None)):
                shown = story.last.told.shown() if story.last else ""
                yield Problem(fact, "a job that ends as cancelled", shown, ask, story.subject)


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
