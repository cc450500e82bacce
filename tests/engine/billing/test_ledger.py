"""The balance of an account: held, charged and released by the rows, computed on request."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from threading import Thread
from typing import Any

import pytest
from engine.billing.spender import COSTS, Spender
from hypothesis import given
from hypothesis import strategies as st
from support.caller import START, MakeSimulator

from mockreel.engine.billing import RunningBalance, ledger
from mockreel.engine.clock import Clock
from mockreel.engine.jobs.job import Job
from mockreel.errors import OptionError
from mockreel.simulator.jobs import interventions
from mockreel.simulator.simulator import Simulator, build_simulator, load_contracts

Run = Callable[[Awaitable[Any]], Any]
NOTHING = Decimal(0)
NAMES = ("runflow", "aimlapi", "runninghub")
CONTRACTS = load_contracts(["runninghub"])


def _spender(
    make_simulator: MakeSimulator, name: str, budget: str | None = "10", **options: Any
) -> tuple[Simulator, Spender]:
    simulator = make_simulator(names=[name], budget=budget, **options)
    return simulator, Spender(simulator.provider(name), "rf_live_one")


@pytest.mark.parametrize("name", NAMES)
def test_a_successful_job_is_charged_once(make_simulator: MakeSimulator, run: Run, name: str) -> None:
    """Whatever was held before, and however often it is read."""
    simulator, spender = _spender(make_simulator, name)
    spender.begin()
    run(simulator.advance(20))

    for _ in range(2):
        status = spender.provider.ledger.status(spender.account, spender.now)
        assert (status.charged, status.held) == (COSTS[name], NOTHING)
        assert status.left == status.shown == spender.balance() == Decimal(10) - COSTS[name]


@pytest.mark.parametrize("name", NAMES)
def test_what_fails_costs_nothing(make_simulator: MakeSimulator, run: Run, name: str) -> None:
    """All three take nothing for it, and give back what they held."""
    simulator, spender = _spender(make_simulator, name)
    spender.begin("fail")
    run(simulator.advance(20))
    status = spender.provider.ledger.status(spender.account, spender.now)

    assert (status.charged, status.held, status.left, spender.balance()) == (
        NOTHING,
        NOTHING,
        Decimal(10),
        Decimal(10),
    )


@pytest.mark.parametrize(
    ("name", "held", "shown"), [("runflow", "0", "10"), ("aimlapi", "0.06", "10"), ("runninghub", "1.26", "8.74")]
)
def test_running_jobs_are_held_and_shown_as_the_row_says(
    make_simulator: MakeSimulator, name: str, held: str, shown: str
) -> None:
    """One holds nothing, one holds without showing it, one does both."""
    _, spender = _spender(make_simulator, name)
    spender.begin("stuck")
    status = spender.provider.ledger.status(spender.account, spender.now)

    assert (status.held, status.left) == (Decimal(held), Decimal(10) - Decimal(held))
    assert status.shown == spender.balance() == Decimal(shown)


@pytest.mark.parametrize(("name", "taken"), [("runflow", "0"), ("runninghub", "0")])
def test_a_cancelled_job_costs_what_the_row_says(make_simulator: MakeSimulator, name: str, taken: str) -> None:
    """Runflow charges the share of the planned time that has passed, none here; RunningHub nothing."""
    _, spender = _spender(make_simulator, name)
    interventions.cancel(spender.provider, spender.begin())

    assert spender.provider.ledger.status(spender.account, spender.now).charged == Decimal(taken)


def test_a_changed_plan_is_counted_by_its_new_end(make_simulator: MakeSimulator, run: Run) -> None:
    """Neither the old end nor a second look counts it again."""
    simulator, spender = _spender(make_simulator, "runninghub")
    first, second = spender.begin(), spender.begin("stuck")
    interventions.fail(spender.provider, first)
    interventions.complete(spender.provider, second)
    run(simulator.advance(100))
    status = spender.provider.ledger.status(spender.account, spender.now)

    assert (status.charged, status.held) == (COSTS["runninghub"], NOTHING)


def test_without_a_budget_balances_are_shown_and_never_reject(make_simulator: MakeSimulator, run: Run) -> None:
    """Below nothing too; one provider shows money, so that its clients see a funded account."""
    simulator = make_simulator(budget=None)
    for name, opening in (("runflow", 1000), ("aimlapi", 100)):
        spender = Spender(simulator.provider(name), "rf_live_one")
        spender.provider.ledger.top_up(spender.account, Decimal(-opening), spender.now)
        assert not spender.refused()
        run(simulator.advance(20))
        assert spender.balance() == -COSTS[name]
    hub = Spender(simulator.provider("runninghub"), "rf_live_one")

    assert not hub.refused()
    assert (hub.balance() or 0) > 0


@pytest.mark.parametrize("name", NAMES)
def test_a_balance_is_set_mid_way(make_simulator: MakeSimulator, name: str) -> None:
    """The provider shows it from then on; None removes the limit again."""
    _, spender = _spender(make_simulator, name, budget=None)
    ledger = spender.provider.ledger
    spender.begin("stuck")
    ledger.set_balance(spender.account, Decimal("0"), spender.now)
    assert (spender.balance(), spender.refused()) == (NOTHING, True)

    ledger.set_balance(spender.account, Decimal("5"), spender.now)
    assert (spender.balance(), spender.refused()) == (Decimal(5), False)

    ledger.set_balance(spender.account, Decimal("0"), spender.now)
    ledger.set_balance(spender.account, None, spender.now)
    assert not spender.refused()


def test_a_top_up_adds_to_what_is_left(make_simulator: MakeSimulator) -> None:
    """It has its own entry."""
    _, spender = _spender(make_simulator, "runflow")
    spender.provider.ledger.top_up(spender.account, Decimal("2.5"), spender.now)
    spender.provider.ledger.top_up(spender.account, Decimal("-1"), spender.now)
    entries = spender.provider.ledger.entries(spender.account, spender.now)

    assert spender.balance() == Decimal("11.5")
    assert [(one.sort, one.amount) for one in entries] == [("opening", 10), ("added", Decimal("2.5")), ("removed", -1)]


def test_a_balance_without_overdraft_is_not_set_below_zero(make_simulator: MakeSimulator) -> None:
    """Neither at once nor by taking away; what is held is named."""
    _, spender = _spender(make_simulator, "runninghub")
    spender.begin("stuck")

    with pytest.raises(OptionError, match=r"balance: '-1' .* 1\.26 CNY are held"):
        spender.provider.ledger.set_balance(spender.account, Decimal(-1), spender.now)
    with pytest.raises(OptionError, match=r"balance: '-0\.01' is not valid"):
        spender.provider.ledger.top_up(spender.account, Decimal("-8.75"), spender.now)
    assert spender.balance() == Decimal("8.74")


def test_entries_tell_the_life_of_a_hold(make_simulator: MakeSimulator, run: Run) -> None:
    """Held at the submit; released at the end, and charged if it succeeded."""
    simulator, spender = _spender(make_simulator, "aimlapi")
    good, bad = spender.begin(), spender.begin("fail")
    run(simulator.advance(20))
    entries = spender.provider.ledger.entries(spender.account, spender.now)
    moved = {job.id: [one.sort for one in entries if one.job is job] for job in (good, bad)}

    assert moved == {good.id: ["held", "released", "taken"], bad.id: ["held", "released"]}
    assert sum(one.amount or 0 for one in entries) == Decimal("9.94")
    assert [one.at for one in entries] == sorted(one.at for one in entries)


@given(steps=st.lists(st.tuples(st.sampled_from(["succeed", "fail", "slow", "stuck"]), st.floats(0, 5)), max_size=30))
def test_the_newest_movements_are_found_without_all_the_others(steps: list[tuple[str, float]]) -> None:
    """The same as those at the end of all of them."""
    simulator = build_simulator(CONTRACTS, clock=Clock(start=START, held=True), accept_any_key=True, budget=10**9)
    spender = Spender(simulator.provider("runninghub"), "rf_live_one")
    for scenario, seconds in steps:
        spender.begin(scenario)
        simulator.clock.advance_to(simulator.clock.now() + seconds)
    ledger, account = spender.provider.ledger, spender.account

    newest = ledger.newest(account, spender.now, most=5)

    assert [one.at for one in newest] == [one.at for one in ledger.entries(account, spender.now)[::-1][:5]]


def test_a_submit_looks_at_no_other_job(make_simulator: MakeSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each job is counted once and ends once, with any number of running jobs and reads."""
    met: list[int] = []
    meet = RunningBalance.meet

    def noted(running: RunningBalance, job: Job) -> None:
        met.append(job.number)
        meet(running, job)

    monkeypatch.setattr(RunningBalance, "meet", noted)
    _, spender = _spender(make_simulator, "runninghub", "100000")
    for _ in range(100):
        spender.begin("stuck")
        spender.balance()

    assert met == list(range(1, 101))


@pytest.mark.parametrize("name", NAMES)
def test_a_submit_counts_few_of_the_jobs_that_have_ended(
    make_simulator: MakeSimulator, run: Run, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """As long as there is enough whatever has become of the others; the sums are right when they are read."""
    simulator, spender = _spender(make_simulator, name, budget="1000")
    for scenario in ["succeed", "fail"] * 5:
        spender.begin(scenario)
    run(simulator.advance(100))
    monkeypatch.setattr(ledger, "FEW", 2)

    spender.begin()

    running = spender.account.running
    assert running is not None
    assert len(running.ends) == 8
    assert spender.provider.ledger.status(spender.account, spender.now).charged == 5 * COSTS[name]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("few", [0, 1, 50])
def test_what_was_given_back_is_there_for_the_next(
    make_simulator: MakeSimulator, run: Run, monkeypatch: pytest.MonkeyPatch, name: str, few: int
) -> None:
    """However few of the jobs that failed a submit counts; and nobody spends more than there is."""
    monkeypatch.setattr(ledger, "FEW", few)
    simulator, spender = _spender(make_simulator, name, budget=str(3 * COSTS[name]))
    for _ in range(3):
        for _ in range(3):
            assert not spender.refused("fail")
        run(simulator.advance(100))
    begun = 0
    while begun < 50 and not spender.refused("succeed"):
        run(simulator.advance(100))
        begun += 1

    assert begun == 3


def test_an_unknown_price_is_counted_and_assumed_only_on_request(make_simulator: MakeSimulator) -> None:
    """A workflow's price is in no document; nothing is held for it unless a price is assumed."""
    for assumed, held in ((None, Decimal(0)), ("0.5", Decimal("0.5"))):
        _, spender = _spender(make_simulator, "runninghub", assume_price=assumed)
        call = spender.provider.ledger.cost(None, {})
        job = spender.provider.begin_for(
            spender.account, spender.provider.default_template, lambda *_: "1", now=spender.now, kind="run", cost=call
        )
        status = spender.provider.ledger.status(spender.account, spender.now)
        (entry,) = (one for one in spender.provider.ledger.entries(spender.account, spender.now) if one.job is job)
        assert (status.unknown, status.held, status.assumed) == (1, held, held or None)
        assert entry.amount == (-held if held else None)


def test_a_forgotten_job_stays_in_the_sums(make_simulator: MakeSimulator, run: Run) -> None:
    """The store has room for three; ten were charged, without a poll in between."""
    simulator, spender = _spender(make_simulator, "runflow", max_jobs=3)
    for _ in range(10):
        spender.begin()
        run(simulator.advance(20))

    assert len(spender.account.jobs) == 3
    assert spender.balance() == Decimal(10) - 10 * COSTS["runflow"]


def test_forgetting_a_job_looks_at_few_others(
    make_simulator: MakeSimulator, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The submit that reaches the limit counts only the dropped job, however many were never polled."""
    met: list[int] = []
    meet = RunningBalance.meet

    def noted(running: RunningBalance, job: Job) -> None:
        met.append(job.number)
        meet(running, job)

    monkeypatch.setattr(RunningBalance, "meet", noted)
    simulator, spender = _spender(make_simulator, "aimlapi", None, max_jobs=50)
    for _ in range(50):
        spender.begin()
    run(simulator.advance(20))
    assert met == []

    spender.begin()
    assert met == [1]
    spender.begin()
    assert met == [1, 2]
    taken = spender.provider.ledger.status(spender.account, spender.now).charged
    assert taken == 50 * COSTS["aimlapi"]


def test_the_account_is_counted_anew_by_other_rows(make_simulator: MakeSimulator, run: Run) -> None:
    """With the reading that charges at submit, running jobs are charged already."""
    simulator, spender = _spender(make_simulator, "aimlapi")
    spender.begin()
    run(simulator.advance(20))
    spender.begin("stuck")
    assert spender.provider.ledger.status(spender.account, spender.now).charged == Decimal("0.06")

    spender.provider.ledger.read(load_contracts(["aimlapi"], readings={"charge-time": "submit"})["aimlapi"])

    assert spender.provider.ledger.status(spender.account, spender.now).charged == Decimal("0.12")
    assert spender.provider.ledger.balance(spender.account, spender.now) == Decimal("9.88")


def test_what_was_forgotten_stays_when_the_rows_change(make_simulator: MakeSimulator, run: Run) -> None:
    """Three of ten jobs are left to be counted again; none is lost, and none counted twice."""
    simulator, spender = _spender(make_simulator, "aimlapi", max_jobs=3)
    for scenario in ("succeed", "fail") * 5:
        spender.begin(scenario)
        run(simulator.advance(20))
    for reading in ("submit", "completed"):
        spender.provider.ledger.read(load_contracts(["aimlapi"], readings={"charge-time": reading})["aimlapi"])

        assert spender.provider.ledger.balance(spender.account, spender.now) == Decimal(10) - 5 * COSTS["aimlapi"]


def test_running_jobs_stop_when_nothing_is_left_if_the_row_says_so(make_encore: MakeSimulator, run: Run) -> None:
    """The made-up provider's; the third job is rejected, and the second fails at the end of the first."""
    simulator = make_encore(budget="0.20")
    spender = Spender(simulator.provider("encore"), "en_user_one")
    first, second = spender.begin(), spender.begin("slow")
    run(simulator.advance(20))

    assert [job.state(spender.now).name for job in (first, second)] == ["done", "broken"]
    assert second.ends == first.ends
    assert spender.refused()


def test_running_jobs_stop_when_the_balance_is_removed(make_encore: MakeSimulator, run: Run) -> None:
    """By hand, at that moment."""
    simulator = make_encore()
    spender = Spender(simulator.provider("encore"), "en_user_one")
    job = spender.begin("slow")
    run(simulator.advance(1))
    spender.provider.ledger.set_balance(spender.account, Decimal(0), spender.now)

    assert (job.state(spender.now).name, job.ends) == ("broken", spender.now)


def test_a_job_that_is_completed_by_hand_is_reckoned_too(make_encore: MakeSimulator, run: Run) -> None:
    """Its end uses up the balance, and stops the other."""
    simulator = make_encore(budget="0.20")
    spender = Spender(simulator.provider("encore"), "en_user_one")
    first, second = spender.begin("slow"), spender.begin("slow")
    interventions.complete(spender.provider, first)
    run(simulator.advance(0))

    assert [job.state(spender.now).name for job in (first, second)] == ["done", "broken"]


def test_a_limit_that_is_set_mid_way_stops_what_began_without_one(make_encore: MakeSimulator, run: Run) -> None:
    """At the end of the job that uses up the balance."""
    simulator = make_encore()
    spender = Spender(simulator.provider("encore"), "en_user_one")
    first, second = spender.begin(), spender.begin("slow")
    assert len(simulator.scheduler) == 0
    spender.provider.ledger.set_balance(spender.account, Decimal("0.10"), spender.now)
    run(simulator.advance(20))

    assert [job.state(spender.now).name for job in (first, second)] == ["done", "broken"]


def test_sums_are_right_while_another_thread_reads() -> None:
    """As the pytest plugin does of a simulator that is being served."""
    simulator = build_simulator(load_contracts(["runflow"]), clock=Clock(held=True), accept_any_key=True, budget="1000")
    spender = Spender(simulator.provider("runflow"), "rf_live_one")
    spender.begin()
    asking = True

    def ask() -> None:
        while asking:
            spender.provider.ledger.cost_avoided(spender.now)

    threads = [Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(299):
        spender.begin()
        simulator.clock.advance_to(simulator.clock.now() + 0.1)
    asking = False
    for thread in threads:
        thread.join()
    simulator.clock.advance_to(simulator.clock.now() + 100)

    assert spender.balance() == 1000 - 300 * COSTS["runflow"]
    assert spender.provider.ledger.cost_avoided(spender.now).sums == {"USD": 300 * COSTS["runflow"]}


def test_equal_jobs_share_one_cost(make_simulator: MakeSimulator) -> None:
    """A job keeps eight bytes for it."""
    _, spender = _spender(make_simulator, "runflow")
    first, second = spender.begin(), spender.begin()

    assert first.cost is second.cost is not None
