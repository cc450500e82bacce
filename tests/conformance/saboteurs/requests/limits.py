"""Saboteurs that heed no limit, filter, part, tag or place of a key."""

from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

import orjson
from conformance.saboteurs.request_changes import answer_with, within_bounds, without_query
from conformance.saboteurs.saboteur import (
    Saboteur,
    altering,
    change_json,
    good,
)

from mockreel.contract.messages.message import Request, Response
from mockreel.simulator.provider import Provider


def _untagged(provider: Provider, request: Request) -> Response | Awaitable[Response]:
    return provider.answer(replace(request, headers=[pair for pair in request.headers if pair[0] != b"if-none-match"]))


def _body_key_alone(provider: Provider, request: Request) -> Response | Awaitable[Response]:
    """Who has the key in a header alone has none."""
    if b'"apiKey"' in request.body:
        return provider.answer(request)
    return provider.answer(replace(request, headers=[one for one in request.headers if one[0] != b"authorization"]))


def _json(request: Request) -> Any:
    return orjson.loads(request.body)


GALLERY = (
    Saboteur(
        "any-threshold",
        "A threshold below nothing is taken.",
        "runflow",
        answering=answer_with("update_balance", within_bounds(low_balance_threshold=(0, 10**9))),
    ),
    Saboteur(
        "a-batch-of-any-size",
        "A batch of more than it may have is cut and taken.",
        "runflow",
        answering=answer_with("create_batch", within_bounds(input=({"prompt": "x"}, 100))),
    ),
    Saboteur(
        "any-reason",
        "The reason of a cancellation may be as short as one likes.",
        "runflow",
        answering=answer_with("cancel_run", within_bounds(reason=(3, 500))),
    ),
    Saboteur(
        "keeps-any-time",
        "A machine is kept for any time.",
        "runninghub",
        answering=answer_with("run_app", within_bounds(retainSeconds=(10, 180))),
    ),
    Saboteur(
        "any-parameter",
        "A query may have parameters that nobody knows.",
        "aimlapi",
        answering=answer_with("get_model_metrics", without_query("mockreel_unknown")),
    ),
    Saboteur(
        "overlooks-tags",
        "Who has the list already gets it again.",
        "aimlapi",
        answering=answer_with("list_models", _untagged),
    ),
    Saboteur(
        "embeds-nothing",
        "What is embedded on request is not.",
        "runflow",
        answering=answer_with("get_me", without_query("embed")),
    ),
    Saboteur(
        "includes-nothing",
        "The sections of a model are never included.",
        "aimlapi",
        answering=answer_with("list_models", without_query("include")),
    ),
    Saboteur(
        "drafts-in-public",
        "The public list has what is not public.",
        "runflow",
        answering=altering(
            "list_public_models",
            change=lambda response, _: change_json(
                response, lambda body: {**body, "items": [{**one, "is_public": False} for one in body.get("items", [])]}
            ),
        ),
    ),
    Saboteur(
        "takes-any-media-type",
        "A file of any type may be announced.",
        "runflow",
        answering=answer_with(
            "create_asset_upload",
            lambda provider, request: (
                good(provider, request, {**_json(request), "mime_type": "image/png"})
                if b"x-mockreel" in request.body
                else provider.answer(request)
            ),
        ),
    ),
    Saboteur(
        "cancels-what-has-ended",
        "A cancellation of what has ended is answered like any other.",
        "runflow",
        answering=altering(
            "cancel_run",
            change=lambda response, _: replace(response, status=201) if response.status == 200 else response,
        ),
    ),
    Saboteur(
        "no-wildcard",
        "The logs of any run are not found.",
        "runflow",
        answering=answer_with(
            "list_run_logs",
            lambda provider, request: provider.answer(
                replace(request, path=request.path.replace("/any/", "/00000000-0000-7000-8000-000000000000/"))
            ),
        ),
    ),
    Saboteur(
        "key-in-body-alone",
        "A key in a header is no key to the older operations.",
        "runninghub",
        answering=answer_with("get_task_status", _body_key_alone),
    ),
    Saboteur(
        "greater-is-equal",
        "Comparisons in a filter are overlooked.",
        "runflow",
        answering=answer_with(
            "list_runs",
            lambda provider, request: (
                without_query("q")(provider, request)
                if b"%3C" in request.query or b"%3E" in request.query
                else provider.answer(request)
            ),
        ),
    ),
    Saboteur(
        "not-is-nothing",
        "NOT in a filter is overlooked.",
        "runflow",
        answering=answer_with(
            "list_runs",
            lambda provider, request: (
                without_query("q")(provider, request) if b"NOT" in request.query else provider.answer(request)
            ),
        ),
    ),
    Saboteur(
        "can-do-anything",
        "The models are not filtered by what they can do.",
        "aimlapi",
        answering=answer_with("list_models", without_query("capabilities")),
    ),
    Saboteur(
        "never-retired",
        "The list of retirements begins at no date.",
        "aimlapi",
        answering=answer_with("list_deprecations", without_query("since")),
    ),
)
