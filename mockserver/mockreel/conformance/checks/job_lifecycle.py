"""A job moves along the lifecycle, to its end, and stays there."""

from collections.abc import Iterator
from itertools import pairwise

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import Scene
from mockreel.conformance.job_traces import Story
from mockreel.contract.exchanges.problem import Problem
from mockreel.simulator.in_process.mock_target import LeftOut


@check("lifecycle.known", "A job is in a state of the lifecycle whenever it is asked for.", level="jobs")
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


@check("lifecycle.begins", "A job that was just submitted is at the beginning of the lifecycle.", level="jobs")
def begins_at_the_beginning(scene: Scene) -> Iterator[Problem]:
    initial = scene.contract.lifecycle.initial
    for story in scene.stories():
        if not story.looks or story.scenario is not None or story.looks[0].at > story.began:
            continue
        scene.judged()
        first_states = scene.states(story.looks[0].word)
        if first_states and not any(state.kind == "pending" for state in first_states) and scene.target.own:
            fact = scene.facts.fact(f"a job begins as {initial.word}", "lifecycle.yaml initial", initial.evidence)
            yield Problem(fact, f"{initial.word} first", story.looks[0].told.shown(), story.poll, story.subject)


@check("lifecycle.forward", "A job moves only along the lifecycle, never backwards.", level="jobs")
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


@check("lifecycle.ends", "A job comes to an end.", level="jobs")
def ends(scene: Scene) -> Iterator[Problem]:
    for story in scene.stories():
        if story.poll is None:
            continue
        scene.judged()
        if not story.ended:
            look = story.last
            fact = scene.facts.fact("a job ends", f"conversation.yaml {story.talk.name} final", story.talk.final)
            came = f"after {len(story.looks)} looks: {look.told.shown() if look else 'nothing'}"
            yield Problem(fact, "a terminal state", came, story.poll, story.subject)


@check("lifecycle.final", "A job that has ended never changes again.", level="jobs")
def stays_ended(scene: Scene) -> Iterator[Problem]:
    for story in scene.stories():
        ended = [look for look, states in scene.telling.words(story) if any(state.terminal for state in states)]
        after = story.looks[story.looks.index(ended[0]) :] if ended else []
        for look in after[1:]:
            scene.judged()
            if look.word != ended[0].word:
                fact = scene.facts.fact(
                    "a terminal state is final", f"conversation.yaml {story.talk.name} final", story.talk.final
                )
                yield Problem(fact, f"still {ended[0].word}", look.told.shown(), story.poll, story.subject)
                break


@check("lifecycle.still", "Asking how a job is does not move it.", level="jobs")
def polling_moves_nothing(scene: Scene) -> Iterator[Problem]:
    if not scene.target.own:
        raise LeftOut("the target's clock cannot be held, so a poll that moves a job cannot be told from time")
    for talk, submit in scene.submits():
        story = scene.telling.begin(talk, submit, scene.casting.leads(submit)[0])
        words = [look.word for look in (scene.telling.look(story) for _ in range(20)) if look]
        scene.judged()
        if len(set(map(str, words))) > 1:
            fact = scene.facts.operation(f"{talk.poll} only reads", scene.contract.operation(talk.poll))
            yield Problem(
                fact, f"{words[0]} as long as no time passes", " ".join(map(str, words)), story.poll, submit.id
            )


@check("lifecycle.course", "A job that is asked to go another way ends as that way ends.", level="jobs")
def takes_the_course(scene: Scene) -> Iterator[Problem]:
    for story in scene.stories():
        if story.scenario is None or story.last is None:
            continue
        scene.judged()
        end = scene.contract.lifecycle.states[scene.contract.scenarios.jobs[story.scenario].states[-1]]
        if story.last.word != end.word:
            fact = scene.facts.fact(f"{story.scenario} ends as {end.word}", "scenarios.yaml", end.evidence)
            yield Problem(fact, f"{end.word} at the end", story.last.told.shown(), story.asked, story.subject)


CHECKS: tuple[Check, ...] = (
    states_are_known,
    begins_at_the_beginning,
    moves_forward,
    ends,
    stays_ended,
    polling_moves_nothing,
    takes_the_course,
)
