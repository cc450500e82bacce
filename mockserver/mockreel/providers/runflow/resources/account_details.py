"""The account behind the key: who it is, and what credit is left."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.message import Response, json_response
from mockreel.engine.randomness import uuid4
from mockreel.providers.runflow import money
from mockreel.providers.runflow.error_bodies import fill
from mockreel.providers.runflow.state import own_shelf, state_of
from mockreel.providers.runflow.timestamps import format_timestamp, means
from mockreel.simulator.cooperative_work import respond_settled
from mockreel.simulator.provider_adapter import Answer
from mockreel.simulator.request_context import RequestContext

Record = Mapping[str, Any]


def get_me(context: RequestContext) -> Response:
    """The user behind the key, with the memberships if requested."""
    wire = context.provider.contract.wire
    requested = [name.strip() for name in (context.query.get("embed") or "").split(",")]
    memberships = [_membership(context)] if wire["membership"]["embed"] in requested else None
    return json_response(200, {**person(context), "memberships": memberships})


def person(context: RequestContext) -> Record:
    """The user of an account: every account of the mock server has one."""
    shelf, wire = own_shelf(context), context.provider.contract.wire
    rows = {name: _with_account_name(context, value) for name, value in wire["person"].items()}
    return {"id": shelf.user_id, **rows, "email_verified_at": format_timestamp(shelf.opened, wire["record_times"])}


def _membership(context: RequestContext) -> Record:
    row = context.provider.contract.wire["membership"]
    admin = context.caller is not None and context.caller.admin
    own = context.caller.scopes if context.caller else None
    scopes = context.provider.contract.wire["scopes"] if own is None else sorted(own)
    org = {name: _with_account_name(context, row[name]) for name in ("name", "slug", "plan_code")}
    return {
        "org": {"id": own_shelf(context).org_id, **org},
        "role_code": row["admin"] if admin else row["member"],
        "scopes": scopes,
    }


def _with_account_name(context: RequestContext, value: str | None) -> str | None:
    return None if value is None else fill(value, {"account": context.account.name})


def get_balance(context: RequestContext) -> Answer:
    """What credit is left."""
    return respond_settled(context, _balance)


def _balance(context: RequestContext) -> Response:
    left = _remaining_credit(context)
    if context.provider.contract.wire["balance_shape"] == "cents":
        return json_response(
            200, {"balance_cents": int(left * 100), "currency": context.provider.contract.pricing["currency"]}
        )
    return json_response(200, _balance_record(context, left))


def _remaining_credit(context: RequestContext) -> Decimal:
    left = context.provider.ledger.balance(context.account, context.now)
    assert left is not None, "the contract has an opening balance for an account without a limit"
    return left


def _balance_record(context: RequestContext, left: Decimal) -> Record:
    shelf, style = own_shelf(context), context.provider.contract.wire["record_times"]
    return {
        **state_of(context.provider).blank("balance.json"),
        "id": uuid4(context.provider.draw("balance", context.account.number)),
        "org_id": shelf.org_id,
        "balance": money.amount(left),
        "low_balance_threshold": money.amount(shelf.threshold),
        "created_at": format_timestamp(shelf.opened, style),
        "updated_at": format_timestamp(shelf.balance_changed, style),
    }


def update_balance(context: RequestContext) -> Answer:
    """Set the threshold of a low balance; an `updated_at` that is not the last one is refused."""
    shelf, seen = own_shelf(context), context.body.get("updated_at")
    if seen is not None and not means(seen, shelf.balance_changed, context.provider.contract.wire["record_times"]):
        raise ErrorResponse("conflict")
    if "low_balance_threshold" in context.body:
        threshold = context.body["low_balance_threshold"]
        shelf.threshold = None if threshold is None else Decimal(str(threshold))
        shelf.balance_changed = context.now
    return get_balance(context)


def list_credit_balances(context: RequestContext) -> Answer:
    """The balance as one client reads it."""
    return respond_settled(context, _credit_balances)


def _credit_balances(context: RequestContext) -> Response:
    left = money.amount(_remaining_credit(context))
    keys = context.provider.contract.wire["page_keys"].values()
    items = [{"balance_usd": left, "balance": left}]
    return json_response(200, {"items": items, **{key: None for key in keys if key}})
