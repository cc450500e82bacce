"""The account behind the key: who it is, and what credit is left."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from mockreel.contract.messages.error_response import Refused
from mockreel.contract.messages.message import Reply, json_reply
from mockreel.engine.randomness import uuid4
from mockreel.providers.runflow import money
from mockreel.providers.runflow.errors import fill
from mockreel.providers.runflow.state import own_shelf, state_of
from mockreel.providers.runflow.timestamps import means, written
from mockreel.simulator.context import Call

Record = Mapping[str, Any]


def get_me(call: Call) -> Reply:
    """The user behind the key, with the memberships if they are asked for."""
    wire = call.part.contract.wire
    asked = [name.strip() for name in (call.query.get("embed") or "").split(",")]
    memberships = [_membership(call)] if wire["membership"]["embed"] in asked else None
    return json_reply(200, {**person(call), "memberships": memberships})


def person(call: Call) -> Record:
    """The user of an account: every account of the stand-in has one."""
    shelf, wire = own_shelf(call), call.part.contract.wire
    rows = {name: _named(call, value) for name, value in wire["person"].items()}
    return {"id": shelf.user_id, **rows, "email_verified_at": written(shelf.opened, wire["record_times"])}


def _membership(call: Call) -> Record:
    row = call.part.contract.wire["membership"]
    admin = call.caller is not None and call.caller.admin
    own = call.caller.scopes if call.caller else None
    scopes = call.part.contract.wire["scopes"] if own is None else sorted(own)
    org = {name: _named(call, row[name]) for name in ("name", "slug", "plan_code")}
    return {
        "org": {"id": own_shelf(call).org_id, **org},
        "role_code": row["admin"] if admin else row["member"],
        "scopes": scopes,
    }


def _named(call: Call, value: str | None) -> str | None:
    return None if value is None else fill(value, {"account": call.account.name})


def get_balance(call: Call) -> Reply:
    """What credit is left."""
    left = _left(call)
    if call.part.contract.wire["balance_shape"] == "cents":
        return json_reply(200, {"balance_cents": int(left * 100), "currency": call.part.contract.pricing["currency"]})
    return json_reply(200, _balance_record(call, left))


def _left(call: Call) -> Decimal:
    left = call.part.ledger.balance(call.account, call.now)
    assert left is not None, "the contract has an opening balance for an account without a limit"
    return left


def _balance_record(call: Call, left: Decimal) -> Record:
    shelf, style = own_shelf(call), call.part.contract.wire["record_times"]
    return {
        **state_of(call.part).blank("balance.json"),
        "id": uuid4(call.part.draw("balance", call.account.number)),
        "org_id": shelf.org_id,
        "balance": money.amount(left),
        "low_balance_threshold": money.amount(shelf.threshold),
        "created_at": written(shelf.opened, style),
        "updated_at": written(shelf.balance_changed, style),
    }


def update_balance(call: Call) -> Reply:
    """Set the threshold of a low balance; an `updated_at` that is not the last one is refused."""
    shelf, seen = own_shelf(call), call.body.get("updated_at")
    if seen is not None and not means(seen, shelf.balance_changed, call.part.contract.wire["record_times"]):
        raise Refused("conflict")
    if "low_balance_threshold" in call.body:
        threshold = call.body["low_balance_threshold"]
        shelf.threshold = None if threshold is None else Decimal(str(threshold))
        shelf.balance_changed = call.now
    return get_balance(call)


def list_credit_balances(call: Call) -> Reply:
    """The balance as one client reads it."""
    left = money.amount(_left(call))
    keys = call.part.contract.wire["page_keys"].values()
    items = [{"balance_usd": left, "balance": left}]
    return json_reply(200, {"items": items, **{key: None for key in keys if key}})
