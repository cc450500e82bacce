"""AI/ML API: balances and the ledger."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from support.caller import Caller, MakeSimulator

from mockreel.simulator.simulator import Simulator

Ask = Callable[..., Caller]
Run = Callable[[Awaitable[Any]], Any]
Case = tuple[str, str, str, float, float]

ROUTE = "/v2/video/generations"
LEDGER = "/v2/billing/transactions"
BODY = {"model": "veo-3.1-lite-generate-001", "prompt": "A paper boat crosses a puddle at dusk"}
BALANCES = [
    ("/v2/billing", "balance.json", "current_balance", 100.0, 99.94),
    ("/v2/billing/detail", "billing-detail.json", "current_balance", 100.0, 99.94),
    ("/v1/billing/balance", "balance-v1.json", "balance", 200_000_000, 199_880_000),
]


@pytest.mark.parametrize("case", BALANCES)
def test_a_balance_falls_when_a_generation_is_completed(simulator: Simulator, ask: Ask, run: Run, case: Case) -> None:
    """Not at submit; and the response fits its schema."""
    path, schema, key, before, after = case
    caller = ask("aimlapi")
    caller("POST", ROUTE, BODY)
    assert caller("GET", path).json[key] == before

    run(simulator.advance(10))

    reply = caller("GET", path).json
    assert reply[key] == after
    assert simulator.provider("aimlapi").contract.schemas.validator(schema).is_valid(reply)


def test_a_failed_generation_costs_nothing(simulator: Simulator, ask: Ask, run: Run) -> None:
    """No charge, and no entry."""
    caller = ask("aimlapi")
    caller("POST", ROUTE, BODY, headers={"Prefer": "scenario=fail"})
    run(simulator.advance(10))

    assert caller("GET", "/v2/billing").json["current_balance"] == 100.0
    assert [entry["type"] for entry in caller("GET", LEDGER).json["data"]] == ["INIT"]


def test_the_ledger_names_the_inference(simulator: Simulator, ask: Ask, run: Run) -> None:
    """A charge is joined to its generation by the id that submit gave."""
    caller = ask("aimlapi")
    id_ = caller("POST", ROUTE, BODY).json["id"]
    run(simulator.advance(10))

    page = caller("GET", f"{LEDGER}?direction=CHARGE").json

    (charge,) = page["data"]
    assert charge["amount"] == {"usd": 0.06, "credits": 120000}
    assert (charge["reference_id"], charge["model"], charge["type"]) == (id_, BODY["model"], "MODEL_USAGE")
    assert simulator.provider("aimlapi").contract.schemas.validator("transactions.json").is_valid(page)


def test_the_ledger_is_walked_by_its_cursor(simulator: Simulator, ask: Ask, run: Run) -> None:
    """Newest first; every entry once; the last page has no cursor."""
    caller = ask("aimlapi")
    for _ in range(5):
        caller("POST", ROUTE, BODY)
        run(simulator.advance(10))

    seen, cursor = [], ""
    while True:
        page = caller("GET", f"{LEDGER}?limit=2{cursor}").json
        seen += page["data"]
        if not page["pagination"]["has_more"]:
            break
        cursor = f"&cursor={page['pagination']['next_cursor']}"

    assert page["pagination"]["next_cursor"] is None
    assert [entry["type"] for entry in seen] == ["MODEL_USAGE"] * 5 + ["INIT"]
    assert [entry["created_at"] for entry in seen] == sorted((entry["created_at"] for entry in seen), reverse=True)


def test_the_ledger_is_cut_by_time(simulator: Simulator, ask: Ask, run: Run) -> None:
    """`from` counts, `to` does not."""
    caller = ask("aimlapi")
    run(simulator.advance(60))
    caller("POST", ROUTE, BODY)
    run(simulator.advance(60))

    def types(query: str) -> list[str]:
        return [entry["type"] for entry in caller("GET", f"{LEDGER}?{query}").json["data"]]

    assert types("from=2026-01-01T00:00:30Z") == ["MODEL_USAGE"]
    assert types("to=2026-01-01T00:00:30Z") == ["INIT"]
    assert types("to=2026-01-01T00:00:00Z") == []


@pytest.mark.parametrize(
    "query",
    [
        "offset=1",
        "limit=0",
        "limit=101",
        "limit=x",
        "direction=SIDEWAYS",
        "type=GIFT",
        "from=yesterday",
        "from=2026-01-01T00:00:00",
        "from=2016-12-31T23:59:60Z",
        "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
        "cursor=eyJ2IjoxfQ",
    ],
)
def test_a_query_that_the_ledger_does_not_know_is_rejected(ask: Ask, query: str) -> None:
    """400, as the page lists the causes."""
    assert ask("aimlapi")("GET", f"{LEDGER}?{query}").status == 400


def test_the_other_reading_charges_at_once_and_gives_back(make_simulator: MakeSimulator, run: Run) -> None:
    """The ledger then shows the charge and, for a failed generation, its refund."""
    simulator = make_simulator(names=["aimlapi"], readings={"charge-time": "submit"})
    caller = Caller(simulator.provider("aimlapi"), "key")
    caller("POST", ROUTE, BODY, headers={"Prefer": "scenario=fail"})
    assert caller("GET", "/v2/billing").json["current_balance"] == 99.94

    run(simulator.advance(10))

    assert caller("GET", "/v2/billing").json["current_balance"] == 100.0
    assert [entry["type"] for entry in caller("GET", LEDGER).json["data"]] == ["REFUND", "MODEL_USAGE", "INIT"]
