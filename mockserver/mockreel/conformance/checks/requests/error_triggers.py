"""Errors that a client can bring about itself: each is asked for as its row says that it comes about."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.error_responses import row_problem
from mockreel.conformance.checks.requests.object_requests import requests_of
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.contract import pointers
from mockreel.contract.conversation.promises import Places
from mockreel.contract.exchanges.exchange import SentRequest
from mockreel.contract.exchanges.problem import Problem


def _provoking(context: CheckContext, row: Places) -> Iterator[SentRequest]:
    """The requests of a row: well-formed but for what brings the error about."""
    fields = row.given
    for operation, found in requests_of(context, lambda one: one.id in row.at):
        request = context.requests.good(operation, params=fields["params"]) if "params" in fields else found
        own: Any = request.json if isinstance(request.json, dict) else {}
        request = request.with_json({**own, **fields["body"]}) if "body" in fields else request
        yield replace(request, query=fields.get("query", request.query))


@check(
    "refusal.provoked", "An error that a client can bring about comes when it does.", level="jobs", uses=(PLAIN,),
    known=lambda context: bool(context.contract.conversation.provokes),
)  # fmt: skip
def comes_when_brought_about(context: CheckContext) -> Iterator[Problem]:
    for row in context.contract.conversation.provokes:
        for request in _provoking(context, row):
            if "row" in row.given:
                yield from row_problem(context, request, str(row.given["row"]), str(row.given["says"]))
            else:
                yield from _status_problems(context, request, row)


def _status_problems(context: CheckContext, request: SentRequest, row: Places) -> Iterator[Problem]:
    """Whether a request that is no error is answered with the status of its row."""
    response = context.answer(request, request.operation)
    if response is None:
        return
    shows: Mapping[str, Any] = row.given.get("shows", {})
    others = [place for place, value in shows.items() if pointers.value(response.json, place) != value]
    if response.status != row.given["status"] or others:
        name = request.operation.id if request.operation else request.path
        fact = context.facts.fact(f"{name} {row.given['says']}", "conversation.yaml provokes", row.evidence)
        expected = [f"status {row.given['status']}", *(f"{shows[place]!r} at {place}" for place in others)]
        yield Problem(fact, ", ".join(expected), response.shown(), request, name)


CHECKS: tuple[Check, ...] = (comes_when_brought_about,)
