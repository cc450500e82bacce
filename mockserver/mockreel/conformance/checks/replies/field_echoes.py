"""A text of a response that has another field of it within: both say the same."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.contract import pointers
from mockreel.contract.exchanges.problem import Problem


@check(
    "record.holds", "A text that names another field of the same response has its value.", level="jobs", uses=(PLAIN,),
    known=lambda context: any(talk.promises.holds for talk in context.contract.conversation.jobs.values()),
)  # fmt: skip
def texts_hold_fields(context: CheckContext) -> Iterator[Problem]:
    for trace in context.jobs.traces():
        row = trace.talk.promises.holds
        for place in row.at if row is not None else ():
            assert row is not None
            text = pointers.value(trace.response.json, place)
            parts = [pointers.value(trace.response.json, one) for one in row.given["of"]]
            context.judged(isinstance(text, str))
            lacking = [str(one) for one in parts if one and isinstance(text, str) and str(one) not in unquote(text)]
            form = str(row.given.get("form", ""))
            if form and isinstance(text, str) and not re.fullmatch(form, text):
                lacking = [form]
            if lacking:
                where = f"conversation.yaml {trace.talk.name} promises holds"
                fact = context.facts.fact(f"{place} has {', '.join(row.given['of'])} in it", where, row.evidence)
                yield Problem(fact, f"{', '.join(lacking)} in {place}", f"{text}"[:300], trace.request, trace.subject)


CHECKS: tuple[Check, ...] = (texts_hold_fields,)
