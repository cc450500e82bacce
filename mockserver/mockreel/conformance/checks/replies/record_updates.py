"""What a client sets on a job stands in its record afterwards."""

from collections.abc import Iterator
from dataclasses import replace

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.job_records import alike
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.contract import pointers
from mockreel.contract.exchanges.problem import Problem


@check(
    "record.changes", "What a client sets on a job stands in its record afterwards.", level="jobs", uses=(PLAIN,),
    known=lambda context: any(talk.promises.changes for talk in context.contract.conversation.jobs.values()),
)  # fmt: skip
def keeps_what_was_set(context: CheckContext) -> Iterator[Problem]:
    for talk in context.contract.conversation.jobs.values():
        ended_traces = [trace for trace in context.jobs.traces() if trace.ended and trace.talk.name == talk.name]
        for name, row in talk.promises.changes.items() if ended_traces else ():
            trace = ended_traces[-1]
            link = context.links.find(trace.submit, trace.response, name)
            if link is None or trace.poll is None or (link.to.admin and "admin" not in context.target.keys.of):
                continue
            request = context.links.follow(link, trace.request, trace.response).with_json(row.given["body"])
            request = replace(request, headers={**request.headers, "content-type": "application/json"})
            response = context.answer(request, link.to)
            if response is None:
                continue
            record = context.send(trace.poll)
            shown = [pointers.value(record.json, place) for place in row.at]
            if context.error_detector.refused(response) or not alike(shown, row.given["shown"]):
                fact = context.facts.fact(
                    f"{name} sets {', '.join(row.at)}", f"conversation.yaml {talk.name} changes", row.evidence
                )
                yield Problem(fact, f"{row.given['shown']} at {', '.join(row.at)}", f"{shown}", request, trace.subject)


CHECKS: tuple[Check, ...] = (keeps_what_was_set,)
