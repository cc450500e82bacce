"""What is made by operations that no link joins is read, changed, listed and removed as it was asked."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.contract import pointers
from mockreel.contract.conversation.promises import Places
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.problem import Problem


@check(
    "thing.kept", "What is made by an operation stands where others read, list and change it, until it is removed.",
    level="jobs", known=lambda context: bool(context.contract.conversation.things),
)  # fmt: skip
def is_kept(context: CheckContext) -> Iterator[Problem]:
    for name, row in context.contract.conversation.things.items():
        operation = context.contract.operation(name)
        request = context.requests.good(operation)
        made = context.answer(request, operation)
        id_ = pointers.value(made.json, row.at[0]) if made is not None else None
        if made is None:
            continue
        if id_ is None:
            fact = context.facts.fact(f"{name} makes something", f"conversation.yaml things {name}", row.evidence)
            if context.own or fact.firm:  # what its example names may not be there elsewhere
                yield Problem(fact, f"{row.at[0]}", made.shown(), request, name)
            continue
        for sent, expected, actual in _life(context, row, request, str(id_)):
            fact = context.facts.fact(f"what {name} makes is kept", f"conversation.yaml things {name}", row.evidence)
            yield Problem(fact, expected, actual[:300], sent, sent.operation.id if sent.operation else name)


def _life(context: CheckContext, row: Places, request: SentRequest, id_: str) -> Iterator[tuple[SentRequest, str, str]]:
    """From its making to its removal: what was expected of each request, and what came."""
    known = _plain(request.json)
    yield from _read_differences(context, _step_request(context, row, "read", id_), known)
    change = _step_request(context, row, "change", id_)
    known |= _plain(change.json)
    yield from _seen_by_another(context, row, id_)
    yield from _read_differences(context, change, known)
    yield from _read_differences(context, _step_request(context, row, "read", id_), known)
    yield from _list_differences(context, row, id_, there=True)
    removed = _step_request(context, row, "remove", id_)
    if context.try_send(removed) is not None:
        read = _step_request(context, row, "read", id_)
        response = context.try_send(read)
        if response is not None and not context.error_detector.refused(response):
            yield read, "a refusal, as it was removed", response.shown()
        yield from _list_differences(context, row, id_, there=False)


def _seen_by_another(context: CheckContext, row: Places, id_: str) -> Iterator[tuple[SentRequest, str, str]]:
    """What another account reads of a thing, or finds of it in its list."""
    if "other" not in context.target.keys.of:
        return
    read = replace(_step_request(context, row, "read", id_), who="other")
    response = context.answer(read, read.operation)
    if response is not None and not context.error_detector.refused(response):
        yield read, "a refusal, as it is another account's", response.shown()
    every = replace(context.requests.good(context.contract.operation(str(row.given["list"]))), who="other")
    response = context.answer(every, every.operation)
    if response is not None and f'"{id_}"'.encode() in response.body:
        yield every, f"no {id_}, as it is another account's", response.shown()


def _step_request(context: CheckContext, row: Places, step: str, id_: str) -> SentRequest:
    good = context.requests.good(context.contract.operation(str(row.given[step])))
    return good.with_json({**good.json, str(row.given["name"]): id_})


def _plain(body: Any) -> dict[str, Any]:
    fields = body.items() if isinstance(body, Mapping) else ()
    return {name: value for name, value in fields if not isinstance(value, dict | list) and name.lower() != "apikey"}


def _read_differences(
    context: CheckContext, request: SentRequest, known: Mapping[str, Any]
) -> Iterator[tuple[SentRequest, str, str]]:
    response = context.answer(request, request.operation)
    if response is None:
        return
    shown = {name: found[0] for name in known if (found := _values_of(response, name))}
    wrong = {name: known[name] for name, value in shown.items() if str(value) != str(known[name])}
    if context.error_detector.refused(response) or wrong:
        yield request, f"{wrong or known}", response.shown()


def _values_of(response: ReceivedResponse, name: str) -> list[Any]:
    return pointers.values(response.json, f"/data/{name}") or pointers.values(response.json, f"/{name}")


def _list_differences(
    context: CheckContext, row: Places, id_: str, *, there: bool
) -> Iterator[tuple[SentRequest, str, str]]:
    request = context.requests.good(context.contract.operation(str(row.given["list"])))
    response = context.answer(request, request.operation)
    if response is not None and (f'"{id_}"'.encode() in response.body) != there:
        yield request, f"{id_} in the list" if there else f"no {id_} in the list", response.shown()


@check(
    "thing.paged", "The pages of what was made have each thing once.", level="jobs",
    known=lambda context: any(True for _ in _paged(context)),
)  # fmt: skip
def pages_differ(context: CheckContext) -> Iterator[Problem]:
    for maker, thing, numbers in _paged(context):
        good = context.requests.good(context.contract.operation(maker))
        made = [context.answer(good, good.operation) for _ in range(2)]
        ids = [pointers.value(one.json, thing.at[0]) for one in made if one is not None]
        operation = context.contract.operation(str(thing.given["list"]))
        size, page = (str(numbers.given[name]).rpartition("/")[2] for name in ("size", "page"))
        asked = context.requests.good(operation)
        shown = []
        for number in (1, 2) if len(ids) == 2 and None not in ids else ():
            request = asked.with_json({**asked.json, size: 1, page: number})
            response = context.answer(request, operation)
            entries = pointers.value(response.json, str(numbers.given["items"])) if response is not None else None
            shown += entries if isinstance(entries, list) else []
            if len(shown) == 2 and shown[0] == shown[1]:
                fact = context.facts.fact(f"{operation.id} has pages", "conversation.yaml numbers", numbers.evidence)
                yield Problem(fact, f"another entry than on page 1 at {size} 1", f"{shown[1]}", request, operation.id)
        for id_ in ids:
            context.try_send(_step_request(context, thing, "remove", str(id_)))


def _paged(context: CheckContext) -> Iterator[tuple[str, Places, Places]]:
    """What makes things whose list has numbered pages."""
    for maker, thing in context.contract.conversation.things.items():
        for row in context.contract.conversation.numbers.values():
            if row.given["operation"] == thing.given["list"] and {"size", "page", "items"} <= set(row.given):
                yield maker, thing, row


CHECKS: tuple[Check, ...] = (is_kept, pages_differ)
