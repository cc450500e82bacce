"""The moments that responses say are now never go back, whichever operation says them."""

from collections.abc import Iterator
from datetime import UTC, datetime

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.job_records import moment
from mockreel.conformance.checks.replies.reply_moments import CLOSE, HOUR, clock_row
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.contract import pointers
from mockreel.contract.conversation.promises import Places
from mockreel.contract.exchanges.exchange import ReceivedResponse
from mockreel.contract.exchanges.problem import Problem


@check(
    "reply.order", "What a response says is now is no earlier than what another one said before.", level="reads",
    uses=(PLAIN,), known=lambda context: len(context.contract.conversation.clocks) > 1,
)  # fmt: skip
def now_never_goes_back(context: CheckContext) -> Iterator[Problem]:
    """A clock may be wrong, fast or slow; operations that have one clock agree nevertheless."""
    latest: datetime | None = None
    for request, response in context.log:
        named = clock_row(context, request, response)
        shown = _shown(named[1], response) if named is not None else None
        if named is None or shown is None:
            continue
        context.judged()
        if latest is not None and shown < latest - CLOSE:
            fact = context.facts.fact(
                "what is now is later than what was", f"conversation.yaml clocks {named[0]}", named[1].evidence
            )
            subject = request.operation.id if request.operation else request.path
            yield Problem(fact, f"no moment before {latest}", f"{shown}: {response.shown()[:200]}", request, subject)
            return
        latest = shown if latest is None else max(shown, latest)


def _shown(row: Places, response: ReceivedResponse) -> datetime | None:
    """The moment that a response shows as now, in UTC."""
    found = next((one for place in row.at if (one := moment(pointers.value(response.json, place)))), None)
    if found is None:
        return None
    return found if found.tzinfo else (found - row.given["hours"] * HOUR).replace(tzinfo=UTC)


CHECKS: tuple[Check, ...] = (now_never_goes_back,)
