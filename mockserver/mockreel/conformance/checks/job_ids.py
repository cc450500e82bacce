"""Ids have the documented form, and no two jobs share one."""

import re
from collections.abc import Iterator

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import Scene
from mockreel.contract.exchanges.exchange import first
from mockreel.contract.exchanges.problem import Problem
from mockreel.simulator.in_process.mock_target import LeftOut

MANY = 25


@check("id.form", "The id of a job has the documented form.", level="jobs")
def ids_have_their_form(scene: Scene) -> Iterator[Problem]:
    for story in scene.stories():
        scene.judged()
        talk = story.talk
        if story.id is None or not re.fullmatch(talk.form, str(story.id)):
            fact = scene.facts.fact(
                f"an id looks like {talk.form}", f"conversation.yaml {talk.name} form", talk.form_evidence
            )
            yield Problem(fact, f"an id that fits {talk.form}", story.told.shown(), story.asked, story.subject)


@check("id.own", "A poll speaks of the job that was asked for.", level="jobs")
def polls_repeat_the_id(scene: Scene) -> Iterator[Problem]:
    for story in scene.stories():
        if story.talk.id is None or story.last is None:
            continue
        scene.judged()
        shown = first(story.last.told.json, story.talk.id)
        if str(shown) != str(story.id):
            fact = scene.facts.operation(f"{story.talk.poll} shows the id", scene.contract.operation(story.talk.poll))
            yield Problem(fact, f"the id {story.id}", story.last.told.shown(), story.poll, story.subject)


@check("id.unique", "No two jobs share an id.", level="jobs")
def ids_differ(scene: Scene) -> Iterator[Problem]:
    known: set[str] = {str(story.id) for story in scene.stories()}
    talk, submit = next(scene.submits(), (None, None))
    if talk is None or submit is None:
        raise LeftOut("no conversation.yaml says which operations begin a job")
    for _ in range(MANY if scene.target.own else 0):
        story = scene.telling.begin(talk, submit, scene.casting.leads(submit)[0])
        scene.judged()
        if str(story.id) in known:
            fact = scene.facts.fact("every job has an id of its own", f"conversation.yaml {talk.name}", talk.evidence)
            yield Problem(fact, "an id that no other job has", story.told.shown(), story.asked, story.subject)
            return
        known.add(str(story.id))


CHECKS: tuple[Check, ...] = (ids_have_their_form, polls_repeat_the_id, ids_differ)
