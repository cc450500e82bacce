"""Results exist in exactly the right states, and their URLs work."""

import itertools
from collections.abc import Iterator
from urllib.parse import urlsplit

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.results.result_files import kind_of, media_kind, what_is_missing
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.conformance.jobs.job_traces import JobTrace
from mockreel.contract import pointers
from mockreel.contract.conversation.promises import Places
from mockreel.contract.evidence.facts import Fact
from mockreel.contract.exchanges.exchange import ReceivedResponse
from mockreel.contract.exchanges.problem import Problem

MADE = ("succeeded", "partial")
# A part of a file that is not its beginning, of so many files at most; the statuses of a file and of a part of one.
RANGE, MOST_RANGES, OK, PARTIAL = (5, 24), 3, 200, 206
# What a file is called that is only called a file.
UNSAID = ("", "application/octet-stream", "binary/octet-stream")


def results_fact(context: CheckContext, trace: JobTrace) -> Fact:
    """The fact that a job has a result, and where."""
    talk = trace.talk
    where = " or ".join(talk.results)
    return context.facts.fact(
        f"a finished job has its result at {where}", f"conversation.yaml {talk.name} results", talk.evidence
    )


@check("result.there", "A job that has succeeded shows its result.", level="jobs", uses=(PLAIN,))
def finished_has_results(context: CheckContext) -> Iterator[Problem]:
    for trace in context.jobs.traces():
        poll = trace.last
        states = context.states(poll.word) if poll else ()
        if poll is None or not any(state.kind in MADE for state in states) or _is_text(trace):
            continue
        there = context.job_traces.results(trace)
        context.judged()
        if not there:
            yield Problem(
                results_fact(context, trace), "a URL of the result", poll.response.shown(), trace.poll, trace.subject
            )


def _is_text(trace: JobTrace) -> bool:
    """A model that writes has no file to fetch."""
    return trace.model is not None and trace.model.output in ("text", "json")


@check("result.not-before", "A job that has not succeeded shows no result.", level="jobs", uses=(PLAIN,))
def unfinished_has_none(context: CheckContext) -> Iterator[Problem]:
    for trace in context.jobs.traces():
        if trace.talk.made is not None:
            continue
        for poll, states in context.job_traces.words(trace):
            context.judged()
            early = states and not any(state.kind in MADE for state in states)
            if early and any(
                value for place in trace.talk.results for value in pointers.values(poll.response.json, place)
            ):
                expected = f"no result while it is {poll.word}"
                yield Problem(results_fact(context, trace), expected, poll.response.shown(), trace.poll, trace.subject)
                break


def _files(context: CheckContext) -> Iterator[tuple[JobTrace, str, ReceivedResponse]]:
    """Every file of a result, with its URL and the response."""
    for trace in _jobs_with_files(context):
        for url in map(str, context.job_traces.results(trace)):
            if not is_address(url):
                continue  # result.address reports it
            response = context.fetch(url)
            context.judged()
            yield trace, url, response


def _jobs_with_files(context: CheckContext) -> Iterator[JobTrace]:
    """Every job that has made a file."""
    for trace in context.jobs.traces():
        states = context.states(trace.last.word) if trace.last else ()
        if any(state.kind in MADE for state in states) and not _is_text(trace):
            yield trace


@check("result.address", "The URL of a result is one that anybody can fetch.", level="jobs", uses=(PLAIN,))
def urls_are_addresses(context: CheckContext) -> Iterator[Problem]:
    for trace in _jobs_with_files(context):
        for url in context.job_traces.results(trace):
            context.judged()
            if not is_address(str(url)):
                expected = "an absolute http or https URL with a host"
                yield Problem(results_fact(context, trace), expected, f"{url!r}"[:300], trace.poll, trace.subject)


def is_address(url: str) -> bool:
    """Whether a text is an absolute URL of the web, or holds the file itself."""
    if url.startswith("data:"):
        return True
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    plain = url.isascii() and url.isprintable() and " " not in url
    return plain and parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0


@check("result.answers", "The URL of a result answers with a file.", level="jobs", uses=(PLAIN,))
def urls_answer(context: CheckContext) -> Iterator[Problem]:
    for trace, url, response in _files(context):
        if response.status != 200 or not response.body:
            actual = f"{url} answered {response.status} with {len(response.body)} bytes"
            yield Problem(results_fact(context, trace), "a file behind the URL", actual, trace.poll, trace.subject)


@check("result.kind", "The file of a result is of the kind that the record says.", level="jobs", uses=(PLAIN,))
def files_are_of_their_kind(context: CheckContext) -> Iterator[Problem]:
    for trace, url, response in _files(context):
        row = trace.talk.promises.kinds
        read = context.contract.operation(trace.talk.made or trace.talk.poll)
        context.missing_places(read, row.at if row else ())
        own = trace.model.output if trace.model else None
        kind = _stated_kind(context, trace, row) if row else own
        shown, kinds = kind_of(response.body), {media_kind(str(one)) for one in (kind, own) if one} - {None}
        is_one = next(iter(kinds)) if len(kinds) == 1 else None
        unknown = bool(row and shown) and _is_unknown(context, trace, row, kind)
        called = {is_one} if response.media in UNSAID else {media_kind(response.media), is_one}
        if response.status == 200 and (unknown or (kinds and ({shown} | called) != {is_one})):
            evidence = row.evidence if row else trace.talk.evidence
            fact = context.facts.fact("a result is the file that it is said to be", _where(trace), evidence)
            actual = f"{url} is {shown or 'nothing known'}, called {response.media or 'nothing'}"
            expected = f"{is_one or ' and '.join(map(str, kinds)) or 'a kind of file'}, as it is {kind}"
            yield Problem(fact, expected, actual, trace.poll, trace.subject)


def _is_unknown(context: CheckContext, trace: JobTrace, row: Places | None, kind: str | None) -> bool:
    """Whether a record has a word that means no kind of file, or lacks one where it has everything else of a result."""
    if kind is not None:
        return media_kind(kind) is None
    document = context.job_traces.shown(trace).json
    parents = [place.rpartition("/")[0] for place in (row.at if row is not None else ())]
    return any(isinstance(one, dict) for place in parents for one in pointers.values(document, place))


def _stated_kind(context: CheckContext, trace: JobTrace, row: Places) -> str | None:
    """The first kind that a record names; None where it names none."""
    document = context.job_traces.shown(trace).json
    return next((str(value) for place in row.at for value in pointers.values(document, place) if value), None)


def _where(trace: JobTrace) -> str:
    return f"conversation.yaml {trace.talk.name} promises"


@check("result.whole", "The file of a result is whole, as long as it says.", level="jobs", uses=(PLAIN,))
def files_are_whole(context: CheckContext) -> Iterator[Problem]:
    for trace, url, response in _files(context):
        trouble = what_is_missing(response)
        if response.status == 200 and trouble:
            yield Problem(results_fact(context, trace), "a whole file", f"{url}: {trouble}", trace.poll, trace.subject)


@check("result.again", "The URL of a result answers a second time with the same file.", level="jobs", uses=(PLAIN,))
def urls_answer_again(context: CheckContext) -> Iterator[Problem]:
    for trace, url, response in _files(context):
        again = context.fetch(url, anew=True)
        if response.status == 200 and (again.status, again.body) != (200, response.body):
            actual = f"{url} answered {again.status} with {len(again.body)} bytes, before with {len(response.body)}"
            yield Problem(results_fact(context, trace), "the same file", actual, trace.poll, trace.subject)


@check("result.range", "A range of a result's file has the bytes that were asked for.", level="jobs", uses=(PLAIN,))
def ranges_are_of_the_file(context: CheckContext) -> Iterator[Problem]:
    """HTTP lets a server ignore a range; one that answers with it says which bytes they are."""
    first, last = RANGE
    for trace, url, response in itertools.islice(_files(context), MOST_RANGES):
        size = len(response.body)
        if url.startswith("data:") or response.status != OK or size <= last:
            continue
        part = context.fetch_range(url, first, last)
        if part.status != PARTIAL or "multipart" in part.media or "content-encoding" in part.headers:
            continue
        named = part.headers.get("content-range", "").replace(" ", "").removeprefix("bytes")
        whole = named in (f"{first}-{last}/{size}", f"{first}-{last}/*")
        if part.body != response.body[first : last + 1] or not whole:
            actual = f"{url} answered with {len(part.body)} bytes, called {named or 'nothing'}"
            expected = f"the bytes {first} to {last} of {size}"
            yield Problem(results_fact(context, trace), expected, actual, trace.poll, trace.subject)


@check("result.stays", "A job that has ended shows its result whenever it is asked for.", level="jobs", uses=(PLAIN,))
def results_stay(context: CheckContext) -> Iterator[Problem]:
    for trace in context.jobs.traces():
        if trace.talk.made is not None or _is_text(trace):
            continue
        made = [poll for poll, states in context.job_traces.words(trace) if any(one.kind in MADE for one in states)]
        counts = [sum(len(pointers.values(poll.response.json, place)) for place in trace.talk.results) for poll in made]
        context.judged(bool(made))
        if len(set(counts)) > 1:
            actual = f"{counts[0]} and later {min(counts)}: {made[-1].response.shown()}"
            yield Problem(results_fact(context, trace), "as many results each time", actual, trace.poll, trace.subject)


CHECKS: tuple[Check, ...] = (
    finished_has_results,
    unfinished_has_none,
    urls_are_addresses,
    urls_answer,
    files_are_of_their_kind,
    files_are_whole,
    urls_answer_again,
    ranges_are_of_the_file,
    results_stay,
)
