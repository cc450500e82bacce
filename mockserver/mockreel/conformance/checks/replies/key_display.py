"""No response shows the key that it was requested with."""

from collections.abc import Iterator

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.contract.exchanges.problem import Problem

# A shorter key stands in a response by chance.
LONG_ENOUGH = 8


@check("key.hidden", "No response shows the key that it was requested with.", level="jobs", uses=(PLAIN,))
def is_never_shown(context: CheckContext) -> Iterator[Problem]:
    keys = [one.encode() for one in context.target.keys.secrets() if len(one) >= LONG_ENOUGH]
    seen: set[str] = set()
    context.judged(len(context.log) if keys else 0)
    for request, response in context.log:
        operation = request.operation
        if operation is None or operation.id in seen or not any(key in response.body for key in keys):
            continue
        seen.add(operation.id)
        fact = context.facts.operation(f"{operation.id} shows no key", operation)
        yield Problem(fact, "a response without the key", response.shown()[:300], request, operation.id)


CHECKS: tuple[Check, ...] = (is_never_shown,)
