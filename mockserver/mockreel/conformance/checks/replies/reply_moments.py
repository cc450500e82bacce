"""What a response says is now is now, in the time zone that the contract says."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.job_records import moment
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.contract import pointers
from mockreel.contract.conversation.promises import Places
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.problem import Problem

# A clock that shows less counts from some moment of its own.
_LONG_AGO = 1_000_000_000.0
# The row about the errors of all operations.
ERRORS = "errors"
# What has no body.
NOT_MODIFIED = 304
# A clock may be wrong by so much; by whole hours, up to so many, only a time zone is.
CLOSE, HOUR, MOST_HOURS = timedelta(minutes=20), timedelta(hours=1), 14


@check(
    "reply.now", "What a response says is now is now, in the time zone that is documented.", level="reads",
    uses=(PLAIN,), known=lambda context: bool(context.contract.conversation.clocks),
)  # fmt: skip
def now_is_now(context: CheckContext) -> Iterator[Problem]:
    here = context.target.now()
    skew = 0.0 if here > _LONG_AGO else time.time() - here
    blamed: set[str] = set()
    for (request, response), at in zip(context.log, context.moments, strict=False):
        named = clock_row(context, request, response)
        if named is None or named[0] in blamed:
            continue
        name, row = named
        wrong = _wrong(row, response, datetime.fromtimestamp(at + skew, UTC))
        context.judged()
        if wrong:
            blamed.add(name)
            says = f"a moment without a zone is {row.given['hours']:+d} h from UTC"
            fact = context.facts.fact(says, f"conversation.yaml clocks {name}", row.evidence)
            yield Problem(fact, *wrong, request, request.operation.id if request.operation else request.path)

    yield from _timeless(context)


def _timeless(context: CheckContext) -> Iterator[Problem]:
    """Whether no error of the run has the moment that errors have in most of their forms."""
    row = context.contract.conversation.clocks.get(ERRORS)
    errors = [pair for pair in context.log if context.error_detector.refused(pair[1])] if row is not None else []
    if row is None or any(clock_row(context, *pair) for pair in errors):
        return
    for request, response in errors[:1]:
        fact = context.facts.fact("errors have a moment", f"conversation.yaml clocks {ERRORS}", row.evidence)
        subject = request.operation.id if request.operation else request.path
        yield Problem(fact, f"a moment at {', '.join(row.at)}", response.shown()[:200], request, subject)


def clock_row(context: CheckContext, request: SentRequest, response: ReceivedResponse) -> tuple[str, Places] | None:
    """The row about what a response says is now, with its name; None where there is none.

    Not every error has a moment: one form of several does.
    """
    refused = context.error_detector.refused(response)
    name = ERRORS if refused else request.operation.id if request.operation else ""
    row = context.contract.conversation.clocks.get(name)
    if (
        row is None
        or response.status == NOT_MODIFIED
        or (refused and all(pointers.value(response.json, place) is None for place in row.at))
    ):
        return None
    return name, row


def _wrong(row: Places, response: ReceivedResponse, now: datetime) -> tuple[str, str] | None:
    """What should be shown, and what is; a clock that is wrong otherwise than by whole hours is no fault."""
    for place in row.at:
        shown = moment(pointers.value(response.json, place))
        if shown is None:
            return f"a moment at {place}", response.shown()[:200]
        expected = now if shown.tzinfo else (now + row.given["hours"] * HOUR).replace(tzinfo=None)
        away = shown - expected
        hours = round(away / HOUR)
        if 0 < abs(hours) <= MOST_HOURS and abs(away - hours * HOUR) < CLOSE:
            return f"about {expected.isoformat(timespec='minutes')} at {place}", str(shown)
    return None


CHECKS: tuple[Check, ...] = (now_is_now,)
