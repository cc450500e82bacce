"""What a job has used is its time by the rate of the contract."""

from collections.abc import Iterator
from decimal import Decimal
from math import ceil

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.job_records import amount
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.contract import pointers
from mockreel.contract.exchanges.problem import Problem


@check(
    "record.rates", "What a job has used is its time by the documented rate.", level="jobs", uses=(PLAIN,),
    known=lambda context: any(talk.promises.rates for talk in context.contract.conversation.jobs.values()),
)  # fmt: skip
def is_used_by_the_rate(context: CheckContext) -> Iterator[Problem]:
    """The time is shown in whole seconds, so the sum may be off by what one more second takes."""
    for trace in context.jobs.traces():
        row = trace.talk.promises.rates
        record = trace.last.response.json if trace.last and trace.ended else None
        if row is None or record is None:
            continue
        used, seconds = (amount(pointers.value(record, place)) for place in (row.at[0], str(row.given["of"])))
        rate = Decimal(str(row.given["rate"]))
        if used is None or not seconds:
            continue
        context.judged()
        if not seconds * rate - 1 <= used <= ceil((seconds + 1) * rate):
            says = f"{row.at[0]} is {row.given['of']} by {rate}"
            fact = context.facts.fact(says, f"conversation.yaml {trace.talk.name} promises rates", row.evidence)
            yield Problem(fact, f"about {ceil(seconds * rate)} for {seconds} s", f"{used}", trace.poll, trace.subject)


CHECKS: tuple[Check, ...] = (is_used_by_the_rate,)
