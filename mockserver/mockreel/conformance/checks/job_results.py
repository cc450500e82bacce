"""Results are there exactly when the state says so, and what they point at answers."""

from collections.abc import Iterator

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import Scene
from mockreel.conformance.job_traces import Story
from mockreel.contract.evidence.facts import Fact
from mockreel.contract.exchanges.exchange import found
from mockreel.contract.exchanges.problem import Problem

MADE = ("succeeded", "partial")


def _fact(scene: Scene, story: Story) -> Fact:
    talk = story.talk
    where = " or ".join(talk.results)
    return scene.facts.fact(
        f"a finished job has its result at {where}", f"conversation.yaml {talk.name} results", talk.evidence
    )


@check("result.there", "A job that has succeeded shows its result.", level="jobs")
def finished_has_results(scene: Scene) -> Iterator[Problem]:
    for story in scene.stories():
        look = story.last
        states = scene.states(look.word) if look else ()
        if look is None or not any(state.kind in MADE for state in states) or _is_text(story):
            continue
        scene.judged()
        if not scene.telling.results(story):
            yield Problem(_fact(scene, story), "a URL of the result", look.told.shown(), story.poll, story.subject)


def _is_text(story: Story) -> bool:
    """A model that writes has no file to fetch."""
    return story.model is not None and story.model.output in ("text", "json")


@check("result.not-before", "A job that has not succeeded shows no result.", level="jobs")
def unfinished_has_none(scene: Scene) -> Iterator[Problem]:
    for story in scene.stories():
        if story.talk.made is not None:
            continue
        for look, states in scene.telling.words(story):
            scene.judged()
            early = states and not any(state.kind in MADE for state in states)
            if early and any(value for place in story.talk.results for value in found(look.told.json, place)):
                expected = f"no result while it is {look.word}"
                yield Problem(_fact(scene, story), expected, look.told.shown(), story.poll, story.subject)
                break


@check("result.answers", "The URL of a result answers with a file.", level="jobs")
def urls_answer(scene: Scene) -> Iterator[Problem]:
    for story in scene.stories():
        states = scene.states(story.last.word) if story.last else ()
        if not any(state.kind in MADE for state in states) or _is_text(story):
            continue
        for url in scene.telling.results(story):
            scene.judged()
            told = scene.target.fetch(str(url))
            if told.status != 200 or not told.body:
                came = f"{url} answered {told.status} with {len(told.body)} bytes"
                yield Problem(_fact(scene, story), "a file behind the URL", came, story.poll, story.subject)


CHECKS: tuple[Check, ...] = (finished_has_results, unfinished_has_none, urls_answer)
