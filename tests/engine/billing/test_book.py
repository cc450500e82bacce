"""What an account has: held, taken and given back as the rows say, counted when somebody asks."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from threading import Thread
from typing import Any

import pytest
from engine.billing.spending import COSTS, Spender
from hypothesis import given
from hypothesis import strategies as st
from staging import START, MakeStage

from mockreel.engine.billing import Purse
from mockreel.engine.clock import Clock
from mockreel.engine.jobs.job import Job
from mockreel.errors import OptionError
from mockreel.simulator import interventions
from mockreel.simulator.simulator import Stage, build_stage, load_contracts

Run = Callable[[Awaitable[Any]], Any]
NOTHING = Decimal(0)
NAMES = ("runflow", "aimlapi", "runninghub")
CONTRACTS = load_contracts(["runninghub"])


def _spender(make_stage: MakeStage, name: str, budget: str | None = "10", **options: Any) -> tuple[Stage, Spender]:
    stage = make_stage(names=[name], budget=budget, **options)
    return stage, Spender(stage.part(name), "rf_live_one")


@pytest.mark.parametrize("name", NAMES)
def test_what_succeeds_is_taken_once(make_stage: MakeStage, run: Run, name: str) -> None:
    """Whatever was held before, and however often somebody asks."""
    stage, spender = _spender(make_stage, name)
    spender.begin()
    run(stage.advance(20))

    for _ in range(2):
        standing = spender.part.ledger.standing(spender.account, spender.now)
        assert (standing.taken, standing.held) == (COSTS[name], NOTHING)
        assert standing.left == standing.shown == spender.told() == Decimal(10) - COSTS[name]


@pytest.mark.parametrize("name", NAMES)
def test_what_fails_costs_nothing(make_stage: MakeStage, run: Run, name: str) -> None:
    """All three take nothing for it, and give back what they held."""
    stage, spender = _spender(make_stage, name)
    spender.begin("fail")
    run(stage.advance(20))
    standing = spender.part.ledger.standing(spender.account, spender.now)

    assert (standing.taken, standing.held, standing.left, spender.told()) == (
        NOTHING,
        NOTHING,
        Decimal(10),
        Decimal(10),
    )


@pytest.mark.parametrize(
    ("name", "held", "told"), [("runflow", "0", "10"), ("aimlapi", "0.06", "10"), ("runninghub", "1.26", "8.74")]
)
def test_what_is_under_way_is_held_and_told_as_the_row_says(
    make_stage: MakeStage, name: str, held: str, told: str
) -> None:
    """One holds nothing, one holds and does not tell, one does both."""
    _, spender = _spender(make_stage, name)
    spender.begin("stuck")
    standing = spender.part.ledger.standing(spender.account, spender.now)

    assert (standing.held, standing.left) == (Decimal(held), Decimal(10) - Decimal(held))
    assert standing.shown == spender.told() == Decimal(told)


@pytest.mark.parametrize(("name", "taken"), [("runflow", "0"), ("runninghub", "0")])
def test_a_cancelled_job_costs_what_the_row_says(make_stage: MakeStage, name: str, taken: str) -> None:
    """Runflow charges the share of the planned time that has passed, none here; RunningHub nothing."""
    _, spender = _spender(make_stage, name)
    interventions.cancel(spender.part, spender.begin())

    assert spender.part.ledger.standing(spender.account, spender.now).taken == Decimal(taken)


def test_a_changed_plan_is_counted_by_its_new_end(make_stage: MakeStage, run: Run) -> None:
    """Neither the old end nor a second look counts it again."""
    stage, spender = _spender(make_stage, "runninghub")
    first, second = spender.begin(), spender.begin("stuck")
    interventions.fail(spender.part, first)
    interventions.complete(spender.part, second)
    run(stage.advance(100))
    standing = spender.part.ledger.standing(spender.account, spender.now)

    assert (standing.taken, standing.held) == (COSTS["runninghub"], NOTHING)


def test_without_a_budget_balances_are_told_and_never_refuse(make_stage: MakeStage, run: Run) -> None:
    """Below nothing too; one provider shows money, so that its clients see a funded account."""
    stage = make_stage(budget=None)
    for name, opening in (("runflow", 1000), ("aimlapi", 100)):
        spender = Spender(stage.part(name), "rf_live_one")
        spender.part.ledger.top_up(spender.account, Decimal(-opening), spender.now)
        assert not spender.refused()
        run(stage.advance(20))
        assert spender.told() == -COSTS[name]
    hub = Spender(stage.part("runninghub"), "rf_live_one")

    assert not hub.refused()
    assert (hub.told() or 0) > 0


@pytest.mark.parametrize("name", NAMES)
def test_a_balance_is_set_mid_way(make_stage: MakeStage, name: str) -> None:
    """It is what the provider tells from then on; None takes the limit away again."""
    _, spender = _spender(make_stage, name, budget=None)
    ledger = spender.part.ledger
    spender.begin("stuck")
    ledger.set_balance(spender.account, Decimal("0"), spender.now)
    assert (spender.told(), spender.refused()) == (NOTHING, True)

    ledger.set_balance(spender.account, Decimal("5"), spender.now)
    assert (spender.told(), spender.refused()) == (Decimal(5), False)

    ledger.set_balance(spender.account, Decimal("0"), spender.now)
    ledger.set_balance(spender.account, None, spender.now)
    assert not spender.refused()


def test_a_top_up_adds_to_what_is_left(make_stage: MakeStage) -> None:
    """And is an entry of its own."""
    _, spender = _spender(make_stage, "runflow")
    spender.part.ledger.top_up(spender.account, Decimal("2.5"), spender.now)
    spender.part.ledger.top_up(spender.account, Decimal("-1"), spender.now)
    entries = spender.part.ledger.entries(spender.account, spender.now)

    assert spender.told() == Decimal("11.5")
    assert [(one.sort, one.amount) for one in entries] == [("opening", 10), ("added", Decimal("2.5")), ("removed", -1)]


def test_what_may_not_be_overdrawn_is_not_set_below_nothing(make_stage: MakeStage) -> None:
    """Neither at once nor by taking away; what is held is named."""
    _, spender = _spender(make_stage, "runninghub")
    spender.begin("stuck")

    with pytest.raises(OptionError, match=r"balance: '-1' .* 1\.26 CNY are held"):
        spender.part.ledger.set_balance(spender.account, Decimal(-1), spender.now)
    with pytest.raises(OptionError, match=r"balance: '-0\.01' is not valid"):
        spender.part.ledger.top_up(spender.account, Decimal("-8.75"), spender.now)
    assert spender.told() == Decimal("8.74")


def test_entries_tell_the_life_of_a_hold(make_stage: MakeStage, run: Run) -> None:
    """Held at the submit; released at the end, and taken where it succeeded."""
    stage, spender = _spender(make_stage, "aimlapi")
    good, bad = spender.begin(), spender.begin("fail")
    run(stage.advance(20))
    entries = spender.part.ledger.entries(spender.account, spender.now)
    moved = {job.id: [one.sort for one in entries if one.job is job] for job in (good, bad)}

    assert moved == {good.id: ["held", "released", "taken"], bad.id: ["held", "released"]}
    assert sum(one.amount or 0 for one in entries) == Decimal("9.94")
    assert [one.at for one in entries] == sorted(one.at for one in entries)


@given(steps=st.lists(st.tuples(st.sampled_from(["succeed", "fail", "slow", "stuck"]), st.floats(0, 5)), max_size=30))
def test_the_newest_movements_are_found_without_all_the_others(steps: list[tuple[str, float]]) -> None:
    """The same as those at the end of all of them."""
    stage = build_stage(CONTRACTS, clock=Clock(start=START, held=True), open_house=True, budget=10**9)
    spender = Spender(stage.part("runninghub"), "rf_live_one")
    for scenario, seconds in steps:
        spender.begin(scenario)
        stage.clock.advance_to(stage.clock.now() + seconds)
    ledger, account = spender.part.ledger, spender.account

    newest = ledger.newest(account, spender.now, most=5)

    assert [one.at for one in newest] == [one.at for one in ledger.entries(account, spender.now)[::-1][:5]]


def test_a_submit_looks_at_no_other_job(make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each job is met once and ends once, however many are under way, and however often somebody asks."""
    met: list[int] = []
    meet = Purse.meet

    def noted(purse: Purse, job: Job) -> None:
        met.append(job.number)
        meet(purse, job)

    monkeypatch.setattr(Purse, "meet", noted)
    _, spender = _spender(make_stage, "runninghub", "100000")
    for _ in range(100):
        spender.begin("stuck")
        spender.told()

    assert met == list(range(1, 101))


def test_an_unknown_price_is_counted_and_assumed_only_where_told(make_stage: MakeStage) -> None:
    """A workflow's price is in no document; nothing is held for it unless somebody says how much."""
    for assumed, held in ((None, Decimal(0)), ("0.5", Decimal("0.5"))):
        _, spender = _spender(make_stage, "runninghub", assume_price=assumed)
        call = spender.part.ledger.cost(None, {})
        job = spender.part.begin_for(
            spender.account, spender.part.default_course, lambda *_: "1", now=spender.now, kind="run", cost=call
        )
        standing = spender.part.ledger.standing(spender.account, spender.now)
        (entry,) = (one for one in spender.part.ledger.entries(spender.account, spender.now) if one.job is job)
        assert (standing.unknown, standing.held, standing.assumed) == (1, held, held or None)
        assert entry.amount == (-held if held else None)


def test_a_forgotten_job_stays_in_the_sums(make_stage: MakeStage, run: Run) -> None:
    """The store has room for three; ten were paid, and none was asked about in between."""
    stage, spender = _spender(make_stage, "runflow", max_jobs=3)
    for _ in range(10):
        spender.begin()
        run(stage.advance(20))

    assert len(spender.account.jobs) == 3
    assert spender.told() == Decimal(10) - 10 * COSTS["runflow"]


def test_the_account_is_counted_anew_by_other_rows(make_stage: MakeStage, run: Run) -> None:
    """With the reading that charges at submit, what is under way is taken already."""
    stage, spender = _spender(make_stage, "aimlapi")
    spender.begin()
    run(stage.advance(20))
    spender.begin("stuck")
    assert spender.part.ledger.standing(spender.account, spender.now).taken == Decimal("0.06")

    spender.part.ledger.read(load_contracts(["aimlapi"], readings={"charge-time": "submit"})["aimlapi"])

    assert spender.part.ledger.standing(spender.account, spender.now).taken == Decimal("0.12")
    assert spender.part.ledger.balance(spender.account, spender.now) == Decimal("9.88")


def test_what_was_forgotten_stays_when_the_rows_change(make_stage: MakeStage, run: Run) -> None:
    """Three of ten jobs are left to be counted anew; none is lost, and none counted twice."""
    stage, spender = _spender(make_stage, "aimlapi", max_jobs=3)
    for scenario in ("succeed", "fail") * 5:
        spender.begin(scenario)
        run(stage.advance(20))
    for reading in ("submit", "completed"):
        spender.part.ledger.read(load_contracts(["aimlapi"], readings={"charge-time": reading})["aimlapi"])

        assert spender.part.ledger.balance(spender.account, spender.now) == Decimal(10) - 5 * COSTS["aimlapi"]


def test_where_the_row_says_so_the_jobs_in_flight_stop_when_nothing_is_left(make_encore: MakeStage, run: Run) -> None:
    """The made-up provider's; the third job is refused, and the second fails at the end of the first."""
    stage = make_encore(budget="0.20")
    spender = Spender(stage.part("encore"), "en_user_one")
    first, second = spender.begin(), spender.begin("slow")
    run(stage.advance(20))

    assert [job.state(spender.now).name for job in (first, second)] == ["done", "broken"]
    assert second.ends == first.ends
    assert spender.refused()


def test_they_stop_too_when_the_balance_is_taken_away(make_encore: MakeStage, run: Run) -> None:
    """By hand, at that moment."""
    stage = make_encore()
    spender = Spender(stage.part("encore"), "en_user_one")
    job = spender.begin("slow")
    run(stage.advance(1))
    spender.part.ledger.set_balance(spender.account, Decimal(0), spender.now)

    assert (job.state(spender.now).name, job.ends) == ("broken", spender.now)


def test_a_job_that_is_completed_by_hand_is_reckoned_too(make_encore: MakeStage, run: Run) -> None:
    """Its end takes the last of the money, and stops the other."""
    stage = make_encore(budget="0.20")
    spender = Spender(stage.part("encore"), "en_user_one")
    first, second = spender.begin("slow"), spender.begin("slow")
    interventions.complete(spender.part, first)
    run(stage.advance(0))

    assert [job.state(spender.now).name for job in (first, second)] == ["done", "broken"]


def test_a_limit_that_is_set_mid_way_stops_what_began_without_one(make_encore: MakeStage, run: Run) -> None:
    """At the end of the job that takes the last of it."""
    stage = make_encore()
    spender = Spender(stage.part("encore"), "en_user_one")
    first, second = spender.begin(), spender.begin("slow")
    assert len(stage.agenda) == 0
    spender.part.ledger.set_balance(spender.account, Decimal("0.10"), spender.now)
    run(stage.advance(20))

    assert [job.state(spender.now).name for job in (first, second)] == ["done", "broken"]


def test_sums_are_right_while_another_thread_asks() -> None:
    """As the pytest plugin does of a stage that is being served."""
    stage = build_stage(load_contracts(["runflow"]), clock=Clock(held=True), open_house=True, budget="1000")
    spender = Spender(stage.part("runflow"), "rf_live_one")
    spender.begin()
    asking = True

    def ask() -> None:
        while asking:
            spender.part.ledger.unspent(spender.now)

    threads = [Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(299):
        spender.begin()
        stage.clock.advance_to(stage.clock.now() + 0.1)
    asking = False
    for thread in threads:
        thread.join()
    stage.clock.advance_to(stage.clock.now() + 100)

    assert spender.told() == 1000 - 300 * COSTS["runflow"]
    assert spender.part.ledger.unspent(spender.now).sums == {"USD": 300 * COSTS["runflow"]}


def test_equal_jobs_share_one_cost(make_stage: MakeStage) -> None:
    """A job keeps eight bytes for it."""
    _, spender = _spender(make_stage, "runflow")
    first, second = spender.begin(), spender.begin()

    assert first.cost is second.cost is not None
