"""A callback tells of a job that has ended, in the documented form, signed over its bytes."""

from collections.abc import Iterator
from typing import Any

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import Scene
from mockreel.conformance.checks.job_records import alike
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.conformance.jobs.job_traces import Story
from mockreel.contract import Evidence
from mockreel.contract.evidence.facts import Fact
from mockreel.contract.exchanges.exchange import Told, first
from mockreel.contract.exchanges.problem import Problem
from mockreel.simulator.in_process.memory_receiver import Arrival
from mockreel.simulator.in_process.mock_target import LeftOut, NotApplicable
from mockreel.webhooks import sign


def tells(scene: Scene) -> bool:
    """Whether the provider documents callbacks at all."""
    return bool(scene.contract.callbacks.events)


def called(scene: Scene, group: str = PLAIN) -> list[Story]:
    """The stories whose job was to tell of its end.

    Raises:
        LeftOut: there is no receiver.
    """
    if scene.target.receiver is None:
        raise LeftOut("there is no receiver that the target could reach; give --callback-url")
    return [story for story in scene.told(group) if story.callback_url is not None]


def callback_fact(scene: Scene, story: Story, says: str) -> Fact:
    found = scene.callback_of(story.submit)
    own = found[1].get("x-mockreel") if found else None
    row = own or story.submit.raw["x-mockreel"]
    return scene.facts.fact(says, "openapi.yaml callbacks", Evidence(row["evidence"], tuple(row["source"])))


def inner(body: Any) -> Any:
    """A callback with what it packs as a text of JSON unpacked."""
    if isinstance(body, dict):
        return {name: _unpacked(value) for name, value in body.items()}
    return body


def _unpacked(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("{", "["):
        found = Told(200, {}, value.encode()).json
        return value if found is None else found
    return value


def _each(scene: Scene) -> Iterator[tuple[Story, Arrival, Any]]:
    """Every arrival with its story and its parsed body."""
    for story in called(scene):
        for arrival in story.arrivals:
            scene.judged()
            yield story, arrival, scene.payload(arrival.body)


@check(
    "callback.comes",
    "A job with a callback URL tells once that it has ended.",
    level="jobs",
    uses=(PLAIN,),
    known=tells,
)
def comes_once(scene: Scene) -> Iterator[Problem]:
    for story in called(scene):
        if not story.ended or (not story.whole and len(story.arrivals) < 2):
            scene.skip(f"a callback was waited for in vain: {story.stopped or 'its job did not end'}")
            continue
        scene.judged()
        if len(story.arrivals) != 1:
            fact = callback_fact(scene, story, "the end of a job is told once, where it is taken at once")
            yield Problem(fact, "one callback", f"{len(story.arrivals)} of them", story.asked, story.subject)


@check("callback.valid", "A callback has the documented form.", level="jobs", uses=(PLAIN,), known=tells)
def is_valid(scene: Scene) -> Iterator[Problem]:
    for story, arrival, _ in _each(scene):
        found = scene.payload_problems(story.submit, arrival.body)
        if found:
            fact = callback_fact(scene, story, "a callback has the form of its schema")
            yield Problem(fact, "a body of the documented form", "; ".join(found[:3]), story.asked, story.subject)


@check("callback.headers", "A callback carries the documented headers.", level="jobs", uses=(PLAIN,), known=tells)
def has_its_headers(scene: Scene) -> Iterator[Problem]:
    for story, arrival, _ in _each(scene):
        for header in scene.contract.callbacks.headers:
            value = arrival.headers.get(header.name.lower(), "")
            literal = "/" in header.value
            if not value or (literal and value.partition(";")[0] != header.value):
                fact = callback_fact(scene, story, f"a callback has the header {header.name}")
                expected = f"{header.name}: {header.value}"
                yield Problem(fact, expected, value or "no such header", story.asked, story.subject)


@check(
    "callback.signature",
    "Every attempt at a callback is signed over the bytes that are sent.",
    level="jobs",
    uses=(PLAIN, "500", "500-200"),
    known=lambda scene: scene.contract.callbacks.signature is not None,
)
def is_signed(scene: Scene) -> Iterator[Problem]:
    signature = scene.contract.callbacks.signature
    assert signature is not None
    secret = scene.secret()
    if not secret and scene.own:
        raise NotApplicable("nothing says how a receiver gets its secret")
    if not secret:
        raise LeftOut(scene.signing().trouble or "nothing says how a receiver gets its secret; give --secret")
    for group in (PLAIN, "500", "500-200"):
        for story in called(scene, group):
            for number, arrival in enumerate(story.arrivals, 1):
                scene.judged()
                expected = sign(signature, secret, arrival.body)
                came = arrival.headers.get(signature.header.lower(), "")
                if came != expected:
                    says = f"{signature.header} is the {signature.algorithm} of the body, in {signature.encoding}"
                    fact = scene.facts.fact(says, "callbacks.yaml signature", signature.evidence)
                    told = f"{came or 'no signature'} at attempt {number}"
                    yield Problem(fact, f"{signature.header}: {expected}", told, story.asked, story.subject)


@check("callback.not-before", "No callback comes before its job has ended.", level="jobs", uses=(PLAIN,), known=tells)
def comes_after_the_end(scene: Scene) -> Iterator[Problem]:
    for story in called(scene):
        early = [look for look, states in scene.telling.words(story) if look.arrived and states]
        scene.judged(bool(story.looks))
        if early and not any(state.terminal for state in scene.states(early[0].word)):
            fact = callback_fact(scene, story, "a callback tells that a job has ended")
            came = f"a callback while it was {early[0].word}"
            yield Problem(fact, "no callback before the terminal state", came, story.asked, story.subject)


@check("callback.true", "A callback tells of its own job, as the job is.", level="jobs", uses=(PLAIN,), known=tells)
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


@check(
    "callback.event",
    "A callback names the event of the state in which its job ended.",
    level="jobs",
    uses=(PLAIN,),
    known=tells,
)
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


@check(
    "callback.agrees",
    "A callback says of its job what the record says.",
    level="jobs",
    uses=(PLAIN,),
    known=lambda scene: any(talk.promises.agrees for talk in scene.contract.conversation.jobs.values()),
)
def agrees_with_the_record(scene: Scene) -> Iterator[Problem]:
    for story in called(scene):
        for arrival in story.arrivals if story.ended else ():
            body = inner(scene.payload(arrival.body))
            for pair in story.talk.promises.agrees:
                record = first(story.last.told.json if story.last else None, pair.other)
                scene.judged()
                if not alike(first(body, pair.one), record):
                    fact = scene.facts.fact(
                        f"a callback's {pair.one} is the record's {pair.other}",
                        f"conversation.yaml {story.talk.name} agrees",
                        pair.evidence,
                    )
                    came = f"{first(body, pair.one)!r} in {arrival.body.decode('utf-8', 'replace')[:200]}"
                    yield Problem(fact, f"{record!r}"[:200], came, story.asked, story.subject)


CHECKS: tuple[Check, ...] = (
    comes_once,
    is_valid,
    has_its_headers,
    is_signed,
    comes_after_the_end,
    tells_the_truth,
    names_its_event,
    agrees_with_the_record,
)
