"""A callback tells of a job that has ended, in the documented form, signed over its bytes."""

import hashlib
import hmac
from collections.abc import Iterator
from typing import Any

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import Scene
from mockreel.conformance.job_traces import Story
from mockreel.contract import Evidence
from mockreel.contract.evidence.facts import Fact
from mockreel.contract.exchanges.exchange import first
from mockreel.contract.exchanges.problem import Problem
from mockreel.simulator.in_process.memory_receiver import Arrival
from mockreel.simulator.in_process.mock_target import LeftOut


def called(scene: Scene) -> list[Story]:
    """The stories whose job was to tell of its end."""
    if not scene.contract.callbacks.events:
        raise LeftOut("the provider documents no callback")
    if scene.target.receiver is None:
        raise LeftOut("there is no receiver that the target could reach; give --callback-url")
    return [story for story in scene.stories() if story.callback_url is not None]


def callback_fact(scene: Scene, story: Story, says: str) -> Fact:
    found = scene.callback_of(story.submit)
    own = found[1].get("x-mockreel") if found else None
    row = own or story.submit.raw["x-mockreel"]
    return scene.facts.fact(says, "openapi.yaml callbacks", Evidence(row["evidence"], tuple(row["source"])))


def _each(scene: Scene) -> Iterator[tuple[Story, Arrival, Any]]:
    """Every arrival with its story and its parsed body."""
    for story in called(scene):
        for arrival in story.arrivals:
            scene.judged()
            yield story, arrival, scene.payload(arrival.body)


@check("callback.comes", "A job with a callback URL tells once that it has ended.", level="jobs")
def comes_once(scene: Scene) -> Iterator[Problem]:
    for story in called(scene):
        scene.judged()
        if len(story.arrivals) != 1 and story.ended:
            fact = callback_fact(scene, story, "the end of a job is told once, where it is taken at once")
            yield Problem(fact, "one callback", f"{len(story.arrivals)} of them", story.asked, story.subject)


@check("callback.valid", "A callback has the documented form.", level="jobs")
def is_valid(scene: Scene) -> Iterator[Problem]:
    for story, arrival, _ in _each(scene):
        found = scene.payload_problems(story.submit, arrival.body)
        if found:
            fact = callback_fact(scene, story, "a callback has the form of its schema")
            yield Problem(fact, "a body of the documented form", "; ".join(found[:3]), story.asked, story.subject)


@check("callback.headers", "A callback carries the documented headers.", level="jobs")
def has_its_headers(scene: Scene) -> Iterator[Problem]:
    for story, arrival, _ in _each(scene):
        for header in scene.contract.callbacks.headers:
            value = arrival.headers.get(header.name.lower(), "")
            literal = "/" in header.value
            if not value or (literal and value.partition(";")[0] != header.value):
                fact = callback_fact(scene, story, f"a callback has the header {header.name}")
                expected = f"{header.name}: {header.value}"
                yield Problem(fact, expected, value or "no such header", story.asked, story.subject)


@check("callback.signature", "A callback is signed over the bytes that are sent.", level="jobs")
def is_signed(scene: Scene) -> Iterator[Problem]:
    signature = scene.contract.callbacks.signature
    if signature is None:
        raise LeftOut("the provider documents no signature")
    secret = scene.secret()
    if not secret:
        raise LeftOut("no row of conversation.yaml says how a receiver gets its secret")
    for story, arrival, _ in _each(scene):
        digest = getattr(hashlib, signature.algorithm.removeprefix("hmac-"))
        expected = hmac.new(secret.encode(), arrival.body, digest).hexdigest()
        came = arrival.headers.get(signature.header.lower(), "")
        if not hmac.compare_digest(expected.encode(), came.encode("utf-8", "replace")):
            says = f"{signature.header} is the {signature.algorithm} of the body, in {signature.encoding}"
            fact = scene.facts.fact(says, "callbacks.yaml signature", signature.evidence)
            yield Problem(fact, f"{signature.header}: {expected}", came or "no signature", story.asked, story.subject)


@check("callback.not-before", "No callback comes before its job has ended.", level="jobs")
def comes_after_the_end(scene: Scene) -> Iterator[Problem]:
    for story in called(scene):
        early = [look for look, states in scene.telling.words(story) if look.arrived and states]
        scene.judged()
        if early and not any(state.terminal for state in scene.states(early[0].word)):
            fact = callback_fact(scene, story, "a callback tells that a job has ended")
            came = f"a callback while it was {early[0].word}"
            yield Problem(fact, "no callback before the terminal state", came, story.asked, story.subject)


@check("callback.true", "A callback tells of its own job, as the job is.", level="jobs")
def tells_the_truth(scene: Scene) -> Iterator[Problem]:
    for story, arrival, body in _each(scene):
        told = story.talk.told
        assert told is not None
        id_ = first(body, told.id)
        word = first(body, told.state) if told.state else None
        fact = callback_fact(scene, story, "a callback names its job and how it ended")
        if str(id_) != str(story.id):
            yield Problem(fact, f"the id {story.id}", arrival.body.decode()[:300], story.asked, story.subject)
        elif word is not None and story.last is not None and not scene.same_state(word, story.last.word):
            yield Problem(fact, f"the state {story.last.word}", arrival.body.decode()[:300], story.asked, story.subject)


@check("callback.event", "A callback names the event of the state in which its job ended.", level="jobs")
def names_its_event(scene: Scene) -> Iterator[Problem]:
    words = {event.word: event for event in scene.contract.callbacks.events.values()}
    for story, arrival, body in _each(scene):
        named = next((value for value in scene.texts(body) if value in words), None)
        ended = {state.name for state in scene.states(story.last.word)} if story.last else set()
        if named is not None and ended and not ended & set(words[named].on):
            event = words[named]
            fact = scene.facts.fact(
                f"{named} is told of {', '.join(event.on)}", "callbacks.yaml events", event.evidence
            )
            yield Problem(
                fact, f"the event of {', '.join(ended)}", arrival.body.decode()[:300], story.asked, story.subject
            )


CHECKS: tuple[Check, ...] = (
    comes_once,
    is_valid,
    has_its_headers,
    is_signed,
    comes_after_the_end,
    tells_the_truth,
    names_its_event,
)
