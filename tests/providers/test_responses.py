"""Every reply, refusals included, is one that the contract documents for its operation."""

import asyncio
import random
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import mutants
import orjson
import pytest
from documented import Replies
from staging import Caller, MakeStage
from test_never_breaks import GIVEN_UP, answered, ids_of

from mockreel.contract import Contract, Operation
from mockreel.contract.messages.message import Reply, Request, json_reply
from mockreel.server.http.asgi import unavailable
from mockreel.simulator.provider import Part
from mockreel.simulator.simulator import Stage

PROVIDERS = ["runflow", "aimlapi", "runninghub"]
PLACEHOLDER = re.compile(rb"\{[a-z_]+\}")
OURS = b"application/problem+json"


def operation_of(contract: Contract, request: Request) -> Operation | None:
    """The operation that a request means, or None where it means none."""
    found = contract.router.find(request.path)
    return found.methods.get(request.method) if found else None


async def wrong_replies(part: Part, requests: list[Request]) -> list[str]:
    """What the contract does not allow about the replies to these requests."""
    replies, wrong = Replies(part.contract), []
    for request in requests:
        reply = await answered(part, request)
        operation = operation_of(part.contract, request)
        if operation is not None and reply is not GIVEN_UP and dict(reply.headers).get(b"content-type") != OURS:
            wrong += replies.wrong(operation, reply)
    return wrong


def goods_of(part: Part) -> list[mutants.Good]:
    """Well-formed requests with real ids."""
    ids = ids_of(part, mutants.good_requests(part.contract, {"id": "none"}))
    return mutants.good_requests(part.contract, ids)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_replies_to_good_requests_are_documented_at_every_age_of_a_job(
    provider: str, stage: Stage, run: Callable[[Any], Any]
) -> None:
    """Good requests are answered as documented while jobs wait, run and are over."""
    part = stage.part(provider)
    requests = [good.request() for good in goods_of(part)]

    for _ in range(6):
        assert run(wrong_replies(part, requests)) == []
        run(stage.advance(1))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_replies_to_bad_requests_are_documented(provider: str, stage: Stage, run: Callable[[Any], Any]) -> None:
    """2,000 mutated requests are answered as documented."""
    part = stage.part(provider)
    goods, source = goods_of(part), random.Random(f"replies of {provider}")
    requests = [mutants.applied(source.choice(goods), mutants.mutations(source)).request() for _ in range(2000)]

    assert run(wrong_replies(part, [one for one in requests if one.method != "HEAD"])) == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_error_row_can_be_played_and_is_documented_for_submits(
    provider: str, make_stage: MakeStage, run: Callable[[Any], Any]
) -> None:
    """`scenario=refuse; code=…` plays each row of errors.yaml, and the reply is one that the contract documents."""
    part = make_stage(names=[provider]).part(provider)
    submits = {operation.id for operation in part.contract.operations if operation.submits}
    good = next(good for good in mutants.good_requests(part.contract, {"id": "none"}) if good.operation in submits)
    wishes = [
        replace(good, headers={**good.headers, "prefer": f"scenario=refuse; code={row}"})
        for row in part.contract.errors
    ]

    for wish in wishes:
        reply = run(answered(part, wish.request()))
        assert dict(reply.headers).get(b"content-type") != OURS, reply.body


@pytest.mark.parametrize("provider", PROVIDERS)
def test_no_refusal_that_is_played_shows_a_placeholder(
    provider: str, make_stage: MakeStage, run: Callable[[Any], Any]
) -> None:
    """Every row of errors.yaml, at every operation: its text is filled in from the request, or with a neutral word."""
    part = make_stage(names=[provider]).part(provider)
    raw = []

    for good in mutants.good_requests(part.contract, {"id": "none"}):
        for row in part.contract.errors:
            wish = replace(good, headers={**good.headers, "prefer": f"scenario=refuse; code={row}"})
            reply = run(answered(part, wish.request()))
            raw += [(good.operation, row, found) for found in PLACEHOLDER.findall(reply.body)]

    assert raw == []


def test_a_refusal_that_is_played_names_the_model_that_was_asked_for(ask: Callable[..., Caller]) -> None:
    """As the real one would; where the request names none, a neutral word stands there."""
    prefer = {"prefer": "scenario=refuse; code=unknown-model"}
    body = {"input": {"prompt": "x"}}

    played = ask("runflow")("POST", "/v1/models/google/veo3.1/lite/runs", body, headers=prefer)
    assert played.json["message"] == "Model 'google/veo3.1/lite' not found."
    assert ask("runflow")("GET", "/v1/runs", headers=prefer).json["message"] == "Model 'unknown' not found."


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_provider_that_has_no_time_says_so_at_every_operation(provider: str, stage: Stage) -> None:
    """So that a server which is being stopped can say it for whoever still waits."""
    part = stage.part(provider)
    said = part.contract.errors["unavailable"].status

    for good in goods_of(part):
        assert unavailable(part, good.request()).status == said


def test_a_reply_that_is_not_documented_is_found(stage: Stage) -> None:
    """The check is not vacuous: a missing field, a wrong status and a wrong type are each told."""
    part = stage.part("aimlapi")
    good = next(good for good in goods_of(part) if good.operation == "submit_generation")
    operation = part.contract.operation("submit_generation")
    honest = asyncio.run(answered(part, good.request()))
    replies = Replies(part.contract)

    assert replies.wrong(operation, honest) == []
    body = orjson.loads(honest.body)
    assert replies.wrong(operation, json_reply(200, {k: v for k, v in body.items() if k != "status"}))
    assert replies.wrong(operation, json_reply(200, {**body, "status": "succeeded"}))
    assert replies.wrong(operation, json_reply(299, body))
    assert replies.wrong(operation, Reply(200, honest.body, ((b"content-type", b"text/html"),)))
