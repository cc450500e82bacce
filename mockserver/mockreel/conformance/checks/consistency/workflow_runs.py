"""A workflow of one's own can be run, and its run says which one; an evaluation says of which run it is."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from urllib.parse import quote

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.job_records import alike
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.contract import Operation, pointers
from mockreel.contract.conversation.promises import Places
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.problem import Problem


def _made(context: CheckContext, request: SentRequest) -> ReceivedResponse | None:
    """The reply to what makes something; None where it was refused for the account or the time, or for its name."""
    response = context.try_send(request)
    if response is None or context.excused(response, request.operation) or context.error_detector.refused(response):
        return None
    return response


def _with_fields(context: CheckContext, operation: Operation, response: ReceivedResponse) -> SentRequest:
    """A request whose path names fields of a response."""
    good = context.requests.good(operation)
    path = operation.path
    for name in [part[1:-1] for part in path.split("/") if part.startswith("{")]:
        path = path.replace(f"{{{name}}}", quote(str(pointers.value(response.json, f"/{name}")), safe=""))
    return replace(good, path=path)


def _begun(context: CheckContext) -> Iterator[SentRequest]:
    row = context.contract.conversation.workflow
    if row is not None:
        yield context.requests.good(context.contract.operation(str(row.given["run"]))).with_json(row.given["body"])


@check(
    "workflow.runs", "A workflow of one's own can be run, and its run says of which workflow it is.", level="jobs",
    known=lambda context: context.contract.conversation.workflow is not None, begins=_begun,
)  # fmt: skip
def own_workflows_run(context: CheckContext) -> Iterator[Problem]:
    row = context.contract.conversation.workflow
    assert row is not None
    maker = context.contract.operation(str(row.given["operation"]))
    request = context.maker_request(maker)
    made = _made(context, request)
    if made is None:
        return
    try:
        yield from _run_problems(context, row, made)
    finally:
        remover = context.contract.operation(str(row.given["remove"]))
        context.try_send(_with_fields(context, remover, made))


def _run_problems(context: CheckContext, row: Places, made: ReceivedResponse) -> Iterator[Problem]:
    """What is wrong about a workflow that was made, and about its run."""
    runs = context.contract.operation(str(row.given["run"]))
    yield from _elsewhere(context, row, made)
    begin = _with_fields(context, runs, made).with_json(row.given["body"])
    begun = context.answer(begin, runs)
    if begun is not None:
        read = _reading(context, row, begun)
        exchanges = ((begin, begun), (read, context.send(read)))
        yield from _wrong(context, row, exchanges, str(pointers.value(made.json, "/id")))


def _elsewhere(context: CheckContext, row: Places, made: ReceivedResponse) -> Iterator[Problem]:
    """Whether the workflow is read by its name as it was made."""
    operation = context.contract.operation(str(row.given["read"]))
    read = _with_fields(context, operation, made)
    shown = context.answer(read, operation)
    fields = made.json if isinstance(made.json, dict) else {}
    wrong = {
        name: value
        for name, value in fields.items()
        if shown is not None and value is not None and not alike(pointers.value(shown.json, f"/{name}"), value)
    }
    if wrong and shown is not None:
        fact = context.facts.operation(f"{operation.id} reads a workflow by its name", operation)
        yield Problem(fact, f"{wrong}"[:300], shown.shown()[:300], read, operation.id)


def _reading(context: CheckContext, row: Places, begun: ReceivedResponse) -> SentRequest:
    """The request that reads the run."""
    poll = context.contract.operation(str(row.given["poll"]))
    place = next(part[1:-1] for part in poll.path.split("/") if part.startswith("{"))
    return context.requests.good(poll, params={place: str(pointers.value(begun.json, "/id"))})


def _wrong(
    context: CheckContext, row: Places, exchanges: Iterable[tuple[SentRequest, ReceivedResponse]], workflow: str
) -> Iterator[Problem]:
    """What the run of a workflow should say, in the reply to its submit and when it is read."""
    name = str(row.given["run"])
    for sent, response in exchanges:
        shown = [str(pointers.value(response.json, one)) for one in row.at]
        if context.error_detector.refused(response) or shown != [workflow] * len(row.at):
            fact = context.facts.fact(
                f"{name} begins a run of the workflow", "conversation.yaml workflow", row.evidence
            )
            yield Problem(fact, f"{workflow} at {', '.join(row.at)}", response.shown()[:300], sent, name)


@check(
    "evaluation.listed", "An evaluation of a run stands in the list of the run's evaluations.", level="jobs",
    uses=(PLAIN,),
    known=lambda context: any("job" in row.given for row in context.contract.conversation.endings.values()),
)  # fmt: skip
def stands_with_its_run(context: CheckContext) -> Iterator[Problem]:
    for name, row in context.contract.conversation.endings.items():
        trace = next((one for one in context.jobs.traces() if one.ended and "job" in row.given), None)
        if trace is None:
            continue
        good = context.requests.good(context.contract.operation(name))
        request = good.with_json({**good.json, row.given["job"]["field"]: trace.id})
        made = _made(context, request)
        lists = context.contract.operation(str(row.given["job"]["list"]))
        place = next(part[1:-1] for part in lists.path.split("/") if part.startswith("{"))
        read = context.requests.good(lists, params={place: str(trace.id)})
        response = context.answer(read, lists) if made is not None else None
        id_ = pointers.value(made.json, "/id") if made is not None else None
        if response is not None and f'"{id_}"'.encode() not in response.body:
            fact = context.facts.operation(f"{lists.id} has the evaluations of a run", lists)
            yield Problem(fact, f"{id_}", response.shown()[:300], read, lists.id)


CHECKS: tuple[Check, ...] = (own_workflows_run, stands_with_its_run)
