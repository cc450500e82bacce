"""Runflow's models and account: records, prices, the user behind the key, credit, and whether the service is there."""

import pytest
from providers.runflow.requests import Ask, Run, code, create, undocumented
from support.caller import Caller, MakeSimulator

from mockreel.contract import Contract
from mockreel.engine.accounts.account import KeyEntry
from mockreel.simulator.simulator import Simulator


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        ("/v1/models?limit=3", "list_models"),
        ("/v1/models/google/veo3.1/lite", "get_model"),
        ("/v1/models/google/veo3.1/lite/pricing", "list_model_prices"),
        ("/v1/auth/me?embed=memberships", "get_me"),
        ("/v1/billing/balance", "get_balance"),
        ("/v1/credit-balances", "list_credit_balances"),
        ("/v1/runs/statuses", "list_run_statuses"),
        ("/v1/webhooks/event-types", "list_event_types"),
        ("/v1/assets/types", "list_asset_types"),
        ("/v1/health", "get_health"),
        ("/v1/readiness", "get_readiness"),
    ],
)
def test_responses_are_as_documented(ask: Ask, contract: Contract, path: str, operation: str) -> None:
    """Each fits the schema that the contract has for it."""
    reply = ask("runflow")("GET", path)

    assert reply.status == 200
    assert undocumented(contract, operation, reply.json) == []


def test_the_public_models_need_no_key(ask: Ask, contract: Contract) -> None:
    """They are the same, and all of them public and active."""
    listed = ask("runflow", None)("GET", "/v1/public/models").json

    assert {item["is_public"] for item in listed["items"]} == {True}
    assert {item["status_code"] for item in listed["items"]} == {"active"}
    assert len(listed["items"]) == len(contract.models)
    assert listed == ask("runflow")("GET", "/v1/models").json


def test_a_model_lists_its_inputs(ask: Ask) -> None:
    """With type, options and whether they are required; a run names the model by the same id."""
    caller = ask("runflow")
    model = caller("GET", "/v1/models/google/veo3.1/lite").json
    inputs = {field["name"]: field for field in model["inputs"]}

    assert (inputs["prompt"]["is_required"], inputs["duration"]["is_required"]) == (True, False)
    assert inputs["duration"]["validator_attrs"] == {"enum": ["4s", "6s", "8s"]}
    assert create(caller)["model_id"] == model["id"]
    assert code(caller("GET", "/v1/models/google/none")) == (404, "MODEL_NOT_FOUND")


def test_prices_are_listed_as_the_contract_has_them(ask: Ask) -> None:
    """The base price first, then one row for each condition."""
    rows = ask("runflow")("GET", "/v1/models/runflow/product-isolation/pricing").json["items"]

    assert [(row["price"], row["unit_code"], row["currency_code"]) for row in rows] == [("0.27", "request", "USD")]


def test_each_key_has_its_own_user(ask: Ask) -> None:
    """A service key is the admin of the account of the live key with the same rest."""
    member, admin, other = (ask("runflow", key)("GET", "/v1/auth/me?embed=memberships").json for key in KEYS)

    assert member["id"] == admin["id"] != other["id"]
    assert [me["memberships"][0]["role_code"] for me in (member, admin, other)] == ["member", "admin", "member"]
    assert ask("runflow", KEYS[0])("GET", "/v1/auth/me").json["memberships"] is None


KEYS = ("rf_live_one", "rf_svc_one", "rf_live_two")


def test_credit_goes_down_by_what_succeeded(simulator: Simulator, ask: Ask, run: Run) -> None:
    """Failed runs cost nothing, pending ones nothing yet."""
    caller = ask("runflow")
    create(caller)
    create(caller, scenario="fail")
    create(caller, scenario="stuck")
    run(simulator.advance(20))

    assert caller("GET", "/v1/billing/balance").json["balance"] == "999.88"
    assert caller("GET", "/v1/billing/balance").json["balance"] == "999.88"


def test_the_threshold_is_set_under_a_guard(simulator: Simulator, ask: Ask, run: Run) -> None:
    """A negative one is rejected, and so is a change based on an old version."""
    caller = ask("runflow")
    before = caller("GET", "/v1/billing/balance").json
    run(simulator.advance(1))
    changed = caller("PATCH", "/v1/billing/balance", {"low_balance_threshold": 5, "updated_at": before["updated_at"]})
    late = caller("PATCH", "/v1/billing/balance", {"low_balance_threshold": 6, "updated_at": before["updated_at"]})

    assert (changed.status, changed.json["low_balance_threshold"]) == (200, "5")
    assert code(late) == (409, "CONFLICT")
    assert code(caller("PATCH", "/v1/billing/balance", {"low_balance_threshold": -1})) == (422, "VALIDATION_ERROR")


def test_a_key_without_the_scope_is_rejected(make_simulator: MakeSimulator) -> None:
    """403 in the published words."""
    entry = KeyEntry("rf_live_reader", "reader", scopes=frozenset({"runs:read"}))
    caller = Caller(make_simulator(names=["runflow"], keys=[entry]).provider("runflow"), "rf_live_reader")
    reply = caller("POST", "/v1/models/google/veo3.1/lite/runs", {"input": {"prompt": "a"}})

    assert reply.status == 403
    assert reply.json == {
        "code": "PERMISSION_DENIED",
        "message": "Your account is not authorized to access this resource.",
        "errors": None,
    }
    assert caller("GET", "/v1/runs").status == 200
