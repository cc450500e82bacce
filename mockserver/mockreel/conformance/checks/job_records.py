"""The record of a job says what was sent, what it cost, when it happened and why it failed."""

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import Scene
from mockreel.conformance.jobs.job_groups import FAILURES, PLAIN
from mockreel.conformance.jobs.job_traces import Story
from mockreel.contract import Failure, Model, pricing
from mockreel.contract.conversation.promises import Places, Promises
from mockreel.contract.exchanges.exchange import Ask, first
from mockreel.contract.exchanges.problem import Problem
from mockreel.engine.artifacts import artifact
from mockreel.simulator.in_process.mock_target import NotApplicable

# How far a duration may be from what the moments say, in milliseconds.
CLOSE = 1000.0


def _promise(name: str) -> Callable[[Scene], bool]:
    """Whether any sort of job promises something of the kind."""

    def known(scene: Scene) -> bool:
        found = [getattr(talk.promises, name) for talk in scene.contract.conversation.jobs.values()]
        return any(map(bool, found))

    return known


def _ended(scene: Scene) -> Iterator[tuple[Story, Promises, Any]]:
    """Every job that has ended, with what its record promises and its last record."""
    for story in scene.stories():
        if story.ended and story.last is not None:
            yield story, story.talk.promises, story.last.told.json


def _where(story: Story, what: str) -> str:
    return f"conversation.yaml {story.talk.name} promises {what}"


@check(
    "record.repeats", "The record of a job says what was sent for it.", level="jobs", uses=(PLAIN,),
    known=_promise("repeats"),
)  # fmt: skip
def says_what_was_sent(scene: Scene) -> Iterator[Problem]:
    for story, promised, record in _ended(scene):
        for pair in promised.repeats:
            sent = first(story.asked.json, pair.one)
            if sent is None:
                continue
            scene.judged()
            shown = first(record, pair.other)
            if not alike(shown, sent):
                fact = scene.facts.fact(
                    f"the record's {pair.other} is what was sent", _where(story, "repeats"), pair.evidence
                )
                yield Problem(fact, f"{sent!r}"[:200], f"{shown!r}"[:200], story.poll, story.subject)


def alike(shown: Any, sent: Any) -> bool:
    """Whether two values are the same; what was added to an object, such as a default, does not count."""
    if isinstance(sent, dict) and isinstance(shown, dict):
        return all(name in shown and alike(shown[name], value) for name, value in sent.items())
    if isinstance(sent, list) and isinstance(shown, list):
        return len(sent) == len(shown) and all(map(alike, shown, sent))
    return bool(_plain(shown) == _plain(sent))


def _plain(value: Any) -> Any:
    """A moment however it is written; a URL without its query: one that is signed is signed anew each time."""
    moment = _moment(value)
    if moment is not None:
        return moment
    if isinstance(value, str) and value.startswith(("http://", "https://")):
        return value.partition("?")[0]
    return value


@check(
    "record.moments", "The moments of a job lie in their order, and its duration between them.", level="jobs",
    uses=(PLAIN,), known=_promise("moments"),
)  # fmt: skip
def moments_are_in_order(scene: Scene) -> Iterator[Problem]:
    for story, promised, record in _ended(scene):
        row = promised.moments
        if row is None:
            continue
        moments = [_moment(first(record, place)) for place in row.at]
        known = [moment for moment in moments if moment is not None]
        scene.judged()
        wrong = known != sorted(known) or moments[0] is None or moments[-1] is None
        lasted = first(record, row.given["lasted"]) if "lasted" in row.given else None
        if not wrong and isinstance(lasted, int | float):
            wrong = lasted < 0 or lasted > (known[-1] - known[0]).total_seconds() * 1000 + CLOSE
        if wrong or _is_elsewhere(scene, story, known):
            fact = scene.facts.fact(f"{', '.join(row.at)} lie in this order", _where(story, "moments"), row.evidence)
            came = ", ".join(str(first(record, place)) for place in row.at) + (f"; lasted {lasted}" if lasted else "")
            yield Problem(fact, "moments in their order, all there", came, story.poll, story.subject)


def _moment(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(value)) if isinstance(value, str) else None
    except ValueError:
        return None


def _is_elsewhere(scene: Scene, story: Story, known: list[datetime]) -> bool:
    """Whether a job is said to have ended before it was seen to be under way, by more than any latency."""
    pending = [look.at for look in story.looks if not any(one.terminal for one in scene.states(look.word))]
    seen = pending[-1] - story.began if pending else 0.0
    return bool(known) and (known[-1] - known[0]).total_seconds() < seen - 2.0 - 0.1 * seen


@check(
    "record.cost", "The record of a job says what its model costs.", level="jobs", uses=(PLAIN,),
    known=_promise("cost"),
)  # fmt: skip
def costs_its_price(scene: Scene) -> Iterator[Problem]:
    if not any(_is_told(scene, story) for story in scene.stories()):
        raise NotApplicable("what the models of this run cost is not known")
    for story, promised, record in _ended(scene):
        row = promised.cost
        states = scene.states(story.last.word if story.last else None)
        if row is None or not any(state.kind == "succeeded" for state in states):
            continue
        shown = amount(first(record, row.at[0]) or first(story.told.json, row.at[0]))
        yield from _against_header(scene, story, row, shown)
        shown = shown if shown is not None else header_amount(story, row)
        wanted = price_of(scene, story.asked, story.model)
        if wanted is None or wanted.amount is None or wanted.certainty == "unknown":
            continue
        scene.judged()
        fits = shown is not None and (
            shown >= wanted.amount if wanted.certainty == "at least" else shown == wanted.amount
        )
        if not fits:
            assert story.model is not None
            fact = scene.facts.fact(
                f"{story.model.id} costs {wanted.amount.normalize():f} {wanted.currency}",
                f"models.json {story.model.id} price",
                story.model.price.evidence,
            )
            expected = f"{wanted.certainty} {wanted.amount.normalize():f} {wanted.currency}"
            yield Problem(
                fact, expected, f"{shown} in {story.last.told.shown() if story.last else ''}", story.poll, story.subject
            )


def _is_told(scene: Scene, story: Story) -> bool:
    """Whether what a job costs is known beforehand, or told in two places."""
    row, price = story.talk.promises.cost, price_of(scene, story.asked, story.model)
    return row is not None and ("header" in row.given or (price is not None and price.amount is not None))


def _against_header(scene: Scene, story: Story, row: Places, shown: Decimal | None) -> Iterator[Problem]:
    """A charge that stands in a header too is the same there; where no body has it, it is at least a sum."""
    name = row.given.get("header")
    if name is None:
        return
    scene.judged()
    told = header_amount(story, row)
    if told is None or (shown is not None and told != shown):
        fact = scene.facts.fact(f"{name} is the charge of the body", _where(story, "cost"), row.evidence)
        came = story.told.headers.get(str(name).lower(), "no such header")
        yield Problem(fact, f"{name}: {shown}", came, story.asked, story.subject)


def header_amount(story: Story, row: Places) -> Decimal | None:
    """The charge as a header of the submit's reply has it."""
    return amount(story.told.headers.get(str(row.given.get("header", "")).lower()))


def price_of(scene: Scene, ask: Ask, model: Model | None) -> pricing.Cost | None:
    """What a well-formed submit costs by the contract; None where it names no model."""
    if model is None or ask.operation is None:
        return None
    fields: Any = first(ask.json, ask.operation.input) if ask.operation.input else ask.json
    own = {**model.media, **model.defaults, **(fields if isinstance(fields, dict) else {})}
    rows = scene.contract.root.get("media", {})
    lengths = (artifact.seconds(own[name]) for name in (*rows.get("duration", ()), "duration") if name in own)
    if model.price.unit in (*rows.get("counts", {}), *rows.get("lengths", {})):
        return None
    return pricing.cost(model, own, seconds=next(lengths, None))


def amount(value: Any) -> Decimal | None:
    """A sum as it stands in a reply, as a number or as a text."""
    try:
        return None if value is None or isinstance(value, bool) else Decimal(str(value))
    except InvalidOperation:
        return None


@check(
    "record.failure", "The record of a failed job says why it failed.", level="jobs", uses=(PLAIN, FAILURES),
    known=lambda scene: scene.plays and _promise("failure")(scene),
)  # fmt: skip
def says_why_it_failed(scene: Scene) -> Iterator[Problem]:
    for story in (*scene.stories(), *scene.told(FAILURES)):
        row = story.talk.promises.failure
        failure = _failure(scene, story)
        if row is None or failure is None or not story.ended or story.last is None:
            continue
        scene.judged()
        said = [first(story.last.told.json, place) for place in row.at]
        if not all(said):
            fact = scene.facts.fact(f"a failure is told at {', '.join(row.at)}", _where(story, "failure"), row.evidence)
            yield Problem(fact, "why it failed", story.last.told.shown(), story.poll, story.subject)
        elif str(failure.code) != str(said[0]) or (scene.own and failure.message not in story.last.told.body.decode()):
            fact = scene.facts.fact(
                f"a job that fails as {failure.name} has the code {failure.code}",
                f"errors.yaml failures {failure.name}",
                failure.evidence,
            )
            expected = f"{failure.code} and {failure.message!r}"
            yield Problem(fact, expected, story.last.told.shown(), story.poll, story.subject)


def _failure(scene: Scene, story: Story) -> Failure | None:
    """The failure that a job was asked to show."""
    if story.scenario is None:
        return None
    name, _, code = story.scenario.partition("; code=")
    row = scene.contract.scenarios.jobs.get(name)
    return scene.contract.failures.get(code or (row.failure if row else None) or "")


@check(
    "record.headers",
    "What begins a job, and what asks for it, is answered with the documented headers.",
    level="jobs",
    uses=(PLAIN,),
    known=_promise("headers"),
)
def has_its_headers(scene: Scene) -> Iterator[Problem]:
    for story in scene.stories():
        row = story.talk.promises.headers
        if row is None or story.last is None:
            continue
        for ask, told in ((story.asked, story.told), (story.poll, story.last.told)):
            scene.judged()
            lacking = [name for name in row.at if not told.headers.get(name)]
            named = told.headers.get(row.given.get("id", ""), str(story.id))
            if lacking or named != str(story.id):
                fact = scene.facts.fact(f"a reply has {', '.join(row.at)}", _where(story, "headers"), row.evidence)
                came = f"without {', '.join(lacking)}" if lacking else f"{row.given['id']}: {named}"
                yield Problem(fact, f"all of them, for the job {story.id}", came, ask, story.subject)


CHECKS: tuple[Check, ...] = (
    says_what_was_sent,
    moments_are_in_order,
    costs_its_price,
    says_why_it_failed,
    has_its_headers,
)
