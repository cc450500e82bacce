"""What an account has, another one gets at by no operation: not by an id, not by a list, not by a key for repeats."""

from collections.abc import Iterator
from dataclasses import replace

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.consistency.record_stability import links_further
from mockreel.conformance.checks.idempotent_submits import heeding, keyed, repeats
from mockreel.conformance.jobs.job_groups import CHARGED, PLAIN
from mockreel.contract import Operation, pointers
from mockreel.contract.evidence.facts import Fact
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.links import Link
from mockreel.contract.exchanges.problem import Problem
from mockreel.simulator.in_process.mock_target import Skipped

NO_OTHER = "it takes the key of another account; give --other-key"


def _two_accounts(context: CheckContext) -> None:
    if "other" not in context.target.keys.of:
        raise Skipped(NO_OTHER)


def _member_links(context: CheckContext, operation: Operation, response: ReceivedResponse) -> Iterator[Link]:
    """The links of a response that a member of an account may follow."""
    for name in dict.fromkeys(str(row.get("operationId")) for row in context.links.of(operation)):
        link = context.links.find(operation, response, name)
        if link is not None and not link.to.admin:
            yield link


def _apart(
    context: CheckContext, link: Link, request: SentRequest, response: ReceivedResponse, fact: Fact
) -> Iterator[Problem]:
    """Follow a link as another account; the response must be that for an unknown id."""
    further = replace(context.links.follow(link, request, response), who="other")
    reply = context.answer(further, link.to)
    if reply is None:
        return
    unknown = context.try_send(replace(context.unknown(link.to), body=further.body, headers=further.headers))
    same = unknown is None or reply.status == unknown.status
    if not context.error_detector.refused(reply) or not same:
        yield Problem(fact, "what an id gets that nobody has", reply.shown(), further, link.to.id)


@check(
    "account.links", "Another account gets at nothing of a job by its id.", level="jobs", uses=(PLAIN,),
    known=links_further,
)  # fmt: skip
def others_get_at_nothing(context: CheckContext) -> Iterator[Problem]:
    _two_accounts(context)
    seen: set[tuple[str, str]] = set()
    for trace in context.jobs.traces():
        for link in _member_links(context, trace.submit, trace.response):
            if link.to.id == trace.talk.poll or (trace.submit.id, link.to.id) in seen:
                continue
            seen.add((trace.submit.id, link.to.id))
            says = f"{link.to.id} knows no {trace.talk.name} of another account"
            fact = context.facts.fact(says, f"conversation.yaml {trace.talk.name} apart", trace.talk.apart)
            yield from _apart(context, link, trace.request, trace.response, fact)


def makers(context: CheckContext) -> Iterator[Operation]:
    """The operations that make something which is no job, with links to what was made."""
    reads = context.contract.conversation.reads
    for one in context.contract.operations:
        plain = one.method == "POST" and not one.submits and one.id not in reads and one.body != "form"
        if plain and any(True for _ in context.links.of(one)):
            yield one


@check(
    "account.things", "Another account gets at nothing that was made, by its id or in a list.", level="jobs",
    known=lambda context: any(True for _ in makers(context)),
)  # fmt: skip
def things_are_apart(context: CheckContext) -> Iterator[Problem]:
    _two_accounts(context)
    for maker in makers(context):
        request = context.maker_request(maker)
        if context.request_checker.judge(request).row is not None:
            continue
        response = context.try_send(request)
        if response is None or context.excused(response, maker) or context.error_detector.refused(response):
            continue
        links = list(_member_links(context, maker, response))
        for link in links:
            fact = context.facts.operation(f"{link.to.id} shows one's own only", link.to)
            yield from _apart(context, link, request, response, fact)
        yield from _in_lists(context, maker, links, request, response)
        _remove(context, links, request, response)


def _in_lists(
    context: CheckContext, maker: Operation, links: list[Link], request: SentRequest, response: ReceivedResponse
) -> Iterator[Problem]:
    """Whether another account's list beside the maker has the id of what was made."""
    found = [context.links.id(link, request, response) for link in links]
    id_ = next((str(one) for one in found if one), "")
    for operation in context.contract.operations:
        if operation.method == "GET" and operation.path == maker.path and operation.key and id_:
            further = replace(context.requests.good(operation), who="other")
            reply = context.answer(further, operation)
            if reply is None:
                continue
            if f'"{id_}"'.encode() in reply.body:
                fact = context.facts.operation(f"{operation.id} shows one's own only", operation)
                actual = f"{id_} in {reply.shown()[:200]}"
                yield Problem(fact, "nothing of another account", actual, further, operation.id)


def _remove(context: CheckContext, links: list[Link], request: SentRequest, response: ReceivedResponse) -> None:
    """Remove what was created, if there is a link for it."""
    for link in links:
        if link.to.method == "DELETE":
            context.try_send(context.links.follow(link, request, response))


def _begun_apart(context: CheckContext) -> Iterator[SentRequest]:
    for operation in heeding(context) if "other" in context.target.keys.of else ():
        request = keyed(context, operation, "")
        yield from (request, replace(request, who="other"))


@check(
    "idempotency.apart", "The key of a repeated request is an account's own.", level="jobs", uses=(CHARGED,),
    known=repeats, begins=_begun_apart,
)  # fmt: skip
def keys_are_ones_own(context: CheckContext) -> Iterator[Problem]:
    """The other account pays for a job here, so not before what its balance shows has been seen."""
    _two_accounts(context)
    again = context.contract.conversation.again
    assert again is not None
    for operation in heeding(context):
        request = keyed(context, operation, f"apart-{operation.id}")
        if context.request_checker.judge(request).row is not None:
            continue
        further = replace(request, who="other")
        before, after = context.try_send(request), context.try_send(further)
        if before is None or after is None or context.excused(before, operation) or context.excused(after, operation):
            continue
        context.judged()
        place = str(again.given["same"])
        id_ = pointers.value(before.json, place)
        if id_ is not None and pointers.value(after.json, place) == id_:
            fact = context.facts.fact(f"{again.at[0]} is an account's own", "conversation.yaml again", again.evidence)
            yield Problem(fact, "another job than the first account's", after.shown()[:300], further, operation.id)


@check(
    "account.identity", "A key says whose it is.", level="reads",
    known=lambda context: context.contract.conversation.identity is not None,
)  # fmt: skip
def keys_say_whose_they_are(context: CheckContext) -> Iterator[Problem]:
    _two_accounts(context)
    row = context.contract.conversation.identity
    assert row is not None
    operation = context.contract.operation(str(row.given["operation"]))
    request = context.requests.good(operation)
    replies = [context.try_send(replace(request, who=who)) for who in ("own", "other", "own")]
    known = [one for one in replies if one is not None and not context.excused(one, operation)]
    if len(known) != len(replies):
        return
    context.judged()
    one, two, again = (pointers.value(reply.json, row.at[0]) for reply in known)
    if one is not None and one != again:
        fact = context.facts.fact(f"{operation.id} says whose the key is", "conversation.yaml identity", row.evidence)
        yield Problem(fact, f"{one!r} at {row.at[0]}, as before", f"{again!r}", request, operation.id)
    elif one is None or one == two:
        fact = context.facts.fact(f"{operation.id} says whose the key is", "conversation.yaml identity", row.evidence)
        yield Problem(fact, f"another {row.at[0]} for another account", f"{one!r} and {two!r}", request, operation.id)


CHECKS: tuple[Check, ...] = (others_get_at_nothing, things_are_apart, keys_are_ones_own, keys_say_whose_they_are)
