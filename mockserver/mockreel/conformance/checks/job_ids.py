"""Ids have the documented form, and no two jobs share one."""

import re
from collections.abc import Iterator

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import Scene
from mockreel.conformance.jobs.job_groups import BURST, PLAIN
from mockreel.contract.exchanges.exchange import first
from mockreel.contract.exchanges.problem import Problem

MANY = 25


@check("id.form", "The id of a job has the documented form.", level="jobs", uses=(PLAIN,))
def ids_have_their_form(scene: Scene) -> Iterator[Problem]:
    for story in scene.stories():
        scene.judged()
        talk = story.talk
        if story.id is None or not re.fullmatch(talk.form, str(story.id)):
            fact = scene.facts.fact(
                f"an id looks like {talk.form}", f"conversation.yaml {talk.name} form", talk.form_evidence
            )
            yield Problem(fact, f"an id that fits {talk.form}", story.told.shown(), story.asked, story.subject)


@check("id.own", "A poll speaks of the job that was asked for.", level="jobs", uses=(PLAIN,))
def polls_repeat_the_id(scene: Scene) -> Iterator[Problem]:
    for story in scene.stories():
        if story.talk.id is None or story.last is None:
            continue
        scene.judged()
        shown = first(story.last.told.json, story.talk.id)
        if str(shown) != str(story.id):
            fact = scene.facts.operation(f"{story.talk.poll} shows the id", scene.contract.operation(story.talk.poll))
            yield Problem(fact, f"the id {story.id}", story.last.told.shown(), story.poll, story.subject)


@check("id.unique", "No two jobs of the run share an id.", level="jobs", uses=(PLAIN, BURST))
def ids_differ(scene: Scene) -> Iterator[Problem]:
    """Every job that was begun counts, whatever for; on the mock, where a job costs nothing, some more are begun."""
    for talk, submit in [one for one in scene.submits() if scene.casting.leads(one[1])][:1]:
        for _ in range(MANY if scene.own else 0):
            scene.telling.begin(talk, submit, scene.casting.leads(submit)[0])
    known: dict[str, str] = {}
    for id_, ask, told in scene.ids:
        scene.judged()
        name = ask.operation.id if ask.operation else ""
        row = scene.contract.conversation.of(name)
        if id_ in known and row is not None:
            fact = scene.facts.fact("every job has an id of its own", f"conversation.yaml {row.name}", row.evidence)
            came = f"{id_} once more, after {known[id_]}: {told.shown()[:200]}"
            yield Problem(fact, "an id that no other job has", came, ask, name)
            return
        known[id_] = name


CHECKS: tuple[Check, ...] = (ids_have_their_form, polls_repeat_the_id, ids_differ)
