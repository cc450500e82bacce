"""The balance runs out half-way: what each provider rejects, what goes on, and what its endpoints show meanwhile."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest
from engine.billing.spender import SUBMITS, Spender
from support.caller import Caller, MakeSimulator

from mockreel.simulator.simulator import Simulator

Run = Callable[[Awaitable[Any]], Any]


def _poor(make_simulator: MakeSimulator, name: str, budget: str, **options: Any) -> tuple[Simulator, Spender]:
    simulator = make_simulator(names=[name], budget=budget, **options)
    return simulator, Spender(simulator.provider(name), "rf_live_poor")


def test_runflow_lets_running_jobs_finish_below_zero(make_simulator: MakeSimulator, run: Run) -> None:
    """Two runs of 0.12 start with 0.20, as nothing is held; both are charged, and the next is rejected with 402."""
    simulator, spender = _poor(make_simulator, "runflow", "0.20")
    jobs = [spender.begin(), spender.begin()]
    assert spender.balance() == Decimal("0.20")
    run(simulator.advance(20))

    assert [job.state(spender.now).word for job in jobs] == ["succeeded", "succeeded"]
    assert spender.balance() == Decimal("-0.04")
    refused = spender.submit()
    assert (refused.status, refused.json["code"]) == (402, "INSUFFICIENT_CREDIT")


def test_runflow_rejects_what_the_balance_does_not_cover(make_simulator: MakeSimulator) -> None:
    """Something is left, and less than the price."""
    _, spender = _poor(make_simulator, "runflow", "0.11")

    assert spender.refused()


def test_a_batch_is_admitted_by_its_projected_cost(make_simulator: MakeSimulator, run: Run) -> None:
    """All of it or nothing; items that fail are not charged."""
    simulator, spender = _poor(make_simulator, "runflow", "0.30")
    path, item = SUBMITS["runflow"][0].replace("/runs", "/batches"), SUBMITS["runflow"][1]["input"]
    caller = Caller(spender.provider, spender.key)
    assert caller("POST", path, {"input": [item] * 3}).status == 402
    assert spender.account.jobs == []

    batch = caller("POST", path, {"input": [item] * 2}, headers={"prefer": "scenario=fail"}).json
    run(simulator.advance(20))
    batch = caller("GET", f"/v1/batches/{batch['id']}").json

    assert (batch["items_failed"], batch["cost"], spender.balance()) == (2, "0", Decimal("0.30"))


def test_aimlapi_lets_the_last_one_overdraw(make_simulator: MakeSimulator, run: Run) -> None:
    """Holds count before they are shown: two of 0.06 start with 0.10, the third is rejected, a failure makes room."""
    simulator, spender = _poor(make_simulator, "aimlapi", "0.10")
    spender.begin()
    failing = spender.begin("fail")
    refused = spender.submit()
    assert (refused.status, refused.json["error"]["data"]["kind"]) == (403, "err_insufficent_credits")
    assert spender.balance() == Decimal("0.10")
    run(simulator.advance(20))

    assert (failing.state(spender.now).kind, spender.balance()) == ("failed", Decimal("0.04"))
    assert not spender.refused()
    run(simulator.advance(20))
    assert spender.balance() == Decimal("-0.02")
    assert spender.refused()


def test_aimlapi_shows_credits_too(make_simulator: MakeSimulator) -> None:
    """2,000,000 to the dollar; so may the budget be."""
    _, spender = _poor(make_simulator, "aimlapi", "200000 credits")

    assert Caller(spender.provider, spender.key)("GET", "/v1/billing/balance").json["balance"] == 200_000
    assert spender.balance() == Decimal("0.1")


def test_aimlapi_tells_what_was_changed_by_hand(make_simulator: MakeSimulator) -> None:
    """As adjustments, in the direction of the change."""
    _, spender = _poor(make_simulator, "aimlapi", "1")
    spender.provider.ledger.set_balance(spender.account, Decimal(3), spender.now)
    spender.provider.ledger.set_balance(spender.account, Decimal("0.5"), spender.now)
    page = Caller(spender.provider, spender.key)("GET", "/v2/billing/transactions").json["data"]

    assert [(row["direction"], row["type"], row["amount"]["usd"]) for row in page] == [
        ("CHARGE", "ADJUSTMENT", 2.5),
        ("TOPUP", "ADJUSTMENT", 2.0),
        ("TOPUP", "INIT", 1.0),
    ]


def test_the_reading_that_charges_at_submit_tells_it_at_once(make_simulator: MakeSimulator, run: Run) -> None:
    """And gives back what failed."""
    simulator, spender = _poor(make_simulator, "aimlapi", "0.10", readings={"charge-time": "submit"})
    spender.begin("fail")
    assert spender.balance() == Decimal("0.04")
    run(simulator.advance(20))

    assert spender.balance() == Decimal("0.10")


def test_runninghub_holds_the_price_and_never_overdraws(make_simulator: MakeSimulator, run: Run) -> None:
    """One task of 1.26 on 2.00; what is in flight finishes, and the next needs its whole price."""
    simulator, spender = _poor(make_simulator, "runninghub", "2")
    job = spender.begin()
    refused = spender.submit()
    assert (refused.status, refused.json["errorCode"]) == (200, "416")
    assert spender.balance() == Decimal("0.74")
    run(simulator.advance(20))

    assert (job.state(spender.now).word, spender.balance(), spender.refused()) == ("SUCCESS", Decimal("0.74"), True)


def test_runninghub_answers_with_as_many_images_as_it_charges(make_simulator: MakeSimulator, run: Run) -> None:
    """Three are requested, priced and listed, each with its own URL, by the new API and the old."""
    simulator, spender = _poor(make_simulator, "runninghub", "2")
    caller, body = Caller(spender.provider, spender.key), {"prompt": "A boat.", "imageNum": "3"}
    path = "alibaba/qwen-image-2.0/text-to-image"
    price = caller("POST", f"/openapi/v2/price-preview/{path}", body).json["estimatedPrice"]
    task = caller("POST", f"/openapi/v2/{path}", body).json["taskId"]
    run(simulator.advance(20))
    done = caller("POST", "/openapi/v2/query", {"taskId": task}).json
    old = caller("POST", "/task/openapi/outputs", {"apiKey": spender.key, "taskId": task}).json["data"]
    urls = [result["url"] for result in done["results"]]

    assert (price, done["usage"]["thirdPartyConsumeMoney"]) == (0.39, "0.39")
    assert len(set(urls)) == 3
    assert [output["fileUrl"] for output in old] == urls
    assert {caller("GET", url.removeprefix("http://mock.test")).status for url in urls} == {200}


def test_a_workflow_needs_some_balance_and_has_no_known_price(make_simulator: MakeSimulator, run: Run) -> None:
    """Its price is in no document: it starts while anything is left, and is counted as unknown."""
    simulator, spender = _poor(make_simulator, "runninghub", "0.01")
    caller = Caller(spender.provider, spender.key)
    assert caller("POST", "/openapi/v2/run/workflow/7", {}).json["errorCode"] in (None, "")
    run(simulator.advance(20))
    spender.provider.ledger.set_balance(spender.account, Decimal(0), spender.now)

    assert spender.provider.ledger.cost_avoided(spender.now).unknown == 1
    assert caller("POST", "/openapi/v2/run/workflow/7", {}).json["errorCode"] == "416"


def test_runflow_says_no_cost_where_the_input_says_no_length(make_simulator: MakeSimulator, run: Run) -> None:
    """A price per second of a clip of unknown length is unknown: no cost, and nothing is charged."""
    simulator, spender = _poor(make_simulator, "runflow", "1")
    caller = Caller(spender.provider, spender.key)
    id_ = caller("POST", SUBMITS["runflow"][0], {"input": {"prompt": "A boat."}}).json["id"]
    run(simulator.advance(20))
    record = caller("GET", f"/v1/runs/{id_}").json

    assert (record["status_code"], record["cost"], spender.balance()) == ("succeeded", None, Decimal(1))
    assert spender.provider.ledger.status(spender.account, spender.now).unknown == 1


def test_a_batch_says_no_cost_where_one_of_its_runs_has_no_known_price(make_simulator: MakeSimulator, run: Run) -> None:
    """A sum without it would be less than the whole."""
    simulator, spender = _poor(make_simulator, "runflow", "1")
    caller, path = Caller(spender.provider, spender.key), SUBMITS["runflow"][0].replace("/runs", "/batches")
    items = [SUBMITS["runflow"][1]["input"], {"prompt": "A boat."}]
    id_ = caller("POST", path, {"input": items}).json["id"]
    run(simulator.advance(20))

    assert caller("GET", f"/v1/batches/{id_}").json["cost"] is None
    assert spender.balance() == Decimal("0.88")


def test_an_assumed_price_is_charged_and_shown_and_stays_unknown(make_simulator: MakeSimulator, run: Run) -> None:
    """Cost and balance agree; the sums that were not spent do not believe it."""
    simulator, spender = _poor(make_simulator, "runflow", "1", assume_price="0.3")
    caller = Caller(spender.provider, spender.key)
    id_ = caller("POST", SUBMITS["runflow"][0], {"input": {"prompt": "A boat."}}).json["id"]
    run(simulator.advance(20))

    assert (caller("GET", f"/v1/runs/{id_}").json["cost"], spender.balance()) == ("0.3", Decimal("0.7"))
    assert spender.provider.ledger.cost_avoided(spender.now).sums == {}


@pytest.mark.parametrize("name", ["runflow", "aimlapi", "runninghub"])
def test_an_account_without_money_is_rejected_at_once(make_simulator: MakeSimulator, name: str) -> None:
    """And other accounts are not."""
    simulator, spender = _poor(make_simulator, name, "0")
    other = Spender(simulator.provider(name), "rf_live_other")
    other.provider.ledger.top_up(other.account, Decimal(5), other.now)

    assert (spender.refused(), other.refused()) == (True, False)
