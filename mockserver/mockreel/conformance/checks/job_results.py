"""Results are there exactly when the state says so, and what they point at answers."""

from collections.abc import Iterator

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import Scene
from mockreel.conformance.checks.result_files import kind_of, media_kind, what_is_missing
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.conformance.jobs.job_traces import Story
from mockreel.contract.conversation.promises import Places
from mockreel.contract.evidence.facts import Fact
from mockreel.contract.exchanges.exchange import Told, found
from mockreel.contract.exchanges.problem import Problem

MADE = ("succeeded", "partial")


def _fact(scene: Scene, story: Story) -> Fact:
    talk = story.talk
    where = " or ".join(talk.results)
    return scene.facts.fact(
        f"a finished job has its result at {where}", f"conversation.yaml {talk.name} results", talk.evidence
    )


@check("result.there", "A job that has succeeded shows its result.", level="jobs", uses=(PLAIN,))
def finished_has_results(scene: Scene) -> Iterator[Problem]:
    for story in scene.stories():
        look = story.last
        states = scene.states(look.word) if look else ()
        if look is None or not any(state.kind in MADE for state in states) or _is_text(story):
            continue
        there = scene.telling.results(story)
        scene.judged()
        if not there:
            yield Problem(_fact(scene, story), "a URL of the result", look.told.shown(), story.poll, story.subject)


def _is_text(story: Story) -> bool:
    """A model that writes has no file to fetch."""
    return story.model is not None and story.model.output in ("text", "json")


@check("result.not-before", "A job that has not succeeded shows no result.", level="jobs", uses=(PLAIN,))
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


def _files(scene: Scene) -> Iterator[tuple[Story, str, Told]]:
    """Every file that a result leads to, with its URL and what answers there."""
    for story in scene.stories():
        states = scene.states(story.last.word) if story.last else ()
        if not any(state.kind in MADE for state in states) or _is_text(story):
            continue
        for url in scene.telling.results(story):
            told = scene.fetch(str(url))
            scene.judged()
            yield story, str(url), told


@check("result.answers", "The URL of a result answers with a file.", level="jobs", uses=(PLAIN,))
def urls_answer(scene: Scene) -> Iterator[Problem]:
    for story, url, told in _files(scene):
        if told.status != 200 or not told.body:
            came = f"{url} answered {told.status} with {len(told.body)} bytes"
            yield Problem(_fact(scene, story), "a file behind the URL", came, story.poll, story.subject)


@check("result.kind", "The file of a result is of the kind that the record says.", level="jobs", uses=(PLAIN,))
def files_are_of_their_kind(scene: Scene) -> Iterator[Problem]:
    for story, url, told in _files(scene):
        row = story.talk.promises.kinds
        said = _said(scene, story, row) if row else (story.model.output if story.model else None)
        shown, is_one = kind_of(told.body), media_kind(str(said))
        if (
            told.status == 200
            and is_one is not None
            and (shown != is_one or media_kind(told.media) not in (None, is_one))
        ):
            evidence = row.evidence if row else story.talk.evidence
            fact = scene.facts.fact("a result is the file that it is said to be", _where(story), evidence)
            came = f"{url} is {shown or 'nothing known'}, called {told.media or 'nothing'}"
            yield Problem(fact, f"{is_one}, as it is {said}", came, story.poll, story.subject)


def _said(scene: Scene, story: Story, row: Places) -> str | None:
    """The first kind that a record names; None where it names none."""
    document = scene.telling.shown(story).json
    return next((str(value) for place in row.at for value in found(document, place) if value), None)


def _where(story: Story) -> str:
    return f"conversation.yaml {story.talk.name} promises"


@check("result.whole", "The file of a result is whole, as long as it says.", level="jobs", uses=(PLAIN,))
def files_are_whole(scene: Scene) -> Iterator[Problem]:
    for story, url, told in _files(scene):
        trouble = what_is_missing(told)
        if told.status == 200 and trouble:
            yield Problem(_fact(scene, story), "a whole file", f"{url}: {trouble}", story.poll, story.subject)


@check("result.again", "The URL of a result answers a second time with the same file.", level="jobs", uses=(PLAIN,))
def urls_answer_again(scene: Scene) -> Iterator[Problem]:
    for story, url, told in _files(scene):
        again = scene.fetch(url, anew=True)
        if told.status == 200 and (again.status, again.body) != (200, told.body):
            came = f"{url} answered {again.status} with {len(again.body)} bytes, before with {len(told.body)}"
            yield Problem(_fact(scene, story), "the same file", came, story.poll, story.subject)


@check("result.stays", "A job that has ended shows its result whenever it is asked for.", level="jobs", uses=(PLAIN,))
def results_stay(scene: Scene) -> Iterator[Problem]:
    for story in scene.stories():
        if story.talk.made is not None or _is_text(story):
            continue
        made = [look for look, states in scene.telling.words(story) if any(one.kind in MADE for one in states)]
        counts = [sum(len(found(look.told.json, place)) for place in story.talk.results) for look in made]
        scene.judged(bool(made))
        if len(set(counts)) > 1:
            came = f"{counts[0]} and later {min(counts)}: {made[-1].told.shown()}"
            yield Problem(_fact(scene, story), "as many results each time", came, story.poll, story.subject)


CHECKS: tuple[Check, ...] = (
    finished_has_results,
    unfinished_has_none,
    urls_answer,
    files_are_of_their_kind,
    files_are_whole,
    urls_answer_again,
    results_stay,
)
