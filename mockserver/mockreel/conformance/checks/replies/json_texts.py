"""A text in a record that packs JSON is JSON."""

from collections.abc import Iterator

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.contract import pointers
from mockreel.contract.exchanges.exchange import ReceivedResponse
from mockreel.contract.exchanges.problem import Problem


@check(
    "record.packed", "A text in a record that packs JSON is JSON.", level="jobs", uses=(PLAIN,),
    known=lambda context: any(talk.promises.packed for talk in context.contract.conversation.jobs.values()),
)  # fmt: skip
def packs_json(context: CheckContext) -> Iterator[Problem]:
    for trace in context.jobs.traces():
        row = trace.talk.promises.packed
        polls = [(trace.poll, poll.response) for poll in trace.polls]
        for request, response in ((trace.request, trace.response), *polls) if row is not None else ():
            texts = [one for place in row.at for one in pointers.values(response.json, place) if one] if row else []
            context.judged(bool(texts))
            wrong = next((one for one in texts if ReceivedResponse(200, {}, str(one).encode()).json is None), None)
            if row is not None and wrong is not None:
                where = f"conversation.yaml {trace.talk.name} packed"
                fact = context.facts.fact(f"{', '.join(row.at)} packs JSON", where, row.evidence)
                yield Problem(fact, "a text of JSON, or none", f"{wrong!r}"[:300], request, trace.subject)
                break


CHECKS: tuple[Check, ...] = (packs_json,)
