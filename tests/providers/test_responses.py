"""Every response, error responses included, is one that the contract documents for its operation."""

import asyncio
import random
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest
from support import mutants
from support.caller import Caller, MakeSimulator
from support.documented import DocumentedResponses
from test_never_breaks import GIVEN_UP, answered, ids_of

from mockreel.contract import Contract, Operation
from mockreel.contract.messages.message import Request, Response, json_response
from mockreel.server.http.asgi import unavailable
from mockreel.simulator.provider import Provider
from mockreel.simulator.simulator import Simulator

PROVIDERS = ["runflow", "aimlapi", "runninghub"]
PLACEHOLDER = re.compile(rb"\{[a-z_]+\}")
OURS = b"application/problem+json"


def operation_of(contract: Contract, request: Request) -> Operation | None:
    """The operation that a request means, or None where it means none."""
    found = contract.router.find(request.path)
    return found.methods.get(request.method) if found else None


async def wrong_replies(provider: Provider, requests: list[Request]) -> list[str]:
    """What the contract does not allow about the responses to these requests."""
    replies, wrong = DocumentedResponses(provider.contract), []
    for request in requests:
        response = await answered(provider, request)
        operation = operation_of(provider.contract, request)
        if operation is not None and response is not GIVEN_UP and dict(response.headers).get(b"content-type") != OURS:
            wrong += replies.wrong(operation, response)
    return wrong


def goods_of(provider: Provider) -> list[mutants.Good]:
    """Well-formed requests with real ids."""
    ids = ids_of(provider, mutants.good_requests(provider.contract, {"id": "none"}))
    return mutants.good_requests(provider.contract, ids)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_responses_to_good_requests_are_documented_at_every_age_of_a_job(
    provider: str, simulator: Simulator, run: Callable[[Any], Any]
) -> None:
    """Good requests are answered as documented while jobs wait, run and are over."""
    simulated = simulator.provider(provider)
    requests = [good.request() for good in goods_of(simulated)]

    for _ in range(6):
        assert run(wrong_replies(simulated, requests)) == []
        run(simulator.advance(1))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_responses_to_bad_requests_are_documented(
    provider: str, simulator: Simulator, run: Callable[[Any], Any]
) -> None:
    """2,000 mutated requests are answered as documented."""
    simulated = simulator.provider(provider)
    goods, source = goods_of(simulated), random.Random(f"replies of {provider}")
    requests = [mutants.applied(source.choice(goods), mutants.mutations(source)).request() for _ in range(2000)]

    assert run(wrong_replies(simulated, [one for one in requests if one.method != "HEAD"])) == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_error_row_can_be_played_and_is_documented_for_submits(
    provider: str, make_simulator: MakeSimulator, run: Callable[[Any], Any]
) -> None:
    """`scenario=refuse; code=…` returns each row of errors.yaml, and the contract documents the response."""
    simulated = make_simulator(names=[provider]).provider(provider)
    submits = {operation.id for operation in simulated.contract.operations if operation.submits}
    good = next(good for good in mutants.good_requests(simulated.contract, {"id": "none"}) if good.operation in submits)
    wishes = [
        replace(good, headers={**good.headers, "prefer": f"scenario=refuse; code={row}"})
        for row in simulated.contract.errors
    ]

    for wish in wishes:
        reply = run(answered(simulated, wish.request()))
        assert dict(reply.headers).get(b"content-type") != OURS, reply.body


@pytest.mark.parametrize("provider", PROVIDERS)
def test_no_played_error_shows_a_placeholder(
    provider: str, make_simulator: MakeSimulator, run: Callable[[Any], Any]
) -> None:
    """Every row of errors.yaml, at every operation: its text is filled in from the request, or with a neutral word."""
    simulated = make_simulator(names=[provider]).provider(provider)
    raw = []

    for good in mutants.good_requests(simulated.contract, {"id": "none"}):
        for row in simulated.contract.errors:
            wish = replace(good, headers={**good.headers, "prefer": f"scenario=refuse; code={row}"})
            reply = run(answered(simulated, wish.request()))
            raw += [(good.operation, row, found) for found in PLACEHOLDER.findall(reply.body)]

    assert raw == []


def test_a_played_error_names_the_requested_model(ask: Callable[..., Caller]) -> None:
    """As the real provider would; if the request names none, with a neutral word."""
    prefer = {"prefer": "scenario=refuse; code=unknown-model"}
    body = {"input": {"prompt": "x"}}

    played = ask("runflow")("POST", "/v1/models/google/veo3.1/lite/runs", body, headers=prefer)
    assert played.json["message"] == "Model 'google/veo3.1/lite' not found."
    assert ask("runflow")("GET", "/v1/runs", headers=prefer).json["message"] == "Model 'unknown' not found."


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_provider_that_has_no_time_says_so_at_every_operation(provider: str, simulator: Simulator) -> None:
    """So that a stopping server can answer waiting requests."""
    simulated = simulator.provider(provider)
    output = simulated.contract.errors["unavailable"].status

    for good in goods_of(simulated):
        assert unavailable(simulated, good.request()).status == output


def test_a_response_that_is_not_documented_is_found(simulator: Simulator) -> None:
    """The check is not vacuous: a missing field, a wrong status and a wrong type are each found."""
    provider = simulator.provider("aimlapi")
    good = next(good for good in goods_of(provider) if good.operation == "submit_generation")
    operation = provider.contract.operation("submit_generation")
    honest = asyncio.run(answered(provider, good.request()))
    replies = DocumentedResponses(provider.contract)

    assert replies.wrong(operation, honest) == []
    body = orjson.loads(honest.body)
    assert replies.wrong(operation, json_response(200, {k: v for k, v in body.items() if k != "status"}))
    assert replies.wrong(operation, json_response(200, {**body, "status": "succeeded"}))
    assert replies.wrong(operation, json_response(299, body))
    assert replies.wrong(operation, Response(200, honest.body, ((b"content-type", b"text/html"),)))
