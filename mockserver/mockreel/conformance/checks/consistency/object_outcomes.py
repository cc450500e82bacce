"""What is made and comes to an end by itself, beside jobs: it ends, and then has what it was made for."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.contract import Operation, pointers
from mockreel.contract.conversation.promises import Places
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.problem import Problem


@check(
    "thing.ends", "What comes to an end by itself does so, and then has what it was made for.", level="jobs",
    uses=(PLAIN,), known=lambda context: bool(context.contract.conversation.endings),
)  # fmt: skip
def things_end(context: CheckContext) -> Iterator[Problem]:
    for name, row in context.contract.conversation.endings.items():
        maker = context.contract.operation(name)
        read = next(_reads(context, maker, row), None)
        response = _ended(context, row, read) if read is not None else None
        if read is None or response is None or context.excused(response, read.operation):
            continue
        context.judged()
        word = pointers.value(response.json, row.at[0])
        lacking = [place for place in row.given["shows"] if pointers.value(response.json, place) is None]
        fact = context.facts.fact(f"what {name} makes ends", f"conversation.yaml endings {name}", row.evidence)
        subject = read.operation.id if read.operation else name
        if word is None or word in row.given["pending"]:
            yield Problem(fact, f"another word than {word!r} at {row.at[0]}", response.shown(), read, subject)
        elif word in row.given["ended"] and lacking:
            yield Problem(fact, f"{', '.join(lacking)} once it is {word}", response.shown(), read, subject)
        yield from _changed(context, name, row, read) if "change" in row.given else ()


def _changed(context: CheckContext, name: str, row: Places, read: SentRequest) -> Iterator[Problem]:
    """Whether what a client sets on it stands in it afterwards."""
    change = row.given["change"]
    operation = context.contract.operation(change["operation"])
    good = context.requests.good(operation)
    below = operation.path.removeprefix(read.operation.path) if read.operation else ""
    request = replace(good, path=f"{read.path}{below}").with_json(change["body"])
    if context.answer(request, operation) is None:
        return
    shown = context.try_send(read)
    if shown is None or context.excused(shown, read.operation):
        return
    wrong = {place: value for place, value in change["shown"].items() if pointers.value(shown.json, place) != value}
    if wrong:
        fact = context.facts.fact(f"{operation.id} is kept", f"conversation.yaml endings {name}", row.evidence)
        yield Problem(fact, f"{wrong}", shown.shown(), request, operation.id)


def _reads(context: CheckContext, maker: Operation, row: Places) -> Iterator[SentRequest]:
    """The read of what this run has made first and not removed; else of one that is made now."""
    made = [pair for pair in context.log if pair[0].operation and pair[0].operation.id == maker.id]
    for request, response in (*made, *_made_now(context, maker)):
        if request.who != "own" or context.error_detector.refused(response):
            continue
        read = _read(context, maker, row, request, response)
        shown = context.try_send(read) if read is not None else None
        if read is not None and shown is not None and not context.error_detector.refused(shown):
            yield read


def _made_now(context: CheckContext, maker: Operation) -> Iterator[tuple[SentRequest, ReceivedResponse]]:
    request = context.requests.good(maker)
    response = context.try_send(request)
    if response is not None and not context.excused(response, maker):
        yield request, response


def _read(
    context: CheckContext, maker: Operation, row: Places, request: SentRequest, response: ReceivedResponse
) -> SentRequest | None:
    """The request that reads what was made: by its link, or with its name in the body."""
    link = context.links.find(maker, response, str(row.given["read"]))
    if link is not None:
        return context.links.follow(link, request, response)
    thing = context.contract.conversation.things.get(maker.id)
    name = pointers.value(response.json, thing.at[0]) if thing is not None else None
    good = context.requests.good(context.contract.operation(str(row.given["read"])))
    if thing is None or name is None or not isinstance(good.json, Mapping):
        return None
    return good.with_json({**good.json, str(thing.given["name"]): name})


def _ended(context: CheckContext, row: Places, read: SentRequest) -> ReceivedResponse | None:
    """The first response that shows no pending word, or the last one before the wait is over."""
    began = context.target.now()
    while (response := context.try_send(read)) is not None:
        age = context.target.now() - began
        if pointers.value(response.json, row.at[0]) not in row.given["pending"] or age > context.waits.wait_timeout:
            break
        context.target.wait(context.waits.step(age))
    return response


CHECKS: tuple[Check, ...] = (things_end,)
