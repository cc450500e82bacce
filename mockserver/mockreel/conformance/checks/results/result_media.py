"""A result matches its job's request: length, shape and size; and it is no other job's."""

import math
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.results.job_results import MADE, is_address, results_fact
from mockreel.conformance.checks.results.media_size import Measured, measure
from mockreel.conformance.jobs.job_groups import PLAIN, SHAPED
from mockreel.conformance.jobs.job_shapes import is_played, stated_clip
from mockreel.conformance.jobs.job_traces import JobTrace
from mockreel.contract import pointers
from mockreel.contract.evidence.facts import Fact, weaker
from mockreel.contract.exchanges.exchange import ReceivedResponse
from mockreel.contract.exchanges.problem import Problem
from mockreel.engine.artifacts.media.clip import ClipRequest
from mockreel.engine.artifacts.media.size_words import Size, Unreadable, read_aspect, read_resolution, wish
from mockreel.simulator.in_process.mock_target import NotApplicable

# Models work in frames and in blocks of pixels, so a length, a shape and a size match approximately.
LONGER, LONGER_PART, SHAPE, SIZE = 0.6, 0.1, 0.07, 0.25
GROUPS = (PLAIN, SHAPED)
# A file that was sent in may lend its length or its size to the result.
_LENDING = ("video", "audio")


def _results(context: CheckContext) -> Iterator[tuple[JobTrace, str, ReceivedResponse]]:
    """Every file of a job that has made one, with its URL."""
    for trace in (one for group in GROUPS for one in context.jobs.told(group)):
        states = context.states(trace.last.word) if trace.last else ()
        if not any(state.kind in MADE for state in states):
            continue
        for url in map(str, context.job_traces.results(trace)):
            if is_address(url):
                yield trace, url, context.fetch(url)


def _measured_files(context: CheckContext) -> Iterator[tuple[JobTrace, str, ClipRequest, Measured]]:
    """Every file whose length and size its request states, with the requested and the actual values."""
    for trace, url, response in _results(context):
        model = trace.model
        if model is None or response.status != 200 or _lends(trace):
            continue
        if is_played(context, trace.submit, model, trace.request):
            yield trace, url, stated_clip(context, trace.submit, model, trace.request), measure(response.body)


def _require_case(context: CheckContext, what: str) -> None:
    """Check that there was a case.

    Raises:
        NotApplicable: no model of the run lets its input choose it.
    """
    if not context.cases:
        raise NotApplicable(f"no job of this run says which {what} its result is to have")


def _lends(trace: JobTrace) -> bool:
    fields = pointers.value(trace.request.json, trace.submit.input) if trace.submit.input else trace.request.json
    return any(_is_sent(name, value) for name, value in (fields.items() if isinstance(fields, Mapping) else ()))


def _is_sent(name: str, value: Any) -> bool:
    return any(kind in name.lower() for kind in _LENDING) and "http" in str(value)


def _fact(context: CheckContext, trace: JobTrace, what: str) -> Fact:
    assert trace.model is not None
    evidence = weaker(trace.talk.evidence, trace.model.evidence)
    return context.facts.fact(
        f"{trace.model.id} makes a result of the {what} asked for", f"models.json {trace.model.id}", evidence
    )


@check("result.length", "A result is as long as its job asked for.", level="jobs", uses=GROUPS)
def are_as_long(context: CheckContext) -> Iterator[Problem]:
    for trace, url, clip, made in _measured_files(context):
        if clip.seconds is None or made.seconds is None:
            continue
        context.judged()
        if abs(made.seconds - clip.seconds) > LONGER + LONGER_PART * clip.seconds:
            actual = f"{made.seconds:.2f} s at {url}"
            yield Problem(_fact(context, trace, "length"), f"{clip.seconds:g} s", actual, trace.request, trace.subject)
    _require_case(context, "length")


@check("result.shape", "A result has the aspect ratio that its job asked for.", level="jobs", uses=GROUPS)
def have_the_shape(context: CheckContext) -> Iterator[Problem]:
    for trace, url, clip, made in _measured_files(context):
        ratio = _ratio(clip)
        if ratio is None or not made.width or not made.height:
            continue
        context.judged()
        if abs(math.log(made.width / made.height / ratio)) > SHAPE:
            actual = f"{made.width}x{made.height} at {url}"
            yield Problem(
                _fact(context, trace, "aspect ratio"), f"{clip.aspect or clip.resolution}", actual, trace.request,
                trace.subject,
            )  # fmt: skip
    _require_case(context, "aspect ratio")


def _ratio(clip: ClipRequest) -> float | None:
    """Width divided by height, if the request states both or their ratio."""
    for word in (clip.aspect, clip.resolution):
        pair = wish(word)
        try:
            if pair is not None:
                return read_aspect(pair)
        except Unreadable:
            continue
    return None


@check("result.size", "A result has the resolution that its job asked for.", level="jobs", uses=GROUPS)
def have_the_size(context: CheckContext) -> Iterator[Problem]:
    for trace, url, clip, made in _measured_files(context):
        size = _size(clip)
        if size is None or not made.width or not made.height:
            continue
        context.judged()
        if not _meets(size, made.width, made.height):
            actual = f"{made.width}x{made.height} at {url}"
            yield Problem(_fact(context, trace, "size"), f"{clip.resolution}", actual, trace.request, trace.subject)
    _require_case(context, "size")


def _size(clip: ClipRequest) -> Size | None:
    size = wish(clip.resolution)
    try:
        return None if size is None else read_resolution(size)
    except Unreadable:
        return None


def _meets(size: Size, width: int, height: int) -> bool:
    """Whether sides are near to a size: vendors count lines of the short side, or the area of a 16:9 picture."""
    if size.sides:
        wide, high = size.sides
        return abs(math.log(width / wide)) < SHAPE and abs(math.log(height / high)) < SHAPE
    area = math.sqrt(width * height)
    if size.thousands:
        return any(abs(math.log(one / (1024 * size.thousands))) < SIZE for one in (area, max(width, height)))
    return any(
        abs(math.log(one / size.lines)) < SIZE / 2 for one in (min(width, height), area / math.sqrt(16 / 9), area)
    )


@check(
    "result.measures", "What a record says of a result's length and size is so.", level="jobs", uses=GROUPS,
    known=lambda context: any(talk.promises.measures for talk in context.contract.conversation.jobs.values()),
)  # fmt: skip
def are_as_the_record_says(context: CheckContext) -> Iterator[Problem]:
    for trace, url, response in _results(context):
        row, made = trace.talk.promises.measures, measure(response.body)
        if row is None or response.status != 200:
            continue
        document = context.job_traces.shown(trace).json
        for name, real in (("width", made.width), ("height", made.height), ("seconds", made.seconds)):
            stated_values = pointers.values(document, str(row.given.get(name, "/")))
            if real is None or len(stated_values) != 1 or not isinstance(stated_values[0], int | float):
                continue
            context.judged()
            if abs(stated_values[0] - real) > (LONGER if name == "seconds" else 1):
                where = f"conversation.yaml {trace.talk.name} promises measures"
                fact = context.facts.fact(f"{row.given[name]} is the {name} of the result", where, row.evidence)
                yield Problem(fact, f"{stated_values[0]}", f"{real} at {url}", trace.poll, trace.subject)


@check("result.own", "The result of a job is its own: another job has another one.", level="jobs", uses=GROUPS)
def are_ones_own(context: CheckContext) -> Iterator[Problem]:
    """Jobs with different requests have different files, at different URLs."""
    every = [one for one in _results(context) if not one[1].startswith("data:")]
    context.judged(len(every) if len({trace.id for trace, _, _ in every}) > 1 else 0)
    for (one, url, response), (other, further, second) in combinations(every, 2):
        if one.id == other.id or not _differ(one, other):
            continue
        if url == further:
            yield Problem(
                results_fact(context, other), "an address of its own", f"{url} as {one.id}", other.poll, other.subject
            )
        elif _is_film(response) and response.body == second.body:
            actual = f"{further} has the bytes of {url}, which {one.id} was asked for"
            yield Problem(results_fact(context, other), "a file of its own", actual, other.poll, other.subject)


def _differ(one: JobTrace, other: JobTrace) -> bool:
    """Whether two jobs have different requests; without a text two models may agree."""
    return bool(one.text) and one.text != other.text


def _is_film(response: ReceivedResponse) -> bool:
    return response.status == 200 and response.body[4:8] == b"ftyp"


CHECKS: tuple[Check, ...] = (are_as_long, have_the_shape, have_the_size, are_as_the_record_says, are_ones_own)
